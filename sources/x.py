"""Posts on X of the last seven days that a search finds: the official API, paid by the post.

Written from documentation; not yet seen live. Each post read costs about half a US cent, those read again to learn what
became of them as well. So a poll reads at most `most` posts, and goes on at the next one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from sources.base import (
    BadShape,
    Blocked,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    Problem,
    RateLimited,
    Reading,
    Recheck,
    Request,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import language, tidy
from sources.reading.values import asked, known, listed, part, several, text_of, whole

PAGE, SMALLEST_PAGE = 100, 10
_EPOCH = 1_288_834_974_657
"""Milliseconds since 1970 from which the time in an id counts."""
_FIELDS = {
    "tweet.fields": "author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,public_metrics,"
    "referenced_tweets,attachments",
    "expansions": "author_id",
    "user.fields": "name,username,public_metrics",
}
_GONE = ("/resource-not-found", "/not-authorized-for-resource")
"""Deleted, suspended, or shown only to some from now on."""
_NO_LANGUAGE = {"zxx", "qme", "qht", "qam", "qct", "qst", "art"}


class Config(SourceConfig):
    """What to search for, with whose token, and how much a poll may cost."""

    query: str = Field(min_length=1, description='Words to search: "a phrase", OR, -word, from:name, lang:en.')
    retweets: bool = Field(False, description="Whether to read posts that only repeat another one.")
    most: int = Field(100, ge=10, le=10_000, description="Posts a poll at most: each costs about half a US cent.")
    recheck: bool = Field(
        True, description="Whether to read each stored post again once a week, to forget those that were deleted."
    )
    token: SecretStr | None = Field(None, description="The bearer token of your app, from https://console.x.com.")
    base_url: str = Field("https://api.x.com", pattern=r"^https?://", description="Where the service answers.")


def _recheck(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these posts. Only those are forgotten of which the service says that they are not to be seen."""
    names = [one for one in ids if one.isdigit()]
    if not names or not config.recheck:
        return None
    answer = _answer((yield _ask(config, "/2/tweets", {"ids": ",".join(names)})))
    yield from (step for step in _read(answer) if isinstance(step, Item))
    for error in _objects(answer.get("errors")):
        name = text_of(error.get("resource_id")) or text_of(error.get("value"))
        if name in names and text_of(error.get("type")).endswith(_GONE):
            yield Tombstone(name)
    return None


