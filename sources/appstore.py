"""App Store reviews of one app in any number of countries: the newest 500 of each, then every new and edited one."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import AliasChoices, Field, field_validator

from sources.base import (
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    Missed,
    NotFound,
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
from sources.reading.links import web_link
from sources.reading.text import tidy
from sources.reading.walk import in_turn

LAST_PAGE, PAGE = 10, 50
EMPTY_TRIES = 3
"""So many polls ask for a page that should hold something and does not; then it is taken for the end."""
UNCHANGED, REFUSED, UNKNOWN = 304, 403, {400, 404}
"""Statuses that say something of one country, or how to go on, rather than end the poll."""
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
    countries: Countries = Field(
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


@dataclass(frozen=True, slots=True)
class Place:
    """How far the reading of one country has come."""

    form: int = 0
    """Which form of the address answers."""
    page: int = 1
    edge: datetime | None = None
    """The newest review seen when a walk last ended."""
    newest: datetime | None = None
    """The newest one of this walk: the next edge."""
    full: bool = False
    """The page before held as many as a page can."""
    tries: int = 0
    """Polls that found nothing on this page, though there should be more."""
    quiet: bool = False
    """There was no review at all."""
    back: int = 0
    """The page at which a broken walk last went a page back."""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what `as_json` gave."""
        page, tries, back = kept.get("page"), kept.get("tries"), kept.get("back")
        return cls(
            form=1 if kept.get("form") == 1 else 0,
            page=page if isinstance(page, int) and 1 <= page <= LAST_PAGE else 1,
            edge=when(kept.get("edge")),
            newest=when(kept.get("newest")),
            full=kept.get("full") is True,
            tries=tries if isinstance(tries, int) else 0,
            quiet=kept.get("quiet") is True,
            back=back if isinstance(back, int) else 0,
        )

    def gone_on(self) -> Place:
        """Where a walk goes on that broke off in an earlier poll: a page before, once. What was deleted meanwhile moves
        all older reviews up, some of them onto the page that was read last."""
        if self.page == 1 or self.tries or self.back == self.page:
            return self
        return replace(self, page=self.page - 1, full=self.page > 2, back=self.page)

    def as_json(self) -> dict[str, Any]:
        """What is worth keeping in a cursor."""
        facts = asdict(self) | {"edge": _stamp(self.edge), "newest": _stamp(self.newest)}
        return {name: value for name, value in facts.items() if value and (name, value) != ("page", 1)}


def _from_url(url: str) -> dict[str, str]:
    app, country = re.search(r"\bid=?(\d{5,})", url), re.search(r"apple\.com/([a-z]{2})/", url)
    return ({"app": app[1]} if app else {}) | ({"country": country[1]} if country else {})


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {country: Place(edge=moment).as_json() for country in config.countries}


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
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Country after country. The cursor keeps a `Place` for each, and the `next` one where a poll was cut short."""
    state: dict[str, dict[str, Any]] = {country: dict(cursor.get(country) or {}) for country in config.countries}
    order, unknown = in_turn(config.countries, cursor.get("next")), []
    for country, following in zip(order, [*order[1:], order[0]], strict=True):
        try:
            is_known = yield from _walk(config, country, state)
        except BadShape:
            # The next poll starts from this country's first page, and asks the others before.
            state[country] = replace(Place.of(state[country]), page=1, newest=None, tries=0).as_json()
            yield Checkpoint({**state, "next": following})
            raise
        yield Checkpoint({**state, "next": following})
        unknown += [] if is_known else [country]
    if len(unknown) == len(config.countries):
        raise NotFound(f"no App Store ({', '.join(unknown)}) knows an app {config.app}")
    for country in unknown:
        yield Problem(country, "this App Store does not know the app, or there is none in this country")
    return state


def _walk(config: Config, country: str, state: dict[str, dict[str, Any]]) -> Generator[Step, Any, bool]:
    """One country from its newest review to the old edge, or to the last page there is. False where it is unknown."""
    here, is_over = Place.of(state[country]).gone_on(), False
    while not is_over:
        # "Nothing has changed" is only worth hearing of a first page that held something.
        reply = yield _ask(config, country, here, conditional=here.page == 1 and not here.quiet)
        if reply.status == UNCHANGED:
            return True
        entries = _answered(reply)
        if entries == []:
            other = replace(here, form=1 - here.form)
            if here.quiet and not here.edge:
                here = other  # there never was a review: one form at each poll is enough, in turns
            elif entries := _answered((yield _ask(config, country, other, conditional=False))) or []:
                here = other
        if entries is None:
            return False
        yield from _items(entries, "$.feed.entry", country)
        here, is_over, told = _turned(here, entries, country)
        if told:
            yield told
        state[country] = here.as_json()
        if not is_over:
            yield Checkpoint({**state, "next": country})
    return True


def _turned(here: Place, entries: list[Any], country: str) -> tuple[Place, bool, Problem | Missed | None]:
    """Where to go on after these entries, whether that is left to the next poll, and what is to be told."""
    if not entries and here.page == 1:
        why = "there always were reviews, and now neither form of the address gives any"
        quiet = Place(form=here.form, edge=here.edge, quiet=True)
        return quiet, True, Problem(country, why) if here.edge else None
    # Behind a full page and before the old edge there is more, whatever the store says.
    is_cut = not entries and here.full and here.edge is not None
    if is_cut and here.tries + 1 < EMPTY_TRIES:
        return replace(here, tries=here.tries + 1), True, None
    times = [moment for entry in entries if (moment := when(_label(entry, "updated")))]
    newest = max((moment for moment in (here.newest, *times) if moment), default=None)
    is_full = len(entries) >= PAGE
    is_reached = here.edge is not None and any(
        # What is exactly as old as the edge may go on, on the next page, if there is one.
        moment < here.edge or (moment == here.edge and not is_full)
        for moment in times
    )
    if entries and not is_reached and here.page < LAST_PAGE:
        return Place(here.form, here.page + 1, here.edge, newest, full=is_full, back=here.back), False, None
    is_gap = is_cut or (here.edge is not None and not is_reached and here.page == LAST_PAGE)
    why = f"{country}: the reviews that the store gives do not reach back to the known ones"
    edge = max((moment for moment in (here.edge, newest) if moment), default=None)
    return Place(form=here.form, edge=edge), True, Missed(why) if is_gap else None


def _ask(config: Config, country: str, here: Place, *, conditional: bool) -> Request:
    base = config.base_url.rstrip("/")
    page_part = f"page={here.page}/" if here.page > 1 else ""
    address = FORMS[here.form].format(base=base, country=country, page=here.page, page_part=page_part, app=config.app)
    return Get(address, conditional=conditional, answers={UNCHANGED, REFUSED, *UNKNOWN})


def _answered(reply: Response) -> list[Any] | None:
    """The entries of a reply; None where the country or the app in it is unknown."""
    if reply.status == REFUSED:
        raise RateLimited("the store refuses for now (403): asked too often")
    return None if reply.status in UNKNOWN else _reviews(reply)


def _reviews(reply: Response) -> list[Any]:
    """The entries that are reviews (old answers put the app itself first); a single one comes as an object."""
    feed = reply.json("feed")
    if not isinstance(feed, dict):
        raise BadShape("$.feed", "not an object")
    found = feed.get("entry", [])
    entries = found if isinstance(found, list) else [found]
    return [entry for entry in entries if not isinstance(entry, dict) or "im:rating" in entry]


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
