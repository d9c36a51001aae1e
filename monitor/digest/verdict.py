"""The verdict, one sentence: normal, or needs you, and why."""

from __future__ import annotations

from monitor.digest.coverage import failing, read
from monitor.digest.form import Changed, Coverage, Figure, Level, Measure, Repeated, Reply, Stories, Verdict, say
from monitor.digest.material import Material
from monitor.digest.wording import grouped, many, occasion, too_early
from monitor.insight.usual import Usual, usual_volume

Parts = list[str | Figure]

DRIVER = 0.2
"""A story or a comment explains a day when so much of the day's volume is in it."""
LEAVING = "threatens to leave"
WEIGHTY = (LEAVING, "complaint", "review")
"""A plain question waits, but does not turn the verdict."""


def verdict(
    material: Material, changed: Changed, reply: Reply, stories: Stories, repeated: Repeated, coverage: Coverage
) -> Verdict:
    volume, net = changed.measures[0], changed.measures[1]
    level = _level(material, volume, net, reply)
    ids = [one.mention.id for one in material.heard]
    if level == "blind":
        return Verdict(level, say(*_blind(material, volume), mentions=ids))
    if level == "unusual":
        return Verdict(level, say(*_unusual(material, volume, net, stories, repeated), ".", mentions=ids))
    if level == "reply":
        urgent = [item.mention.id for item in reply.items]
        return Verdict(level, say(*_needs_you(reply), "; ", *_lower(_calm(material, volume)), ".", mentions=urgent))
    lead = {"quiet": "Quiet: ", "learning": "", "normal": "Normal: "}[level]
    tail: Parts = (
        [f"; {len(failing(material))} of {len(material.coverage)} sources failing"] if failing(material) else []
    )
    return Verdict(level, say(lead, *_calm(material, volume), *_mood(net), *tail, ".", mentions=ids))


def _level(material: Material, volume: Measure, net: Measure, reply: Reply) -> Level:
    if material.coverage and failing(material) and not read(material):
        return "blind"
    if volume.place in ("above", "below") or net.place in ("above", "below"):
        return "unusual"
    if any(why.endswith(WEIGHTY) for item in reply.items for why in item.why):
        return "reply"
    if not material.heard:
        return "quiet"
    return "learning" if volume.place == "unknown" else "normal"


def _blind(material: Material, volume: Measure) -> Parts:
    n = len(material.coverage)
    sources = "The only source could not be read" if n == 1 else f"None of the {n} sources could be read"
    found = _mentions(material, volume)
    return [
        f"Blind: {sources.lower()}, so ",
        found,
        f" {'is' if len(material.heard) == 1 else 'are'} not all there is to know.",
    ]


def _unusual(material: Material, volume: Measure, net: Measure, stories: Stories, repeated: Repeated) -> Parts:
    parts: Parts = ["Unusual: "]
    mentions = _mentions(material, volume)
    day = occasion(material, usual_of(material))
    if volume.usual and volume.place in ("above", "below"):
        only = "only " if volume.place == "below" and material.heard else ""
        parts += [only, mentions, " against ", volume.usual, f" {day}"]
        parts += [", net sentiment ", net.now] if net.place in ("above", "below") else []
    elif net.usual:
        parts += ["net sentiment ", net.now, " against ", net.usual, f" {day}, in ", mentions]
    if volume.place == "below" and failing(material):
        parts.append(f"; {len(failing(material))} of {len(material.coverage)} sources failing")
    elif volume.place != "below":
        parts += _driver(len(material.heard), net, stories, repeated)
    return parts


def _driver(volume: int, net: Measure, stories: Stories, repeated: Repeated) -> Parts:
    """The story or the comment that most of the day is about, if there is one."""
    found: list[tuple[int, str, Figure]] = []
    found += [(int(s.copies.value or 0), f" of them one story, “{s.headline}”", s.copies) for s in stories.items[:1]]
    said = repeated.complaints if (net.now.value or 0) < 0 else repeated.praise
    found += [(int(c.count.value or 0), f" of them say “{c.phrase}”", c.count) for c in said[:1]]
    found = [one for one in found if one[0] >= max(3, DRIVER * volume)]
    return ["; ", *max(found, key=lambda one: one[0])[:0:-1]] if found else []


def _needs_you(reply: Reply) -> Parts:
    number = int(reply.total.value or 0)
    parts: Parts = ["Needs you: ", Figure(number, many(number, "mention"), reply.total.query)]
    parts.append(" waits for an answer" if number == 1 else " wait for an answer")
    leaving = sum(LEAVING in item.why for item in reply.items)
    if leaving and number > 1:
        parts.append(f", {_few(leaving)} threaten{'s' if leaving == 1 else ''} to leave")
    elif leaving:
        parts.append(" and threatens to leave")
    return parts


def _few(number: int) -> str:
    return ("none", "one", "two", "three", "four", "five")[number] if number <= 5 else grouped(number)


def _calm(material: Material, volume: Measure) -> Parts:
    mentions = _mentions(material, volume)
    if not volume.usual:
        return [mentions, f", and {too_early(material, usual_of(material))}"]
    return [mentions, " where ", volume.usual, f" is usual {occasion(material, usual_of(material))}"]


def _mentions(material: Material, volume: Measure) -> Figure:
    words = many(len(material.heard), "mention") if material.heard else "no mentions"
    return Figure(volume.now.value, words, volume.now.query)


def _lower(parts: Parts) -> Parts:
    return ["otherwise ", *parts] if isinstance(parts[0], Figure) else parts


def _mood(net: Measure) -> Parts:
    return [", net sentiment ", net.now] if net.now.value is not None else []


def usual_of(material: Material) -> Usual:
    return usual_volume({day.date: day.volume for day in material.history}, material.local_date)


def subject(judged: Verdict, changed: Changed) -> str:
    """The verdict in a few words, for the subject of a letter; no mention's words are in it."""
    words = {"reply": "needs you", "learning": "first days", "blind": "no source could be read"}.get(
        judged.level, judged.level
    )
    volume, net = changed.measures[0], changed.measures[1]
    number = int(volume.now.value or 0)
    usual = f" (usual {volume.usual.text})" if volume.usual and volume.place in ("above", "below") else ""
    mood = f", net {net.now.text}" if net.now.value is not None else ""
    return f"{words}, {many(number, 'mention')}{usual}{mood}"
