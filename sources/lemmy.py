"""Posts and comments that contain a query, as one Lemmy server knows them; an id holds on every server.

Written from documentation (v3, and v4 of Lemmy 1.0, to which a server without v3 leads); not yet seen live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, field_validator

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
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
from sources.reading.links import web_link
from sources.reading.text import tidy
from sources.reading.values import asked, known, listed, part, text_of, whole

PAGE = 50
REQUESTS_A_POLL = 12
OVERLAP = timedelta(hours=2)
"""Asked again at each poll: what was written on other servers comes late, and is edited."""
_BEGINNING = datetime(2019, 1, 1, tzinfo=UTC)
"""Where nothing was found yet, all that comes is new, however much it is."""
_PAUSE = 60.0
"""Seconds after which a server counts searches anew, where it does not say."""


class Config(SourceConfig):
    """Which server, and what to search for."""

    query: str = Field(min_length=1, description="Words to search.")
    server: str = Field(
        "https://lemmy.world",
        validation_alias=AliasChoices("server", "base_url", "instance"),
        pattern=r"^https?://[^/]+$",
        description="The server to ask. It knows its own communities, and those that its people follow elsewhere.",
    )
    community: str = Field("", description="Only this community, as name or name@server.")

    @field_validator("server", mode="before")
    @classmethod
    def _server_as_address(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        bare = value.strip().rstrip("/")
        return bare if "://" in bare else f"https://{bare}"


def _from_url(url: str) -> dict[str, str]:
    """A search page, or a community: the server, and what there is of the rest."""
    parts = urlsplit(url)
    community = re.match(r"/c/([\w.@-]+)", parts.path)
    found = {"server": f"{parts.scheme}://{parts.netloc}", "query": asked(url, "q")}
    return {name: value for name, value in (found | {"community": community[1] if community else ""}).items() if value}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {kind: {"since": _stamp(moment + OVERLAP)} for kind in ("Posts", "Comments", "all")}


@source(
    kind="lemmy",
    title="Lemmy",
    every="15m",
    rate="1/10s",
    terms="public API of each server, by default 60 searches in 10 minutes; link to the post",
    example={"server": "https://lemmy.world", "query": "aiohttp"},
    detect=[
        r"^https?://(?:[\w-]+\.)*lemmy\.[\w.]+/(?:search|c/|post/|$)",
        r"^https?://(?:www\.)?(?:sh\.itjust\.works|programming\.dev|feddit\.\w+|beehaw\.org|lemm\.ee)/(?:search|c/|post/|$)",
    ],
    scope=lambda config: "lemmy",
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Posts, then comments (v4 gives both together), newest first back to the last poll; the first takes one page each.

    Cursor: `api`, 4 on a server that no longer speaks v3; by kind `since`, and in the middle of a walk `newest` and
    `page`, or `next` in v4.
    """
    state: dict[str, Any] = {name: dict(part(cursor, name)) for name in ("Posts", "Comments", "all") if name in cursor}
    if cursor.get("api") != 4:
        if (yield from _walk(config, ("Posts", "Comments"), state)):
            return state
        # No v3 here any more: where it had got to is where v4 goes on.
        state = {"all": dict(part(state, "all")) or known(since=part(state, "Posts").get("since"))}
    state["api"] = 4
    yield from _walk(config, ("all",), state)
    return state


def _walk(config: Config, kinds: tuple[str, ...], state: dict[str, Any]) -> Any:
    """These kinds, each from its newest back to what is known. False where the server does not speak so."""
    requests = 0
    for kind in kinds:
        finished = False
        while not finished:
            if requests >= REQUESTS_A_POLL:
                yield Again()
                return True
            requests += 1
            answer = yield from _ask(config, kind, part(state, kind))
            if answer is None:
                return False
            finished = yield from _page(kind, answer, state)
            yield Checkpoint(dict(state))
    return True


