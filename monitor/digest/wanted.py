"""Which mentions a digest shows or quotes: the only ones whose words must be read, however many were heard. Pure."""

from __future__ import annotations

from monitor.digest import comments, reply, reviews, stories, verdict
from monitor.digest.material import Material


def wanted(material: Material) -> frozenset[int]:
    """Their ids, by what is counted alone: no words are looked at."""
    ids = {one.mention.id for one in reply.first(material)[: reply.MOST]}
    ids |= {one.mention.id for one in reviews.lowest(material)[: reviews.MOST]}
    if len(material.heard) <= verdict.FEW:
        ids |= {one.mention.id for one in material.heard}
    for story in stories.shown(material):
        ids |= set(stories.spread(story.members, stories.READ))
    for theme in comments.shown(material):
        ids |= comments.quoted(material, theme)
    return frozenset(ids | set(verdict.gist(material)))
