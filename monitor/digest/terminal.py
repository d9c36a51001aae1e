"""A digest for the terminal, as rich renderables. Foreign words are Text, never markup; control codes were taken out
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from monitor.digest import view
from monitor.digest.older import as_now

COLOURS = {"unusual": "bold red", "blind": "bold red", "reply": "bold yellow", "normal": "bold green"}
TONES = {"negative": "red", "neutral": "bright_black", "positive": "green", "unscored": "white"}
MARKS = {"negative": "█", "neutral": "░", "positive": "▒", "unscored": "·"}
"""Told apart also where there are no colours."""


def terminal(frozen: Mapping[str, Any], base: str = "") -> RenderableType:
    """The digest (the form of digest.json) as one renderable for `rich.print`; figures are links where the terminal
    has them and `base` is given."""
    return Group(*(_of_several(frozen, base) if "brands" in frozen else _blocks(as_now(frozen), base)))


def _of_several(frozen: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    overview = frozen["overview"]
    yield _head(frozen)
    yield _verdict(overview["verdict"], base)
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("", "mentions", "usual", "net sentiment", "waiting"):
        table.add_column(title, justify="right" if title else "left")
    for line in overview["lines"]:
        table.add_row(Text(line["name"], COLOURS.get(line["level"], "bold")), _placed(line, base),
                      *(_optional(line[name], base) for name in ("usual", "net_sentiment", "waiting")))  # fmt: skip
    yield _in(Group(Text(), table))
    for one in frozen["brands"]:
        yield Text("\n" + "─" * 40, "dim")
        yield from _blocks(as_now(one), base)


def _head(digest: Mapping[str, Any]) -> Text:
    department = f", {digest['department']}" if digest["department"] else ""
    return Text.assemble((digest["brand"] + department, "bold"), "  ", (view.period(digest), "dim"))


def _blocks(digest: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    sections = digest["sections"]
    yield _head(digest)
    yield _verdict(sections["verdict"], base)
    yield from _about(digest, sections["verdict"])
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
        yield from _competitors(sections["competitors"], base)
    if sections["reviews"]["count"]["value"]:
        yield _title("Reviews", _sentence(sections["reviews"]["sentence"], base))
        yield from (_in(_review(review)) for review in sections["reviews"]["low"])
    if view.has_experience(sections["experience"]):
        yield _title("Experience", _sentence(sections["experience"]["sentence"], base))
        yield from _experience(sections["experience"], base)
    yield _title("What was listened to")
    yield from (_in(line) for line in _coverage(sections["coverage"], base))
    yield _in(Text(view.window(digest), "dim"))


def _about(digest: Mapping[str, Any], verdict: Mapping[str, Any]) -> Iterator[RenderableType]:
    if verdict["summary"]:
        yield _summary(verdict["summary"])
    for mention in verdict["few"]:
        yield _in(Group(_said(mention), _where(mention)))


def _summary(summary: Mapping[str, Any]) -> Text:
    by = f" worded by {summary['by']}" if summary["by"] else ""
    return Text.assemble(summary["text"], (f" {view.named(summary)}{by}", "dim"))


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
        (view.first_upper(", ".join(item["why"])), "red"),
        (f"  {view.age(item['hours'])} · {view.whose(item)}", "dim"),
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
    line = view.sparkline(digest)
    drawn = Text.assemble((line.past, "bright_black"), (line.now, "bold"))
    drawn.append(f"  usual {line.usual}" if line.usual else "", "dim")
    days = digest["sections"]["changed"]["days"]
    each = Text(" · ".join(f"{view.weekday(day['date'])} {day['volume']:,}" for day in days), "dim")
    tones = Text()
    for part in view.shares(digest):
        tones.append(f"{MARKS[part['label']]} {part['figure']['text']} {part['name']}  ", TONES[part["label"]])
    return _in(Group(*(text for text in (drawn, each, tones) if text.plain)))


def _story(story: Mapping[str, Any], base: str) -> Padding:
    head = Text.assemble((story["headline"], "bold"), "  ", _figure(story["more"], base))
    summary = [_summary(story["summary"])] if story["summary"] else []
    quote = [_in(_quoted(quote))] if (quote := view.quote_of(story)) else []
    return _in(Group(head, *summary, *quote, _where(story["lead"])))


def _quoted(quote: Mapping[str, Any]) -> Text:
    return Text.assemble(f"“{quote['text']}” ", _where(quote["mention"]))


def _comment(comment: Mapping[str, Any], base: str) -> Padding:
    summary = [_summary(said)] if (said := view.summary_of(comment)) else []
    quotes = (_in(_quoted(quote)) for quote in comment["quotes"])
    return _in(Group(_sentence(comment["sentence"], base), *summary, *quotes))


def _competitors(competitors: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    yield from (_in(_sentence(line["sentence"], base)) for line in competitors["lines"])
    compared = [*competitors["topics"], *competitors["stages"]]
    if compared:
        table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
        table.add_column(Text("share of voice"))
        for voice in compared[0]["voices"]:
            table.add_column(Text(voice["name"]), justify="right")
        for one in compared:
            table.add_row(Text(one["label"]), *(_optional(voice["share"], base) for voice in one["voices"]))
        yield _in(table)
    yield from (_in(_sentence(one["sentence"], base)) for one in compared if one["sentence"])


def _experience(experience: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    if experience["stages"]:
        yield _in(_stages(experience["stages"], base))
    for want in experience["wants"]:
        yield _in(Text.assemble(f"{want['title']}: ", _figure(want["volume"], base), " (",
                                _figure(want["share"], base), ")"))  # fmt: skip
    for team in experience["teams"]:
        words: list[str | Text] = [
            f"{view.team(team)}: ",
            _figure(team["volume"], base),
            ", ",
            _figure(team["waiting"], base),
            " waiting",
        ]
        if team["first_reply"]:
            words += ["; first reply within ", _figure(team["first_reply"]["median"], base), " for half"]
        if team["within"]:
            words += ["; ", _figure(team["within"], base), " in time"]
        yield _in(Text.assemble(*words))
    yield from (_in(_sentence(one["sentence"], base)) for one in experience["channels"])
    if experience["note"]:
        yield _in(_sentence(experience["note"], base))


def _stages(stages: Sequence[Mapping[str, Any]], base: str) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column(Text("stage"))
    table.add_column(Text("sentiment"), no_wrap=True)
    shown = {"net": "net_sentiment", "before": "previous"}
    if any(stage["gap"] for stage in stages):
        shown["to target"] = "gap"
    for title in ("mentions", *shown):
        table.add_column(Text(title), justify="right")
    for stage in stages:
        figures = (stage[name] for name in shown.values())
        table.add_row(Text(view.first_upper(stage["name"])), _mixture(stage["split"]), _figure(stage["volume"], base),
                      *(_optional(one, base) for one in figures))  # fmt: skip
    return table


def _mixture(split: Mapping[str, Any], width: int = 20) -> Text:
    """A bar of blocks; each part that there is has one at least."""
    bar = Text()
    for part in view.percents(split):
        bar.append(MARKS[part["label"]] * max(1, round(part["percent"] * width / 100)), TONES[part["label"]])
    return bar


def _optional(figure: Mapping[str, Any] | None, base: str) -> Text:
    return _figure(figure, base) if figure else Text("–", "dim")


def _placed(line: Mapping[str, Any], base: str) -> Text:
    return Text.assemble(view.arrow(line["place"]), " ", _figure(line["volume"], base))


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
        if source["gaps"]:
            yield Text(f"{source['name']}: {'; '.join(source['gaps'])}", "yellow")
    good = [f"{source['name']} {source['items']['text']}" for source in coverage["sources"] if source["state"] == "ok"]
    if good:
        yield Text(" · ".join(good), "dim")
    if coverage["silent"]:
        yield Text("Not listened to: " + ", ".join(f"{network} ({why})" for network, why in coverage["silent"]), "dim")


# An alert ---------------------------------------------------------------------------------------------------------


def alert_terminal(alert: Mapping[str, Any], base: str = "") -> RenderableType:
    """An alert (the form of alert.json) as one renderable."""
    return Group(*_of_alert(alert, base))


def _of_alert(alert: Mapping[str, Any], base: str) -> Iterator[RenderableType]:
    yield Text(alert["subject"], "bold red")
    yield _sentence(alert["sentence"], base)
    if alert["cause"]:
        yield _sentence(alert["cause"], base)
    for shown in alert["mentions"]:
        beside = ", ".join(filter(None, [view.why_shown(shown), shown["owner"]]))
        head = [Text(beside, "red")] if beside else []
        yield _in(Group(*head, _said(shown["mention"]), _where(shown["mention"])))
    yield from (_sentence(detail, base) for detail in alert["details"])
    if alert["advice"]:
        yield _sentence(alert["advice"], base)
    yield Text(view.spell(alert), "dim")
