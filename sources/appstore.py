"""App Store reviews of one app in any number of countries: the newest 500 of each, and after that every new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasChoices, Field, field_validator

from sources.base import BadShape, Checkpoint, Cursor, Get, Item, Problem, Reading, Response, SourceConfig, source
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.links import web_link
from sources.reading.text import tidy

LAST_PAGE = 10
FORMS = (
    "{base}/{country}/rss/customerreviews/page={page}/id={app}/sortby=mostrecent/json",
    "{base}/{country}/rss/customerreviews/{page_part}id={app}/sortBy=mostRecent/json",
)
"""Two spellings of the same question. The service answers some apps with nothing on one and everything on the other."""


class Config(SourceConfig):
    """Which app, where."""

    app: str = Field(
        validation_alias=AliasChoices("app", "app_id", "id"),
        pattern=r"^\d+$",
        description="The number in the app's App Store address, after `id`.",
    )
    countries: tuple[str, ...] = Field(
        ("us",),
        validation_alias=AliasChoices("countries", "country"),
        min_length=1,
        description="Two-letter store countries.",
    )
    base_url: str = Field("https://itunes.apple.com", pattern=r"^https?://", description="Where the service answers.")

    @field_validator("app", mode="before")
    @classmethod
    def _app_as_text(cls, value: object) -> object:
        return str(value).strip().removeprefix("id") if isinstance(value, str | int) else value

    @field_validator("countries", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        several = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
        if not isinstance(several, list | tuple):
            return value
        wrong = [country for country in several if not re.fullmatch(r"[A-Za-z]{2}", str(country))]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is no two-letter country such as "us"')
        return tuple(dict.fromkeys(str(country).lower() for country in several))


def _from_url(url: str) -> dict[str, str]:
    app, country = re.search(r"\bid=?(\d{5,})", url), re.search(r"apple\.com/([a-z]{2})/", url)
    return ({"app": app[1]} if app else {}) | ({"country": country[1]} if country else {})


@source(
    kind="appstore",
    title="App Store reviews",
    every="1h",
    rate="1/3s",
    host="itunes.apple.com",
    terms="public review feed, 500 newest reviews a country; slow down on 403 and 429",
    example={"app": "310633997", "country": "us"},
    detect=[r"apps\.apple\.com/.*\bid\d+", r"itunes\.apple\.com/.*\bid=?\d+"],
    keeps="all",
    product=True,
    from_url=_from_url,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Country after country. The cursor keeps for each: the `edge` (newest review seen when a walk last ended), and in
    the middle of a walk the `page` to go on with and the `newest` seen, which becomes the edge at the walk's end."""
    state: dict[str, dict[str, Any]] = {country: dict(cursor.get(country) or {}) for country in config.countries}
    for country in config.countries:
        yield from _walk(config, country, state)
    return state


def _walk(config: Config, country: str, state: dict[str, dict[str, Any]]) -> Reading:
    """One country from its newest review to the old edge, or to the last page there is."""
    here = state[country]
    edge, newest = when(here.get("edge")), when(here.get("newest"))
    form, page = 1 if here.get("form") == 1 else 0, here.get("page") or 1
    while page <= LAST_PAGE:
        entries, where = _reviews((yield _ask(config, country, page, form)))
        if not entries and page == 1:
            other = _reviews((yield _ask(config, country, page, 1 - form)))
            if other[0]:
                (entries, where), form = other, 1 - form
        yield from _items(entries, where, country)
        times = [moment for entry in entries if (moment := when(_label(entry, "updated")))]
        newest = max((moment for moment in [newest, *times] if moment), default=None)
        if not entries or (edge and any(moment < edge for moment in times)):
            break
        page += 1
        state[country] = _cleaned(form=form, page=page, newest=_stamp(newest), edge=_stamp(edge))
        yield Checkpoint(dict(state))
    edge = max((moment for moment in (edge, newest) if moment), default=None)
    state[country] = _cleaned(form=form, edge=_stamp(edge))
    yield Checkpoint(dict(state))
    return None


def _ask(config: Config, country: str, page: int, form: int) -> Any:
    base = config.base_url.rstrip("/")
    page_part = f"page={page}/" if page > 1 else ""
    address = FORMS[form].format(base=base, country=country, page=page, page_part=page_part, app=config.app)
    return Get(address, conditional=False)  # a 304 would end the walk over the other countries, too


def _reviews(reply: Response) -> tuple[list[Any], str]:
    """The entries that are reviews (old answers put the app itself first); a single one comes as an object."""
    feed = reply.json("feed")
    if not isinstance(feed, dict):
        raise BadShape("$.feed", "not an object")
    found = feed.get("entry", [])
    entries = found if isinstance(found, list) else [found]
    return [entry for entry in entries if not isinstance(entry, dict) or "im:rating" in entry], "$.feed.entry"


def _items(entries: list[Any], where: str, country: str) -> Iterator[Item | Problem]:
    for at, entry in enumerate(entries):
        identifier = _label(entry, "id")
        if identifier:
            yield _item(identifier, entry, country)
        else:
            yield Problem(f"{where}[{at}]", "a review without id")


def _item(identifier: str, entry: Mapping[str, Any], country: str) -> Item:
    author = entry.get("author")
    stars = _label(entry, "im:rating")
    rating = float(stars) if stars in ("1", "2", "3", "4", "5") else None
    link = entry.get("link")
    attributes = link.get("attributes") if isinstance(link, dict) else None
    facts = {
        "country": country,
        "version": _label(entry, "im:version"),
        "votes": _label(entry, "im:voteCount"),
        "helpful": _label(entry, "im:voteSum"),
    }
    return Item(
        id=bounded(identifier),
        title=" ".join(_label(entry, "title").split()),
        text=tidy(_label(entry, "content")),
        url=web_link(attributes.get("href")) if isinstance(attributes, dict) else "",
        author=_label(author, "name"),
        published=when(_label(entry, "updated")),
        rating=rating,
        rating_max=5.0 if rating is not None else None,
        rating_kind="stars" if rating is not None else None,
        kind="review",
        extra={name: value for name, value in facts.items() if value},
    )


def _label(holder: object, name: str) -> str:
    """The text of `{"name": {"label": "text"}}`, which is how this service writes every value."""
    value = holder.get(name) if isinstance(holder, dict) else None
    label = value.get("label") if isinstance(value, dict) else value
    return str(label).strip() if isinstance(label, str | int | float) and not isinstance(label, bool) else ""


def _stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _cleaned(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}
