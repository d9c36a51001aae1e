"""A digest as Slack blocks, from the form of digest.json. Everything is a rich_text element or plain_text: nothing
is mrkdwn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from monitor.digest import view
from monitor.digest.inert import cut
from monitor.digest.older import as_now
from monitor.notice import Notice

Element = dict[str, Any]
MOST_BLOCKS, MOST_TEXT, MOST_HEADER, MOST_LINK = 50, 2900, 150, 3000
"""Slack's limits: blocks a message, characters a block and a header, characters of an address."""
MOST_MESSAGE, SPARE = 12_000, 400
"""… characters of all blocks of a message, and what is kept free of them to say what was left out."""
MOST_CONTEXT = 400
MOST_REPLIES = 4
"""A thread is read, not scrolled through."""
MARKS = {"negative": "█", "neutral": "░", "positive": "▒", "unscored": "·"}


@cache
def _kit() -> ModuleType:
    import slack_sdk.models.blocks as kit  # a third of a second: only where a message is built

    return kit


# Pieces -----------------------------------------------------------------------------------------------------------


def text(words: str, *, bold: bool = False, italic: bool = False) -> Element:
    part = _kit().RichTextElementParts
    style = part.TextStyle(bold=bold or None, italic=italic or None) if bold or italic else None
    return part.Text(text=cut(words, MOST_TEXT), style=style).to_dict()


def link(url: str, words: str) -> Element:
    """A link; its words alone where there is no address, or one longer than Slack takes."""
    if not url or len(url) > MOST_LINK:
        return text(words)
    return _kit().RichTextElementParts.Link(url=url, text=words).to_dict()


def section(elements: Sequence[Element]) -> Element:
    return _kit().RichTextSectionElement(elements=_filled(elements)).to_dict()


def quote(elements: Sequence[Element]) -> Element:
    return _kit().RichTextQuoteElement(elements=_filled(elements)).to_dict()


def quoted(one: Mapping[str, Any]) -> Element:
    return quote([text(one["text"], italic=True), text(" "), *whence(one["mention"])])


def lists(items: Sequence[Sequence[Element]], style: str = "bullet") -> list[Element]:
    """A list; where it is longer than a block may be, several that go on counting."""
    runs: list[tuple[int, list[Element]]] = []
    room = 0
    for number, item in enumerate(items):
        one = section(item)
        if not runs or length(one) > room:
            runs.append((number, []))
            room = MOST_TEXT
        runs[-1][1].append(one)
        room -= length(one)
    kit = _kit()
    return [
        kit.RichTextListElement(style=style, elements=run, **({"offset": first} if first else {})).to_dict()
        for first, run in runs
    ]


def title(words: str) -> Element:
    return section([text(words, bold=True), text("\n")])


def _filled(elements: Sequence[Element]) -> list[Element]:
    """Slack refuses an empty text, a section without elements, and one that is too long."""
    kept, room = [], MOST_TEXT
    for element in elements:
        size = length(element)
        if 0 < size <= room:
            kept.append(element)
        elif size > room > 1 and element["type"] == "text":
            kept.append({**element, "text": cut(element["text"], room)})
        room -= size
    return kept or [text(" ")]


def sentence(said: Mapping[str, Any], base: str) -> list[Element]:
    return [text(part) if isinstance(part, str) else figure(part, base) for part in said["parts"]]


def figure(one: Mapping[str, Any], base: str) -> Element:
    return link(view.query_link(base, one["query"]), one["text"])


def whence(mention: Mapping[str, Any]) -> list[Element]:
    """Author, source, number and a link that shows the host it leads to."""
    who = f"{mention['author']}, " if mention["author"] else ""
    url = view.web_link(mention["url"])
    there = [text(" · "), link(url, view.host_of(mention["url"]))] if url else []
    return [text(f"{who}{mention['source']} · #{mention['id']}"), *there]


def body(mention: Mapping[str, Any]) -> list[Element]:
    heading = [text(f"{mention['title']} ", bold=True)] if mention["title"] else []
    return [*heading, text(f"“{mention['text']}”" if mention["text"] else "")]


# Blocks -----------------------------------------------------------------------------------------------------------


def header(words: str) -> Element:
    shown = cut(words, MOST_HEADER) or " "
    return _kit().HeaderBlock(text=_kit().PlainTextObject(text=shown, emoji=False)).to_dict()


def context(words: str) -> Element:
    plain = _kit().PlainTextObject(text=cut(words, MOST_CONTEXT) or " ", emoji=False)
    return _kit().ContextBlock(elements=[plain]).to_dict()


