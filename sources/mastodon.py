"""Posts under tags on one Mastodon server, and with a token also those that contain words; ids hold on every server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator

from sources.base import (
    Again,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    Pause,
    Problem,
    RateLimited,
    Reading,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.toots import address_of, id_of, item_of, may_be_kept, uri_of
from sources.reading.values import asked, known, listed, part, several, text_of, whole, words_of

PAGE = 40
"""Posts of one reply, the most that servers give."""
REQUESTS_A_POLL = 40
LONGEST_ID = 100
_DEEPEST = 10_000
"""Results beyond this are not given out by what searches behind Mastodon."""
_WINDOW_OF_LIMIT = 300.0
"""Seconds after which a server counts anew, where it does not say."""
_BEGINNING = "0"
_SEARCH = "?"
"""Stands for the search among the tags; no tag is spelled so."""
_FROM_TAG = re.compile(r"https?://[^/]+/tags/([^/?#]+)/?(?:[?#].*)?$")


class Config(SourceConfig):
    """Which server, and what to look for there."""

    server: str = Field(
        "https://mastodon.social",
        validation_alias=AliasChoices("server", "base_url", "instance"),
        pattern=r"^https?://[^/]+$",
        description="The server to ask. It knows what its people wrote, follow and boost.",
    )
    tags: tuple[str, ...] = Field(
        (), validation_alias=AliasChoices("tags", "tag"), description="Tags to read, with or without the #."
    )
    query: str = Field("", description="Words to search in posts. This needs a token.")
    token: SecretStr | None = Field(
        None, description="An access token of your account on that server, with the right read:search."
    )

    @field_validator("server", mode="before")
    @classmethod
    def _server_as_address(cls, value: object) -> object:
        return address_of(value) if isinstance(value, str) else value

    @field_validator("tags", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        several = words_of(value)
        if not isinstance(several, list | tuple):
            return value
        bare = [str(tag).strip().lstrip("#").lower() for tag in several]
        wrong = [tag for tag in bare if tag and not re.fullmatch(r"[\w·]+", tag)]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is no tag: a tag is one word, without blanks and signs')
        return tuple(dict.fromkeys(filter(None, bare)))

    @model_validator(mode="after")
    def _something_to_look_for(self) -> Self:
        if not self.tags and not self.query:
            raise ValueError('name "tags" to read, or a "query" to search for (which needs a token)')
        return self


def _from_url(url: str) -> dict[str, Any]:
    """`https://server/tags/acme`, or a search page `https://server/search?q=acme`."""
    parts = urlsplit(url)
    server = f"{parts.scheme}://{parts.netloc}"
    found = _FROM_TAG.match(url)
    if found:
        return {"server": server, "tags": [unquote(found[1])]}
    words = asked(url, "q")
    if words.startswith("#") and " " not in words:
        return {"server": server, "tags": [words.lstrip("#")]}
    return {"server": server, "query": words} if words else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    # An id begins with the milliseconds of its post, 48 bits of them: those who count otherwise take it for old.
    earliest = str(int(moment.timestamp() * 1000) << 16)
    cursor: dict[str, Any] = {"tags": {tag: {"after": earliest} for tag in config.tags}}
    return cursor | ({"search": {"since": earliest}} if config.query else {})


@source(
    kind="mastodon",
    title="Mastodon (tags; search with a token)",
    every="5m",
    rate="1/1s",
    terms="public API, 300 requests in 5 minutes; posts of accounts that allow indexing only",
    example={"server": "https://mastodon.social", "tags": ["opensource"]},
    # Any server may be one: these are the well-known ones, and paths that no other software has.
    detect=[
        r"^https?://(?:mastodon|mstdn|mas|fosstodon|hachyderm|infosec|techhub)\.\w+/(?:tags/\w|search\?)",
        r"^https?://[^/]+/tags/[^/?#.]+/?$",
    ],
    needs="nothing for tags; an access token for `query`",
    scope=lambda config: "mastodon",
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Each tag, then the search. Ids are `uri`: a post is the same on whichever server it is seen.

    Cursor: `tags` by tag: `after` (newest id read) and `window` (ids of the last page of newest posts, by their uri);
    `search`: `since`, and in the middle of a walk `newest` and `offset`; `left`: what a poll that had to stop left.
    """
    if config.query and not config.token:
        raise NeedsAuth(
            f"searching posts needs an access token: on {config.server} open Preferences, Development, New "
            "application, give it read:search, and put its token here; tags can be read without"
        )
    tags = {tag: dict(part(part(cursor, "tags"), tag)) for tag in config.tags}
    state = {"tags": tags} | ({"search": dict(part(cursor, "search"))} if config.query else {})
    visit = _Visit(config, state)
    stops = [*config.tags, *([_SEARCH] if config.query else [])]
    todo = [stop for stop in several(cursor.get("left")) if stop in stops] or stops
    while todo and not visit.over:
        state["left"] = todo
        finished = yield from (_search(visit) if todo[0] == _SEARCH else _read_tag(visit, todo[0]))
        todo = todo[1:] if finished else [*todo[1:], todo[0]]
    state["left"] = todo
    if todo:
        yield Again()
    return known(**state)


