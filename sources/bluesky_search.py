"""Posts on Bluesky that a search finds, newest first, back to where the last poll ended. It takes an app password.

The service wants its search used by people, and gives it to those who sign in. For what is written from now on, the
kind `bluesky` hears everything without a password, at the price of a steady stream; this one also finds what is older.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr, field_validator

from sources.base import (
    Again,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    Post,
    Problem,
    Reading,
    Recheck,
    Request,
    SignIn,
    SourceConfig,
    Tombstone,
    source,
)
from sources.bluesky import POSTS, post_item
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.values import asked, listed, part, text_of, whole

PAGE = 100
PAGES_A_POLL = 10
"""The rest of a long walk back is left to the next poll, which goes on where this one stopped."""
FIRST_PAGES = 5
"""Pages of the very first walk: what is older comes only when asked for."""
OVERLAP = timedelta(hours=1)
"""Asked again at each poll: the index is late at times."""
AT_ONCE = 25
"""Posts of one request for posts by their names."""
_COUNTS = {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quoted": "quoteCount"}


class Config(SourceConfig):
    """What to search for, and who signs in."""

    query: str = Field(min_length=1, description='Words to search: "a phrase", -word, #tag, from:name, domain:name.')
    lang: str = Field("", pattern=r"^([a-z]{2,3})?$", description='Only posts in this language, such as "en".')
    user: str = Field("", description='Your name there, such as "you.bsky.social".')
    password: SecretStr | None = Field(None, description="An app password, from Settings, Privacy and security.")
    base_url: str = Field("https://bsky.social", pattern=r"^https?://", description="The server of your account.")

    @field_validator("user", mode="before")
    @classmethod
    def _without_at(cls, value: object) -> object:
        return value.strip().removeprefix("@") if isinstance(value, str) else value


def _recheck(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these posts: whatever is not in the answer is gone."""
    uris = [one for one in ids if one.startswith("at://")]
    token = (yield _sign_in(config)) if uris else ""
    for start in range(0, len(uris), AT_ONCE):
        some = uris[start : start + AT_ONCE]
        path = "app.bsky.feed.getPosts?" + urlencode([("uris", uri) for uri in some])
        reply = yield _ask(config, token, path, {})
        posts = listed(reply.json("posts"), "$.posts")
        yield from (step for step in _read(posts) if isinstance(step, Item))
        there = {_uri(post) for post in posts}
        for uri in some:
            if uri not in there:
                yield Tombstone(uri, is_told=False)
    return None


@source(
    kind="bluesky-search",
    title="Bluesky search (with an app password)",
    every="30m",
    rate="2/1s",
    host="bsky.social",
    terms="meant for people who search, so ask seldom; 300 sign-ins a day, one a poll; honour deletions; link to it",
    example={"query": '"aiohttp"'},
    detect=[r"bsky\.app/search\?(?:.*&)?q="],
    needs="an app password",
    scope=lambda config: "bluesky",
    from_url=lambda url: {"query": asked(url, "q")} if asked(url, "q") else {},
    cursor_at=lambda config, moment: {"since": _stamp(moment)},
    recheck=Recheck(_recheck, within="2d", batch=8 * AT_ONCE),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Walks from the newest post back to `since`, an hour of overlap included.

    Cursor: `since` (raised only when the old edge is reached) and, in the middle of a walk, `newest` (what `since` will
    become) and `until` (the time to go on from). Pages are the service's own only within a poll: they count from the
    newest post, which is another one by then.
    """
    since, newest, until = (str(cursor.get(name) or "") for name in ("since", "newest", "until"))
    token = yield _sign_in(config)
    page, start = "", until
    for _ in range(PAGES_A_POLL if since else FIRST_PAGES):
        reply = yield _ask(config, token, "app.bsky.feed.searchPosts", _query(config, since, start, page))
        answer = reply.json()
        posts = listed(answer.get("posts") if isinstance(answer, dict) else None, "$.posts")
        times = []
        for step in _read(posts):
            yield step
            if isinstance(step, Item) and step.published:
                times.append(_stamp(step.published))
        newest = max([newest, *times])
        page = text_of(answer.get("cursor"))
        if not page or not posts:
            return {"since": max(since, newest)}
        until = min([*times, until or "9999"])
        yield Checkpoint({"since": since, "newest": newest, "until": _later(until)})
    if not since or _later(until) == start:  # far enough for the first time; or it leads nowhere
        return {"since": newest}
    yield Again()
    return {"since": since, "newest": newest, "until": _later(until)}


# Asking -------------------------------------------------------------------------------------------------------------


def _sign_in(config: Config) -> SignIn:
    """An app password against a token of some hours. It is asked for anew at each poll, and kept nowhere."""
    if not config.user or config.password is None or not config.password.get_secret_value():
        raise NeedsAuth(
            "set user to your name on Bluesky and password to an app password (https://bsky.app/settings/app-passwords);"
            ' kind "bluesky" hears all posts without one'
        )
    who = {"identifier": config.user, "password": config.password.get_secret_value()}
    address = f"{config.base_url.rstrip('/')}/xrpc/com.atproto.server.createSession"
    return SignIn(Post(address, json.dumps(who).encode(), "application/json"), "accessJwt")


def _ask(config: Config, token: str, path: str, query: Mapping[str, str | int]) -> Request:
    return Get(
        f"{config.base_url.rstrip('/')}/xrpc/{path}",
        query=query,
        headers={"authorization": f"Bearer {token}"},
        conditional=False,
    )


def _query(config: Config, since: str, until: str, page: str) -> dict[str, str | int]:
    floor = when(since)
    wanted = {
        "lang": config.lang,
        "since": _stamp(floor - OVERLAP) if floor else "",
        "until": until,
        "cursor": page,
    }
    asked_for: dict[str, str | int] = {"q": config.query, "sort": "latest", "limit": PAGE}
    return asked_for | {name: value for name, value in wanted.items() if value}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _later(stamp: str) -> str:
    """A second later: the oldest second seen may hold more, and the service takes "until" as "before"."""
    moment = when(stamp)
    return _stamp(moment + timedelta(seconds=1)) if moment else ""


# Reading ------------------------------------------------------------------------------------------------------------


def _uri(post: object) -> str:
    return text_of(post.get("uri")) if isinstance(post, dict) else ""


def _read(posts: Sequence[Any]) -> Iterator[Item | Problem]:
    for at, post in enumerate(posts):
        uri, record, author = _uri(post), part(post, "record"), part(post, "author")
        did, _, rkey = uri.removeprefix("at://").partition(f"/{POSTS}/")
        if not uri.startswith("at://did:") or not rkey or "/" in rkey or not record:
            yield Problem(f"$.posts[{at}]", "not a post with its uri and record")
            continue
        item = post_item(bounded(uri), did, rkey, record, when(post.get("indexedAt")))
        handle = text_of(author.get("handle"))
        name = handle if handle not in ("", "handle.invalid") else did
        counts = {fact: whole(post[count]) for fact, count in _COUNTS.items() if count in post}
        yield replace(item, author=name, extra={**item.extra, **counts})
