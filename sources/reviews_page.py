"""Reviews that a web page shows and also describes for programs, in schema.org's words: JSON-LD, else microdata."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from sources.base import BadShape, Cursor, Get, Item, Problem, Read, Reading, SourceConfig, source
from sources.reading.dates import when
from sources.reading.encoding import decoded
from sources.reading.identity import content_hash, settle
from sources.reading.links import canonical, web_link
from sources.reading.schemaorg import MOST_NODES, Described, Plain, described
from sources.reading.text import language, plain_text, tidy

REVIEWS = {"Review", "UserReview", "CriticReview", "EmployerReview"}
BEST, WORST = 5.0, 1.0
"""The scale of a rating that names none, as schema.org has it."""
_SAID = ("reviewBody", "description", "reviewRating", "name", "headline", "text")
_NUMBER = re.compile(r"(-?\d{1,9}(?:[.,]\d{1,9})?)(?:\s*(?:/|of|von|sur|de)\s*(\d{1,9}(?:[.,]\d{1,9})?)|\s*(%))?")
_TAG = re.compile(r"<[a-zA-Z/!]")
_PLACE_ON_PAGE, _NUMBERED_PLACE = re.compile(r"[^\d/]*\d{0,3}\Z"), re.compile(r"[^\d/]*\d{1,3}\Z")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{1,40})""", re.IGNORECASE)


class Config(SourceConfig):
    """Which page."""

    url: str = Field(pattern=r"^https?://[^/\s]", description="The page that shows the reviews.")


