"""A digest for the terminal, as rich renderables. Foreign words are Text, never markup; control codes were taken out
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from monitor.digest import view

COLOURS = {"unusual": "bold red", "blind": "bold red", "reply": "bold yellow", "normal": "bold green"}
BLOCKS = " ▁▂▃▄▅▆▇█"
TONES = {"negative": "red", "neutral": "bright_black", "positive": "green", "unscored": "white"}


def terminal(digest: Mapping[str, Any], base: str = "") -> RenderableType:
    """One renderable for `rich.print`; figures are links where the terminal has them and `base` is given."""
    return Group(*_blocks(digest, base))


def _blocks(digest: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    sections = digest["sections"]
    yield Text.assemble((digest["brand"], "bold"), "  ", (view.long_date(digest), "dim"))
    yield _verdict(sections["verdict"], base)
    if sections["reply"]["items"]:
        yield _title("Needs a reply", _sentence(sections["reply"]["sentence"], base))
        yield from (_waiting(item) for item in sections["reply"]["items"])
    yield _title("What changed")
    yield _measures(sections["changed"], base)
    yield _trend(digest)
    if sections["stories"]["items"]:
        yield _title("Stories", _sentence(sections["stories"]["sentence"], base))
        yield from (_story(story, base) for story in sections["stories"]["items"])
    for side in ("complaints", "praise", "unsorted"):
        if sections["repeated"][side]:
            yield _title("Most repeated" if side == "unsorted" else f"Most repeated: {side}")
            yield from (_comment(comment, base) for comment in sections["repeated"][side])
    if sections["competitors"]["lines"]:
        yield _title("Competitors")
        yield from (_in(_sentence(line["sentence"], base)) for line in sections["competitors"]["lines"])
    if sections["reviews"]["count"]["value"]:
        yield _title("Reviews", _sentence(sections["reviews"]["sentence"], base))
        yield from (_in(_review(review)) for review in sections["reviews"]["low"])
    yield _title("What was listened to")
    yield from (_in(line) for line in _coverage(sections["coverage"], base))
    yield _in(Text(view.window(digest), "dim"))


def _in(inner: RenderableType) -> Padding:
    return Padding(inner, (0, 0, 0, 2))


def _title(title: str, beside: Text | None = None) -> Text:
    return Text.assemble("\n", (title, "bold"), "  ", beside or "")


def _verdict(verdict: Mapping[str, Any], base: str) -> Text:
    lead, rest = view.lead_and_rest(verdict["sentence"])
    return Text.assemble(
        "\n", (f"{lead} " if lead else "", COLOURS.get(verdict["level"], "bold")), _sentence(rest, base)
    )


def _figure(figure: Mapping[str, Any], base: str, style: str = "bold") -> Text:
    to = view.query_link(base, figure["query"])
    return Text(figure["text"], Style.parse(style) + Style(link=to) if to else style)


def _sentence(sentence: Mapping[str, Any], base: str) -> Text:
    return Text.assemble(*(p if isinstance(p, str) else _figure(p, base) for p in sentence["parts"]))


def _where(mention: Mapping[str, Any]) -> Text:
    to = view.web_link(mention["url"])
    who = f"{mention['author']}, " if mention["author"] else ""
    link = Text(view.host_of(mention["url"]), Style(link=to, color="cyan")) if to else Text()
    return Text.assemble((f"{who}{mention['source']} · #{mention['id']}{' · ' if to else ''}", "dim"), link)


def _said(mention: Mapping[str, Any]) -> Text:
    return Text.assemble((f"{mention['title']} " if mention["title"] else "", "bold"), mention["text"])


def _waiting(item: Mapping[str, Any]) -> Padding:
    head = Text.assemble(
        (", ".join(item["why"]).capitalize(), "red"),
        (f"  {view.age(item['hours'])} · {item['owner'] or 'nobody yet'}", "dim"),
    )
    return _in(Group(head, _said(item["mention"]), _where(item["mention"])))


def _measures(changed: Mapping[str, Any], base: str) -> Padding:
    table = Table(box=None, padding=(0, 4, 0, 0), show_header=False)
    measures = changed["measures"]
    for _ in measures:
        table.add_column()
    table.add_row(*(Text(measure["title"], "dim") for measure in measures))
    table.add_row(*(Text.assemble(_figure(m["now"], base), " ", view.arrow(m["place"])) for m in measures))
    usual = (f"usual {m['usual']['text']}" if m["usual"] else "usual not known yet" for m in measures)
    table.add_row(*(Text(words, "dim") for words in usual))
    return _in(table)


def _trend(digest: Mapping[str, Any]) -> Padding:
    bars = view.bars(digest, len(BLOCKS) - 1)
    line = Text.assemble(*((BLOCKS[day["height"]], "bold" if day["today"] else "bright_black") for day in bars["days"]))
    if len(bars["days"]) <= 6:
        line = Text()
    for part in view.shares(digest):
        line.append(f"{'  ' if line.plain else ''}")
        line.append(f"■ {part['figure']['text']} {part['label']}", TONES[part["label"]])
    return _in(line)


def _story(story: Mapping[str, Any], base: str) -> Padding:
    head = Text.assemble((story["headline"], "bold"), "  ", _figure(story["sentence"]["parts"][-1], base))
    return _in(Group(head, _where(story["lead"])))


def _comment(comment: Mapping[str, Any], base: str) -> Padding:
    quotes = (_in(Text.assemble(f"“{quote['text']}” ", _where(quote["mention"]))) for quote in comment["quotes"])
    return _in(Group(_sentence(comment["sentence"], base), *quotes))


def _review(review: Mapping[str, Any]) -> Group:
    stars = Text("★" * round(review["rating"]) + "  ", "red")
    return Group(Text.assemble(stars, _said(review)), _where(review))


def _coverage(coverage: Mapping[str, Any], base: str) -> Iterator[Text]:
    yield _sentence(coverage["sentence"], base)
    yield from (_sentence(note, base) for note in coverage["notes"])
    for source in coverage["sources"]:
        if source["error"]:
            advice = f" ({source['advice']})" if source["advice"] else ""
            yield Text(f"{source['name']}: {source['error']}{advice}", "red")
    good = [f"{source['name']} {source['items']['text']}" for source in coverage["sources"] if source["state"] == "ok"]
    if good:
        yield Text(" · ".join(good), "dim")
    if coverage["silent"]:
        yield Text("Not listened to: " + ", ".join(f"{network} ({why})" for network, why in coverage["silent"]), "dim")
