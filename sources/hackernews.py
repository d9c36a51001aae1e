"""Stories and comments of Hacker News that contain a query, newest first, back to where the last poll ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    Problem,
    Reading,
    Recheck,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title
from sources.reading.values import asked

PAGE = 1000
"""Hits of one request: the most that the service gives, and also the most that it gives of one query."""
OVERLAP = 3600
"""Seconds asked again at each poll: the index is late at times."""
REQUESTS_A_POLL = 20
"""The rest of a long walk back is left to the next poll, which goes on where this one stopped."""
_GONE = {"[dead]", "[deleted]", "[flagged]"}


class Config(SourceConfig):
    """What to search for."""

    query: str = Field(min_length=1, description='Words to search; a phrase in "quotes".')
    tags: str = Field("(story,comment)", description="Which kinds, in the service's own notation.")
    base_url: str = Field("https://hn.algolia.com", pattern=r"^https?://", description="Where the service answers.")


def _from_url(url: str) -> dict[str, str]:
    """A search page (hn.algolia.com/?q=…), or the stories of one site (news.ycombinator.com/from?site=…)."""
    words = asked(url, "q") or asked(url, "query") or asked(url, "site")
    return {"query": words} if words else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"since": int(moment.timestamp()) + OVERLAP - 1}  # what it asks for is newer than that


def _ask_again(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these items. The search forgets what was deleted or killed: a missing item is gone."""
    for identifier in filter(str.isdigit, ids):
        address = f"{config.base_url.rstrip('/')}/api/v1/items/{identifier}"
        reply: Response = yield Get(address, conditional=False, answers=(404, 410))
        answer = reply.json() if reply.status == 200 else None
        if answer is None:  # killed perhaps, and vouched for again an hour later
            yield Tombstone(identifier, is_told=False)
        elif not isinstance(answer, dict) or str(answer.get("id")) != identifier:
            raise BadShape("$.id", "another item than the one asked for")
        elif not answer.get("author") and not answer.get("text") and not answer.get("title"):
            yield Tombstone(identifier)  # an empty shell, kept because there are replies to it
    return None


@source(
    kind="hackernews",
    title="Hacker News",
    every="5m",
    rate="1/2s",
    host="hn.algolia.com",
    terms="public search API, 10,000 requests an hour; link to the item",
    example={"query": "aiohttp"},
    detect=[r"news\.ycombinator\.com", r"hn\.algolia\.com"],
    from_url=_from_url,
    cursor_at=_cursor_at,
    recheck=Recheck(_ask_again, within="7d", batch=20),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Walks from the newest hit back to `since`, an hour of overlap included.

    Cursor: `since` (raised only when the old edge is reached) and, in the middle of a walk, `newest` (what `since`
    will become), `until` and `page` (where to go on).
    """
    since = _whole(cursor.get("since"))
    newest = max(since, _whole(cursor.get("newest")))
    until, page = cursor.get("until"), _whole(cursor.get("page"))
    for _ in range(REQUESTS_A_POLL):
        # Unconditional: each answer tells how long it took to make, so that no two are the same to an ETag, and the
        # time it asks from is part of its address.
        reply = yield Get(_address(config), query=_query(config, since - OVERLAP, until, page), conditional=False)
        answer = reply.json()
        hits = _hits(answer)
        yield from _items(hits)
        times = [_whole(hit.get("created_at_i")) for hit in hits if hit.get("created_at_i")]
        newest = max([newest, *times])
        position = _next_position(answer, len(hits), min(times, default=0), until, page)
        if position is None:
            return {"since": newest}
        until, page = position
        yield Checkpoint({"since": since, "newest": newest, "until": until, "page": page})
    yield Again()
    return {"since": since, "newest": newest, "until": until, "page": page}


def _address(config: Config) -> str:
    return f"{config.base_url.rstrip('/')}/api/v1/search_by_date"


def _query(config: Config, floor: int, until: int | None, page: int) -> dict[str, str | int]:
    bounds = [f"created_at_i>{max(0, floor)}"] + ([f"created_at_i<{until}"] if until else [])
    return {
        "query": config.query,
        "tags": config.tags,
        "numericFilters": ",".join(bounds),
        "hitsPerPage": PAGE,
        "page": page,
        "typoTolerance": "false",
    }


def _next_position(
    answer: Mapping[str, Any], got: int, oldest: int, until: int | None, page: int
) -> tuple[int, int] | None:
    """Where to go on: the next page of this query, or the next query further back; None at the old edge."""
    if not got:
        return None
    if page + 1 < _whole(answer.get("nbPages")):
        return until or 0, page + 1
    asked_per_page = _whole(answer.get("hitsPerPage")) or PAGE
    seen = page * asked_per_page + got
    if _whole(answer.get("nbHits")) <= seen or not oldest:
        return None
    # The oldest second may hold more than what we saw of it: it is asked again, unless that leads nowhere.
    further = oldest + 1
    return (further if further != until else oldest), 0


def _hits(answer: object) -> list[dict[str, Any]]:
    hits = answer.get("hits") if isinstance(answer, dict) else None
    if not isinstance(hits, list) or not all(isinstance(hit, dict) for hit in hits):
        raise BadShape("$.hits", "not a list of objects")
    return hits


def _items(hits: list[dict[str, Any]]) -> Iterator[Item | Tombstone | Problem]:
    for at, hit in enumerate(hits):
        identifier = hit.get("objectID")
        if not isinstance(identifier, str | int) or not identifier:
            yield Problem(f"$.hits[{at}].objectID", "missing")
        elif _is_gone(hit):
            yield Tombstone(str(identifier))
        else:
            yield _item(str(identifier), hit)


def _is_gone(hit: Mapping[str, Any]) -> bool:
    said = [hit.get(key) for key in ("title", "story_text", "comment_text")]
    return bool(hit.get("deleted") or hit.get("dead")) or any(text in _GONE for text in said if isinstance(text, str))


def _item(identifier: str, hit: Mapping[str, Any]) -> Item:
    comment = hit.get("comment_text")
    is_comment = isinstance(comment, str)
    title = hit.get("title") or hit.get("story_title")
    written = comment if is_comment else hit.get("story_text") or hit.get("text")
    author = hit.get("author")
    facts = {
        "points": hit.get("points"),
        "num_comments": hit.get("num_comments"),
        "link": web_link(hit.get("url")),
        "about_link": web_link(hit.get("story_url")),
        "story": str(hit.get("story_id") or ""),
    }
    return Item(
        id=identifier,
        title=plain_title(title) if isinstance(title, str) else "",
        text=plain_text(written) if isinstance(written, str) else "",
        url=f"https://news.ycombinator.com/item?id={identifier}",
        author=author if isinstance(author, str) else "",
        published=when(hit.get("created_at_i")) or when(hit.get("created_at")),
        kind="comment" if is_comment else "post",
        extra={name: value for name, value in facts.items() if value not in (None, "")},
    )


def _whole(value: object) -> int:
    """The number as an int, 0 for what is none."""
    return int(value) if isinstance(value, int | float) and abs(value) < 1e15 else 0
