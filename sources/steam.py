"""Steam reviews of one game or program, newest and newly edited first, back to where the last poll ended.

The question is `IUserReviewsService/GetAppReviews`, which took the place of the store's `appreviews` in October 2026.
Its envelope is written from documentation and public users of it, and not yet seen live; the reviews inside are
the same objects as before, of which recordings are read in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasChoices, Field, field_validator

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    Missed,
    NotFound,
    Problem,
    Reading,
    Request,
    Response,
    SourceConfig,
    Step,
    source,
)
from sources.reading.bbcode import plain_bbcode
from sources.reading.dates import when
from sources.reading.values import words_of
from sources.reading.walk import SHORT_WALKS, Walk

PAGE = 100
REQUESTS_A_POLL = 20
"""The rest of a long walk back is left to the next poll, which goes on where this one stopped."""
UNCOUNTED = 0.02
"""So much may lack of the number of reviews that the service tells, and they are all there."""
NEWLY_EDITED_FIRST, EITHER_OPINION, HOWEVER_BOUGHT = 2, 0, 1
"""The service's numbers: filter "updated" (0 is by helpfulness, 1 by the day of writing), review and purchase type."""
LANGUAGES = {
    "arabic": "ar", "bulgarian": "bg", "schinese": "zh", "tchinese": "zh", "czech": "cs", "danish": "da",
    "dutch": "nl", "english": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el",
    "hungarian": "hu", "indonesian": "id", "italian": "it", "japanese": "ja", "koreana": "ko", "malay": "ms",
    "norwegian": "no", "polish": "pl", "portuguese": "pt", "brazilian": "pt", "romanian": "ro", "russian": "ru",
    "spanish": "es", "latam": "es", "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk",
    "vietnamese": "vi",
}  # fmt: skip
"""Steam's names of languages and their ISO 639-1 codes."""


class Config(SourceConfig):
    """Which game or program."""

    app: str = Field(
        validation_alias=AliasChoices("app", "app_id", "id"),
        pattern=r"^[1-9]\d{0,9}$",
        description="The number in its store address, after `app/`.",
    )
    languages: tuple[str, ...] = Field(
        ("all",),
        validation_alias=AliasChoices("languages", "language"),
        min_length=1,
        description='Languages by Steam\'s names, such as "english" or "schinese"; "all" for every one.',
    )
    base_url: str = Field(
        "https://api.steampowered.com", pattern=r"^https?://", description="Where the service answers."
    )

    @field_validator("app", mode="before")
    @classmethod
    def _app_as_text(cls, value: object) -> object:
        return str(value).strip() if isinstance(value, str | int) else value

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        several = words_of(value)
        if not isinstance(several, list | tuple):
            return value
        named = [str(name).strip().lower() for name in several]
        for name in named:
            if name != "all" and name not in LANGUAGES:
                raise ValueError(f'"{name}" is no language of Steam; it has: all, {", ".join(LANGUAGES)}')
        return ("all",) if "all" in named else tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    reviews: list[Any]
    cursor: str
    total: int
    """Reviews there are, as the first page says; 0 where it does not."""


def _from_url(url: str) -> dict[str, str]:
    app = re.search(r"/app/(\d+)", url)
    return {"app": app[1]} if app else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return Walk(since=int(moment.timestamp())).as_json()


