"""Posts of a Discourse forum that contain a query, each whole, oldest first, so that a crash only ever repeats.

Written from documentation; not yet seen live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator

from sources.base import (
    Again,
    BadShape,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    Problem,
    RateLimited,
    Reading,
    Recheck,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.text import plain_text, plain_title
from sources.reading.values import asked, known, listed, part, several, text_of, whole

LAST_PAGE = 10
"""Forums give no page beyond it, of 50 posts each."""
PAGES_A_POLL = 20
POSTS_A_POLL = 20
"""Posts asked for whole: a search shows 200 signs around the first find, too little to judge a complaint by."""
OVERLAP = timedelta(days=2)
"""Asked again at each poll: the search knows whole days only, of the forum's own time zone, and its index is late."""
REMEMBERED = 500
GONE = "gone"
_BEGINNING = datetime(2012, 1, 1, tzinfo=UTC)


class Config(SourceConfig):
    """Which forum, and what to search for."""

    url: str = Field(
        validation_alias=AliasChoices("url", "base_url"),
        pattern=r"^https?://[^?#]+$",
        description="The forum's address, such as https://forum.example.com.",
    )
    query: str = Field(
        min_length=3, description='Words to search, at least three letters; a phrase in "quotes", category:name.'
    )
    key: SecretStr | None = Field(None, description="An API key, for a forum that is closed to strangers.")
    username: str = Field("system", description="The member that the API key acts as.")

    @field_validator("url", mode="before")
    @classmethod
    def _without_tail(cls, value: object) -> object:
        return value.strip().rstrip("/") if isinstance(value, str) else value


def _from_url(url: str) -> dict[str, Any]:
    """A search page, or any page of a topic or category: the forum, and the words if there are any."""
    found = re.match(r"(https?://[^?#]+?)/(?:search|t/|c/|tag/|latest|top|categories|posts)", url)
    words = " ".join(word for word in asked(url, "q").split() if not re.match(r"(?:order|after|before):", word))
    return ({"url": found[1]} if found else {}) | ({"query": words} if words else {})


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"reached": moment.astimezone(UTC).isoformat()}


