"""The verdict, one sentence: normal, or needs you, and why; and what the day is about, in the writers' own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.digest.coverage import failing, read
from monitor.digest.extract import quotes, summary
from monitor.digest.form import Changed, Coverage, Figure, Level, Measure, Repeated, Reply, Stories, Verdict, say
from monitor.digest.material import Material
from monitor.digest.reply import waiting, waiting_query
from monitor.digest.stories import spread
from monitor.digest.wording import cite, grouped, many, occasion, too_early
from monitor.insight.usual import Usual, usual_volume

Parts = list[str | Figure]

DRIVER = 0.2
"""A story or a comment explains a day when so much of the day's volume is in it."""
RISING = 4
"""So many people, at least, make a comment worth a word that more say than usual."""
LEAVING = "threatens to leave"
WEIGHTY = (LEAVING, "complaint", "review")
"""A plain question waits, but does not turn the verdict."""
FEW = 5
"""So many mentions are shown rather than summed up."""
READ = 40
"""Among so many mentions the sentences are looked for that sum up the day."""
SUMMED_UP = 2


def verdict(
    material: Material, changed: Changed, reply: Reply, stories: Stories, repeated: Repeated, coverage: Coverage
) -> Verdict:
    volume, net = changed.measures[0], changed.measures[1]
    level = _level(material, volume, net, reply)
    parts: Parts
    cited = [one.mention.id for one in material.heard]
    if level == "blind":
        parts = _blind(material, volume)
    elif level == "unusual":
        parts = [*_unusual(material, volume, net, stories, repeated), *_rising(material, repeated)]
    elif level == "reply":
        cited = [item.mention.id for item in reply.items]
        parts = [*_needs_you(material, reply), "; ", *_lower(_calm(material, volume)), *_rising(material, repeated)]
    else:
        lead = {"quiet": "Quiet: ", "learning": "", "normal": "Normal: "}[level]
        parts = [lead, *_calm(material, volume), *_mood(net), *_rising(material, repeated), *_troubles(material)]
    quiet = level == "quiet"
    said = [] if quiet else material.mentions(gist(material))
    return Verdict(
        level,
        say(*parts, "" if level == "blind" else ".", mentions=cited),
        summary(quotes(said, material.vectors, SUMMED_UP), said),
        tuple(cite(material.worded(one.mention)) for one in material.heard) if quiet else (),
    )


def gist(material: Material) -> Sequence[int]:
    """The mentions out of which the day is summed up: those of the story that most of it is about, where there is one,
    else some of all of it. None where there is little to sum up."""
    if len(material.heard) <= FEW:
        return ()
    largest = next(iter(material.stories), None)
    if largest is not None and len(largest.members) >= DRIVER * len(material.heard):
        return spread(largest.members, READ)
    copies = {id_ for story in material.stories for id_ in story.members[1:]}
    return spread([one.mention.id for one in material.heard if one.mention.id not in copies], READ)


def _level(material: Material, volume: Measure, net: Measure, reply: Reply) -> Level:
    if material.coverage and failing(material) and not read(material):
        return "blind"
    if volume.place in ("above", "below") or net.place in ("above", "below"):
        return "unusual"
    if any(why.endswith(WEIGHTY) for item in reply.items for why in item.why):
        return "reply"
    if not material.heard or (len(material.heard) <= FEW and volume.place == "within" and not reply.items):
        return "quiet"
    return "learning" if volume.place == "unknown" else "normal"


def _rising(material: Material, repeated: Repeated) -> Iterator[str | Figure]:
    """A complaint that more people make than usual, or that is new: it is heard before the volume rises."""
    more = [one for one in repeated.complaints if one.place == "above" and one.people >= RISING]
    worst = max(more, key=lambda one: one.people, default=None)
    if worst is not None and worst.usual is not None and int(worst.count.value or 0) < DRIVER * len(material.heard):
        yield from ("; “", worst.phrase, "” rises: ", worst.count, " against ", worst.usual)


def _troubles(material: Material) -> Parts:
    if not failing(material):
        return []
    return [f"; {len(failing(material))} of {len(material.coverage)} sources failing"]


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
    if volume.place == "below":
        parts += _troubles(material)
    else:
        parts += _driver(len(material.heard), net, stories, repeated)
    return parts


def _driver(volume: int, net: Measure, stories: Stories, repeated: Repeated) -> Parts:
    """The story or the comment that most of the day is about, if there is one."""
    found: list[tuple[int, str, Figure]] = []
    found += [(int(s.copies.value or 0), f" of them one story, “{s.headline}”", s.copies) for s in stories.items[:1]]
    said = repeated.complaints if (net.now.value or 0) < 0 else repeated.praise
    found += [(int(c.count.value or 0), f" of them say “{c.phrase}”", c.count) for c in said]
    found = [one for one in found if one[0] >= max(3, DRIVER * volume)]
    return ["; ", *max(found, key=lambda one: one[0])[:0:-1]] if found else []


def _needs_you(material: Material, reply: Reply) -> Parts:
    number = int(reply.total.value or 0)
    if not number:
        older = many(len(waiting(material.late)), "older mention")
        return [f"Needs you: {older}, found only now, wait{'s' if older.startswith('1 ') else ''} for an answer"]
    parts: Parts = ["Needs you: ", Figure(number, many(number, "mention"), reply.total.query)]
    parts.append(" waits for an answer" if number == 1 else " wait for an answer")
    leaving = sum("churn" in one.needs for one in waiting(material.heard))
    if leaving == number:
        parts.append(" and threatens to leave" if number == 1 else ", all threaten to leave")
    elif leaving:
        counted = Figure(leaving, _few(leaving), waiting_query(material, "need:churn"))
        parts += [", ", counted, f" threaten{'s' if leaving == 1 else ''} to leave"]
    return parts


def _few(number: int) -> str:
    return ("none", "one", "two", "three", "four", "five")[number] if number <= 5 else grouped(number)


def _calm(material: Material, volume: Measure) -> Parts:
    mentions = _mentions(material, volume)
    compared: Parts
    if not volume.usual:
        compared = [" after ", volume.previous, " in the week before"] if material.is_weekly and volume.previous else []
        return [mentions, *compared, f", and {too_early(material, usual_of(material))}"]
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