@dataclass(slots=True)
class _Visit:
    """One poll of one server: what it has asked so far, and whether it may go on."""

    config: Config
    state: dict[str, Any]
    asked: int = 0
    rests: bool = False
    host: str = field(init=False)

    def __post_init__(self) -> None:
        self.host = urlsplit(self.config.server).netloc

    @property
    def over(self) -> bool:
        return self.rests or self.asked >= REQUESTS_A_POLL

    def ask(self, path: str, query: Mapping[str, str | int] | None = None, answers: Sequence[int] = ()) -> Any:
        """A request, and after its reply a pause where the server has counted us out: use with `yield from`."""
        token = self.config.token
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self.asked += 1
        # Unconditional: the reads of several tags go on where one has not changed, and the server saves nothing by it.
        reply: Response = yield Get(
            f"{self.config.server}{path}", query, headers, conditional=False, answers=(401, 422, 429, *answers)
        )
        left = _seconds_left(reply.headers)
        if reply.status == 429:
            raise RateLimited(f"{self.host} wants a pause of {left:.0f} s", left)
        if reply.headers.get("x-ratelimit-remaining") == "0":
            self.rests = True
            yield Pause(left, host=True)
        return reply


def _seconds_left(headers: Mapping[str, str]) -> float:
    """Until the server counts anew. Both times are the server's own, so that no clock of ours matters."""
    now, reset = when(headers.get("date")), when(headers.get("x-ratelimit-reset"))
    if not now or not reset:
        return _WINDOW_OF_LIMIT
    return min(max((reset - now).total_seconds() + 1, 1.0), _WINDOW_OF_LIMIT)


def _read_tag(visit: _Visit, tag: str) -> Any:
    """The newest posts, which show edits and what came late from afar; then, where they do not reach back to what is
    known, forward from there without a gap. Whether all was read."""
    here: dict[str, Any] = visit.state["tags"][tag]
    after = text_of(here.get("after"))
    posts = yield from _timeline(visit, tag, {})
    edge = _newest(posts, after)
    unasked = yield from _vanished(visit, posts, part(here, "window"))
    window = {
        post_id: bounded(uri)
        for post in posts
        if (post_id := id_of(post)) and len(post_id) <= LONGEST_ID and (uri := uri_of(post))
    }
    oldest = min(window, key=_order, default="")
    # Servers leave some out of a page that they have counted: only one of few posts surely shows all there are.
    are_all = after == _BEGINNING and len(posts) < PAGE // 2
    finished = True
    while after and not are_all and _order(after) < _order(oldest):
        if visit.over:
            edge, finished = after, False
            break
        posts = yield from _timeline(visit, tag, {"min_id": after})
        reached = _newest(posts, after)
        if reached == after:
            break
        after = here["after"] = reached
        yield Checkpoint(dict(visit.state))
    # Where nobody has said anything yet, all that comes is new, however much it is.
    visit.state["tags"][tag] = known(after=edge or _BEGINNING, window={**unasked, **window} or None)
    yield Checkpoint(dict(visit.state))
    return finished


