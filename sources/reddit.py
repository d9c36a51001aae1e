"""Posts on Reddit that contain a query, newest first, back to the last poll's end: the official API, with keys."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field, SecretStr, field_validator

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    NotFound,
    Pause,
    Post,
    Problem,
    RateLimited,
    Reading,
    Recheck,
    Request,
    Response,
    SignIn,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title, tidy
from sources.reading.values import asked, known, whole

PAGE = 100
PAGES_A_POLL = 12
"""The service ends a listing after about a thousand posts: a walk is whole in one poll."""
OVERLAP = 3600
"""Seconds asked again at each poll: the index is late at times."""
FEW_LEFT = 10
"""Requests left of the service's allowance when a walk makes a pause: other sources share it."""
LONGEST_PAUSE = 600.0
_GONE = {"[deleted]", "[removed]", "[ Removed by Reddit ]"}
_MEDIA = {"image", "hosted:video", "rich:video"}
_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,20}")


class Config(SourceConfig):
    """What to search for, where, and with whose keys."""

    query: str = Field(min_length=1, description='Words to search: "a phrase", OR, NOT, title:word, author:name.')
    subreddit: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_]{2,24}(\+[A-Za-z0-9_]{2,24})*)?$",
        description='One subreddit, or several with "+" between them; all of them where left out.',
    )
    client_id: str | None = Field(None, description="The id of your app, from https://www.reddit.com/prefs/apps.")
    client_secret: SecretStr | None = Field(None, description="Its secret.")
    base_url: str = Field("https://oauth.reddit.com", pattern=r"^https?://", description="Where the service answers.")
    sign_in_url: str = Field(
        "https://www.reddit.com/api/v1/access_token",
        pattern=r"^https?://",
        description="Where it gives an access token for the keys.",
    )

    @field_validator("subreddit", mode="before")
    @classmethod
    def _without_r(cls, value: object) -> object:
        return re.sub(r"^/?r/", "", value.strip()).rstrip("/") if isinstance(value, str) else value


def _from_url(url: str) -> dict[str, str]:
    place, words = re.search(r"/r/([A-Za-z0-9_+]+)/", url), asked(url, "q")
    return {"query": words, "subreddit": place[1]} if place and words else {}


