"""A digest or an alert as a short outline for services that take little: lines of words in reading order, each with how
soon it may be left out, and nothing in them that a service would take for a link, a ping or a command of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from monitor.digest import view
from monitor.digest.inert import cut, inert

Mood = Literal["calm", "waiting", "unusual"]
"""How much it wants of whoever reads it: nothing, an answer, a look."""


@dataclass(frozen=True, slots=True)
class Words:
    """A run of inert words. With a `url` they are a link, to one of our own pages or to the host that they name."""

    text: str
    url: str = ""
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    kind: Literal["heading", "text", "point", "quote"]
    """A quote stands under the point before it."""
    words: tuple[Words, ...]
    rank: int = 0
    """What is left out first has the highest."""

    @property
    def text(self) -> str:
        return "".join(words.text for words in self.words)

    @property
    def mark(self) -> str:
        """What it begins with where there is nothing but text."""
        return {"heading": "\n", "text": "", "point": "• ", "quote": "    "}[self.kind]


@dataclass(frozen=True, slots=True)
class Outline:
    title: str
    mood: Mood
    lines: tuple[Line, ...]
    foot: str
    """The time that it is about."""
    url: str
    """Where all of it is; empty where no page is known."""


VERDICT, LISTENED, REPLY, CHANGED, STORIES, COMMENTS, RIVALS, REVIEWS, EXPERIENCE, SOURCES, QUOTES, SILENT = range(12)
"""What stays of a digest that is too long: the verdict and the proof that somebody listened before all, then what
needs doing; the quotes go first."""


_MOODS: Mapping[str, Mood] = {"unusual": "unusual", "blind": "unusual", "reply": "waiting"}


def outline(notice_kind: str, subject: str, content: Mapping[str, Any]) -> Outline:
    """What a notice says. `content` as in monitor.notice: of a digest, an alert, or a plain `text`."""
    base = str(content.get("base", ""))
    if notice_kind == "digest":
        return of_digest(content["digest"], base)
    if "alert" in content:
        return of_alert(content["alert"], base)
    return Outline(inert(subject) or "–", "calm", (_text(str(content.get("text", ""))),), "", view.web_link(base))


# A digest ---------------------------------------------------------------------------------------------------------


def of_digest(digest: Mapping[str, Any], base: str = "") -> Outline:
    """The outline of a digest.json, also of one of several brands."""
    several = "brands" in digest
    verdict = digest["overview" if several else "sections"]["verdict"]
    lines = _of_several(digest, base) if several else _of_one(digest["sections"], base)
    who = ", ".join(filter(None, [digest["brand"], digest["department"]]))
    week = "week to " if digest["kind"] == "weekly" else ""
    return Outline(
        title=inert(f"{who}, {week}{view.long_date(digest)}"),
        mood=_MOODS.get(verdict["level"], "calm"),
        lines=tuple(lines),
        foot=inert(view.window(digest)),
        url=view.web_link(base),
    )


def _of_several(digest: Mapping[str, Any], base: str) -> Iterator[Line]:
    """How all do, and every brand's first lines; the rest of each is on its page."""
    yield _verdict(digest["overview"]["verdict"], base)
    for one in digest["brands"]:
        sections = one["sections"]
        yield _heading(one["brand"])
        yield replace(_verdict(sections["verdict"], base), kind="point")
        yield from _waiting(sections["reply"], base)
        yield from (
            _point(_sentence(measure["sentence"], base), CHANGED) for measure in sections["changed"]["measures"]
        )
        yield _point(_sentence(sections["coverage"]["sentence"], base), LISTENED)


def _of_one(sections: Mapping[str, Any], base: str) -> Iterator[Line]:
    yield _verdict(sections["verdict"], base)
    yield from _about(sections["verdict"])
    yield from _under("Needs a reply", _waiting(sections["reply"], base))
    changed = (_point(_sentence(one["sentence"], base), CHANGED) for one in sections["changed"]["measures"])
    yield from _under("What changed", changed)
    yield from _under("Stories", _stories(sections["stories"], base))
    yield from _repeated(sections["repeated"], base)
    yield from _under("Competitors", _rivals(sections["competitors"], base))
    yield from _under("Reviews", _reviews(sections["reviews"], base))
    yield from _under("Experience", _experience(sections["experience"], base))
    yield from _under("What was listened to", _coverage(sections["coverage"], base))


def _about(verdict: Mapping[str, Any]) -> Iterator[Line]:
    """What the day is about; on a quiet one, all that was said."""
    if verdict["summary"]:
        yield Line("text", (Words(inert(verdict["summary"]["text"])),), CHANGED)
    for mention in verdict["few"]:
        yield _quote(mention, CHANGED)


def _verdict(verdict: Mapping[str, Any], base: str) -> Line:
    lead, rest = view.lead_and_rest(verdict["sentence"])
    head = (Words(f"{inert(lead)} ", bold=True),) if lead else ()
    return Line("text", (*head, *_sentence(rest, base)), VERDICT)


