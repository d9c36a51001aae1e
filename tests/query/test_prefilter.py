"""A frame that is let go unread would have matched nothing; and most that name nobody are let go."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.door import admit
from monitor.query import Document, QueryError, QuerySet, parse
from monitor.query.prefilter import may_match
from sources.base import Item
from sources.bluesky import Config, decode, glance

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
ODD = [
    *"éßﬁ½İKÅø\u0301\u00ad\u200d\u202e\x07\x1c\x85東京กิ한글ال𝐁😀\ufe0f\ud83d&<>/\\\"'_-.@#",
]
texts = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(["gopro", "GoPro", "Café", "hero", *ODD, " ", " ", "\n", "\t"]), max_size=30).map("".join),
)


def frame_of(record: dict[str, Any], spell: Any = json.dumps) -> str:
    commit = {"rev": "3m", "operation": "create", "collection": "app.bsky.feed.post", "rkey": "3k", "record": record}
    commit["cid"] = "bafyrei"
    event = {"did": "did:plc:ann", "time_us": 1_795_255_200_500_000, "kind": "commit", "commit": commit}
    return spell(event)


def post(text: str, **more: Any) -> str:
    return frame_of({"$type": "app.bsky.feed.post", "text": text, **more}, compact)


def compact(value: Any) -> str:
    """As Jetstream writes it."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def oddly(value: Any, random_: random.Random) -> str:
    """JSON that escapes whatever it likes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {oddly(one, random_)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(oddly(one, random_) for one in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    ways = [json.dumps, lambda one: json.dumps(one, ensure_ascii=False), hexadecimal]
    return (
        '"'
        + "".join(random_.choice(ways)(letter)[1:-1] for letter in value).replace("/", random_.choice(["/", r"\/"]))
        + '"'
    )


def hexadecimal(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return '"' + "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)) + '"'


def document_of(frame: str) -> Document:
    (item,) = decode(Config(), frame).things
    assert isinstance(item, Item)
    admitted = admit(item, NOW).item
    return Document(title=admitted.title, text=admitted.text, author=admitted.author, url=admitted.url)


def queries_about(document: Document, random_: random.Random) -> QuerySet[int]:
    """Queries that many a time match this document: of its own words, whole, begun and together."""
    words = [*document.title_words.in_order, *document.text_words.in_order, *document.author_words.in_order]
    assume(words)
    one, other = random_.choice(words), random_.choice(words)
    spelled = [f'"{one}"', f'"{one}" AND ("{other}" OR "{one} {other}")', f"{one[:4]}*", f'"{one}" NEAR/9 "{other}"']
    spelled += [f"@{one}", f"#{one}", f"author:{one}", f'{{{one}}} OR "{one} {other} {one}"', f'"{one}{other}"~3']
    known = {}
    for number, query in enumerate(spelled):
        try:
            known[number] = parse(query)
        except QueryError:
            continue
    return QuerySet(known)


@settings(max_examples=250, deadline=None)
@given(texts, texts, st.integers(1, 40), st.randoms(use_true_random=False))
def test_no_frame_is_let_go_that_brings_a_match(text, other, times, random_):
    embed = {"external": {"title": other * times}, "images": [{"alt": other * times}, {"alt": text * times}]}
    record = {"text": text, "embed": embed}
    document = document_of(frame_of(record))
    queries = queries_about(document, random_)
    for frame in (frame_of(record), frame_of(record, compact), frame_of(record, lambda event: oddly(event, random_))):
        for number in queries.match(document_of(frame)):
            alone = QuerySet({number: queries.query(number)})
            assert may_match(alone, frame), (queries.query(number).text, frame)


def test_what_names_nobody_is_let_go_whatever_stands_in_it():
    queries = QuerySet({1: parse("gopro OR #hero"), 2: parse("(apple OR pear) NEAR/5 pie")})
    for text in (
        "a new camera",
        "Café & crème <3",
        "l’été 😀",
        "東京へ行く",
        r"C:\dir",
        "two\nlines\tand a tab",
        "apple",
    ):
        assert not may_match(queries, post(text)), text
    assert may_match(queries, post("my GoPro"))
    assert may_match(queries, post("Ｇｏｐｒｏ"))
    assert may_match(queries, post("a line\ngopro"))
    assert may_match(queries, frame_of({"text": "gopro é"}, lambda event: json.dumps(event).replace("go", r"\u0067o")))
    assert may_match(queries, post("a link", embed={"external": {"title": "Apple pie"}}))


@pytest.mark.parametrize("text", ["go\u202epro", "go\x07pro", "go\x00pro", "go\ud83dpro"])
def test_a_text_with_what_cannot_be_seen_is_read(text):
    queries = QuerySet({1: parse("gopro")})
    assert may_match(queries, frame_of({"text": text}))
    assert may_match(queries, post(text))


def test_a_brand_called_as_a_part_of_every_frame_is_not_heard_in_all_of_them():
    queries = QuerySet(
        {number: parse(word) for number, word in enumerate(["post", "feed", "text", "record", "create", "type"])}
    )
    seen = glance(post("nothing"))
    assert seen is not None
    assert not may_match(queries, seen.told)
    for text in ("a post", r"\"feed\": this", '"record": 1', '"$type":"create"'):
        said = glance(post(text))
        assert said is not None
        assert may_match(queries, said.told), text


def test_all_is_read_where_a_query_needs_no_words():
    queries = QuerySet({1: parse("gopro"), 2: parse("lang:de", as_view=True)})
    assert may_match(queries, post("nothing"))
    queries.drop(2)
    assert not may_match(queries, post("nothing"))


def test_a_frame_that_is_no_new_post_is_never_let_go():
    gone = {"operation": "delete", "collection": "app.bsky.feed.post", "rkey": "3k"}
    deleted = compact({"did": "did:plc:ann", "time_us": 5, "kind": "commit", "commit": gone})
    edited = post("nothing").replace('"create"', '"update"')
    account = compact({"did": "did:plc:ann", "time_us": 5, "kind": "account", "account": {"active": False}})
    claims = post("nothing", operation="delete")
    for frame in (deleted, edited, account, post("nothing")[:-1], "[]", "", post("nothing").replace(":17", ":x")):
        assert glance(frame) is None, frame
    assert glance(claims) is not None
    known = glance(post("nothing"))
    assert known is not None
    assert known.decoded.cursor == decode(Config(), post("nothing")).cursor
    assert known.decoded.at == decode(Config(), post("nothing")).at


def test_long_frames_cost_no_more_than_their_length():
    queries = QuerySet({number: parse(f"gopro{number} OR gop{number}*") for number in range(1_000)})
    started = time.process_time()
    for text in (
        "gop " * 1_500,
        "\\" * 3_500,
        "é" * 7_000,
        '"' * 3_500,
        "東" * 7_000,
        "a\u0301" * 3_500,
        "x" * 500_000,
    ):
        may_match(queries, post(text))
    assert time.process_time() - started < 2
