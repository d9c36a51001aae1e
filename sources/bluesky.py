"""All public posts of Bluesky as they are written, edited and deleted, from a Jetstream server. No key is needed.

Written from documentation; not yet seen live. A few gigabytes a day come in; what names no brand is let go at once.
Deleted posts are forgotten here, too. Those of an account that is deleted or taken down are only where the service says
so post by post: events about accounts and names (`account`, `identity`) are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, field_validator

from sources.base import BadShape, Connection, Cursor, Decoded, Glimpse, Item, Problem, SourceConfig, Tombstone, source
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.links import web_link
from sources.reading.text import language, tidy
from sources.reading.values import known, part, text_of, whole

POSTS = "app.bsky.feed.post"
LONGEST_EVENT = 1_000_000
"""Bytes. Larger events are not sent to us: a post is some hundreds."""
REWIND = 5_000_000
"""Microseconds asked for again on every connection: the servers' clocks differ, and a post seen twice is one."""
_LONGEST_ALT = 1_000
_ALTS = 4


class Config(SourceConfig):
    """Which servers to listen to."""

    hosts: tuple[str, ...] = Field(
        (
            "jetstream1.us-east.bsky.network",
            "jetstream2.us-east.bsky.network",
            "jetstream1.us-west.bsky.network",
            "jetstream2.us-west.bsky.network",
        ),
        min_length=1,
        validate_default=True,
        description="Jetstream servers that may be listened to: one at a time, the next one when there is trouble.",
    )

    @field_validator("hosts")
    @classmethod
    def _are_addresses(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        whole_ones = tuple(host if "://" in host else f"wss://{host}" for host in hosts)
        wrong = [host for host in whole_ones if not host.startswith(("ws://", "wss://")) or host.count("/") > 2]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is no host name; write it like jetstream1.us-east.bsky.network')
        return whole_ones


def connect(config: Config, cursor: Cursor) -> Connection:
    """From a little before the last event on; from now on where there is none."""
    query: dict[str, str | int] = {"wantedCollections": POSTS, "maxMessageSizeBytes": LONGEST_EVENT}
    reached = whole(cursor.get("time_us"))
    if reached:
        query["cursor"] = max(1, reached - REWIND)
    host = config.hosts[whole(cursor.get("attempt")) % len(config.hosts)]
    return Connection(f"{host}/subscribe?{urlencode(query)}", since=_moment(reached))


_NEW_POST = re.compile(
    r'\{"did": ?("did:[!#-\[\]-~]{1,100}"), ?"time_us": ?([0-9]{1,18}), ?"kind": ?"commit", ?"commit": ?\{'
    r'(?:"rev": ?"\w*", ?)?"operation": ?"create", ?"collection": ?"app\.bsky\.feed\.post", ?'
    r'"rkey": ?"[\w.:~-]{1,512}", ?"record": ?\{',
    re.ASCII,
)
"""How Jetstream begins a new post."""


def glance(frame: str) -> Glimpse | None:
    """A new post as Jetstream writes it brings the moment it was seen, whatever its author and its record say."""
    post = _NEW_POST.match(frame)
    if not post or not frame.endswith("}}") or not int(post[2]):
        return None
    reached = int(post[2])
    return Glimpse(Decoded((), {"time_us": reached}, _moment(reached)), f"{post[1]} {frame[post.end() :]}")


@source(
    kind="bluesky",
    title="Bluesky (all posts, as they are written)",
    every="1m",
    rate="1/1s",
    host="bsky.network",
    terms="public stream; honour deletions; link to the post",
    example={},
    keeps="matches only",
    connect=connect,
    glance=glance,
)
def decode(config: Config, frame: str) -> Decoded:
    """One event: a post written or edited is an item, a deleted one a tombstone, anything else moves the cursor on.

    Cursor: `time_us`, when the service saw the event, in microseconds; the same on all of its servers.
    """
    event = _event(frame)
    reached = whole(event.get("time_us"))
    if not reached:
        raise BadShape("$.time_us", "missing")
    at = _moment(reached)
    return Decoded(tuple(_things(event, at)), {"time_us": reached}, at)


def _event(frame: str) -> Mapping[str, Any]:
    try:
        event = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise BadShape("$", f"not JSON: {error}") from error
    if not isinstance(event, dict):
        raise BadShape("$", "not an object")
    return event


def _moment(microseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(microseconds / 1_000_000, UTC) if microseconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _things(event: Mapping[str, Any], at: datetime | None) -> Iterator[Item | Tombstone | Problem]:
    commit = part(event, "commit")
    if event.get("kind") != "commit" or commit.get("collection") != POSTS:
        return
    did, rkey, operation = event.get("did"), commit.get("rkey"), commit.get("operation")
    if not isinstance(did, str) or not did.startswith("did:") or not isinstance(rkey, str) or not rkey:
        yield Problem("$.commit", "a post without its author's did or its rkey")
        return
    identifier = bounded(f"at://{did}/{POSTS}/{rkey}")
    if operation == "delete":
        yield Tombstone(identifier)
    elif operation not in ("create", "update"):
        yield Problem("$.commit.operation", f"unknown: {text_of(operation)[:40]!r}")
    elif not isinstance(commit.get("record"), dict):
        yield Problem("$.commit.record", "missing")
    else:
        yield post_item(identifier, did, rkey, commit["record"], at)


def post_item(identifier: str, did: str, rkey: str, record: Mapping[str, Any], at: datetime | None) -> Item:
    """A post's record, read in the same way wherever it comes from; `at` is when the service saw it."""
    shown, quoted = _embedded(record)
    card = part(shown, "external")
    links = [link for link in (web_link(card.get("uri")), *_links(record)) if link]
    alts = [alt[:_LONGEST_ALT] for alt in _alts(shown) if alt][:_ALTS]
    # What the author's program claims; nothing was written after it was seen.
    claimed, seen = when(record.get("createdAt")), at and at.replace(microsecond=0)
    langs = record.get("langs")
    return Item(
        id=identifier,
        title=" ".join(text_of(card.get("title")).split())[:300],
        text="\n\n".join(filter(None, [tidy(text_of(record.get("text"))), "\n".join(alts)])),
        url=f"https://bsky.app/profile/{did}/post/{rkey}",
        author=did,
        published=min(filter(None, (claimed, seen)), default=None),
        lang=language(langs[0]) if isinstance(langs, list) and langs else "",
        kind="comment" if part(record, "reply") else "post",
        extra=known(
            link=links[0] if links else "",
            quotes=quoted,
            reply_to=text_of(part(part(record, "reply"), "parent").get("uri")),
            tags=_tags(record),
            media=bool(_objects(shown.get("images"))) or text_of(shown.get("$type")).endswith(".video"),
        ),
    )


def _embedded(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What a post shows below its text (pictures, a film, a link's card), and the address of the post it quotes."""
    embed = part(record, "embed")
    inner = part(embed, "record")
    quoted = text_of(inner.get("uri")) or text_of(part(inner, "record").get("uri"))
    return part(embed, "media") or embed, quoted


def _alts(shown: Mapping[str, Any]) -> Iterator[str]:
    """The author's own words for pictures and films."""
    for picture in (*_objects(shown.get("images")), shown):
        yield " ".join(text_of(picture.get("alt")).split())


def _features(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is said of parts of the text: that they are links, tags or names."""
    for facet in _objects(record.get("facets")):
        yield from _objects(facet.get("features"))


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _links(record: Mapping[str, Any]) -> Iterator[str]:
    return (web_link(feature.get("uri")) for feature in _features(record))


def _tags(record: Mapping[str, Any]) -> list[str]:
    apart = record.get("tags")
    tags = [text_of(feature.get("tag")) for feature in _features(record)]
    tags += map(text_of, apart if isinstance(apart, list) else [])
    return [tag[:100] for tag in dict.fromkeys(filter(None, tags))][:20]