def _waiting(reply: Mapping[str, Any], base: str) -> Iterator[Line]:
    for item in reply["items"]:
        why = Words(inert(", ".join(item["why"]).capitalize()), bold=True)
        yield _point((why, Words(inert(f" · {view.age(item['hours'])} · {item['owner'] or 'nobody yet'}"))), REPLY)
        yield _quote(item["mention"], REPLY)


def _stories(stories: Mapping[str, Any], base: str) -> Iterator[Line]:
    for story in stories["items"]:
        more = story["more"]
        told = Words(inert(more["text"]), view.query_link(base, more["query"]))
        yield _point((Words(inert(story["headline"]), bold=True), Words(" "), told), STORIES)
        yield Line("quote", (Words("first: "), *_whence(story["lead"])), QUOTES)


def _repeated(repeated: Mapping[str, Any], base: str) -> Iterator[Line]:
    titles = {"complaints": "Most repeated: complaints", "praise": "Most repeated: praise", "unsorted": "Most repeated"}
    for side, title in titles.items():
        yield from _under(title, _comments(repeated.get(side) or (), base))


def _comments(comments: Iterable[Mapping[str, Any]], base: str) -> Iterator[Line]:
    for comment in comments:
        yield _point(_sentence(comment["sentence"], base), COMMENTS)
        for quoted in comment["quotes"]:
            yield _quote({**quoted["mention"], "title": "", "text": quoted["text"]}, QUOTES)


def _rivals(competitors: Mapping[str, Any], base: str) -> Iterator[Line]:
    compared = (one for one in (*competitors["topics"], *competitors["stages"]) if one["sentence"])
    yield from (_point(_sentence(one["sentence"], base), RIVALS) for one in (*competitors["lines"], *compared))


def _reviews(reviews: Mapping[str, Any], base: str) -> Iterator[Line]:
    if reviews["count"]["value"]:
        yield _point(_sentence(reviews["sentence"], base), REVIEWS)
    for review in reviews["low"]:
        stars = Words(f"{'★' * round(review['rating'])} ", bold=True)
        yield _point((stars, *_quote(review, QUOTES).words), QUOTES)


def _experience(experience: Mapping[str, Any], base: str) -> Iterator[Line]:
    """Its sentences; what is drawn (the strip of stages) is for pages."""
    found = [experience["sentence"], *(one["sentence"] for one in experience["channels"])]
    yield from (_point(_sentence(one, base), EXPERIENCE) for one in found)


def _coverage(coverage: Mapping[str, Any], base: str) -> Iterator[Line]:
    yield _point(_sentence(coverage["sentence"], base), LISTENED)
    yield from (_point(_sentence(note, base), SOURCES) for note in coverage["notes"])
    for source in coverage["sources"]:
        if source["error"]:
            advice = f" ({source['advice']})" if source["advice"] else ""
            yield _point((Words(inert(f"{source['name']}: {source['error']}{advice}")),), SOURCES)
    if coverage["silent"]:
        silent = ", ".join(f"{network} ({why})" for network, why in coverage["silent"])
        yield _point((Words(inert(f"Not listened to: {silent}.")),), SILENT)


# An alert ---------------------------------------------------------------------------------------------------------


def of_alert(alert: Mapping[str, Any], base: str = "") -> Outline:
    """The outline of an alert.json."""
    of = {"timezone": alert["timezone"], "window": {"start": alert["started"], "end": alert["until"]}}
    foot = " · ".join(filter(None, [alert["brand"], alert["department"], view.window(of)]))
    return Outline(
        title=inert(alert["subject"]),
        mood="waiting" if alert["kind"] in ("rule", "unanswered") else "unusual",
        lines=tuple(_alert_lines(alert, base)),
        foot=inert(foot),
        url=view.query_link(base, alert["total"]["query"]) or view.web_link(base),
    )


def _alert_lines(alert: Mapping[str, Any], base: str) -> Iterator[Line]:
    yield Line("text", _sentence(alert["sentence"], base), 0)
    if alert["cause"]:
        yield Line("text", _sentence(alert["cause"], base), 1)
    if alert["advice"]:
        yield Line("text", _sentence(alert["advice"], base), 2)
    yield from _under("Look at these first", _alarming(alert["mentions"]))
    yield from _under("More", (_point(_sentence(one, base), 4) for one in alert["details"]))