def divider() -> Element:
    return _kit().DividerBlock().to_dict()


def rich(elements: Sequence[Element]) -> list[Element]:
    """As few rich_text blocks as hold these elements within Slack's characters a block."""
    packed: list[list[Element]] = []
    room = 0
    for element in elements:
        size = length(element)
        if not packed or size > room:
            packed.append([])
            room = MOST_TEXT
        packed[-1].append(element)
        room -= size
    return [_kit().RichTextBlock(elements=pack).to_dict() for pack in packed]


def length(element: Mapping[str, Any]) -> int:
    """The characters of an element and of everything in it."""
    return len(element.get("text", "")) + sum(length(inner) for inner in element.get("elements", ()))


# Messages ---------------------------------------------------------------------------------------------------------


Part = tuple[str, list[Element]]
"""A part of a digest by its name, and what it says."""


def single(content: Mapping[str, Any], repeat: str = "") -> list[Element]:
    """The digest in one message. What has no room is left out, the last parts first but never what was listened to,
    and named."""
    base, parts = content.get("base", ""), _parts_of(content)
    top = summary(content, repeat)
    *others, last = parts
    room = MOST_MESSAGE - SPARE - sum(map(length, top)) - _size(last)
    kept: list[Part] = []
    left: list[Part] = []
    for part in others:
        fits = not left and _size(part) <= room
        (kept if fits else left).append(part)
        room -= _size(part) if fits else 0
    below = [block for part in (*kept, last) for block in (divider(), *rich(part[1]))]
    return fitting([*top, *below], base, [name for name, _ in left])


def fitting(shown: Sequence[Element], base: str, left: Sequence[str] = ()) -> list[Element]:
    """These blocks as far as one message holds them; what is left out is said."""
    kept: list[Element] = []
    room = MOST_MESSAGE - SPARE
    for block in shown:
        room -= length(block)
        if room >= 0 and len(kept) < MOST_BLOCKS - 1:
            kept.append(block)
    return [*kept, *_left([*left, *(["the end"] if len(kept) < len(shown) else [])], base)]


def summary(content: Mapping[str, Any], repeat: str = "") -> list[Element]:
    """Verdict, reply and what changed: one screen. Of several brands: how all do."""
    digest, base = content["digest"], content.get("base", "")
    parts = _overview(digest["overview"], base) if "brands" in digest else _first(as_now(digest), base)
    who = ", ".join(filter(None, [digest["brand"], digest.get("department")]))
    notes = [context(repeat)] if repeat else []
    head = header(f"{who}, {view.period(digest)}")
    return fitting([head, *notes, context(view.window(digest)), *rich(list(parts))], base)


def thread(content: Mapping[str, Any]) -> list[list[Element]]:
    """Everything after the first screen, as the few messages that hold it."""
    messages: list[list[Element]] = []
    room, left = 0, []
    for name, elements in _parts_of(content):
        for number, block in enumerate(rich(elements)):
            if length(block) > room and len(messages) < MOST_REPLIES:
                messages.append([])
                room = MOST_MESSAGE - SPARE
            if length(block) <= room:
                messages[-1] += [block] if number or not messages[-1] else [divider(), block]
                room -= length(block)
            elif name not in left:
                left.append(name)
    return [*messages[:-1], messages[-1] + _left(left, content.get("base", ""))] if messages else []


def _left(names: Sequence[str], base: str) -> list[Element]:
    if not names:
        return []
    where = [text(" All of it is "), link(view.web_link(base), "on its page"), text(".")] if view.web_link(base) else []
    return rich([section([text(cut(f"Left out for want of room: {', '.join(names)}.", SPARE - 60)), *where])])


def _size(part: Part) -> int:
    return sum(map(length, part[1]))


def _parts_of(content: Mapping[str, Any]) -> list[Part]:
    digest, base = content["digest"], content.get("base", "")
    if "brands" in digest:
        return [(one["brand"], list(_brand(as_now(one), base))) for one in digest["brands"]]
    return list(_details(as_now(digest), base))


def _overview(overview: Mapping[str, Any], base: str) -> Iterator[Element]:
    yield section(_verdict(overview["verdict"], base))
    items = [[text(f"{line['name']}  ", bold=True), *sentence(line["sentence"], base)] for line in overview["lines"]]
    yield from lists(items)


def _brand(digest: Mapping[str, Any], base: str) -> Iterator[Element]:
    """One of several brands: its first screen, the most of what was said, and whether somebody listened."""
    yield title(digest["brand"])
    yield from _first(digest, base)
    for name, elements in _details(digest, base):
        if name in ("Stories", "Most repeated"):
            yield from elements
    yield section([text("\n"), *sentence(digest["sections"]["coverage"]["sentence"], base)])