def _ask(config: Config, kind: str, here: Mapping[str, Any]) -> Any:
    """One page; None where the server knows no such address."""
    community = {"community_name": config.community} if config.community else {}
    query: dict[str, str | int] = {"q": config.query, "limit": PAGE, **community}
    if kind == "all":
        query |= {"type_": "all", "sort": "new", "listing_type": "all"}
        query |= known(page_cursor=text_of(here.get("next")))
    else:
        query |= {"type_": kind, "sort": "New", "listing_type": "All", "page": whole(here.get("page")) or 1}
    address = f"{config.server}/api/{'v4' if kind == 'all' else 'v3'}/search"
    reply: Response = yield Get(address, query, conditional=False, answers=(400,) if kind == "all" else (400, 404))
    if reply.status == 404:
        return None
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadShape("$", "not an object")
    if reply.status == 400:
        error = text_of(answer.get("error")) or "an error without a name"
        if error == "rate_limit_error":
            raise RateLimited(f"{urlsplit(config.server).netloc} asked for a pause", _PAUSE)
        raise BadShape("$.error", error[:200])
    return answer


def _page(kind: str, answer: Mapping[str, Any], state: dict[str, Any]) -> Any:
    """What one page holds, and where that leads: True when all up to what is known has been read."""
    here = part(state, kind)
    name = kind.lower() if kind != "all" else "search" if "search" in answer else "results"
    views = listed(answer.get(name), f"$.{name}")
    yield from _taken(views, f"$.{name}")
    since, newest = when(here.get("since")), when(here.get("newest"))
    times = [moment for view in views if (moment := _written(view))]
    newest = max([moment for moment in (since, newest, *times) if moment], default=None)
    following = text_of(answer.get("next_page"))
    more = bool(following) if kind == "all" else len(views) >= PAGE
    if not since or not views or not more or (times and min(times) < since - OVERLAP):
        state[kind] = {"since": _stamp(newest or _BEGINNING)}
        return True
    page = None if kind == "all" else (whole(here.get("page")) or 1) + 1
    state[kind] = known(since=_stamp(since), newest=newest and _stamp(newest), page=page, next=following)
    return False


def _taken(views: list[Any], path: str) -> Iterator[Item | Tombstone | Problem]:
    for at, view in enumerate(views):
        said = _said(view)
        identifier = text_of(said.get("ap_id"))
        if isinstance(view, dict) and view.get("type_") in ("community", "person", "multi_community"):
            continue
        if not identifier:
            yield Problem(f"{path}[{at}]", "neither post nor comment with an ap_id")
        elif said.get("deleted") or said.get("removed"):
            yield Tombstone(bounded(identifier))
        else:
            yield _item(identifier, said, view)


def _said(view: object) -> dict[str, Any]:
    """The comment, else the post: a comment's view holds the post that it belongs to as well."""
    return part(view, "comment") or part(view, "post")


def _written(view: object) -> datetime | None:
    said = _said(view)
    return when(said.get("published") or said.get("published_at"))


def _item(identifier: str, said: Mapping[str, Any], view: Mapping[str, Any]) -> Item:
    post, creator, community, counts = (part(view, name) for name in ("post", "creator", "community", "counts"))
    is_comment = bool(part(view, "comment"))
    edited = when(said.get("updated") or said.get("updated_at"))
    facts = {**said, **counts}
    return Item(
        id=bounded(identifier),
        title=" ".join(text_of(post.get("name")).split()),
        text=tidy(text_of(said.get("content") if is_comment else said.get("body"))),
        url=web_link(identifier),
        author=text_of(creator.get("display_name")) or text_of(creator.get("name")),
        published=_written(view),
        kind="comment" if is_comment else "post",
        extra=known(
            community=text_of(community.get("name")),
            account=text_of(creator.get("actor_id")) or text_of(creator.get("ap_id")),
            link="" if is_comment else web_link(post.get("url")),
            score=facts.get("score") if isinstance(facts.get("score"), int) else None,
            comments=facts.get("comments") if isinstance(facts.get("comments"), int) and not is_comment else None,
            automated=creator.get("bot_account") is True,
            edited=edited.isoformat() if edited else None,
        ),
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
