"""Stories: the same news told several times, counted once and shown as both counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.digest.extract import quotes, summary
from monitor.digest.form import Figure, Quoted, Stories, Story, say
from monitor.digest.material import Material
from monitor.digest.wording import cite, grouped, many, plain_line
from monitor.mention import Heard, StoryHeard

MOST = 5
HEADLINE = 120
READ = 12
"""Of so many of its mentions a story is summed up."""
SUMMED_UP = 2
"""Sentences."""


def shown(material: Material) -> tuple[StoryHeard, ...]:
    """The stories that a digest tells: the most told in the window."""
    return material.stories[:MOST]


def stories(material: Material) -> Stories:
    """The most told first. What is told only once is no story."""
    scope = material.scope
    everything = Figure(len(material.heard), many(len(material.heard), "mention"), scope.ask())
    if not material.stories:
        return Stories(say("No copies: ", everything, ", each said once." if material.heard else "."), ())
    heard = {one.mention.id: one for one in material.heard}
    items = tuple(_story(material, story, heard) for story in shown(material))
    copied = sum(len(story.members) - 1 for story in material.stories)
    older = sum(story.before > 0 for story in material.stories)
    grows = f"; {many(older, 'story goes on', 'stories go on')} from before" if older else ""
    alone = len(material.heard) - copied
    sentence = say(
        everything, f" are {grouped(alone)} without copies; {many(copied, 'copy', 'copies')} grouped below{grows}.",
        mentions=(story.members[0] for story in material.stories),
    )  # fmt: skip
    return Stories(sentence, items)


def _story(material: Material, story: StoryHeard, heard: Mapping[int, Heard]) -> Story:
    scope, asked = material.scope, f"story:{story.id}"
    inside = len(story.members)
    whole = inside + story.before
    copies = Figure(inside, grouped(inside), scope.ask(asked))
    more = Figure(whole, f"+ {grouped(whole - 1)} more", scope.between(None, material.end, asked))
    sources = tuple(dict.fromkeys(plain_line(heard[id_].mention.source, 60) for id_ in story.members))
    headline = headline_of(story)
    older = f" ({grouped(story.before)} of them before)" if story.before else ""
    said = material.mentions(spread(story.members, READ))
    extracted = quotes(said, material.vectors, SUMMED_UP, other_than=headline)
    return Story(
        id=story.id,
        headline=headline,
        lead=cite(story.lead),
        copies=copies,
        more=more,
        sources=sources,
        sentence=say(
            f"“{headline}”, first at {plain_line(story.lead.source, 60)}, ", more, f"{older}.", mentions=story.members
        ),
        quote=_quote(extracted, story),
        summary=summary(extracted, said),
    )


def _quote(extracted: Sequence[Quoted], story: StoryHeard) -> Quoted | None:
    """One quote: rather somebody else's than the lead's, whose words stand in the headline."""
    others = [one for one in extracted if one.mention.id != story.lead.id]
    return next(iter([*others, *extracted]), None)


def headline_of(story: StoryHeard) -> str:
    """As a person calls it, else in the words of its lead."""
    return plain_line(story.name or story.lead.title or story.lead.text, HEADLINE)


def spread(ids: Sequence[int], most: int) -> Sequence[int]:
    """At most so many of them, the first and the last among them, evenly apart."""
    if len(ids) <= most:
        return ids
    return [ids[round(i * (len(ids) - 1) / (most - 1))] for i in range(most)]