def _first(digest: Mapping[str, Any], base: str) -> Iterator[Element]:
    sections, line = digest["sections"], view.sparkline(digest)
    verdict, changed = sections["verdict"], sections["changed"]
    yield section(_verdict(verdict, base))
    if verdict["summary"]:
        yield section([*_summary(verdict["summary"]), text("\n")])
    yield from lists([[*body(mention), text("\n"), *whence(mention)] for mention in verdict["few"]])
    if sections["reply"]["items"]:
        yield section([text("\nNeeds a reply", bold=True), text("\n")])
        yield from lists([_waiting(item) for item in sections["reply"]["items"]], "ordered")
    yield section([text("\nWhat changed", bold=True), text("\n")])
    points = [sentence(measure["sentence"], base) for measure in changed["measures"]]
    if line.now:
        each = "week" if digest["kind"] == "weekly" else "day"
        usual = f", usual {line.usual}" if line.usual else ""
        points.append([text(f"{line.past}{line.now}  mentions a {each}{usual}")])
    split = [
        [text(f"{MARKS[part['label']]} "), figure(part["figure"], base), text(f" {part['name']}")]
        for part in view.shares(digest)
    ]
    points += [_joined(split)] if split else []
    points += [sentence(changed["note"], base)] if changed["note"] else []
    yield from lists(points)


def _joined(parts: Sequence[Sequence[Element]]) -> list[Element]:
    return [element for i, part in enumerate(parts) for element in ([text(", ")] if i else []) + list(part)]


def _details(digest: Mapping[str, Any], base: str) -> Iterator[Part]:
    sections = digest["sections"]
    if sections["stories"]["items"]:
        yield "Stories", [title("Stories"), *lists([_story(one, base) for one in sections["stories"]["items"]])]
    if said := list(_repeated(sections["repeated"], base)):
        yield "Most repeated", said
    if sections["competitors"]["lines"]:
        yield "Competitors", [title("Competitors"), *lists(list(_competitors(sections["competitors"], base)))]
    reviews = sections["reviews"]
    if reviews["count"]["value"]:
        intro = section([*sentence(reviews["sentence"], base), text("\n")])
        yield "Reviews", [title("Reviews"), intro, *lists([_review(review) for review in reviews["low"]])]
    if view.has_experience(sections["experience"]):
        yield "Experience", list(_experience(sections["experience"], base))
    yield "What was listened to", list(_coverage(sections["coverage"], base))


def _repeated(repeated: Mapping[str, Any], base: str) -> Iterator[Element]:
    for side in ("complaints", "praise", "unsorted"):
        comments = repeated[side]
        if comments:
            yield title("Most repeated" if side == "unsorted" else f"Most repeated: {side}")
        for comment in comments:
            yield section([*sentence(comment["sentence"], base), *([text("\n")] if not comment["quotes"] else [])])
            yield from (quoted(one) for one in comment["quotes"])


def _competitors(competitors: Mapping[str, Any], base: str) -> Iterator[list[Element]]:
    yield from (sentence(line["sentence"], base) for line in competitors["lines"])
    for by, compared in (("topic", competitors["topics"]), ("stage", competitors["stages"])):
        own = [
            [text(f"{view.first_upper(one['label'])} "), figure(voice["share"], base)]
            for one in compared
            for voice in one["voices"][:1]
            if voice["share"]
        ]
        if own:
            yield [text(f"Share of voice by {by}: "), *_joined(own)]
        yield from (sentence(one["sentence"], base) for one in compared if one["sentence"])


def _experience(experience: Mapping[str, Any], base: str) -> Iterator[Element]:
    yield title("Experience")
    yield section([*sentence(experience["sentence"], base), text("\n")])
    items = [_stage(stage, base) for stage in experience["stages"]]
    for want in experience["wants"]:
        items.append([text(f"{want['title']}: "), figure(want["volume"], base), text(" ("), figure(want["share"], base),
                      text(")")])  # fmt: skip
    items += [_team(team, base) for team in experience["teams"]]
    items += [sentence(one["sentence"], base) for one in experience["channels"]]
    items += [sentence(experience["note"], base)] if experience["note"] else []
    yield from lists(items)


