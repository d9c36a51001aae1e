"""Many queries at once find what each of them finds alone."""

from __future__ import annotations

from monitor.query import Document, QuerySet, compile, parse


def brands(**queries: str) -> QuerySet[str]:
    return QuerySet({name: parse(query, as_view=True) for name, query in queries.items()})


def test_each_brand_that_is_spoken_of_is_found_with_its_places():
    together = brands(gopro="gopro OR #gopro", dji='dji OR "osmo pocket"', sony="sony -playstation")
    text = "The Osmo Pocket beats my GoPro"
    found = together.match(Document(text=text))
    assert {name: [text[s.start : s.end] for s in match.spans] for name, match in found.items()} == {
        "gopro": ["GoPro"],
        "dji": ["Osmo Pocket"],
    }


def test_a_query_that_has_nothing_to_do_with_the_text_is_not_tried():
    together = brands(gopro="gopro AND (camera OR video)", dji="dji*", author="author:nikon", all_german="lang:de")
    assert set(together.candidates(Document(text="a new camera", lang="en"))) == {"all_german"}
    assert set(together.candidates(Document(text="DJI's", author="Nikon"))) == {"dji", "author", "all_german"}


def test_wildcards_pairs_handles_and_facts_are_candidates_wherever_they_match():
    together = brands(a="appl*", b="?pple", c="東", d="東京都", e="@gopro", f="rating:1", g="NOT apple", h="straßen*")
    for document in (
        Document(text="apples"),
        Document(text="apple"),
        Document(text="大東京都"),
        Document(author="@gopro@m.social"),
        Document(rating=1),
        Document(title="STRASSENBAHN"),
    ):
        alone = {
            name
            for name, query in zip(
                "abcdefgh",
                ("appl*", "?pple", "東", "東京都", "@gopro", "rating:1", "NOT apple", "straßen*"),
                strict=True,
            )
            if compile(parse(query, as_view=True)).match(document)
        }
        assert set(together.match(document)) == alone
        assert alone


def test_a_query_can_be_changed_and_taken_away():
    together = brands(gopro="gopro", dji="dji OR osmo*")
    together.put("gopro", parse("hero"))
    assert set(together.match(Document(text="gopro dji"))) == {"dji"}
    assert set(together.match(Document(text="hero osmosis"))) == {"gopro", "dji"}
    together.drop("dji")
    together.drop("nobody")
    assert set(together.match(Document(text="dji hero"))) == {"gopro"}
    assert len(together) == 1
