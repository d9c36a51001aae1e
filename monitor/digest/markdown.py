"""A digest as Markdown (CommonMark). The words of mentions stay words: they cannot become markup, a link, a picture
or a ping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.digest import view
from monitor.digest.older import as_now

JOINER = "\u2060"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$^])")
SCHEME = re.compile(r"(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def words(text: str) -> str:
    """Foreign text in one line, with everything escaped that any Markdown dialect reads. An @ gets an invisible joiner,
    because dialects find pings and addresses in the text after escapes are gone."""
    line = SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return SCHEME.sub(lambda found: f"\\{found.group()}", line).replace("@", f"@{JOINER}")


def markdown(frozen: Mapping[str, Any], base: str = "") -> str:
    """The digest (the form of digest.json); figures link to `base` where one is given."""
    lines = _of_several(frozen, base) if "brands" in frozen else _lines(as_now(frozen), base)
    return "\n".join(lines) + "\n"


MARKUP = re.compile(r"\\(.)|\[((?:[^\[\]\\]|\\.)*)\]\(<([^>]*)>\)|(\*\*| {2}$|^#+ )", re.MULTILINE)


def plain(frozen: Mapping[str, Any]) -> str:
    """The same as plain text for a letter, links written out; whatever a reader's program would find in the texts of
    mentions by itself and make a link of is made inert."""
    return unmarked(markdown(view.inert_texts(frozen)))


def unmarked(text: str) -> str:
    """Our own Markdown as plain text."""

    def bare(found: re.Match[str]) -> str:
        escaped, words_, to = found.group(1), found.group(2), found.group(3)
        return escaped or (f"<{to}>" if words_ is not None else "")

    return MARKUP.sub(bare, text)


def _of_several(frozen: Mapping[str, Any], base: str) -> Iterator[str]:
    """How all do, and then each brand's own digest, a step further in."""
    overview = frozen["overview"]
    yield from (f"# {_whose(frozen)}, {_when(frozen)}", "")
    yield from (f"**{_sentence(overview['verdict']['sentence'], base, bold=True)}**", "")
    for line in overview["lines"]:
        yield f"- **{words(line['name'])}**: {_sentence(line['sentence'], base)}"
    for one in frozen["brands"]:
        yield ""
        yield from (f"#{line}" if line.startswith("#") else line for line in _lines(as_now(one), base))


def _whose(digest: Mapping[str, Any]) -> str:
    department = digest.get("department")
    return words(f"{digest['brand']}, {department}" if department else digest["brand"])


def _when(digest: Mapping[str, Any]) -> str:
    when = view.period(digest)
    return when[:1].lower() + when[1:] if digest.get("kind") == "weekly" else when


def _lines(digest: Mapping[str, Any], base: str) -> Iterator[str]:
    sections = digest["sections"]
    yield from (f"# {_whose(digest)}, {_when(digest)}", "")
    yield from (f"**{_sentence(sections['verdict']['sentence'], base, bold=True)}**", "")
    yield from _about(digest, sections["verdict"])
    if sections["reply"]["items"]:
        yield from _reply(sections["reply"], base)
    yield from _changed(digest, base)
    if sections["stories"]["items"]:
        yield from _stories(digest, sections["stories"], base)
    yield from _repeated(sections["repeated"], base)
    if sections["competitors"]["lines"]:
        yield from _competitors(sections["competitors"], base)
    if sections["reviews"]["count"]["value"]:
        yield from _reviews(digest, sections["reviews"], base)
    if view.has_experience(sections["experience"]):
        yield from _experience(sections["experience"], base)
    yield from _coverage(digest, sections["coverage"], base)


def _about(digest: Mapping[str, Any], verdict: Mapping[str, Any]) -> Iterator[str]:
    if verdict["summary"]:
        yield from (_summary(verdict["summary"]), "")
    for mention in verdict["few"]:
        yield f"- {_said(mention)}  "
        yield f"  {view.local(digest, mention['published'])}, {_where(mention)}"
    if verdict["few"]:
        yield ""


def _summary(summary: Mapping[str, Any]) -> str:
    ids = words(view.named(summary))
    by = f" (worded by {words(summary['by'])})" if summary["by"] else ""
    return f"{words(summary['text'])} {ids}{by}".rstrip()