def _alarming(mentions: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    for shown in mentions:
        why = ", ".join([*filter(None, [shown["sentiment"]]), *shown["why"]]).capitalize()
        owner = f" · {shown['owner']}" if shown["owner"] else ""
        yield _point((Words(inert(why or "Mention"), bold=True), Words(inert(owner))), 3)
        yield _quote(shown["mention"], 3)


# Lines ------------------------------------------------------------------------------------------------------------


def _under(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with their heading, which is not there where they are not."""
    for number, line in enumerate(lines):
        if not number:
            yield _heading(title)
        yield line


def _heading(title: str) -> Line:
    return Line("heading", (Words(inert(title), bold=True),))


def _text(words: str) -> Line:
    return Line("text", (Words(inert(words)),))


def _point(words: Iterable[Words], rank: int) -> Line:
    return Line("point", tuple(one for one in words if one.text), rank)


def _quote(mention: Mapping[str, Any], rank: int) -> Line:
    title = f"{mention['title']} " if mention["title"] else ""
    said = f"{title}“{mention['text']}” " if mention["text"] else title
    return Line("quote", (Words(inert(said)), *_whence(mention)), rank)


def _whence(mention: Mapping[str, Any]) -> tuple[Words, ...]:
    """Author, source, the number to type, and a link that shows the host it leads to."""
    who = f"{mention['author']}, " if mention["author"] else ""
    url = view.web_link(mention["url"])
    there = (Words(" · "), Words(inert(view.host_of(url)), url)) if url else ()
    return (Words(inert(f"{who}{mention['source']} · #{mention['id']}")), *there)


def _sentence(sentence: Mapping[str, Any], base: str) -> tuple[Words, ...]:
    parts = (
        Words(inert(part))
        if isinstance(part, str)
        else Words(inert(part["text"]), view.query_link(base, part["query"]))
        for part in sentence["parts"]
    )
    return tuple(words for words in parts if words.text)


# What fits --------------------------------------------------------------------------------------------------------

Cost = Callable[[Line], Sequence[int]]
"""What a line takes of each thing that a service limits: characters, bytes, links …"""


def fitted(said: Outline, room: Sequence[int], cost: Cost) -> tuple[Line, ...]:
    """The lines that fit into the room, in reading order. Where not all do, those of the highest rank go first, and a
    last line says what is missing and where all of it is."""
    lines = said.lines
    prices = [cost(line) for line in lines]
    if _fits(_sum(prices, room), room):
        return lines
    left = _less(room, cost(_missing(said, range(len(lines)))))
    kept = _kept(lines, prices, left)
    if kept:
        shown = [lines[index] for index in sorted(kept)]
        return (*shown, _missing(said, [index for index in range(len(lines)) if index not in kept]))
    brief = _missing(said, ())
    return (shortened(lines[0], _less(room, cost(brief)), cost), brief)


def _kept(lines: Sequence[Line], prices: Sequence[Sequence[int]], room: Sequence[int]) -> set[int]:
    """The indexes of the lines to keep: rank by rank, up to the first rank of which not all fits."""
    places, kept, full = _places(lines), set[int](), len(lines)
    for index in sorted(range(len(lines)), key=lambda i: (lines[i].rank, i)):
        heading, point = places[index]
        if lines[index].kind == "heading" or not {point} <= kept | {None}:
            continue
        if lines[index].rank > full:
            break
        wanted = {one for one in (heading, index) if one is not None} - kept
        price = _sum([prices[one] for one in wanted], room)
        if _fits(price, room):
            kept |= wanted
            room = _less(room, price)
        else:
            full = min(full, lines[index].rank)
    return kept


def shortened(line: Line, room: Sequence[int], cost: Cost) -> Line:
    """As much of a line as fits, without its links."""

    def of(most: int) -> Line:
        return replace(line, words=(Words(cut(line.text, most)),))

    low, high = 0, len(line.text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(cost(of(middle)), room) else (low, middle - 1)
    return of(low)


def _places(lines: Sequence[Line]) -> list[tuple[int | None, int | None]]:
    """Of each line: its heading, and of a quote the point that it stands under."""
    heading = point = None
    found = list[tuple[int | None, int | None]]()
    for index, line in enumerate(lines):
        heading = index if line.kind == "heading" else heading
        point = index if line.kind == "point" else point if line.kind == "quote" else None
        found.append((heading, point if line.kind == "quote" else None))
    return found


def _missing(said: Outline, indexes: Iterable[int]) -> Line:
    """What was left out, by its headings, and where it is."""
    places, kinds = _places(said.lines), [line.kind for line in said.lines]
    lost = list(indexes)
    headings = Counter(places[index][0] for index in lost if kinds[index] in ("text", "point"))
    named = [f"{number} in {said.lines[where].text}" for where, number in headings.items() if where is not None]
    quotes = sum(kinds[index] == "quote" for index in lost)
    named += [f"{quotes} quote{'' if quotes == 1 else 's'}"] if quotes else []
    words = f"Left out here: {', '.join(named)}. " if named else "Shortened. "
    there = Words(inert(urlsplit(said.url).netloc), said.url) if said.url else Words("`overheard digest`")
    return Line("text", (Words(f"{words}All of it: "), there))


def _sum(prices: Iterable[Sequence[int]], room: Sequence[int]) -> list[int]:
    return [sum(parts) for parts in zip(*prices, [0] * len(room), strict=True)]


def _less(room: Sequence[int], price: Sequence[int]) -> list[int]:
    return [have - takes for have, takes in zip(room, price, strict=True)]


def _fits(price: Sequence[int], room: Sequence[int]) -> bool:
    return all(takes <= have for takes, have in zip(price, room, strict=True))
