"""What is said: copies grouped into stories, and the comments that several people repeat in their own words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.digest.asks import ask, saying
from monitor.digest.form import Comment, Figure, Quoted, Repeated, Stories, Story, say
from monitor.digest.material import Material
from monitor.digest.wording import cite, grouped, many, plain_line
from monitor.insight.copies import copies
from monitor.insight.phrases import Phrase, repeated
from monitor.insight.words import line_of, parts
from monitor.mention import Heard, Mention

Lines = list[tuple[int, str]]
MOST_STORIES = 5
LARGE = 50
"""Of so many items of a story the words are looked at."""
RUN = 7
"""So many words in a row that all copies share, and nothing else has, tell a story's items from the rest."""


def stories(material: Material) -> Stories:
    """Groups of at least two, largest first. Counted once and shown as both counts."""
    groups: defaultdict[int, list[Heard]] = defaultdict(list)
    for one, lead in zip(material.heard, copies(material.heard), strict=True):
        groups[lead].append(one)
    several = sorted((group for group in groups.values() if len(group) > 1), key=lambda g: (-len(g), g[0].mention.id))
    # a phrase does not cross from title to text
    lines = [(one.mention.id, f"{line_of(one.mention.title)}/{line_of(one.mention.text)}") for one in material.heard]
    items = tuple(_story(material, lines, sorted(group, key=_first)) for group in several[:MOST_STORIES])
    everything = Figure(len(material.heard), many(len(material.heard), "mention"), ask(*_where(material)))
    if not items:
        return Stories(say("No copies: ", everything, ", each said once." if material.heard else "."), ())
    copied = len(material.heard) - len(groups)
    sentence = say(
        everything, f" are {grouped(len(groups))} without copies; {many(copied, 'copy', 'copies')} grouped below.",
        mentions=(story.lead.id for story in items),
    )  # fmt: skip
    return Stories(sentence, items)


def _where(material: Material) -> tuple[str, datetime, datetime]:
    return material.brand.name, material.start, material.end


def _first(heard: Heard) -> tuple[float, int]:
    return heard.mention.published.timestamp(), heard.mention.id


def _story(material: Material, lines: Lines, group: list[Heard]) -> Story:
    lead = group[0].mention
    headline = plain_line(lead.title or lead.text, 120)
    copies_figure = Figure(len(group), grouped(len(group)), ask(*_where(material), _telling(lines, group)))
    more = Figure(len(group), f"+ {len(group) - 1} more", copies_figure.query)
    sources = tuple(dict.fromkeys(plain_line(one.mention.source, 60) for one in group))
    sentence = say(f"“{headline}”, first at {sources[0]} ", more, mentions=(one.mention.id for one in group))
    return Story(0, headline, cite(lead), copies_figure, more, sources, sentence)


def _telling(lines: Lines, group: list[Heard]) -> str:
    """A condition that gives this group and nothing else: words in a row that all its items have and nothing else has;
    failing that, such words for each of them."""
    inside = {one.mention.id for one in group}
    members = [line for id_, line in lines if id_ in inside]
    elsewhere = "\n".join(line for id_, line in lines if id_ not in inside)
    runs = [run for run in _runs(group[0]) if run]
    everywhere = (run for run in runs if all(f" {run} " in line for line in members))
    shared = next((run for run in everywhere if f" {run} " not in elsewhere), "")
    own = [next((run for run in _runs(one) if run and f" {run} " not in elsewhere), "") for one in group[:LARGE]]
    return saying([shared] if shared else sorted({run for run in own if run} or set(runs[:1])))


def _runs(heard: Heard) -> Iterator[str]:
    """Runs of words of a mention, its text's before its title's."""
    for words in (parts(heard.mention.text), parts(heard.mention.title)):
        for start in range(0, max(0, len(words) - RUN) + 1, RUN):
            yield " ".join(words[start : start + RUN])


def comments(material: Material) -> Repeated:
    ignore = (material.brand.name, *material.brand.aliases)
    if not any(one.sentiment for one in material.heard):
        found = repeated(material.heard, material.previous, ignore=ignore)
        note = say("Complaints and praise are told apart once the mentions are scored.") if found else None
        return Repeated(unsorted=_comments(material, found, ""), note=note)
    sides = {side: _of(material.heard, side) for side in ("negative", "positive")}
    complaints = repeated(sides["negative"], _of(material.previous, "negative"), sides["positive"], ignore=ignore)
    praise = repeated(sides["positive"], _of(material.previous, "positive"), sides["negative"], ignore=ignore)
    return Repeated(
        _comments(material, complaints, "sentiment:negative"), _comments(material, praise, "sentiment:positive")
    )


def _of(heard: Sequence[Heard], sentiment: str) -> list[Heard]:
    return [one for one in heard if one.sentiment == sentiment]


def _comments(material: Material, phrases: Sequence[Phrase], side: str) -> tuple[Comment, ...]:
    by_id = {one.mention.id: one.mention for one in material.heard}
    return tuple(_comment(material, phrase, side, [by_id[q.mention] for q in phrase.quotes]) for phrase in phrases)


def _comment(material: Material, phrase: Phrase, side: str, quoted: list[Mention]) -> Comment:
    condition = saying(phrase.wordings)
    name, start, end = _where(material)
    count = Figure(phrase.count, grouped(phrase.count), ask(name, start, end, side, condition))
    before = Figure(phrase.before, grouped(phrase.before), ask(name, start - (end - start), start, side, condition))
    shown = plain_line(phrase.name, 80)
    worded = Figure(phrase.count, many(phrase.count, "mention"), count.query)
    sentence = say(
        f"{many(phrase.people, 'person', 'people')}: “{shown}” in ", worded, ", ", before, " in the period before.",
        mentions=phrase.mentions,
    )  # fmt: skip
    quotes = tuple(
        Quoted(cite(mention), plain_line(quote.text)) for mention, quote in zip(quoted, phrase.quotes, strict=True)
    )
    return Comment(0, shown, phrase.people, count, before, phrase.count - phrase.before, quotes, sentence)