def figure(one: Mapping[str, Any], base: str) -> str:
    to = view.query_link(base, one["query"])
    return f"[{words(one['text'])}]({to})" if to else words(one["text"])


def _sentence(sentence: Mapping[str, Any], base: str, *, bold: bool = False) -> str:
    parts = [words_between(part) if isinstance(part, str) else figure(part, base) for part in sentence["parts"]]
    # ** closes only against a character that is not a space
    return "".join(parts).strip() if bold else "".join(parts)


def words_between(part: str) -> str:
    """As `words`, keeping the spaces at the ends that part it from the figures beside it."""
    inner = words(part)
    return f"{' ' if part[:1].isspace() else ''}{inner}{' ' if part[-1:].isspace() and inner else ''}"


def _where(mention: Mapping[str, Any]) -> str:
    to = view.web_link(mention["url"])
    who = f"{words(mention['author'])}, " if mention["author"] else ""
    link = f" · [{words(view.host_of(mention['url']))}](<{to}>)" if to else ""
    return f"{who}{words(mention['source'])} · \\#{mention['id']}{link}"


def _said(mention: Mapping[str, Any]) -> str:
    title = f"**{words(mention['title'])}** " if mention["title"] else ""
    return f"{title}“{words(mention['text'])}”" if mention["text"] else title.strip()