def _stage(stage: Mapping[str, Any], base: str) -> list[Element]:
    """A stage, and its mixture of sentiments as ten blocks."""
    bar = "".join(MARKS[part["label"]] * max(1, round(part["percent"] / 10)) for part in view.percents(stage["split"]))
    net = [text(", net sentiment "), figure(stage["net_sentiment"], base)] if stage["net_sentiment"] else []
    gap = [text(", "), figure(stage["gap"], base), text(" to the target")] if stage["gap"] else []
    name = view.first_upper(stage["name"])
    return [text(f"{bar}  {name}: "), figure(stage["volume"], base), *net, *gap]


def _team(team: Mapping[str, Any], base: str) -> list[Element]:
    found = [text(f"{view.team(team)}: "), figure(team["volume"], base), text(", "), figure(team["waiting"], base)]
    found.append(text(" waiting"))
    if team["first_reply"]:
        found += [text("; first reply within "), figure(team["first_reply"]["median"], base), text(" for half")]
    if team["within"]:
        found += [text("; "), figure(team["within"], base), text(" in time")]
    return found


def _coverage(coverage: Mapping[str, Any], base: str) -> Iterator[Element]:
    yield title("What was listened to")
    yield section([*sentence(coverage["sentence"], base), text("\n")])
    notes = [sentence(note, base) for note in coverage["notes"]]
    for source in coverage["sources"]:
        advice = f". {source['advice']}" if source["advice"] else ""
        notes += [[text(f"{source['name']}: {source['error']}{advice}")]] if source["error"] else []
        notes += [[text(f"{source['name']}: {'; '.join(source['gaps'])}")]] if source["gaps"] else []
    silent = ", ".join(f"{network} ({why})" for network, why in coverage["silent"])
    notes += [[text(f"Not listened to: {silent}.")]] if silent else []
    yield from lists(notes)


def _verdict(verdict: Mapping[str, Any], base: str) -> list[Element]:
    lead, rest = view.lead_and_rest(verdict["sentence"])
    return [text(f"{lead} " if lead else "", bold=True), *sentence(rest, base), text("\n")]


def _summary(one: Mapping[str, Any]) -> list[Element]:
    by = f" worded by {one['by']}" if one["by"] else ""
    return [text(one["text"]), text(f" {view.named(one)}{by}")]


def _waiting(item: Mapping[str, Any]) -> list[Element]:
    why = text(view.first_upper(", ".join(item["why"])), bold=True)
    owner = text(f"  {view.age(item['hours'])} · {view.whose(item)}\n")
    return [why, owner, *body(item["mention"]), text("\n"), *whence(item["mention"])]


def _story(story: Mapping[str, Any], base: str) -> list[Element]:
    about = [text("\n"), *_summary(story["summary"])] if story["summary"] else []
    said = story["quote"]["text"] if story["quote"] and not about else ""
    words = [text(f"\n“{said}”", italic=True)] if said else []
    head = [text(f"{story['headline']} ", bold=True), figure(story["more"], base)]
    return [*head, *about, *words, text("\nfirst: "), *whence(story["lead"])]


def _review(review: Mapping[str, Any]) -> list[Element]:
    return [text(f"{'★' * round(review['rating'])} "), *body(review), text("\n"), *whence(review)]


# Other notices ----------------------------------------------------------------------------------------------------


def notice_blocks(notice: Notice, repeat: str = "") -> list[Element]:
    """A notice that is not a digest: an alert, or a subject and its text."""
    notes = [context(repeat)] if repeat else []
    if "alert" in notice.content:
        alert = notice.content["alert"]
        said = rich(list(_alert(alert, notice.content.get("base", ""))))
        head = [header(alert["subject"]), *notes, context(view.spell(alert))]
        return fitting([*head, *said], notice.content.get("base", ""))
    words = str(notice.content.get("text", ""))
    return [header(notice.subject), *notes, *(rich([section([text(words)])]) if words else [])]


def _alert(alert: Mapping[str, Any], base: str) -> Iterator[Element]:
    yield section([*sentence(alert["sentence"], base), text("\n")])
    if alert["cause"]:
        yield section([*sentence(alert["cause"], base), text("\n")])
    yield from lists([_shown(one) for one in alert["mentions"]], "ordered")
    yield from lists([sentence(detail, base) for detail in alert["details"]])
    if alert["advice"]:
        yield section([text("\n"), *sentence(alert["advice"], base)])


def _shown(shown: Mapping[str, Any]) -> list[Element]:
    beside = " · ".join(filter(None, [view.why_shown(shown), shown["owner"]]))
    why = [text(f"{beside}\n", bold=True)] if beside else []
    return [*why, *body(shown["mention"]), text("\n"), *whence(shown["mention"])]