def _timeline(visit: _Visit, tag: str, query: Mapping[str, str | int]) -> Any:
    """One page of a tag, its items taken: the posts."""
    reply = yield from visit.ask(f"/api/v1/timelines/tag/{quote(tag)}", {"limit": PAGE, **query})
    if reply.status in (401, 422):
        raise NeedsAuth(_closed(visit))
    posts = listed(reply.json(), "$")
    yield from _taken(posts, "$", visit.host)
    return posts


def _closed(visit: _Visit) -> str:
    if visit.config.token:
        return f"{visit.host} refuses the token; make a new one there under Preferences, Development"
    return (
        f"{visit.host} shows its tags to signed-in people only: set a token "
        "(Preferences, Development, New application there), or ask another server"
    )


def _vanished(visit: _Visit, posts: list[Any], window: Mapping[str, Any]) -> Any:
    """What stood in the last window and is missing in the part of it that this one covers: deleted, if the server
    says so when asked. Gives those for which there was no time to ask."""
    ids = {id_of(post) for post in posts} - {""}
    oldest = min(ids, key=_order, default="")
    missing = {
        post_id: uri
        for post_id, uri in window.items()
        if post_id not in ids and oldest and _order(post_id) > _order(oldest) and isinstance(uri, str)
    }
    while missing and not visit.over:
        post_id = next(iter(missing))
        reply = yield from visit.ask(f"/api/v1/statuses/{quote(post_id, safe='')}", answers=(403, 404, 410))
        uri = missing.pop(post_id)
        if reply.status in (404, 410):
            yield Tombstone(bounded(uri))
    return missing


def _search(visit: _Visit) -> Any:
    """From the newest post that contains the words back to where the last walk began: searches come newest first.
    Whether all was read.

    Page by offset: `max_id` is understood as a time in whole seconds there, and would skip what shares one.
    """
    here: dict[str, Any] = visit.state["search"]
    since, offset = text_of(here.get("since")), whole(here.get("offset"))
    newest = max(since, text_of(here.get("newest")), key=_order)
    while not visit.over:
        query: dict[str, str | int] = {"q": visit.config.query, "type": "statuses", "limit": PAGE, "offset": offset}
        reply = yield from visit.ask("/api/v2/search", query, answers=(403,))
        if reply.status in (401, 403, 422):
            raise NeedsAuth(f"{visit.host} does not let this token search: it needs the right read:search")
        posts = listed(reply.json("statuses"), "$.statuses")
        yield from _taken(posts, "$.statuses", visit.host)
        newest = _newest(posts, newest)
        ids = [post_id for post in posts if (post_id := id_of(post))]
        offset += PAGE
        if not ids or not since or _order(min(ids, key=_order)) <= _order(since) or offset >= _DEEPEST:
            # Without full-text search a server answers with an empty list, too: say once what may be the reason.
            if not newest and not here.get("told"):
                yield Problem("$.statuses", f"nothing found: {visit.host} may have no full-text search; use tags there")
            visit.state["search"] = known(since=newest, told=not newest)
            return True
        visit.state["search"] = {"since": since, "newest": newest, "offset": offset}
        yield Checkpoint(dict(visit.state))
    return False


def _newest(posts: list[Any], known_before: str) -> str:
    return max([known_before, *map(id_of, posts)], key=_order)


def _order(post_id: str) -> tuple[int, str]:
    """Ids rise with time; they are numbers here and other signs on some servers, of one length each."""
    return len(post_id), post_id


def _taken(posts: list[Any], path: str, host: str) -> Iterator[Item | Problem]:
    for at, post in enumerate(posts):
        if not isinstance(post, dict) or not uri_of(post) or not id_of(post):
            yield Problem(f"{path}[{at}]", "a post without id or uri")
        elif may_be_kept(post):
            yield item_of(post, host)