def _reply(reply: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Needs a reply", "", _sentence(reply["sentence"], base), "")
    for number, item in enumerate(reply["items"], 1):
        why, whose = view.first_upper(", ".join(item["why"])), words(view.whose(item))
        yield f"{number}. **{words(why)}** ({view.age(item['hours'])}, {whose})  "
        yield f"   {_said(item['mention'])}  "
        yield f"   {_where(item['mention'])}"
    yield ""


def _changed(digest: Mapping[str, Any], base: str) -> Iterator[str]:
    changed, line = digest["sections"]["changed"], view.sparkline(digest)
    yield from ("## What changed", "")
    for measure in changed["measures"]:
        mark = view.arrow(measure["place"])
        yield f"- {_sentence(measure['sentence'], base)}{' ' + mark if mark else ''}"
    if line.now:
        each = "week" if digest["kind"] == "weekly" else "day"
        yield f"- {line.past}{line.now} mentions a {each}{', usual ' + line.usual if line.usual else ''}"
    parts = [f"{figure(part['figure'], base)} {part['name']}" for part in view.shares(digest)]
    yield from ([f"- {', '.join(parts)}."] if parts else [])
    yield from ([f"- {_sentence(changed['note'], base)}"] if changed["note"] else [])
    yield ""


def _stories(digest: Mapping[str, Any], stories: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Stories", "", _sentence(stories["sentence"], base), "")
    for story in stories["items"]:
        yield f"- **{words(story['headline'])}** {figure(story['more'], base)}  "
        if story["summary"]:
            yield f"  {_summary(story['summary'])}  "
        quote = view.quote_of(story)
        yield from ([f"  “{words(quote['text'])}” \\#{quote['mention']['id']}  "] if quote else [])
        yield f"  first {view.local(digest, story['lead']['published'])}, {_where(story['lead'])}"
    yield ""


def _repeated(repeated: Mapping[str, Any], base: str) -> Iterator[str]:
    for title, comments in (
        ("Complaints", repeated["complaints"]),
        ("Praise", repeated["praise"]),
        ("Most repeated", repeated["unsorted"]),
    ):
        if comments:
            yield from (f"## {title if title == 'Most repeated' else 'Most repeated: ' + title.lower()}", "")
        for comment in comments:
            named = f" (theme:{comment['id']})" if comment["id"] else ""
            yield f"- {_sentence(comment['sentence'], base)}{named}"
            summary = view.summary_of(comment)
            yield from ([f"  {_summary(summary)}"] if summary else [])
            yield from (f"  - “{words(quote['text'])}” {_where(quote['mention'])}" for quote in comment["quotes"])
        if comments:
            yield ""


def _reviews(digest: Mapping[str, Any], reviews: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Reviews", "", _sentence(reviews["sentence"], base), "")
    for review in reviews["low"]:
        yield f"- {round(review['rating'])} of {round(review['rating_max'] or 5)} stars: {_said(review)}  "
        yield f"  {view.local(digest, review['published'])}, {_where(review)}"
    yield ""


def _competitors(competitors: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Competitors", "")
    yield from (f"- {_sentence(line['sentence'], base)}" for line in competitors["lines"])
    for one in (*competitors["topics"], *competitors["stages"]):
        yield f"- {words(view.first_upper(one['label']))}: {', '.join(_voices(one, base))}."
        yield from ([f"  {_sentence(one['sentence'], base)}"] if one["sentence"] else [])
    yield ""


def _voices(compared: Mapping[str, Any], base: str) -> Iterator[str]:
    for voice in compared["voices"]:
        if voice["share"]:
            yield f"{words(voice['name'])} {figure(voice['share'], base)}"


def _experience(experience: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Experience", "", _sentence(experience["sentence"], base), "")
    for stage in experience["stages"]:
        net = f", net sentiment {figure(stage['net_sentiment'], base)}" if stage["net_sentiment"] else ""
        before = f" (before {figure(stage['previous'], base)})" if stage["previous"] else ""
        gap = f", {figure(stage['gap'], base)} to the target" if stage["gap"] else ""
        yield f"- {words(view.first_upper(stage['name']))}: {figure(stage['volume'], base)}{net}{before}{gap}"
    for want in experience["wants"]:
        yield f"- {words(want['title'])}: {figure(want['volume'], base)} ({figure(want['share'], base)})"
    for team in experience["teams"]:
        yield f"- {words(view.team(team))}: {'; '.join(_answered(team, base))}"
    yield from (f"- {_sentence(one['sentence'], base)}" for one in experience["channels"])
    yield from ([f"- {_sentence(experience['note'], base)}"] if experience["note"] else [])
    yield ""


def _answered(team: Mapping[str, Any], base: str) -> Iterator[str]:
    """One department's figures, as many as there are."""
    yield f"{figure(team['volume'], base)}, {figure(team['waiting'], base)} waiting"
    for name, took in (("first reply", team["first_reply"]), ("resolved", team["resolution"])):
        if took:
            half, most = figure(took["median"], base), figure(took["p90"], base)
            yield f"{name} within {half} for half, {most} for nine in ten (n = {took['n']})"
    if team["within"]:
        yield f"{figure(team['within'], base)} in time"


def _coverage(digest: Mapping[str, Any], coverage: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## What was listened to", "", _sentence(coverage["sentence"], base), "")
    yield from (f"- {_sentence(note, base)}" for note in coverage["notes"])
    for source in coverage["sources"]:
        state = "" if source["state"] == "ok" else f", {source['state']}"
        error = f": {words(source['error'])}" if source["error"] else ""
        advice = f" ({words(source['advice'])})" if source["advice"] else ""
        gaps = f"; {words('; '.join(source['gaps']))}" if source["gaps"] else ""
        yield f"- {words(source['name'])} {figure(source['items'], base)}{state}{error}{advice}{gaps}"
    silent = [f"{words(network)} ({words(why)})" for network, why in coverage["silent"]]
    yield from (["", f"Not listened to: {', '.join(silent)}."] if silent else [])
    yield from ("", f"{view.window(digest)}.")


# An alert ---------------------------------------------------------------------------------------------------------


def alert_markdown(alert: Mapping[str, Any], base: str = "") -> str:
    """An alert (the form of alert.json)."""
    return "\n".join(_of_alert(alert, base)) + "\n"


def alert_plain(alert: Mapping[str, Any]) -> str:
    """An alert as plain text for a letter."""
    return unmarked(alert_markdown(view.inert_texts(alert)))


def _of_alert(alert: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from (f"# {words(alert['subject'])}", "")
    yield from (f"**{_sentence(alert['sentence'], base, bold=True)}**", "")
    yield from ([_sentence(alert["cause"], base), ""] if alert["cause"] else [])
    for number, shown in enumerate(alert["mentions"], 1):
        beside = ", ".join(filter(None, [view.why_shown(shown), shown["owner"]]))
        yield f"{number}. {_said(shown['mention'])}{f' ({words(beside)})' if beside else ''}  "
        yield f"   {view.local(alert, shown['mention']['published'])}, {_where(shown['mention'])}"
    yield from ([""] if alert["mentions"] else [])
    yield from (f"- {_sentence(detail, base)}" for detail in alert["details"])
    yield from ([""] if alert["details"] else [])
    yield from ([_sentence(alert["advice"], base), ""] if alert["advice"] else [])
    yield f"{words(view.spell(alert))}."