def _ask_again(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these posts. A post does not tell its topic's title, so nothing but deletions is taken here."""
    for number in ids:
        # "Not found" is also what a stranger hears of a topic that was moved behind a door, perhaps by mistake.
        if (yield from _whole_post(config, number)) == GONE:
            yield Tombstone(number, is_told=False)
    return None


def _whole_post(config: Config, number: int | str) -> Any:
    """The post as the forum keeps it; GONE where it was deleted; None where the forum does not show it now."""
    reply: Response = yield _get(config, f"/posts/{number}.json", answers=(403, 404, 410))
    if reply.status in (404, 410):
        return GONE
    if reply.status == 403:  # moved behind a door perhaps, or a guard before the forum took us for somebody else
        return None
    post = _object(reply)
    return GONE if post.get("deleted_at") or post.get("user_deleted") else post


@source(
    kind="discourse",
    title="Discourse forum",
    every="15m",
    rate="1/8s",
    terms="the forum's own; strangers may search some eight times a minute; its wait_seconds are obeyed",
    example={"url": "https://meta.discourse.org", "query": "overheard"},
    detect=[
        r"^https?://(?:forums?|community|discuss|discourse|meta|talk|users)\.[^/]+/(?:search\?|t/|c/|tag/|latest|$)",
        r"^https?://[^?#]+/t/[\w%-]+/\d+",
    ],
    needs="nothing for open forums; an API key for closed ones",
    scope=lambda config: urlsplit(config.url).netloc + urlsplit(config.url).path,
    from_url=_from_url,
    cursor_at=_cursor_at,
    recheck=Recheck(_ask_again, within="30d", batch=20),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Finds all since the last poll, newest first as searches come, and takes them oldest first, each whole.

    Cursor: `reached`, the time of the newest post taken, and `known`, the posts taken that the overlap holds and the
    last few hundred besides: these are not asked for twice. The first poll takes one page.
    """
    reached = when(cursor.get("reached"))
    taken = [number for number in several(cursor.get("known")) if isinstance(number, int)]
    found, titles = yield from _find(config, reached)
    waiting = sorted((post for post in found.values() if post["id"] not in set(taken)), key=lambda post: post["id"])
    # What is found is taken at once and replaced in the same batch by the whole post: it is what a trial run shows.
    yield from (_item(config, post, titles) for post in waiting[:POSTS_A_POLL])
    for post in waiting[:POSTS_A_POLL]:
        whole_post = yield from _whole_post(config, post["id"])
        if whole_post == GONE:
            yield Tombstone(str(post["id"]), is_told=False)
        elif whole_post is not None:
            yield _item(config, {**post, **whole_post, "id": post["id"]}, titles)
        taken.append(post["id"])
        moment = when(post.get("created_at"))
        reached = max(filter(None, (reached, moment)), default=None)
    if len(waiting) > POSTS_A_POLL:
        yield Again()
    # Whatever the next search will show again must be known then, or the same posts would be asked for without end.
    reached = reached or _BEGINNING  # where nothing was found yet, all that comes is new
    lately = [number for number in taken[:-REMEMBERED] if number in found] + taken[-REMEMBERED:]
    return known(reached=reached.isoformat(), known=lately)


def _find(config: Config, reached: datetime | None) -> Any:
    """Every post since then by its number, as searches show them, and the titles of their topics."""
    found: dict[int, dict[str, Any]] = {}
    titles: dict[int, dict[str, Any]] = {}
    after = f" after:{(reached - OVERLAP).date()}" if reached else ""
    page, before = 1, ""
    for _ in range(PAGES_A_POLL):
        terms = f"{config.query}{after}{before} order:latest"
        answer = _object((yield _get(config, "/search.json", {"q": terms, "page": page})))
        posts = listed(answer.get("posts", []), "$.posts")
        if "posts" not in answer and "grouped_search_result" not in answer:
            raise BadShape("$.posts", "missing")
        yield from (Problem(f"$.posts[{at}]", "a post without id") for at, one in enumerate(posts) if not _number(one))
        found |= {post["id"]: post for post in posts if _number(post)}
        topics = several(answer.get("topics"))
        titles |= {whole(topic.get("id")): topic for topic in topics if isinstance(topic, dict)}
        if not reached or not posts or part(answer, "grouped_search_result").get("more_full_page_results") is not True:
            return found, titles
        page += 1
        if page > LAST_PAGE:
            oldest = min(filter(None, (when(post.get("created_at")) for post in found.values())), default=None)
            further = f" before:{(oldest + timedelta(days=1)).date()}" if oldest else before
            if further == before:
                break
            page, before = 1, further
    yield Problem("$.posts", f"more posts{after} than can be walked back to: the oldest of them are missing")
    return found, titles


def _get(
    config: Config, path: str, query: Mapping[str, str | int] | None = None, answers: Sequence[int] = (403,)
) -> Any:
    key = config.key
    headers = {"api-key": key.get_secret_value(), "api-username": config.username} if key else {}
    return Get(
        f"{config.url}{path}",
        query,
        {"accept": "application/json", **headers},
        conditional=False,
        answers=(*answers, 429),
    )


def _object(reply: Response) -> dict[str, Any]:
    if reply.status == 403:
        raise NeedsAuth(f"{urlsplit(reply.url).netloc} does not let strangers search: set an API key and its username")
    if reply.status == 429:
        raise RateLimited(f"{urlsplit(reply.url).netloc} asked for a pause", _pause(reply))
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadShape("$", "not an object")
    return answer


def _pause(reply: Response) -> float | None:
    """Seconds that a forum wants to be left alone: in a header, or in its answer."""
    header = reply.headers.get("retry-after", "")
    if header.isdigit():
        return float(header[:6])
    try:
        told = whole(part(reply.json(), "extras").get("wait_seconds"))
    except BadShape:  # something before the forum said it, and in no form that it knows
        return None
    return float(told) if told > 0 else None


def _number(post: object) -> int:
    return whole(post.get("id")) if isinstance(post, dict) and isinstance(post.get("id"), int) else 0


def _item(config: Config, post: Mapping[str, Any], titles: Mapping[int, Mapping[str, Any]]) -> Item:
    number, topic_id = whole(post.get("post_number")), whole(post.get("topic_id"))
    topic = titles.get(topic_id, {})
    slug = text_of(topic.get("slug")) or "-"
    edited = when(post.get("updated_at")) if whole(post.get("version")) > 1 else None
    return Item(
        id=str(post["id"]),
        title=plain_title(text_of(topic.get("title")) or text_of(topic.get("fancy_title"))),
        text=plain_text(text_of(post.get("cooked")) or text_of(post.get("blurb"))),
        url=f"{config.url}/t/{slug}/{topic_id}/{number or 1}" if topic_id else f"{config.url}/p/{post['id']}",
        author=text_of(post.get("name")) or text_of(post.get("username")),
        published=when(post.get("created_at")),
        kind="post" if number == 1 else "comment",
        extra=known(
            account=text_of(post.get("username")),
            likes=whole(post.get("like_count")) or None,
            topic=topic_id or None,
            answers=whole(topic.get("posts_count")) - 1 if topic and number == 1 else None,
            tags=list(_tags(topic)),
            edited=edited.isoformat() if edited else None,
        ),
    )


def _tags(topic: Mapping[str, Any]) -> Iterator[str]:
    """Names: forums of 2026 give objects where older ones gave words."""
    for tag in several(topic.get("tags")):
        name = text_of(tag.get("name")) if isinstance(tag, dict) else text_of(tag)
        if name:
            yield name
