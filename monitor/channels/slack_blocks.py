"""A digest as Slack blocks, from the form of digest.json. Everything is a rich_text element or plain_text: nothing
is mrkdwn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from monitor.digest import view
from monitor.notice import Notice

Element = dict[str, Any]
MOST_BLOCKS, MOST_TEXT, MOST_HEADER, MOST_LINK = 50, 2900, 150, 3000
"""Slack's limits: blocks a message, characters a block and a header, characters of an address."""


@cache
def _kit() -> ModuleType:
    import slack_sdk.models.blocks as kit  # a third of a second: only where a message is built

    return kit


# Pieces -----------------------------------------------------------------------------------------------------------


def text(words: str, *, bold: bool = False, italic: bool = False) -> Element:
    part = _kit().RichTextElementParts
    style = part.TextStyle(bold=bold or None, italic=italic or None) if bold or italic else None
    return part.Text(text=words[:MOST_TEXT], style=style).to_dict()


def link(url: str, words: str) -> Element:
    """A link; its words alone where there is no address, or one longer than Slack takes."""
    if not url or len(url) > MOST_LINK:
        return text(words)
    return _kit().RichTextElementParts.Link(url=url, text=words).to_dict()


def section(elements: Sequence[Element]) -> Element:
    return _kit().RichTextSectionElement(elements=_filled(elements)).to_dict()


def quote(elements: Sequence[Element]) -> Element:
    return _kit().RichTextQuoteElement(elements=_filled(elements)).to_dict()


def points(items: Sequence[Sequence[Element]], style: str = "bullet") -> Element:
    return _kit().RichTextListElement(style=style, elements=[section(item) for item in items]).to_dict()


def title(words: str) -> Element:
    return section([text(words, bold=True), text("\n")])


def _filled(elements: Sequence[Element]) -> list[Element]:
    """Slack refuses an empty text, and a section without elements."""
    return [element for element in elements if element.get("text")] or [text(" ")]


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
    shown = words if len(words) <= MOST_HEADER else f"{words[: MOST_HEADER - 1]}…"
    return _kit().HeaderBlock(text=_kit().PlainTextObject(text=shown or " ", emoji=False)).to_dict()


def context(words: str) -> Element:
    plain = _kit().PlainTextObject(text=words[:MOST_TEXT] or " ", emoji=False)
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


def blocks(content: Mapping[str, Any], repeat: str = "") -> list[Element]:
    """The digest in one message."""
    return [*summary(content, repeat), divider(), *details(content)][:MOST_BLOCKS]


def summary(content: Mapping[str, Any], repeat: str = "") -> list[Element]:
    """Verdict, reply and what changed: one screen."""
    digest, base = content["digest"], content.get("base", "")
    sections = digest["sections"]
    parts: list[Element] = [section(_verdict(sections["verdict"], base))]
    if sections["reply"]["items"]:
        parts += [section([text("\nNeeds a reply", bold=True), text("\n")])]
        parts += [points([_waiting(item) for item in sections["reply"]["items"]], "ordered")]
    parts += [section([text("\nWhat changed", bold=True), text("\n")])]
    parts += [points([sentence(measure["sentence"], base) for measure in sections["changed"]["measures"]])]
    notes = [context(repeat)] if repeat else []
    return [
        header(f"{digest['brand']}, {view.long_date(digest)}"), *notes, *rich(parts), context(view.window(digest)),
    ]  # fmt: skip


def details(content: Mapping[str, Any]) -> list[Element]:
    """Everything after the first screen."""
    return rich(list(_details(content["digest"]["sections"], content.get("base", ""))))[: MOST_BLOCKS // 2]


def _details(sections: Mapping[str, Any], base: str) -> Iterator[Element]:
    if sections["stories"]["items"]:
        yield title("Stories")
        yield points([_story(story, base) for story in sections["stories"]["items"]])
    for side in ("complaints", "praise", "unsorted"):
        comments = sections["repeated"][side]
        if comments:
            yield title("Most repeated" if side == "unsorted" else f"Most repeated: {side}")
        for comment in comments:
            yield section(sentence(comment["sentence"], base))
            for one in comment["quotes"]:
                yield quote([text(one["text"], italic=True), text(" "), *whence(one["mention"])])
    if sections["competitors"]["lines"]:
        yield title("Competitors")
        yield points([sentence(line["sentence"], base) for line in sections["competitors"]["lines"]])
    if sections["reviews"]["count"]["value"]:
        yield title("Reviews")
        yield section([*sentence(sections["reviews"]["sentence"], base), text("\n")])
    if sections["reviews"]["low"]:
        yield points([_review(review) for review in sections["reviews"]["low"]])
    yield title("What was listened to")
    yield section(sentence(sections["coverage"]["sentence"], base))
    notes = [sentence(note, base) for note in sections["coverage"]["notes"]]
    notes += [
        [text(f"{source['name']}: {source['error']}{'. ' + source['advice'] if source['advice'] else ''}")]
        for source in sections["coverage"]["sources"]
        if source["error"]
    ]
    silent = ", ".join(f"{network} ({why})" for network, why in sections["coverage"]["silent"])
    notes += [[text(f"Not listened to: {silent}.")]] if silent else []
    if notes:
        yield points(notes)


def _verdict(verdict: Mapping[str, Any], base: str) -> list[Element]:
    lead, rest = view.lead_and_rest(verdict["sentence"])
    return [text(f"{lead} " if lead else "", bold=True), *sentence(rest, base), text("\n")]


def _waiting(item: Mapping[str, Any]) -> list[Element]:
    why = text(", ".join(item["why"]).capitalize(), bold=True)
    owner = text(f"  {view.age(item['hours'])} · {item['owner'] or 'nobody yet'}\n")
    return [why, owner, *body(item["mention"]), text("\n"), *whence(item["mention"])]


def _story(story: Mapping[str, Any], base: str) -> list[Element]:
    more = figure(story["sentence"]["parts"][-1], base)
    return [text(f"{story['headline']} ", bold=True), more, text("\nfirst: "), *whence(story["lead"])]


def _review(review: Mapping[str, Any]) -> list[Element]:
    return [text(f"{'★' * round(review['rating'])} "), *body(review), text("\n"), *whence(review)]


def notice_blocks(notice: Notice, repeat: str = "") -> list[Element]:
    """A notice that is not a digest: its subject and its text."""
    words = str(notice.content.get("text", ""))
    shown = rich([section([text(words)])]) if words else []
    return [header(notice.subject), *([context(repeat)] if repeat else []), *shown]
