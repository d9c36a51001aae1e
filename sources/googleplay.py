"""Google Play reviews of one app in any number of languages and countries, newest first, back to the last poll's edge.

The store has no public interface for them: this asks what its own web page asks (the call `UsvDTd`). Written from what
public libraries know of its request and of the positions in its answer; not yet seen live.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import AliasChoices, Field, field_validator

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Item,
    Missed,
    Post,
    Problem,
    RateLimited,
    Reading,
    Request,
    Response,
    SourceConfig,
    Step,
    source,
)
from sources.reading.countries import Countries
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.text import tidy
from sources.reading.values import words_of
from sources.reading.walk import SHORT_WALKS, Walk, in_turn

CALL = "UsvDTd"
NEWEST = 2
"""The store's number for this order (1 is by relevance, 3 by rating)."""
PAGE = 100
FURTHER_PAGES_A_POLL = 20
"""Beyond the first page of each list. The rest of a long walk is left to the next poll, which goes on where this one
stopped."""
EMPTY_PAGES = 2
"""So many pages in a row may hold nothing and still name a next one; after that the list has broken off. Beyond some
thousands the store may also begin anew: both are ends before the end."""
_TOO_OFTEN = "PlayGatewayError"
_GUARD = re.compile(r"\s*\)\]\}'")
_BREAK = re.compile(r"<br\s*/?>")
_BETWEEN_CHUNKS = re.compile(r"[\s\d]*")
_PACKAGE = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$"
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9]{2,4}))?")


class Config(SourceConfig):
    """Which app, in which languages and countries."""

    app: str = Field(
        validation_alias=AliasChoices("app", "app_id", "id"),
        pattern=_PACKAGE,
        description="The package name in the app's address, after `id=`.",
    )
    languages: tuple[str, ...] = Field(
        ("en",),
        validation_alias=AliasChoices("languages", "language"),
        min_length=1,
        description="Languages of the reviews, such as `en` or `pt-BR`: the store shows those of one at a time.",
    )
    countries: Countries = Field(
        ("us",),
        validation_alias=AliasChoices("countries", "country"),
        min_length=1,
        description="Two-letter store countries; each is asked in each language.",
    )
    base_url: str = Field("https://play.google.com", pattern=r"^https?://", description="Where the store answers.")

    @field_validator("languages", mode="before")
    @classmethod
    def _languages(cls, value: object) -> object:
        several = words_of(value)
        if not isinstance(several, list | tuple):
            return value
        return tuple(dict.fromkeys(_language(str(name)) for name in several))

    @property
    def pairs(self) -> dict[str, tuple[str, str]]:
        """Each language in each country, by a name such as "pt-BR/br"."""
        both = [(language, country) for country in self.countries for language in self.languages]
        return {f"{language}/{country}": (language, country) for language, country in both}


def _language(name: str) -> str:
    known = _LANGUAGE.fullmatch(name.strip())
    if not known:
        raise ValueError(f'"{name}" is no language such as "en" or "pt-BR"')
    part = known[2] or ""
    return known[1].lower() + (f"-{part.upper() if len(part) == 2 else part}" if part else "")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    reviews: list[Any]
    token: str
    """Of the next page; empty for none."""


def _from_url(url: str) -> dict[str, str]:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    config = {"app": asked["id"]} if re.fullmatch(_PACKAGE, asked.get("id", "")) else {}
    if config and _LANGUAGE.fullmatch(asked.get("hl", "")):
        config["language"] = asked["hl"]
    if config and re.fullmatch(r"[A-Za-z]{2}", asked.get("gl", "")):
        config["country"] = asked["gl"].lower()
    return config


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {pair: Walk(since=int(moment.timestamp())).as_json() for pair in config.pairs}