def _recheck(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these posts and comments: whatever is not in the answer is gone."""
    names = [one for one in ids if _FULLNAME.fullmatch(one)]
    if not names:
        return None
    token = yield _sign_in(config)
    reply = yield _ask(config, token, "/api/info", {"id": ",".join(names)})
    things, _ = _listing(reply)
    yield from (step for step in _read(things) if not isinstance(step, Problem))
    there = {data.get("name") for _, data in things}
    for one in names:
        if one not in there:
            yield Tombstone(one, is_told=False)  # a subreddit that closes its doors looks the same
    yield from _rest(reply)
    return None


@source(
    kind="reddit",
    title="Reddit (with keys)",
    every="10m",
    rate="1/1s",
    host="oauth.reddit.com",
    terms="100 requests a minute; keys by approval only; commercial use by contract; deleted posts must be forgotten",
    example={"query": '"aiohttp"'},
    detect=[r"reddit\.com/r/[A-Za-z0-9_+]+/search/?\?(?:.*&)?q="],
    needs="an app's id and secret",
    scope=lambda config: "reddit",
    from_url=_from_url,
    cursor_at=lambda config, moment: {"since": int(moment.timestamp())},
    recheck=Recheck(_recheck, within="2d"),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Walks from the newest post back to `since`, an hour of overlap included.

    Cursor: `since` (raised only when the old edge is reached) and, in the middle of a walk, `newest` (what `since`
    will become) and `after` (the last post seen).
    """
    token = yield _sign_in(config)
    since = whole(cursor.get("since"))
    newest = max(since, whole(cursor.get("newest")))
    resumed = after = str(cursor.get("after") or "")
    path = f"/r/{config.subreddit}/search" if config.subreddit else "/search"
    for _ in range(PAGES_A_POLL):
        reply = yield _ask(config, token, path, _query(config, after))
        things, onward = _listing(reply)
        if not things and resumed:  # the post that a broken walk was to go on from may be gone: begin anew
            resumed = after = ""
            continue
        resumed = ""
        if config.subreddit and any(kind == "t5" for kind, _ in things):
            raise NotFound(f"r/{config.subreddit}: Reddit knows no such subreddit")
        yield from _read(things)
        times = [moment for _, data in things if (moment := whole(data.get("created_utc")))]
        newest = max([newest, *times])
        if not onward or any(moment < since - OVERLAP for moment in times):
            yield from _rest(reply)
            return {"since": newest}
        after = onward
        yield Checkpoint({"since": since, "newest": newest, "after": after})
        if _few_left(reply):
            yield from _rest(reply)
            break
    yield Again()
    return {"since": since, "newest": newest, "after": after}


# Asking -----------------------------------------------------------------------------------------------------------


def _sign_in(config: Config) -> SignIn:
    """The keys against a token that holds for a day at most. It is asked for anew at each poll, and kept nowhere."""
    if not config.client_id or config.client_secret is None or not config.client_secret.get_secret_value():
        raise NeedsAuth(
            "set client_id and client_secret of an app of yours (https://www.reddit.com/prefs/apps). Since November "
            '2025 Reddit gives them only after an approval, which takes its time; kind "reddit-search" needs none'
        )
    pair = f"{config.client_id}:{config.client_secret.get_secret_value()}"
    headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    form = "application/x-www-form-urlencoded"
    return SignIn(Post(config.sign_in_url, b"grant_type=client_credentials", form, headers=headers), "access_token")


def _ask(config: Config, token: str, path: str, query: Mapping[str, str | int]) -> Request:
    return Get(
        config.base_url.rstrip("/") + path,
        query={**query, "raw_json": 1},
        headers={"authorization": f"bearer {token}"},
        conditional=False,
        answers={429},
    )


def _query(config: Config, after: str) -> dict[str, str | int]:
    wanted: dict[str, str | int] = {"q": config.query, "sort": "new", "t": "all", "type": "link", "limit": PAGE}
    if config.subreddit:
        wanted["restrict_sr"] = "true"
    return wanted | ({"after": after} if after else {})


def _few_left(reply: Response) -> bool:
    left = _number(reply.headers.get("x-ratelimit-remaining"))
    return left is not None and left < FEW_LEFT


def _rest(reply: Response) -> Iterator[Pause]:
    """The allowance is nearly spent: nobody asks again before it is renewed."""
    if _few_left(reply):
        yield Pause(_until_renewed(reply) or 60.0, host=True)


def _until_renewed(reply: Response) -> float | None:
    seconds = _number(reply.headers.get("x-ratelimit-reset"))
    return min(max(seconds, 1.0), LONGEST_PAUSE) if seconds is not None else None


# Reading ----------------------------------------------------------------------------------------------------------


def _listing(reply: Response) -> tuple[list[tuple[str, Mapping[str, Any]]], str]:
    """What a listing holds, as (kind, data) each, and the name to go on after; "" at its end."""
    if reply.status == 429:
        raise RateLimited("Reddit answered 429: asked too often", _until_renewed(reply))
    data = reply.json("data")
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(children, list):
        raise BadShape("$.data.children", "not a list")
    things = [(str(child.get("kind")), child.get("data")) for child in children if isinstance(child, dict)]
    after = data.get("after")
    return [(kind, held) for kind, held in things if isinstance(held, dict)], after if isinstance(after, str) else ""


def _read(things: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Item | Tombstone | Problem]:
    for at, (kind, data) in enumerate(things):
        name = data.get("name") or f"{kind}_{data.get('id')}"
        if not isinstance(name, str) or not _FULLNAME.fullmatch(name):
            yield Problem(f"$.data.children[{at}].data.name", "neither a post nor a comment")
        elif _is_gone(data):
            yield Tombstone(name)
        else:
            yield _item(name, data)


def _is_gone(data: Mapping[str, Any]) -> bool:
    """Deleted or removed. What a deleted account wrote is to be forgotten, too."""
    said = {data.get(key) for key in ("author", "selftext", "body", "title") if isinstance(data.get(key), str)}
    return bool(data.get("removed_by_category")) or not data.get("author") or not said.isdisjoint(_GONE)


def _item(name: str, data: Mapping[str, Any]) -> Item:
    is_comment = name.startswith("t1_")
    title = "" if is_comment else plain_title(_text(data, "title"))
    return Item(
        id=name,
        title=title,
        text=_words(data, "body" if is_comment else "selftext"),
        url=web_link(_text(data, "permalink").partition("?")[0] or _short_link(name, data), "https://www.reddit.com/"),
        author=_text(data, "author"),
        published=when(data.get("created_utc")),
        kind="comment" if is_comment else "post",
        extra=known(
            subreddit=_text(data, "subreddit"),
            score=_number(data.get("score")),
            num_comments=None if is_comment else _number(data.get("num_comments")),  # a comment tells its post's
            link="" if data.get("is_self") or is_comment else web_link(data.get("url")),
            media=data.get("post_hint") in _MEDIA or data.get("is_video") is True or data.get("is_gallery") is True,
            about=plain_title(_text(data, "link_title")),
            edited=bool(data.get("edited")),
        ),
    )


def _short_link(name: str, data: Mapping[str, Any]) -> str:
    post, this = _text(data, "link_id").removeprefix("t3_"), name[3:]
    return f"/comments/{post}/_/{this}/" if post else f"/comments/{this}/"


def _words(data: Mapping[str, Any], key: str) -> str:
    """Read as the public feeds give it, so that a post seen there and here is no edit."""
    as_html = _text(data, f"{key}_html")
    return plain_text(as_html) if as_html else tidy(_text(data, key))


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | int | None:
    """A number, also one written as text; None for none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not abs(number) < 1e15:
        return None
    return int(number) if number.is_integer() else number
