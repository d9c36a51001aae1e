"""New articles on DEV or another Forem community, by title and description; which name a brand is found out here.

There is no search by words, and the whole text would take a request an article, a thousand a day: who names a brand in
the middle of an article only is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, field_validator

from sources.base import Again, Checkpoint, Cursor, Get, Item, Problem, Reading, Response, SourceConfig, source
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import language, plain_text, plain_title
from sources.reading.values import known, listed, part, text_of, whole, words_of

PAGE = 100
PAGES_A_POLL = 30
_BEGINNING = datetime(2016, 1, 1, tzinfo=UTC)
"""Where nothing was found yet, all that comes is new, however much it is."""
OVERLAP = timedelta(hours=2)
"""Read again at each poll: some are published late, and edited soon."""


class Config(SourceConfig):
    """Which community, and which of its articles."""

    tags: tuple[str, ...] = Field(
        (),
        validation_alias=AliasChoices("tags", "tag"),
        description="Only articles with one of these tags; without any, all new articles.",
    )
    base_url: str = Field("https://dev.to", pattern=r"^https?://", description="The community's address.")

    @field_validator("tags", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        several = words_of(value)
        if not isinstance(several, list | tuple):
            return value
        return tuple(dict.fromkeys(bare for tag in several if (bare := str(tag).strip().lstrip("#").lower())))


def _from_url(url: str) -> dict[str, Any]:
    tag = re.search(r"//dev\.to/t/(\w+)", url)
    return {"tags": [tag[1].lower()]} if tag else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"since": _stamp(moment + OVERLAP)}


@source(
    kind="devto",
    title="DEV (dev.to) and other Forem communities",
    every="30m",
    rate="1/2s",
    host="dev.to",
    terms="public API, 30 requests in 30 seconds; link to the article",
    example={"tags": ["python"]},
    detect=[r"^https?://dev\.to(?:/t/\w+|/latest|/)?(?:[/?#].*)?$"],
    scope=lambda config: urlsplit(config.base_url).netloc,
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """All new articles, newest first, back to where the last poll began; the first poll takes one page.

    By time of publication and not by tag: lists of a tag come by popularity, and what is popular tomorrow is new today.

    Cursor: `since`, and in the middle of a walk `newest` and `page`.
    """
    since, newest, page = when(cursor.get("since")), when(cursor.get("newest")), whole(cursor.get("page")) or 1
    for _ in range(PAGES_A_POLL):
        address = f"{config.base_url.rstrip('/')}/api/articles/latest"
        headers = {"accept": "application/vnd.forem.api-v1+json"}
        reply: Response = yield Get(address, {"per_page": PAGE, "page": page}, headers, conditional=False)
        articles = listed(reply.json(), "$")
        yield from _items(articles, config.tags)
        times = [moment for article in articles if (moment := _published(article))]
        newest = max([moment for moment in (since, newest, *times) if moment], default=None)
        if not since or not articles or (times and min(times) < since - OVERLAP):
            return {"since": _stamp(newest or _BEGINNING)}
        page += 1
        yield Checkpoint(known(since=_stamp(since), newest=newest and _stamp(newest), page=page))
    yield Again()
    return known(since=since and _stamp(since), newest=newest and _stamp(newest), page=page)


def _items(articles: list[Any], tags: tuple[str, ...]) -> Iterator[Item | Problem]:
    for at, article in enumerate(articles):
        identifier = text_of(article.get("id")) if isinstance(article, dict) else ""
        if not identifier:
            yield Problem(f"$[{at}]", "an article without id")
        elif not tags or {tag.lower() for tag in _tags(article)} & set(tags):
            yield _item(identifier, article)


def _item(identifier: str, article: Mapping[str, Any]) -> Item:
    user, link = part(article, "user"), web_link(article.get("url"))
    original = web_link(article.get("canonical_url"))
    edited = when(article.get("edited_at"))
    return Item(
        id=identifier,
        title=plain_title(text_of(article.get("title"))),
        text=plain_text(text_of(article.get("description"))),
        url=link,
        author=text_of(user.get("name")) or text_of(user.get("username")),
        published=_published(article),
        lang=language(article.get("language")),
        kind="article",
        extra=known(
            account=text_of(user.get("username")),
            organization=text_of(part(article, "organization").get("name")),
            original=original if original != link else "",
            tags=_tags(article),
            comments=whole(article.get("comments_count")),
            reactions=whole(article.get("public_reactions_count")),
            edited=edited.isoformat() if edited else None,
        ),
    )


def _tags(article: Mapping[str, Any]) -> list[str]:
    """A list of words in most answers, one string with commas in some."""
    given = article.get("tag_list")
    words = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    return [tag for word in words if (tag := text_of(word))]


def _published(article: object) -> datetime | None:
    if not isinstance(article, dict):
        return None
    return when(article.get("published_timestamp")) or when(article.get("published_at"))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
