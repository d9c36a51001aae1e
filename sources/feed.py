"""Any RSS, RDF, Atom or JSON feed: every entry that can be read, whatever the rest of the document looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import Field

from sources.base import Cursor, Get, Item, MentionKind, Read, Reading, SourceConfig, source
from sources.reading.document import ParsedFeed, parse_feed
from sources.reading.links import canonical

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)


class Config(SourceConfig):
    """A feed's address, and what its entries are."""

    url: str = Field(description="The feed's address.", pattern=r"^https?://")
    mention: MentionKind = Field("post", description="What its entries are: post, comment, review, article or survey.")


@source(
    kind="feed",
    title="Feed (RSS, Atom, JSON Feed)",
    every="15m",
    rate="1/2s",
    terms="public feed; conditional requests, Retry-After and the feed's own pace are obeyed",
    example={"url": "https://example.com/feed.xml"},
    detect=[r"\.(?:rss|atom|rdf)\b", r"/(?:feed|rss|atom)(?:\.xml|\.json|/|$)", r"/index\.xml$"],
    scope=lambda config: canonical(config.url),
    from_url=lambda url: {"url": url},
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """One request a poll: a feed is a window, so the runtime's memory of seen ids is all the position there is."""
    return (yield from feed_at(config.url, shape=lambda item: replace(item, kind=config.mention)))


def feed_at(
    url: str, *, wanted: Mapping[str, str] | None = None, shape: Callable[[Item], Item | None] | None = None
) -> Reading:
    """Read the feed at `url`; `shape` has the last word on each item (None drops it). Presets are this, too.

    The cursor tells the runtime what the feed says of itself: `ttl` in minutes, `hub` and `topic`, where known.
    """
    reply = yield Get(url, headers={"accept": ACCEPT})
    feed: ParsedFeed = yield Read(parse_feed, reply.body, reply.url, reply.headers.get("content-type", ""), wanted)
    yield from feed.problems
    for item in feed.items:
        shaped = shape(item) if shape else item
        if shaped is not None:
            yield shaped
    return {name: value for name in ("ttl", "hub", "topic") if (value := getattr(feed, name))}
