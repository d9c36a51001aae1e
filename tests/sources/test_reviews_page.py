"""Reviews on anybody's page: found wherever they lie, each once, under an id that stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import reviews_page
from sources.base import BadShape, Blocked, Item, Problem
from sources.reviews_page import read_page

HERE = "https://shop.example/kettle?color=red"


def page(*nodes: Any, body: str = "") -> bytes:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)
    return f"<html><head><title>Kettle</title>{scripts}</head><body>{body}</body></html>".encode()


def read(*nodes: Any, body: str = "", url: str = HERE) -> list[Item]:
    return [one for one in read_page(page(*nodes, body=body), "", url) if isinstance(one, Item)]


def review(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"@type": "Review", "author": f"Jo {number}", "reviewBody": f"text {number}"} | more


@pytest.mark.parametrize(
    "nodes",
    [
        [review()],
        [[{"@type": "WebSite"}, review()]],
        [{"@context": "https://schema.org", "@graph": [review()]}],
        [{"@type": "Product", "review": review()}],
        [{"@type": "LocalBusiness", "reviews": [review()]}],
        [{"@type": ["SoftwareApplication", "Game"], "review": [{"author": "Jo 1", "reviewBody": "text 1"}]}],
        [{"@type": "WebPage", "mainEntity": {"@type": "Organization", "department": [{"review": [review()]}]}}],
        [{"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": review()}]}],
        [review(**{"@type": "https://schema.org/UserReview"})],
        [{"@type": "Product"}, review(), review()],
        [{"@type": "Product", "review": [{"@id": "#a"}]}, review()],
    ],
)
def test_a_review_is_found_wherever_it_lies_and_once(nodes: list[Any]) -> None:
    assert [(item.author, item.text) for item in read(*nodes)] == [("Jo 1", "text 1")]


def test_a_review_knows_what_it_reviews() -> None:
    product = {"@type": "Product", "@id": "#p", "name": "Kettle &amp; lid"}
    inside, by_name, by_reference, none = (
        read({**product, "review": review()}),
        read(review(itemReviewed={"@type": "Thing", "name": "Lid"})),
        read(product, review(itemReviewed={"@id": "#p"})),
        read(review()),
    )
    assert [one[0].extra.get("reviewed") for one in (inside, by_name, by_reference, none)] == [
        "Kettle & lid", "Lid", "Kettle & lid", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Jo", "Jo"),
        ({"@type": "Person", "name": "Jo"}, "Jo"),
        ([{"name": "Jo"}, "Lee", {"name": ["Kim"]}], "Jo, Lee, Kim"),
        ({"givenName": "Jo", "familyName": "Spout"}, "Jo Spout"),
        ({"@id": "#jo"}, "Jo K."),
        ("https://shop.example/users/5", ""),
        ({"@id": "#nobody"}, ""),
        (None, ""),
        (7, ""),
    ],
)
def test_an_author_is_text_an_object_or_several(author: Any, name: str) -> None:
    assert read(review(author=author), {"@type": "Person", "@id": "#jo", "name": "Jo K."})[0].author == name


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"ratingValue": 4}, (4.0, 5.0, "stars")),
        ({"ratingValue": "4,5", "bestRating": "5", "worstRating": "1"}, (4.5, 5.0, "stars")),
        ({"ratingValue": 7, "bestRating": 10}, (7.0, 10.0, "score")),
        ({"ratingValue": "4/5"}, (4.0, 5.0, "stars")),
        ({"ratingValue": "8 / 10"}, (8.0, 10.0, "score")),
        ({"ratingValue": "80%"}, (80.0, 100.0, "score")),
        ({"ratingValue": 0, "worstRating": 0, "bestRating": 10}, (0.0, 10.0, "score")),
        ([{"ratingValue": 2}], (2.0, 5.0, "stars")),
        ("3", (3.0, 5.0, "stars")),
        (3, (3.0, 5.0, "stars")),
        ({"ratingValue": 0}, (None, None, None)),
        ({"ratingValue": 9}, (None, None, None)),
        ({"ratingValue": 1, "worstRating": 2}, (None, None, None)),
        ({"ratingValue": "good"}, (None, None, None)),
        ({"ratingValue": float("nan")}, (None, None, None)),
        ({"ratingValue": True}, (None, None, None)),
        ({}, (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_a_rating_is_kept_as_it_is_with_its_scale(rating: Any, expected: tuple[Any, Any, Any]) -> None:
    (item,) = read(review(reviewRating=rating))
    assert (item.rating, item.rating_max, item.rating_kind) == expected


def test_a_rating_outside_its_scale_is_kept_as_it_was_said() -> None:
    assert read(review(reviewRating={"ratingValue": "9.1"}))[0].extra == {"rating_said": "9.1"}
    assert read(review(reviewRating={"ratingValue": 0, "worstRating": 0}))[0].extra == {"rating_min": 0.0}


def test_text_has_no_markup_and_keeps_its_lines() -> None:
    texts = [
        read(review(reviewBody=said))[0].text for said in ("a\n\nb &amp; c", "<p>a</p><p>b</p>", "1 < 2", ["x", "y"])
    ]
    assert texts == ["a\n\nb & c", "a\nb", "1 < 2", "x"]
    assert read({"@type": "Review", "description": "told"})[0].text == "told"
    assert read(review(name="Good", datePublished="2026-11-02"))[0].title == "Good"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"@id": "https://shop.example/reviews/8f31c"}, "https://shop.example/reviews/8f31c"),
        ({"@id": "#review-8f31c77"}, "https://shop.example/kettle?color=red#review-8f31c77"),
        ({"@id": "https://shop.example/#/schema/Review/9"}, "https://shop.example/#/schema/Review/9"),
        ({"url": "/reviews/9?utm_source=x"}, "https://shop.example/reviews/9"),
        ({"@id": "#review3"}, "hash:"),
        ({"@id": "https://shop.example/kettle#review12"}, "hash:"),
        ({"@id": "_:b0"}, "hash:"),
        ({"@id": 7, "url": HERE}, "hash:"),
        ({"url": "https://shop.example/kettle/#reviews"}, "hash:"),
    ],
)
def test_an_id_is_one_that_stays_with_the_review(given: dict[str, Any], expected: str) -> None:
    (item,) = read(review(**given))
    assert item.id == expected or (expected == "hash:" and item.id.startswith("hash:"))


def test_reviews_that_share_an_id_are_told_apart_and_stay_so() -> None:
    shared = {"@id": "https://shop.example/things/kettle"}
    first = {item.text: item.id for item in read(review(1, **shared), review(2, **shared))}
    assert len(set(first.values())) == 2
    later = {item.text: item.id for item in read(review(3, **shared), review(2, **shared), review(1, **shared))}
    assert {text: later[text] for text in first} == first


def test_the_id_of_the_product_is_not_that_of_its_only_review() -> None:
    product = {"@type": "Product", "@id": "https://shop.example/things/kettle", "name": "Kettle"}
    one = read({**product, "review": review(1, **{"@id": product["@id"]})})
    two = read({**product, "review": [review(number, **{"@id": product["@id"]}) for number in (2, 1)]})
    assert one[0].id.startswith("hash:")
    assert two[1].id == one[0].id


def test_a_rating_may_be_told_elsewhere_on_the_page() -> None:
    nodes = [review(reviewRating={"@id": "#r"}), {"@type": "Rating", "@id": "#r", "ratingValue": 4, "bestRating": 10}]
    (item,) = read({"@graph": nodes})
    assert (item.rating, item.rating_max) == (4.0, 10.0)


def test_numbered_places_do_not_make_a_new_review_out_of_an_old_one() -> None:
    first = read(review(1, **{"@id": "#review1"}))
    later = read(review(2, **{"@id": "#review1"}), review(1, **{"@id": "#review2"}))
    assert later[1].id == first[0].id
    assert later[0].id != first[0].id


def test_microdata_is_read_where_there_is_no_review_in_json() -> None:
    body = """<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Kettle</h1>
      <div itemprop="review" itemscope itemtype="https://schema.org/Review">
        <b itemprop="name">Fine</b> by <i itemprop="author">Jo</i>, on
        <time itemprop="datePublished" datetime="2026-11-02">
        <div itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating">
          <meta itemprop="bestRating" content="10"><span itemprop="ratingValue">7</span></div>
        <p itemprop="reviewBody">5 &lt; 7<br>really</p></div></div>"""
    (item,) = read({"@type": "BreadcrumbList", "name": "x"}, body=body)
    assert (item.title, item.author, item.text) == ("Fine", "Jo", "5 < 7\nreally")
    assert (item.rating, item.rating_max, item.extra) == (7.0, 10.0, {"reviewed": "Kettle"})
    assert item.published == datetime(2026, 11, 2, tzinfo=UTC)
    assert [one.text for one in read(review(), body=body)] == ["text 1"]


def test_a_page_that_hides_its_reviews_says_how_many_there_are() -> None:
    product = {
        "@type": "Product",
        "aggregateRating": {"@type": "AggregateRating", "ratingCount": "1", "reviewCount": 88},
    }
    (problem,) = read_page(page(product), "", HERE)
    assert isinstance(problem, Problem)
    assert "there are 88 reviews, and names none" in problem.why
    assert "Product" in problem.why


def test_a_page_about_other_things_is_told() -> None:
    (problem,) = read_page(page({"@type": "NewsArticle", "name": "x"}), "", HERE)
    assert problem.why == "the page describes NewsArticle, and no review"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"<title>Just a moment...</title><script>x()</script>", '"Just a moment..." says nothing'),
        (b"", "without a title"),
        (
            b'<title>K</title><script type="application/ld+json">{oops</script>',
            "one script of JSON-LD and cannot be read",
        ),
        (b'<title>K</title><script type="application/ld+json"></script>', "nothing in it"),
        (b'<div vocab="https://schema.org/" typeof="Review">x</div>', "RDFa, which is not read"),
    ],
)
def test_a_page_that_says_nothing_is_a_bad_shape_that_tells_what_was_seen(body: bytes, seen: str) -> None:
    with pytest.raises(BadShape, match=re.escape(seen)):
        read_page(body, "", HERE)


def test_a_page_is_read_in_the_encoding_that_it_names() -> None:
    body = (
        '<meta charset="windows-1251"><script type="application/ld+json">{"@type": "Review", "name": "Чайник"}</script>'
    )
    (item,) = read_page(body.encode("cp1251"), "text/html", HERE)
    assert isinstance(item, Item)
    assert item.title == "Чайник"


class Site:
    """A page of reviews, and the rules that its owner has for programs."""

    def __init__(self, robots: str = "", body: bytes = b"") -> None:
        self.robots, self.body, self.asked = robots, body, list[str]()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/robots.txt":
            return web.Response(text=self.robots)
        etag = f'"{hash(self.body)}"'
        if request.headers.get("if-none-match") == etag:
            return web.Response(status=304)
        return web.Response(body=self.body, content_type="text/html", headers={"etag": etag})


async def test_a_page_is_one_request_and_then_a_conditional_one(loopback: Any, polled: Any) -> None:
    site = Site(body=page(review(1), review(2)))
    server = await loopback({"/{path:.*}": site.answer})
    first = await polled("reviews-page", {"url": f"{server}/kettle"})
    assert [item.text for item in first.items] == ["text 1", "text 2"]
    assert site.asked == ["/robots.txt", "/kettle"]
    second = await polled("reviews-page", {"url": f"{server}/kettle"}, first.state)
    assert (second.items, second.outcome.not_modified) == ([], True)
    site.body = page(review(3), review(1, reviewRating=2), review(2))
    third = await polled("reviews-page", {"url": f"{server}/kettle"}, State.from_json(second.state.as_json()))
    assert third.ids[1:] == first.ids
    assert site.asked.count("/robots.txt") == 1


async def test_the_owner_of_a_page_may_refuse(loopback: Any, polled: Any) -> None:
    site = Site(robots="User-agent: *\nDisallow: /kettle\n", body=page(review()))
    server = await loopback({"/{path:.*}": site.answer})
    done = await polled("reviews-page", {"url": f"{server}/kettle"})
    assert isinstance(done.error, Blocked)
    assert site.asked == ["/robots.txt"]


def test_ids_are_those_of_one_site() -> None:
    scopes = {
        reviews_page.SOURCE.scope_of(reviews_page.Config(url=url))  # type: ignore[attr-defined]
        for url in ("https://www.shop.example/a", "http://shop.example/b?page=2")
    }
    assert scopes == {"reviews:shop.example"}


def test_a_recorded_review_is_read(corpora: Callable[[str], Path]) -> None:
    node = json.loads((corpora("recorded-2026") / "trustpilot_review_jsonld.json").read_text("utf-8"))
    shop = {"@type": "Organization", "@id": node["itemReviewed"]["@id"], "name": "The shop"}
    (item,) = read({"@context": "https://schema.org", "@graph": [shop, node]})
    assert item.id == node["@id"]
    assert (item.title, item.author, item.lang) == (node["headline"], "customer", "en")
    assert (item.rating, item.rating_max, item.extra) == (5.0, 5.0, {"reviewed": "The shop"})
    assert item.text == node["reviewBody"]
    assert item.published == datetime(2019, 10, 12, 1, 42, 51, tzinfo=UTC)


def test_the_pages_of_a_corpus_are_read_or_refused_in_words(corpora: Callable[[str], Path]) -> None:
    found: dict[str, list[Item]] = {}
    for path in (corpora("extruct") / "tests" / "samples").rglob("*.html"):
        try:
            items = [one for one in read_page(path.read_bytes(), "", HERE) if isinstance(one, Item)]
        except BadShape:
            continue
        found |= {path.name: items} if items else {}
    assert sorted((name.partition(".")[0][:13], len(items)) for name, items in found.items()) == [
        ("CreativeWork", 2), ("Years & Years", 1), ("null_ld_mock", 1),
    ]  # fmt: skip
    salinger = found["CreativeWork.001.html"]
    assert [(item.title, item.author, item.rating) for item in salinger] == [
        ("A masterpiece of literature", "John Doe", 5.0),
        ("A good read.", "Bob Smith", 4.0),
    ]
