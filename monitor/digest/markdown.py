"""A digest as Markdown (CommonMark). The words of mentions stay words: they cannot become markup, a link, a picture
or a ping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.digest import view

JOINER = "\u2060"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$^])")
SCHEME = re.compile(r"(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def words(text: str) -> str:
    """Foreign text in one line, with everything escaped that any Markdown dialect reads. An @ gets an invisible joiner,
    because dialects find pings and addresses in the text after escapes are gone."""
    line = SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return SCHEME.sub(lambda found: f"\\{found.group()}", line).replace("@", f"@{JOINER}")


def markdown(digest: Mapping[str, Any], base: str = "") -> str:
    """The digest (the form of digest.json); figures link to `base` where one is given."""
    return "\n".join(_lines(digest, base)) + "\n"


MARKUP = re.compile(r"\\(.)|\[((?:[^\[\]\\]|\\.)*)\]\(<([^>]*)>\)|(\*\*|\u2060| {2}$|^#+ )", re.MULTILINE)


def plain(digest: Mapping[str, Any]) -> str:
    """The same as plain text for a letter, links written out."""

    def unmarked(found: re.Match[str]) -> str:
        escaped, text, to = found.group(1), found.group(2), found.group(3)
        return escaped or (f"<{to}>" if text is not None else "")

    return MARKUP.sub(unmarked, markdown(digest))


def _lines(digest: Mapping[str, Any], base: str) -> Iterator[str]:
    sections = digest["sections"]
    yield from (f"# {words(digest['brand'])}, {view.long_date(digest)}", "")
    yield from (f"**{_sentence(sections['verdict']['sentence'], base, bold=True)}**", "")
    if sections["reply"]["items"]:
        yield from _reply(sections["reply"], base)
    yield from _changed(sections["changed"], base)
    if sections["stories"]["items"]:
        yield from _stories(digest, sections["stories"], base)
    yield from _repeated(sections["repeated"], base)
    if sections["competitors"]["lines"]:
        yield from (
            "## Competitors",
            "",
            *(f"- {_sentence(line['sentence'], base)}" for line in sections["competitors"]["lines"]),
            "",
        )
    if sections["reviews"]["count"]["value"]:
        yield from _reviews(digest, sections["reviews"], base)
    yield from _coverage(digest, sections["coverage"], base)


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
        owner = words(item["owner"]) or "nobody yet"
        yield f"{number}. **{words(', '.join(item['why']).capitalize())}** ({view.age(item['hours'])}, {owner})  "
        yield f"   {_said(item['mention'])}  "
        yield f"   {_where(item['mention'])}"
    yield ""


def _changed(changed: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## What changed", "")
    for measure in changed["measures"]:
        mark = view.arrow(measure["place"])
        yield f"- {_sentence(measure['sentence'], base)}{' ' + mark if mark else ''}"
    parts = [
        f"{figure(part['figure'], base)} {part['label']}" for part in view.shares({"sections": {"changed": changed}})
    ]
    yield from ([f"- {', '.join(parts)}."] if parts else [])
    yield ""


def _stories(digest: Mapping[str, Any], stories: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Stories", "", _sentence(stories["sentence"], base), "")
    for story in stories["items"]:
        yield f"- **{words(story['headline'])}** {figure(story['sentence']['parts'][-1], base)}  "
        yield f"  “{words(story['lead']['text'])}”  "
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
            yield f"- {_sentence(comment['sentence'], base)}"
            yield from (f"  - “{words(quote['text'])}” {_where(quote['mention'])}" for quote in comment["quotes"])
        if comments:
            yield ""


def _reviews(digest: Mapping[str, Any], reviews: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## Reviews", "", _sentence(reviews["sentence"], base), "")
    for review in reviews["low"]:
        yield f"- {round(review['rating'])} of {round(review['rating_max'] or 5)} stars: {_said(review)}  "
        yield f"  {view.local(digest, review['published'])}, {_where(review)}"
    yield ""


def _coverage(digest: Mapping[str, Any], coverage: Mapping[str, Any], base: str) -> Iterator[str]:
    yield from ("## What was listened to", "", _sentence(coverage["sentence"], base), "")
    yield from (f"- {_sentence(note, base)}" for note in coverage["notes"])
    for source in coverage["sources"]:
        state = "" if source["state"] == "ok" else f", {source['state']}"
        error = f": {words(source['error'])}" if source["error"] else ""
        advice = f" ({words(source['advice'])})" if source["advice"] else ""
        yield f"- {words(source['name'])} {figure(source['items'], base)}{state}{error}{advice}"
    silent = [f"{words(network)} ({words(why)})" for network, why in coverage["silent"]]
    yield from (["", f"Not listened to: {', '.join(silent)}."] if silent else [])
    yield from ("", f"{view.window(digest)}.")