@source(
    kind="steam",
    title="Steam reviews",
    every="1h",
    rate="1/2s",
    host="api.steampowered.com",
    terms="public Web API, no key (not yet seen live); answers up to ten minutes old; link to the review",
    example={"app": "620"},
    detect=[r"store\.steampowered\.com/app/\d+", r"steamcommunity\.com/app/\d+"],
    keeps="all",
    product=True,
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Walks by the time of the last edit, so that edits come along. Cursor: a `Walk`, and the `total` that its first
    page told. The very first walk reads the newest two thousand."""
    walk, total = Walk.of(cursor), _whole(cursor.get("total"))
    for _ in range(REQUESTS_A_POLL):
        reply = yield _ask(config, walk.at)
        try:
            page = _page(reply, first=not walk.pages)
        except BadShape:
            if walk.at:  # perhaps only its cursor has grown too old: the next poll starts from the top
                yield Checkpoint((yield from _broken_off(walk)).as_json())
            raise
        total = page.total or total
        yield from _items(page.reviews, config.app)
        times, ids = _times(page.reviews), _ids(page.reviews)
        if times != sorted(times, reverse=True):
            yield Problem("$.response.reviews", "not in the order of their last edit: an edited one may be missed")
        if walk.reaches(times):
            return walk.after(times, ids, "").ended().as_json()
        is_last = not page.reviews or page.cursor in ("", walk.at or "*") or walk.repeats(ids)
        walk = walk.after(times, ids, page.cursor)
        if is_last:
            return (yield from _at_the_end(walk, total))
        if walk.is_enough:
            if walk.goal:
                yield Missed(f"more than {walk.read} reviews in one go: the older ones of them are missing")
            return walk.ended().as_json()
        yield Checkpoint({**walk.as_json(), "total": total})
    yield Again()
    return {**walk.as_json(), "total": total}


def _at_the_end(walk: Walk, total: int) -> Reading:
    """No further page. The service says so at times before it is true: then the next poll tries again."""
    is_whole = walk.read >= total * (1 - UNCOUNTED) - 2 if total else not walk.edge
    if is_whole:
        return walk.ended().as_json()
    return (yield from _broken_off(walk)).as_json()


def _broken_off(walk: Walk) -> Generator[Step, Any, Walk]:
    """Where the next walk starts after one that could not go on."""
    if walk.is_given_up:
        yield Missed(f"the list broke off {SHORT_WALKS} times before its end: older reviews are missing")
    return walk.broke_off()


def _ask(config: Config, at: str) -> Request:
    question = {
        "appid": int(config.app),
        "filter": NEWLY_EDITED_FIRST,
        "languages": list(config.languages),
        "review_type": EITHER_OPINION,
        "purchase_type": HOWEVER_BOUGHT,
        "num_per_page": PAGE,
        "filter_offtopic_activity": False,
        "cursor": at or "*",
    }
    address = f"{config.base_url.rstrip('/')}/IUserReviewsService/GetAppReviews/v1/"
    return Get(address, query={"input_json": json.dumps(question, separators=(",", ":"))}, conditional=False)


def _page(reply: Response, *, first: bool) -> Page:
    answer = reply.json("response")
    if not isinstance(answer, dict):
        raise BadShape("$.response", "not an object")
    if not answer and first:
        raise NotFound("Steam knows no app of this number, or none that can be reviewed")
    reviews, further, summary = answer.get("reviews", []), answer.get("cursor"), answer.get("query_summary")
    if not isinstance(reviews, list):
        raise BadShape("$.response.reviews", "not a list")
    if reviews and not isinstance(further, str):
        raise BadShape("$.response.cursor", "missing")
    known = summary if isinstance(summary, dict) else {}
    if "reviews" not in answer and "num_reviews" not in known:
        raise BadShape("$.response.reviews", "missing")
    if not reviews and _whole(known.get("num_reviews")):
        raise BadShape("$.response.reviews", f"missing, though num_reviews is {known['num_reviews']}")
    return Page(
        reviews,
        further if isinstance(further, str) else "",
        _whole(known.get("total_matching") or known.get("total_reviews")),
    )


def _ids(reviews: Sequence[Any]) -> list[str]:
    return [review for review in map(_id, reviews) if review]


def _id(review: object) -> str:
    """Numbers of 64 bits, written as text by the service."""
    known = review.get("recommendationid") if isinstance(review, dict) else None
    return str(known) if isinstance(known, str | int) and not isinstance(known, bool) and known else ""


def _times(reviews: Sequence[Any]) -> list[int]:
    """When each was last edited."""
    known = [review for review in reviews if isinstance(review, dict)]
    moments = [_whole(review.get("timestamp_updated")) or _whole(review.get("timestamp_created")) for review in known]
    return [moment for moment in moments if moment]


def _items(reviews: Sequence[Any], app: str) -> Iterator[Item | Problem]:
    for at, review in enumerate(reviews):
        if identifier := _id(review):
            yield _item(identifier, review, app)
        else:
            yield Problem(f"$.response.reviews[{at}]", "a review without recommendationid")


def _item(identifier: str, review: Mapping[str, Any], app: str) -> Item:
    author = review.get("author")
    author = author if isinstance(author, dict) else {}
    steamid = _text(author.get("steamid"))
    said = review.get("voted_up")
    rating = float(said) if isinstance(said, bool) else None
    return Item(
        id=identifier,
        text=plain_bbcode(_text(review.get("review"))),
        url=f"https://steamcommunity.com/profiles/{steamid}/recommended/{app}" if steamid.isdigit() else "",
        author=_text(author.get("personaname")) or steamid,
        published=when(_whole(review.get("timestamp_created")) or None),
        lang=LANGUAGES.get(_text(review.get("language")), ""),
        rating=rating,
        rating_max=None if rating is None else 1.0,
        rating_kind=None if rating is None else "thumb",
        kind="review",
        extra={name: value for name, value in _facts(review, author).items() if value},
    )


def _facts(review: Mapping[str, Any], author: Mapping[str, Any]) -> dict[str, Any]:
    written, edited = _whole(review.get("timestamp_created")), _whole(review.get("timestamp_updated"))
    minutes = _whole(author.get("playtime_at_review")) or _whole(author.get("playtime_forever"))
    return {
        "edited": _stamp(edited) if edited > written else "",
        "hours": round(minutes / 60, 1),
        "helpful": _whole(review.get("votes_up")),
        "funny": _whole(review.get("votes_funny")),
        "weight": _weight(review.get("weighted_vote_score")),
        "early_access": review.get("written_during_early_access") is True,
        "received_for_free": review.get("received_for_free") is True,
        "refunded": review.get("refunded") is True,
        "reply": plain_bbcode(_text(review.get("developer_response"))),
        "replied": _stamp(_whole(review.get("timestamp_dev_responded"))),
    }


def _weight(score: object) -> float:
    """How helpful others found it, from 0 to 1; text or number, as the service likes."""
    try:
        return round(float(score), 3) if isinstance(score, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _stamp(seconds: int) -> str:
    moment = when(seconds or None)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _whole(value: object) -> int:
    """The number as an int, 0 for what is none; services write large ones as text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0
    return int(value) if isinstance(value, int | float) and abs(value) < 1e15 else 0
