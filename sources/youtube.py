"""Videos that contain a query, and what is said below them and below a channel's: YouTube's Data API, with a key.

A search costs 100 of the 10,000 units that a key has a day, everything else one: so a poll searches little and reads
the rest freely. A key is to be had at once, from the Google Cloud console.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator

from sources.base import (
    Again,
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
from sources.reading.identity import bounded
from sources.reading.text import language, plain_title, tidy
from sources.reading.values import asked, known, listed, part, text_of

AT_ONCE = 50
"""Videos, comments or results of one request."""
OVERLAP = timedelta(days=1)
"""Asked again at each poll: a video can be found hours after it was published."""
WATCHED = 20
"""Videos whose comments are read at each poll: the newest that were found."""
COMMENT_PAGES = 3
CHANNEL_PAGES = 10
"""Pages of a hundred comment threads a poll, of one video and of a whole channel."""
_BEGINNING = "2005-01-02T00:00:00Z"
_VIDEO, _COMMENT = "yt:video:", "yt:comment:"
_RESET_IN = ZoneInfo("America/Los_Angeles")
_SPENT = {"quotaExceeded", "dailyLimitExceeded"}
_HURRIED = {"rateLimitExceeded", "userRateLimitExceeded"}
_REFUSED_KEY = {"keyInvalid", "keyExpired", "accessNotConfigured", "ipRefererBlocked", "API_KEY_INVALID", "badRequest"}


class Config(SourceConfig):
    """What to search for, whose comments to read, and with whose key."""

    query: str = Field("", description='Words to search: "a phrase", one|other, -without.')
    channel: str = Field(
        "",
        pattern=r"^(UC[\w-]{22})?$",
        description="A channel (UC and 22 more signs): the comments below all its videos are read, too.",
    )
    key: SecretStr | None = Field(None, description="An API key for the YouTube Data API v3.")
    searches: int = Field(
        1, ge=1, le=10, description="Pages of 50 results a poll; each takes 100 of the 10,000 units of a day."
    )
    base_url: str = Field(
        "https://www.googleapis.com/youtube/v3", pattern=r"^https?://", description="Where the service answers."
    )

    @model_validator(mode="after")
    def _something_to_read(self) -> Config:
        if not self.query.strip() and not self.channel:
            raise ValueError("give it a query, a channel, or both")
        return self


def _recheck(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these videos and comments: whatever is not in the answer is gone."""
    for prefix, resource in ((_VIDEO, "videos"), (_COMMENT, "comments")):
        names = [one.removeprefix(prefix) for one in ids if one.startswith(prefix)]
        for at in range(0, len(names), AT_ONCE):
            yield from _still_there(config, resource, prefix, names[at : at + AT_ONCE])
    return None


def _still_there(config: Config, resource: str, prefix: str, names: list[str]) -> Reading:
    reply = yield _ask(config, resource, {"part": "snippet", "id": ",".join(names), **_plain(resource)})
    if reply.status == 404 and len(names) > 1:  # one of them is not there: which?
        for name in names:
            yield from _still_there(config, resource, prefix, [name])
        return None
    answer = {"items": []} if reply.status == 404 else _answer(reply)
    yield from (step for step in _items(answer) if isinstance(step, Item))
    there = {one.get("id") for one in _objects(answer["items"])}
    for name in names:
        if name not in there:
            yield Tombstone(prefix + name, is_told=False)
    return None


