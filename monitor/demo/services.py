"""The invented world as two services answer for it, in their own shapes: Hacker News and the App Store. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from html import escape
from typing import Any

from monitor.demo.world import Said, World

APP, RIVAL_APP = "9990041701", "9990041702"
"""The app of the invented brand, and that of its competitor Oakspout: longer numbers than the real store gives."""
STOREFRONTS = ("us", "gb", "de")
PAGE_OF_REVIEWS = 50

_CUPERTINO = timezone(timedelta(hours=-7))
_FIRST_HIT = 990_000_000_000  # far above any real item, so that no permalink leads to somebody's real words
_CREATED = re.compile(r"created_at_i(<=|>=|<|>|=)(\d+)")
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
UNDER = (
    "Ask HN: What do you own that will outlast you?",
    "The internet of things is ten years old and still cannot find the printer",
    "Why hardware companies ship bad apps",
    "Repair is a feature",
)
"""The stories that people comment on."""


# Hacker News ------------------------------------------------------------------------------------------------------


def search_by_date(world: World, asked: Mapping[str, str]) -> dict[str, Any]:
    """The answer of `/api/v1/search_by_date` to its query, tags, numericFilters, hitsPerPage and page."""
    size = max(1, min(_whole(asked.get("hitsPerPage"), 20), 1000))
    page = _whole(asked.get("page"), 0)
    hits = [hit for hit in map(_hit, world.on("hackernews")) if _is_asked_for(hit, asked)]
    return {
        "hits": hits[page * size : (page + 1) * size],
        "nbHits": len(hits),
        "page": page,
        "nbPages": -(-len(hits) // size),
        "hitsPerPage": size,
        "exhaustiveNbHits": True,
        "query": asked.get("query", ""),
        "processingTimeMS": 1,
    }


def _is_asked_for(hit: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    words = re.findall(r'"([^"]*)"|(\S+)', asked.get("query", ""))
    searched = " ".join(
        str(hit.get(key) or "") for key in ("title", "story_title", "comment_text", "story_text", "url")
    )
    bounds = _CREATED.findall(asked.get("numericFilters", ""))
    tags = re.findall(r"[\w]+", asked.get("tags", ""))
    return (
        all((phrase or word).casefold() in searched.casefold() for phrase, word in words)
        and all(_COMPARE[sign](hit["created_at_i"], int(bound)) for sign, bound in bounds)
        and (not tags or any(tag in hit["_tags"] for tag in tags))
    )


def _hit(said: Said) -> dict[str, Any]:
    number = _FIRST_HIT + said.number
    is_story = bool(said.line.title)
    under = UNDER[said.number % len(UNDER)]
    body = escape(said.text).replace("/", "&#x2F;")
    shape: dict[str, Any] = (
        {
            "title": said.line.title,
            "url": f"https://posts.example/{number}",
            "story_text": body,
            "num_comments": said.number % 40,
            "points": 20 + said.number,
            "story_id": number,
        }
        if is_story
        else {
            "comment_text": f"<p>{body}",
            "parent_id": number - 7,
            "story_id": number - 7,
            "story_title": under,
            "story_url": f"https://posts.example/{number - 7}",
        }
    )
    return shape | {
        "objectID": str(number),
        "author": said.author,
        "created_at": f"{said.published:%Y-%m-%dT%H:%M:%SZ}",
        "created_at_i": int(said.published.timestamp()),
        "updated_at": f"{said.published + timedelta(minutes=4):%Y-%m-%dT%H:%M:%SZ}",
        "children": [],
        "_tags": ["story" if is_story else "comment", f"author_{said.author}", f"story_{shape['story_id']}"],
        "_highlightResult": {"author": {"value": said.author, "matchLevel": "none", "matchedWords": []}},
    }


# App Store --------------------------------------------------------------------------------------------------------


def customer_reviews(world: World, country: str, asked: str) -> dict[str, Any] | None:
    """The review feed for the rest of its address, in either spelling; None for an address that is neither.

    As in the real one every value stands in a `label`, a single entry is no list, and no entry is no key.
    """
    app = re.search(r"(?:^|/)id=(\d+)(?:/|$)", asked)
    if not app or not re.search(r"/sortby=mostrecent/json$", asked, re.IGNORECASE):
        return None
    page = re.search(r"(?:^|/)page=(\d+)(?:/|$)", asked)
    first = (int(page[1]) - 1 if page else 0) * PAGE_OF_REVIEWS
    reviews = [said for said in world.on("appstore") if said.line.place == country and _app_of(said) == app[1]]
    entries = [_review(said, app[1]) for said in reviews[first : first + PAGE_OF_REVIEWS]]
    return {
        "feed": {
            "author": {"name": {"label": "iTunes Store"}, "uri": {"label": f"https://store.example/{country}/itunes/"}},
            **_entry_key(entries),
            "updated": {"label": world.until.astimezone(_CUPERTINO).isoformat()},
            "title": {"label": "iTunes Store: Customer Reviews"},
        }
    }


def _entry_key(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"entry": entries[0] if len(entries) == 1 else list(entries)} if entries else {}


def _app_of(said: Said) -> str:
    return RIVAL_APP if said.line.phase == "rival" else APP


def _review(said: Said, app: str) -> dict[str, Any]:
    country = said.line.place
    return {
        "author": {
            "uri": {"label": f"https://store.example/{country}/reviews/id{said.number}"},
            "name": {"label": said.author},
            "label": "",
        },
        "updated": {"label": said.published.astimezone(_CUPERTINO).isoformat()},
        "im:rating": {"label": str(said.line.stars)},
        "im:version": {"label": _version(said)},
        "id": {"label": str(_FIRST_HIT + said.number)},
        "title": {"label": said.line.title},
        "content": {"label": said.text, "attributes": {"type": "text"}},
        "link": {
            "attributes": {
                "rel": "related",
                "href": f"https://store.example/{country}/review?id={app}&review={said.number}",
            }
        },
        "im:voteSum": {"label": str(said.number % 3)},
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "im:voteCount": {"label": str(said.number % 5)},
    }


def _version(said: Said) -> str:
    """What ran on the phones: 4.2 came thirteen days ago and was mended five days later."""
    if said.line.phase == "rival":
        return "2.8"
    return "4.2.1" if said.window <= 8 else "4.2" if said.window <= 13 else "4.1.3"


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
