"""Any RSS, RDF, Atom or JSON feed: every entry that can be read, whatever the rest of the document looks like."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from sources.base import (
    PUSHED,
    Cursor,
    Get,
    Item,
    MentionKind,
    Missed,
    Pause,
    Problem,
    Read,
    Reading,
    SourceConfig,
    Unreachable,
    source,
)
from sources.reading.document import ParsedFeed, parse_feed
from sources.reading.links import canonical, linked_by
from sources.reading.pace import fresh_for
from sources.reading.recognition import SAMPLE, Memory, overlap, recognise

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
    """One request a poll: a feed is a window, so what was in the last ones is all the position there is."""
    return (yield from feed_at(config.url, cursor, shape=lambda item: replace(item, kind=config.mention)))


def feed_at(
    url: str,
    cursor: Cursor,
    *,
    wanted: Mapping[str, str] | None = None,
    shape: Callable[[Item], Item | None] | None = None,
    own_ids: bool = False,
    at_times: Collection[int] = (),
) -> Reading:
    """Read the feed at `url`; `shape` has the last word on each item (None drops it). Presets are this, too.

    With `own_ids`, they are the service's and good as they are; else the entries are recognised from one poll to the
    next (reading/recognition.py). The statuses `at_times` are no news of the feed's end. The cursor tells the runtime
    where the feed's `hub` and `topic` are (WebSub).
    """
    if asked := cursor.get("pace"):  # also where the answer is that nothing has changed
        yield _pause(asked)
    reply = yield Get(url, headers={"accept": ACCEPT}, answers=at_times)
    if reply.status in at_times:
        raise Unreachable(f"it answered {reply.status}, as it does at times; should that stay, look at the address")
    feed: ParsedFeed = yield Read(parse_feed, reply.body, reply.url, reply.headers.get("content-type", ""), wanted)
    yield from feed.problems
    pace = [max(feed.pace.seconds, fresh_for(reply.headers)), sorted(feed.pace.skip_hours), sorted(feed.pace.skip_days)]
    if any(pace) and pace != asked and reply.status != PUSHED:
        yield _pause(pace)
    shaped = [one for item in feed.items if (one := shape(item) if shape else item)]
    part = reply.status == PUSHED
    kept, missed = yield from (_by_own_ids if own_ids else _by_recognition)(shaped, cursor, part)
    if part:
        return {**cursor, **kept}
    if missed:
        yield Missed()
    linked = linked_by(reply.headers.get("link", ""), reply.url)
    said = {"hub": linked.get("hub") or feed.hub, "topic": linked.get("self") or feed.topic}
    return {name: value for name, value in said.items() if value} | ({"pace": pace} if any(pace) else {}) | kept


_Known = Generator[Item | Problem, None, tuple[dict[str, Any], bool]]
"""Yields what a window holds; returns what of it is to be kept in the cursor, and whether it overlaps nothing known."""


def _by_own_ids(items: Sequence[Item], cursor: Cursor, part: bool) -> _Known:
    yield from items
    before = cursor.get("window", ())
    sample, missed = overlap([item.id for item in items], before)
    if part:
        sample = list(dict.fromkeys((*sample, *before)))[:SAMPLE]
    return {"window": sample}, missed


def _by_recognition(items: Sequence[Item], cursor: Cursor, part: bool) -> _Known:
    recognised = recognise(items, Memory.from_json(cursor.get("memory", {})), part=part)
    yield from recognised.problems
    yield from recognised.items
    return {"memory": recognised.memory.as_json()}, recognised.missed


def _pause(pace: Sequence[Any]) -> Pause:
    seconds, hours, days = pace
    return Pause(seconds, skip_hours=frozenset(hours), skip_days=frozenset(days))