@source(
    kind="x",
    title="X (paid API)",
    every="1h",
    rate="1/2s",
    host="api.x.com",
    terms="paid: about USD 0.005 a post read; the last seven days; deleted posts must be forgotten; link to the post",
    example={"query": '"aiohttp"'},
    detect=[r"(?:^|[/.])(?:x|twitter)\.com/search\?(?:.*&)?q="],
    needs="a bearer token",
    from_url=lambda url: {"query": asked(url, "q")} if asked(url, "q") else {},
    cursor_at=lambda config, moment: {"since_id": _id_at(moment)},
    recheck=Recheck(_recheck, within="7d", batch=PAGE),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Walks from the newest post back to `since_id`, the newest one that the last walk saw.

    Cursor: `since_id` (raised only when the old edge is reached) and, in the middle of a walk that was worth more than
    `most` posts, `newest` (what `since_id` will become), `token` (the next page) and `whole` (there was no edge to
    reach, and still all is wanted).
    """
    since, newest = text_of(cursor.get("since_id")), text_of(cursor.get("newest"))
    token, all_of_it = text_of(cursor.get("token")), bool(cursor.get("whole"))
    read = 0
    while read < config.most:
        size = min(PAGE, max(SMALLEST_PAGE, config.most - read))
        reply = yield _ask(config, "/2/tweets/search/recent", _query(config, size, since, token))
        if since and _is_wrong(reply, "since_id"):
            yield Problem("since_id", "X gives only the last seven days: what was written before them is missing")
            since, token, all_of_it = "", "", True
            yield Checkpoint({"whole": True})
            continue
        if token and _is_wrong(reply, "next_token"):  # it was kept for too long: from the top again
            token = ""
            continue
        answer = _answer(reply)
        yield from _read(answer)
        posts = _objects(answer.get("data"))
        read += len(posts)
        newest = max([newest, *(text_of(post.get("id")) for post in posts)], key=_as_number)
        token = text_of(part(answer, "meta").get("next_token"))
        if not token or not posts:
            break
        yield Checkpoint(known(since_id=since, newest=newest, token=token, whole=all_of_it))
    if token and (since or all_of_it):
        yield Problem(
            "posts", f"{read} were read, which is what `most` allows a poll; older ones wait for the next polls"
        )
        return known(since_id=since, newest=newest, token=token, whole=all_of_it)
    return known(since_id=max(since, newest, key=_as_number))


# Asking -------------------------------------------------------------------------------------------------------------


def _ask(config: Config, path: str, query: Mapping[str, str | int]) -> Request:
    if config.token is None or not config.token.get_secret_value():
        raise NeedsAuth(
            "set token to the bearer token of an app of yours (https://console.x.com). X takes about half a US cent "
            "for each post read"
        )
    return Get(
        config.base_url.rstrip("/") + path,
        query={**query, **_FIELDS},
        headers={"authorization": f"Bearer {config.token.get_secret_value()}"},
        conditional=False,
        answers={400, 402, 429},
    )


def _query(config: Config, size: int, since: str, token: str) -> dict[str, str | int]:
    words = config.query if config.retweets else f"({config.query}) -is:retweet"
    return {"query": words, "max_results": size, **known(since_id=since, next_token=token)}


def _id_at(moment: datetime) -> str:
    """The least id that a post of this time can have: ids count milliseconds."""
    return str(max(1, (int(moment.timestamp() * 1000) - _EPOCH) << 22))


def _as_number(identifier: str) -> int:
    return int(identifier) if identifier.isdigit() and len(identifier) < 30 else 0


# Reading ------------------------------------------------------------------------------------------------------------


def _answer(reply: Response) -> Mapping[str, Any]:
    """What was answered. Raises what its refusal means."""
    if reply.status == 402:
        raise NeedsAuth("X answered 402: this account's credits are spent, or its limit of spending is reached")
    if reply.status == 429:
        raise RateLimited("X answered 429: asked too often, or all that this month allows is read", _wait(reply))
    if reply.status == 400:
        raise Blocked("X answered 400: it does not understand this query, see the operators that it knows")
    answer = reply.json()
    if not isinstance(answer, dict) or not {"data", "meta", "errors"} & answer.keys():
        raise BadShape("$", "neither data nor meta nor errors")
    listed(answer.get("data", []), "$.data")
    return answer


def _is_wrong(reply: Response, parameter: str) -> bool:
    """The service does not take this parameter."""
    if reply.status != 400:
        return False
    try:
        errors = _objects(part({"": reply.json()}, "").get("errors"))
    except BadShape:
        return False
    return any(parameter in part(error, "parameters") for error in errors)


def _wait(reply: Response) -> float | None:
    """Until the service's allowance is renewed, by its own clock; a day where it is the month's that is spent."""
    if "UsageCapExceeded" in reply.text():
        return 86_400.0
    renewed, now = text_of(reply.headers.get("x-rate-limit-reset")), when(reply.headers.get("date"))
    if not renewed.isdigit() or now is None:
        return None
    return float(min(max(int(renewed) - int(now.timestamp()), 1), 86_400))


def _read(answer: Mapping[str, Any]) -> Iterator[Item | Problem]:
    users = _objects(part(answer, "includes").get("users"))
    authors = {text_of(user.get("id")): user for user in users}
    for at, post in enumerate(listed(answer.get("data", []), "$.data")):
        name = text_of(post.get("id")) if isinstance(post, dict) else ""
        if not name.isdigit():
            yield Problem(f"$.data[{at}].id", "missing")
            continue
        versions = post.get("edit_history_tweet_ids")
        ids = [text_of(one) for one in versions] if isinstance(versions, list) and versions else [name]
        if name == ids[-1]:  # an earlier version can still be had; what holds is the last one
            yield _item(ids[0] if ids[0].isdigit() else name, name, post, authors)


def _item(identifier: str, name: str, post: Mapping[str, Any], authors: Mapping[str, Any]) -> Item:
    """An edit is a post with an id of its own: the first one stands for them all."""
    user = part(authors, text_of(post.get("author_id")))
    author, numbers = text_of(user.get("username")), part(post, "public_metrics")
    refers = {text_of(one.get("type")): text_of(one.get("id")) for one in _objects(post.get("referenced_tweets"))}
    lang = text_of(post.get("lang"))
    return Item(
        id=identifier,
        text=_words(post),
        url=f"https://x.com/{author or 'i'}/status/{name}",
        author=author,
        published=when(post.get("created_at")),
        lang="" if lang in _NO_LANGUAGE else language(lang),
        kind="comment" if "replied_to" in refers else "post",
        extra=known(
            likes=_count(numbers, "like_count"),
            reposts=_count(numbers, "retweet_count"),
            replies=_count(numbers, "reply_count"),
            quoted=_count(numbers, "quote_count"),
            views=_count(numbers, "impression_count"),
            followers=_count(part(user, "public_metrics"), "followers_count"),
            media=bool(several(part(post, "attachments").get("media_keys"))),
            reply_to=refers.get("replied_to", ""),
            quotes=refers.get("quoted", ""),
            edited=identifier != name,
        ),
    )


def _words(post: Mapping[str, Any]) -> str:
    """The whole text of a long post, with links as they were meant, not as they were shortened."""
    note = part(post, "note_tweet")
    text = text_of(note.get("text")) or text_of(post.get("text"))
    for link in _objects(part(note if note else post, "entities").get("urls")):
        short, meant = text_of(link.get("url")), web_link(link.get("expanded_url"))
        if re.fullmatch(r"https?://t\.co/\w+", short) and meant:
            is_picture = re.search(r"//(?:x|twitter)\.com/\w+/status/\d+/(?:photo|video)/\d+\Z", meant)
            text = text.replace(short, "" if is_picture else meant)
    return tidy(html.unescape(text))


def _count(numbers: Mapping[str, Any], name: str) -> int | None:
    return whole(numbers[name]) if name in numbers else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