@source(
    kind="youtube",
    title="YouTube (videos and comments, with a key)",
    every="4h",
    rate="1/1s",
    host="www.googleapis.com",
    terms="10,000 units a day, a search takes 100; what is stored is refreshed or deleted within 30 days; link to it",
    example={"query": '"aiohttp"'},
    detect=[r"youtube\.com/results\?(?:.*&)?search_query="],
    needs="an API key",
    scope=lambda config: "youtube",
    from_url=lambda url: {"query": asked(url, "search_query")} if asked(url, "search_query") else {},
    cursor_at=lambda config, moment: {"since": _stamp(moment)},
    recheck=Recheck(_recheck, within="25d", batch=AT_ONCE),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """A search for videos, then the newest comments: below the channel's videos, and below those found last.

    Cursor: `since` (all older videos were read), in the middle of a long walk back `newest` (what `since` will become)
    and `page`; `channel` and `videos` (the newest found) with the time of the newest comment read of each.
    """
    kept = dict(cursor)
    if config.query.strip():
        kept = yield from _search(config, kept)
        yield Checkpoint(kept)
    if config.channel:
        about = {"allThreadsRelatedToChannelId": config.channel}
        newest = yield from _comments(config, about, str(kept.get("channel") or ""), CHANNEL_PAGES)
        if newest is None:
            yield Problem(config.channel, "YouTube gives no comments of this channel: is this its id?")
        else:
            kept = {**kept, "channel": newest}
        yield Checkpoint(kept)
    for video, edge in list(_watched(kept).items()):
        newest = yield from _comments(config, {"videoId": video}, edge, COMMENT_PAGES)
        videos = {**_watched(kept), video: newest or ""}
        if newest is None:  # nobody may comment there, or it is gone
            del videos[video]
        kept = {**kept, "videos": videos}
        yield Checkpoint(kept)
    return kept


def _search(config: Config, kept: dict[str, Any]) -> Any:
    """Some pages, on from where the last poll stopped or from the newest video. What the cursor becomes."""
    since, newest, page = (str(kept.get(name) or "") for name in ("since", "newest", "page"))
    settled = {name: value for name, value in kept.items() if name not in ("newest", "page")}
    goes_on = bool(page)
    found: dict[str, str] = {}
    for _ in range(config.searches):
        reply = yield _ask(config, "search", _search_query(config, since, page))
        if page and _reason(reply) == "invalidPageToken":  # it was kept for too long: from the top again
            yield Again()
            return settled
        answer = _answer(reply)
        yield from _items(answer)
        names = [text_of(part(one, "id").get("videoId")) for one in listed(answer.get("items"), "$.items")]
        for item in (yield from _videos(config, [name for name in names if name])):
            found[item.id.removeprefix(_VIDEO)] = _stamp(item.published) if item.published else ""
        newest = max([newest, *found.values()])
        page = text_of(answer.get("nextPageToken"))
        if not page:
            break
        yield Checkpoint({**kept, "newest": newest, "page": page})
    fresh = dict.fromkeys(sorted(found, key=lambda name: found[name]), "")
    before = _watched(kept)
    watched = {**fresh, **before} if goes_on else {**before, **{name: before.get(name, "") for name in fresh}}
    settled["videos"] = dict(list(watched.items())[-WATCHED:])
    if page and since:  # the rest of the walk back waits for the next poll: searches are dear
        yield Again(now=False)
        return {**settled, "newest": newest, "page": page}
    # Where nothing was found yet, all that comes is new, however much it is.
    return {**settled, "since": max(since, newest) or _BEGINNING}


def _videos(config: Config, names: list[str]) -> Any:
    """The videos of these names in full: a search gives only the first words of what is said of them."""
    if not names:
        return []
    reply = yield _ask(config, "videos", {"part": "snippet,statistics", "id": ",".join(names)})
    taken = []
    for step in _items(_answer(reply)):
        yield step
        taken += [step] if isinstance(step, Item) else []
    return taken


def _comments(config: Config, about: Mapping[str, str], edge: str, pages: int) -> Any:
    """Threads, the newest first, back to `edge`. The time of the newest one; None where there can be none."""
    newest, page = edge, ""
    for _ in range(pages):
        query = {"part": "snippet,replies", **about, "order": "time", "maxResults": 100, **_plain("comments")}
        reply = yield _ask(config, "commentThreads", query | ({"pageToken": page} if page else {}))
        if reply.status in (403, 404) and _reason(reply) not in _SPENT | _HURRIED | _REFUSED_KEY:
            return None
        answer = _answer(reply)
        yield from _items(answer)
        times = [
            _stamp(moment)
            for thread in listed(answer.get("items"), "$.items")
            if (moment := when(part(part(part(thread, "snippet"), "topLevelComment"), "snippet").get("publishedAt")))
        ]
        newest = max([newest, *times])
        page = text_of(answer.get("nextPageToken"))
        if not page or (edge and any(moment < edge for moment in times)):
            return newest
    if edge:
        where = " ".join(about.values())
        yield Problem(where, f"more than {pages * 100} new comments since the last poll: the older of them are missing")
    return newest


# Asking -------------------------------------------------------------------------------------------------------------


def _ask(config: Config, resource: str, query: Mapping[str, str | int]) -> Request:
    if config.key is None or not config.key.get_secret_value():
        raise NeedsAuth(
            "set key to an API key for the YouTube Data API v3 (https://console.cloud.google.com/apis/credentials, "
            'free); kind "youtube-channel" reads the newest videos of a channel without one'
        )
    return Get(
        f"{config.base_url.rstrip('/')}/{resource}",
        query=query,
        headers={"x-goog-api-key": config.key.get_secret_value()},
        conditional=False,
        answers={400, 403, 404},
    )


def _search_query(config: Config, since: str, page: str) -> dict[str, str | int]:
    asked_for: dict[str, str | int] = {
        "part": "snippet", "q": config.query, "type": "video", "order": "date", "maxResults": AT_ONCE,
    }  # fmt: skip
    floor = when(since)
    if floor:
        asked_for["publishedAfter"] = _stamp(floor - OVERLAP)
    return asked_for | ({"pageToken": page} if page else {})


def _plain(resource: str) -> dict[str, str | int]:
    return {"textFormat": "plainText"} if resource == "comments" else {}


def _watched(kept: Mapping[str, Any]) -> dict[str, str]:
    videos = kept.get("videos")
    return {str(video): str(edge) for video, edge in videos.items()} if isinstance(videos, Mapping) else {}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Reading ------------------------------------------------------------------------------------------------------------


def _answer(reply: Response) -> Mapping[str, Any]:
    """What was answered. Raises what its refusal means."""
    reason = _reason(reply) if reply.status >= 400 else ""
    if reason in _SPENT:
        raise RateLimited("YouTube: today's units of this key are spent; there are new ones at midnight in California",
                          _until_midnight(reply))  # fmt: skip
    if reason in _HURRIED:
        raise RateLimited("YouTube: asked too often", 60.0)
    if reason in _REFUSED_KEY:
        raise NeedsAuth(f"YouTube refuses this key ({reason}); is the YouTube Data API v3 switched on for it?")
    if reply.status >= 400:
        raise Blocked(f"YouTube answered {reply.status} ({reason or 'no reason given'})")
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadShape("$", "not an object")
    return answer


def _reason(reply: Response) -> str:
    """Why the service refused, in its one word."""
    try:
        error = part(reply.json(), "error")
    except BadShape:
        return ""
    for one in (*_objects(error.get("details")), *_objects(error.get("errors"))):
        word = text_of(one.get("reason"))
        if re.fullmatch(r"\w{1,40}", word):
            return word
    return ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _until_midnight(reply: Response) -> float:
    """Seconds until the units are renewed, by the service's own clock: a source has none."""
    now = when(reply.headers.get("date"))
    if now is None:
        return 3_600.0
    there = now.astimezone(_RESET_IN)
    midnight = datetime.combine(there.date() + timedelta(days=1), datetime.min.time(), _RESET_IN)
    return (midnight.astimezone(UTC) - now).total_seconds() + 60


def _items(answer: Mapping[str, Any]) -> Iterator[Item | Problem]:
    """The videos and comments of any answer; results of a search only name videos."""
    for at, one in enumerate(listed(answer.get("items"), "$.items")):
        kind = text_of(one.get("kind")) if isinstance(one, dict) else ""
        if kind == "youtube#video":
            yield from _video(one, f"$.items[{at}]")
        elif kind == "youtube#comment":
            yield from _comment(one, f"$.items[{at}]")
        elif kind == "youtube#commentThread":
            top = part(part(one, "snippet"), "topLevelComment")
            yield from _comment(top, f"$.items[{at}].snippet.topLevelComment", part(one, "snippet"))
            for reply in _objects(part(one, "replies").get("comments")):
                yield from _comment(reply, f"$.items[{at}].replies", part(one, "snippet"))
        elif kind != "youtube#searchResult":
            yield Problem(f"$.items[{at}].kind", "neither a video nor a comment")


def _video(one: Mapping[str, Any], where: str) -> Iterator[Item | Problem]:
    name, said, numbers = text_of(one.get("id")), part(one, "snippet"), part(one, "statistics")
    if not name or not said:
        yield Problem(where, "a video without id or snippet")
        return
    yield Item(
        id=bounded(_VIDEO + name),
        title=plain_title(text_of(said.get("title"))),
        text=tidy(text_of(said.get("description"))),
        url=f"https://www.youtube.com/watch?v={name}",
        author=text_of(said.get("channelTitle")),
        published=when(said.get("publishedAt")),
        lang=language(said.get("defaultAudioLanguage")) or language(said.get("defaultLanguage")),
        kind="post",
        extra=known(
            video=name,
            media=True,
            channel=text_of(said.get("channelId")),
            views=text_of(numbers.get("viewCount")),
            likes=text_of(numbers.get("likeCount")),
            comments=text_of(numbers.get("commentCount")),
        ),
    )


def _comment(one: Mapping[str, Any], where: str, thread: Mapping[str, Any] | None = None) -> Iterator[Item | Problem]:
    name, said = text_of(one.get("id")), part(one, "snippet")
    if not name or not said:
        yield Problem(where, "a comment without id or snippet")
        return
    video = text_of(said.get("videoId")) or text_of((thread or {}).get("videoId"))
    channel = text_of(said.get("channelId")) or text_of((thread or {}).get("channelId"))
    below = f"watch?v={video}&" if video else f"channel/{channel}/discussion?" if channel else ""
    published, changed = when(said.get("publishedAt")), when(said.get("updatedAt"))
    yield Item(
        id=bounded(_COMMENT + name),
        text=tidy(text_of(said.get("textOriginal")) or text_of(said.get("textDisplay"))),
        url=f"https://www.youtube.com/{below}lc={name}" if below else "",
        author=text_of(said.get("authorDisplayName")),
        published=published,
        kind="comment",
        extra=known(
            video=video,
            likes=said.get("likeCount") if isinstance(said.get("likeCount"), int) else None,
            reply_to=text_of(said.get("parentId")),
            edited=bool(published and changed and changed > published),
        ),
    )