@source(
    kind="googleplay",
    title="Google Play reviews",
    every="1h",
    rate="1/5s",
    host="play.google.com",
    terms="unofficial: what the store's own page asks, not yet seen live; slow down when it refuses",
    example={"app": "org.wikipedia", "languages": ["en"], "countries": ["us"]},
    detect=[r"play\.google\.com/store/apps/details\?(?:.*&)?id=[\w.]+"],
    keeps="all",
    product=True,
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """One language and country after the other. The cursor keeps a `Walk` for each, of which the very first reads the
    newest two thousand, and the `next` one to ask, where a poll was cut short."""
    state: dict[str, dict[str, Any]] = {pair: Walk.of(cursor.get(pair)).as_json() for pair in config.pairs}
    order, further = in_turn(list(config.pairs), cursor.get("next")), FURTHER_PAGES_A_POLL
    for pair, following in zip(order, [*order[1:], order[0]], strict=True):
        try:
            further -= yield from _walk(config, pair, state, further)
        except BadShape:
            yield Checkpoint({**state, "next": following})
            raise
        yield Checkpoint({**state, "next": following})
    if any("at" in kept for kept in state.values()):
        yield Again()
    return state


def _walk(config: Config, pair: str, state: dict[str, dict[str, Any]], further: int) -> Generator[Step, Any, int]:
    """One list from its newest review to the old edge: one page, and as many `further` ones at most.

    Returns how many further ones it took.
    """
    walk, pages, empty = Walk.of(state[pair]), 0, 0
    while pages <= further:
        reply = yield _ask(config, *config.pairs[pair], walk.at)
        try:
            page = _page(reply)
        except BadShape:
            if walk.at:  # perhaps only its token has grown too old: the next poll starts from the top
                state[pair] = (yield from _broken_off(walk, pair)).as_json()
            raise
        yield from _items(page.reviews, config.app)
        pages, empty = pages + 1, 0 if page.reviews else empty + 1
        walk, is_over = _turned(walk, page, empty)
        if is_over:
            walk = yield from _ended(walk, page, pair)
        state[pair] = walk.as_json()
        if is_over:
            break
        yield Checkpoint({**state, "next": pair})
    return pages - 1


def _turned(walk: Walk, page: Page, empty: int) -> tuple[Walk, bool]:
    """The walk after this page, and whether it is over."""
    ids = _ids(page.reviews)
    is_last = page.token in ("", walk.at) or empty > EMPTY_PAGES or walk.repeats(ids)
    turned = walk.after(_times(page.reviews), ids, page.token)
    return turned, is_last or turned.is_enough or walk.reaches(_times(page.reviews))


def _ended(walk: Walk, page: Page, pair: str) -> Generator[Step, Any, Walk]:
    """Where the next walk starts, after this last page of one; what is missing is told."""
    is_all_there_is = walk.pages == 1 and not page.token
    if is_all_there_is and not page.reviews and walk.edge:
        yield Problem(pair, "there always were reviews, and now there are none")
    if not walk.goal or is_all_there_is or walk.reaches(_times(page.reviews), last=True):
        return walk.ended()
    if walk.is_enough:
        yield Missed(f"{pair}: more than {walk.read} reviews in one go: the older ones of them are missing")
        return walk.ended()
    return (yield from _broken_off(walk, pair)) if walk.edge else walk.ended()


def _broken_off(walk: Walk, pair: str) -> Generator[Step, Any, Walk]:
    """Where the next walk starts after one that could not go on."""
    if walk.is_given_up:
        yield Missed(f"{pair}: the list broke off {SHORT_WALKS} times before its end: reviews are missing")
    return walk.broke_off()


def _ask(config: Config, language: str, country: str, token: str) -> Request:
    question = [None, None, [2, NEWEST, [PAGE, None, token or None], None, [None, None]], [config.app, 7]]
    call = [[[CALL, json.dumps(question, separators=(",", ":")), None, "generic"]]]
    body = urlencode({"f.req": json.dumps(call, separators=(",", ":"))}).encode()
    address = f"{config.base_url.rstrip('/')}/_/PlayStoreUi/data/batchexecute"
    kind = "application/x-www-form-urlencoded;charset=utf-8"
    return Post(address, body, kind, query={"hl": language, "gl": country})


def _page(reply: Response) -> Page:
    """The answer to our call: JSON written as text inside JSON, behind a line that keeps browsers from running it."""
    frame = _frame(reply.text())
    written = _at(frame, 2)
    if not isinstance(written, str):
        if _TOO_OFTEN in json.dumps(frame):
            raise RateLimited("the store refuses for now (PlayGatewayError): asked too often")
        raise BadShape(f"$.{CALL}", f"an error in place of reviews: {json.dumps(frame)[:200]}")
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadShape(f"$.{CALL}[2]", f"not JSON: {error}") from error
    reviews, further = _at(found, 0), _at(found, 1)
    if not isinstance(found, list) or not isinstance(reviews, list | None):
        raise BadShape(f"$.{CALL}[2][0]", "not a list of reviews")
    if not isinstance(further, list | None):
        raise BadShape(f"$.{CALL}[2][1]", "neither a list with the next page's token nor null")
    token = _at(further, 1)
    if not isinstance(token, str | None):
        raise BadShape(f"$.{CALL}[2][1][1]", "the next page's token is no text")
    return Page(reviews or [], token or "")


def _frame(text: str) -> list[Any]:
    """The frame with our call's answer, among others that tell of the server. Chunks may be led by their length."""
    guard = _GUARD.match(text)
    at, decoder = guard.end() if guard else 0, json.JSONDecoder()
    while (at := _BETWEEN_CHUNKS.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        try:
            chunk, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise BadShape("$", f"not JSON: {error}") from error
        for frame in chunk if isinstance(chunk, list) else []:
            if _at(frame, 0) == "wrb.fr" and _at(frame, 1) == CALL:
                return list(frame)
            if _at(frame, 0) == "er" and _TOO_OFTEN in json.dumps(frame):
                raise RateLimited("the store refuses for now (PlayGatewayError): asked too often")
    raise BadShape("$", f"no answer to the call {CALL}")


def _at(value: object, *path: int) -> Any:
    """What lies at these positions, None where nothing does."""
    for position in path:
        if not isinstance(value, list) or position >= len(value):
            return None
        value = value[position]
    return value


def _ids(reviews: Sequence[Any]) -> list[str]:
    return [identifier for review in reviews if isinstance(identifier := _at(review, 0), str) and identifier]


def _times(reviews: Sequence[Any]) -> list[int]:
    """When each was last edited."""
    found = [_at(review, 5, 0) for review in reviews]
    return [moment for moment in found if isinstance(moment, int) and when(moment)]


def _items(reviews: Sequence[Any], app: str) -> Iterator[Item | Problem]:
    for at, review in enumerate(reviews):
        identifier = _at(review, 0)
        if isinstance(identifier, str) and identifier:
            yield _item(identifier, review, app)
        else:
            yield Problem(f"$.{CALL}[2][0][{at}]", "a review without id")


def _item(identifier: str, review: Sequence[Any], app: str) -> Item:
    stars = _at(review, 2)
    is_rated = isinstance(stars, int) and 1 <= stars <= 5
    facts = {
        "version": _text(_at(review, 10)),
        "helpful": _at(review, 6) if isinstance(_at(review, 6), int) else 0,
        "reply": _written(_at(review, 7, 1)),
        "replied": _stamp(_at(review, 7, 2, 0)),
    }
    return Item(
        id=bounded(identifier),
        text=_written(_at(review, 4)),
        url=f"https://play.google.com/store/apps/details?{urlencode({'id': app, 'reviewId': identifier[:500]})}",
        author=_text(_at(review, 1, 0)),
        published=when(_at(review, 5, 0)),
        rating=float(stars) if is_rated else None,
        rating_max=5.0 if is_rated else None,
        rating_kind="stars" if is_rated else None,
        kind="review",
        # Nothing of the pair that it was found in: the same review is shown in several.
        extra={name: value for name, value in facts.items() if value},
    )


def _written(text: object) -> str:
    """Text as somebody typed it; the store marks line breaks as HTML does, and nothing else."""
    return tidy(html.unescape(_BREAK.sub("\n", _text(text))))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _stamp(seconds: object) -> str:
    moment = when(seconds) if isinstance(seconds, int) else None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""