@source(
    kind="reviews-page",
    title="Reviews on a web page (schema.org)",
    every="1d",
    rate="1/10s",
    terms="a page that you name and may read: robots.txt is obeyed, one fetch a day; what it shows may be others' work",
    example={"url": "https://example.com/kettle/reviews"},
    keeps="all",
    product=True,
    scope=lambda config: f"reviews:{(urlsplit(config.url).hostname or '').removeprefix('www.')}",
    from_url=lambda url: {"url": url},
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """One page, whole, at each poll: it keeps no place."""
    reply = yield Get(config.url, headers={"accept": "text/html,application/xhtml+xml"}, page=True)
    found = yield Read(read_page, reply.body, reply.headers.get("content-type", ""), reply.url or config.url)
    yield from found
    return {}


def read_page(body: bytes, content_type: str, url: str) -> list[Item | Problem]:
    """Every review on the page, then what is wrong with it. Raises `BadShape` for a page without schema.org data."""
    said = described(decoded(body, content_type if "charset" in content_type else _with_charset(body)))
    problems = [Problem(f"script[{at}]", f"JSON-LD that cannot be read: {why}") for at, why in said.broken]
    for nodes in (said.linked, said.marked):
        if found := _Page(nodes, url).items():
            return [*found, *problems]
    if not said.linked and not said.marked:
        raise BadShape("$", _seen_instead(said))
    return [*problems, Problem("$", _why_none([*said.linked, *said.marked]))]


def _with_charset(body: bytes) -> str:
    named = _CHARSET.search(body[:2048])
    return f"text/html; charset={named[1].decode('ascii')}" if named else ""


def _seen_instead(said: Described) -> str:
    """For a person who must find out why a page with reviews gives none."""
    page = f'the page "{said.title}"' if said.title else "a page without a title"
    scripts = "one script" if said.scripts == 1 else f"{said.scripts} scripts"
    if said.broken:
        return f"{page} has {scripts} of JSON-LD and cannot be read: {said.broken[0][1]}"
    if said.scripts:
        return f"{page} has {scripts} of JSON-LD with nothing in it, and no microdata"
    also = "; it has RDFa, which is not read" if said.has_rdfa else ""
    return f"{page} says nothing in schema.org's words (no JSON-LD, no microdata){also}"


def _why_none(nodes: Sequence[Mapping[str, Any]]) -> str:
    told, kinds = 0, []
    for place in _places(nodes):
        kinds += _types(place.node)
        for rating in _many(place.node.get("aggregateRating")):
            counts = [_number(rating.get(key)) for key in ("reviewCount", "ratingCount")] if _is_object(rating) else []
            told = max([told, *(int(count) for count in counts if count)])
    about = ", ".join(dict.fromkeys(kinds)) or "something without a type"
    if told:
        return f"the page says that there are {told} reviews, and names none of them to programs (it describes {about})"
    return f"the page describes {about}, and no review"


# Reviews among what a page describes --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """An object, where it lies: under which property of what."""

    node: Mapping[str, Any]
    under: str = ""
    of: _Place | None = None


def _places(nodes: Sequence[Mapping[str, Any]]) -> Iterator[_Place]:
    """Every object, in order, those inside others after them."""
    stack, left = [_Place(node) for node in reversed(nodes)], MOST_NODES
    while stack and left:
        place = stack.pop()
        left -= 1
        yield place
        inside = [(name, one) for name, value in place.node.items() for one in _many(value)]
        stack += [_Place(one, name, place) for name, one in reversed(inside) if isinstance(one, dict)]


class _Page:
    """The reviews among these objects of one page, and what they refer to."""

    def __init__(self, nodes: Sequence[Mapping[str, Any]], url: str) -> None:
        self._url = url
        self._places = list(_places(nodes))
        self._known: dict[str, Mapping[str, Any]] = {}
        self._of_others: set[str] = set()
        """Ids of what is no review: shops like to give a review the id of its product."""
        for place in self._places:
            identifier = place.node.get("@id")
            if not isinstance(identifier, str) or len(place.node) == 1:
                continue
            if len(place.node) > len(self._known.get(identifier, {})):
                self._known[identifier] = place.node
            if not _is_review(place) and not REVIEWS.intersection(_types(place.node)):
                self._of_others.add(identifier)

    def items(self) -> list[Item]:
        """Each review once, though pages like to repeat them."""
        reviews = [place for place in self._places if _is_review(place)]
        items = [self._item(place) for place in reviews]
        hashes = [content_hash(_one_line(one.author), str(one.published or ""), one.text or one.title) for one in items]
        links = [self._own_link(place.node) for place in reviews]
        ids = settle([self._own_id(place.node) for place in reviews], links.__getitem__, hashes.__getitem__)
        once: dict[str, Item] = {}
        for identifier, item in zip(ids, items, strict=True):
            once.setdefault(identifier, replace(item, id=identifier))
        return list(once.values())

    def _item(self, place: _Place) -> Item:
        review = place.node
        rating = _rating(self._whole(review.get("reviewRating")))
        is_scaled = rating.value is not None
        facts = {
            "reviewed": self._reviewed(place),
            "edited": _stamp(review.get("dateModified")),
            "publisher": self._name(review.get("publisher")),
            "rating_said": "" if is_scaled else rating.said,
            "rating_min": rating.worst if is_scaled and rating.worst != WORST else "",
        }
        return Item(
            id="",
            title=_one_line(_words(review.get("name")) or _words(review.get("headline"))),
            text=_words(review.get("reviewBody")) or _words(review.get("description")) or _words(review.get("text")),
            url=self._own_link(review) or self._url,
            author=self._name(review.get("author")) or self._name(review.get("creator")),
            published=_moment(review.get("datePublished")) or _moment(review.get("dateCreated")),
            lang=language(self._name(review.get("inLanguage"))),
            rating=rating.value,
            rating_max=rating.best if is_scaled else None,
            rating_kind=None if not is_scaled else "stars" if rating.best == BEST else "score",
            kind="review",
            extra={name: value for name, value in facts.items() if value != ""},
        )

    def _own_id(self, review: Mapping[str, Any]) -> str:
        """Its `@id`, unless that only counts the reviews on the page: `#review3` is another one tomorrow."""
        identifier = review.get("@id")
        if not isinstance(identifier, str) or identifier.startswith("_:") or identifier in self._of_others:
            return ""
        return self._apart(identifier)

    def _own_link(self, review: Mapping[str, Any]) -> str:
        """Its own address, where it has one beside the page's."""
        link = next((one for one in _many(review.get("url")) if isinstance(one, str)), "")
        return self._apart(link)

    def _apart(self, link: str) -> str:
        """The whole address, or nothing where it leads to the page itself or to a mere place on it."""
        link = canonical(web_link(link, self._url)) if link.strip() else ""
        page, _, fragment = link.partition("#")
        own, _, _ = canonical(self._url).partition("#")
        is_here = page.rstrip("/") in (own.rstrip("/"), own.partition("?")[0].rstrip("/"))
        is_place = _PLACE_ON_PAGE.match(fragment) if is_here else _NUMBERED_PLACE.match(fragment)
        return "" if is_place else link

    def _whole(self, value: Any) -> Any:
        """The object itself, where this only refers to it."""
        return self._known.get(str(value.get("@id")), value) if isinstance(value, Mapping) else value

    def _reviewed(self, place: _Place) -> str:
        """The name of what is reviewed: as the review says, or of what it lies in."""
        said = self._name(place.node.get("itemReviewed"))
        above = place.of if place.under in ("review", "reviews") else None
        return said or (self._name(above.node) if above else "")

    def _name(self, value: Any) -> str:
        """The name of somebody or something: text, an object, a reference to one, or several of them."""
        return ", ".join(dict.fromkeys(name for one in _many(value)[:10] if (name := self._one_name(one))))

    def _one_name(self, value: Any) -> str:
        if isinstance(value, str):
            return "" if value.startswith(("http://", "https://")) else _one_line(_words(value))
        if not isinstance(value, Mapping):
            return ""
        whole = value if "name" in value else self._whole(value)
        parts = [_words(whole.get(part)) for part in ("givenName", "familyName")]
        return _one_line(_words(whole.get("name")) or _words(whole.get("alternateName")) or " ".join(parts))


def _is_review(place: _Place) -> bool:
    node = place.node
    is_called = bool(REVIEWS.intersection(_types(node)))
    is_placed = place.under in ("review", "reviews") and not _types(node)
    return (is_called or is_placed) and any(_is_said(node.get(key)) for key in _SAID)


def _types(node: Mapping[str, Any]) -> list[str]:
    found = [one for one in _many(node.get("@type")) if isinstance(one, str)]
    return [re.split(r"[/#:]", one)[-1] for one in found]


# Single values ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rating:
    value: float | None
    best: float
    worst: float
    said: str
    """As it stands there."""


def _rating(value: Any) -> _Rating:
    """A rating and its scale. Where the value lies outside, the scale is not known and nothing is guessed."""
    one = next(iter(_many(value)), None)
    told = one if isinstance(one, Mapping) else {"ratingValue": one}
    said = next(iter(_many(told.get("ratingValue"))), "")
    best, worst = _number(told.get("bestRating")), _number(told.get("worstRating"))
    found = _NUMBER.search(str(said)) if _is_text(said) or _is_number(said) else None
    number = _number(said)
    if found and best is None:
        best = 100.0 if found[3] else _number(found[2])
    top = BEST if best is None else best
    low = WORST if worst is None else worst
    # Half a star and none are given by scales that say nothing of where they begin; 0 also means "not rated".
    is_known = number is not None and top > 0 and number <= top and (number >= low or (worst is None and number > 0))
    return _Rating(number if is_known else None, top, low, _one_line(str(said))[:50] if found else "")


def _number(value: Any) -> float | None:
    """The number at the head of what is said: 4, "4,5", "4 of 5"."""
    value = next(iter(_many(value)), None)
    if _is_number(value):
        return float(value) if math.isfinite(value) and abs(value) < 1e9 else None
    found = _NUMBER.search(value) if _is_text(value) else None
    return float(found[1].replace(",", ".")) if found else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: Any) -> str:
    """Plain text of a text, of a list's first one, or of JSON-LD's {"@value": …}."""
    value = next(iter(_many(value)), None)
    value = value.get("@value") if isinstance(value, Mapping) else value
    if isinstance(value, Plain) or not isinstance(value, str):
        return str(value) if isinstance(value, str) else ""
    return plain_text(value) if _TAG.search(value) else tidy(html.unescape(value))


def _is_said(value: Any) -> bool:
    """Text that is not empty, a number, or an object with something in it."""
    one = next(iter(_many(value)), None)
    return bool(_words(one)) if isinstance(one, str) else one is not None and one != {}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _moment(value: Any) -> datetime | None:
    return next((moment for one in _many(value) if (_is_text(one) or _is_number(one)) and (moment := when(one))), None)


def _stamp(value: Any) -> str:
    moment = _moment(value)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""
