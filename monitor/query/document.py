"""What a query is asked of: one text with what is known about it; its words are cut once for all queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from monitor.query.text import Words

NO_WORDS = Words("")


@dataclass(frozen=True)
class Document:
    """A mention, or a line of a file, as a query sees it. Empty or None: not known, so no condition on it holds."""

    title: str = ""
    text: str = ""
    author: str = ""
    url: str = ""
    lang: str = ""
    """ISO 639-1, perhaps with a region: `en`, `pt-BR`."""
    country: str = ""
    source: str = ""
    """The configured source's name."""
    source_kind: str = ""
    kind: str = ""
    """post, comment, review, article or survey."""
    rating: float | None = None
    published: datetime | None = None
    """Without a time zone it is taken as UTC."""
    brands: tuple[str, ...] = ()
    scores: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Scorer → its labels: {"sentiment": ("negative",), "topic": ("delivery", "price")}."""
    teams: tuple[str, ...] = ()
    """Who should answer."""
    tags: tuple[str, ...] = ()
    """Labels that people gave."""
    statuses: tuple[str, ...] = ()
    """new, assigned, replied, resolved, reopened or hidden, one for each brand; of no brand: none."""
    assignees: tuple[str, ...] = ()
    reach: float | None = None
    """How many may have seen it."""
    engagement: float | None = None
    """How many reacted in public."""
    followers: float | None = None
    """Of its author."""
    has: tuple[str, ...] = ()
    """Of link, media, reply."""
    marks: tuple[str, ...] = ()
    """Of question, reply, story-lead, duplicate, own: what `is:` asks for."""
    stories: tuple[str, ...] = ()
    """The ids, as text, of the stories that it tells."""
    themes: tuple[str, ...] = ()
    """The ids, as text, and the names of the themes that it is in."""
    like: tuple[str, ...] = ()
    """The ids, as text, of those asked-for mentions that this one is like."""

    @cached_property
    def title_words(self) -> Words:
        return Words(self.title) if self.title else NO_WORDS

    @cached_property
    def text_words(self) -> Words:
        return Words(self.text)

    @cached_property
    def author_words(self) -> Words:
        return Words(self.author) if self.author else NO_WORDS

    @cached_property
    def url_words(self) -> Words:
        return Words(self.url) if self.url else NO_WORDS

    @cached_property
    def vocabulary(self) -> set[str]:
        """The different words of title, text and author."""
        words = self.text_words.different
        if self.title:
            words = words | self.title_words.different
        if self.author:
            words = words | self.author_words.different
        return words


class Span(NamedTuple):
    """Where a query matched: characters `start` to before `end` of the original `field`."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """That a document matches, and where, ascending; no spans where only conditions on facts matched."""

    spans: tuple[Span, ...]
