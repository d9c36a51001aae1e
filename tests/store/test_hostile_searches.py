"""Whatever is searched for in whatever is stored: found, counted and told by facets, or refused with its place."""

from __future__ import annotations

import json
import shutil
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import searches
from monitor.errors import Refused, TooSlow
from monitor.pipeline import Origin
from monitor.query.fields import FIELDS
from monitor.query.problem import QueryError
from monitor.searches import Search
from monitor.store import index
from monitor.store.engine import Store
from sources.base import Item

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora" / "security"
OWN = CORPORA / "own" / "search-queries.jsonl"
NAUGHTY = CORPORA / "naughty-strings" / "blns.json"

ODD = [
    "a b " * 4_000,
    "a " * 16_000,
    "#a_b @me a.com {A} A! " * 800,
    "東京タワー" * 3_000,
    "a. B! c?\n" * 3_000,
    "w0 x0 y0 w1 x1 y1 w2 z",
    '" OR 1=1 -- AND NEAR(a b) title:x ^a *',
    "a\u0316\u0301" * 5_000,
    "\u202e\u200d ﷺ \U0001f525 %00%zz",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, migrated, open_house):
    """A store of a few hundred mentions whose words, names and links are as odd as can be."""
    store = Store(Path(shutil.copy(migrated, tmp_path_factory.mktemp("hostile") / "overheard.db")), write=True)
    house = open_house(store)
    said = [*ODD, *strings()[::40]]
    items = [
        Item(
            id=str(number),
            text=text,
            title=text[:100],
            author=text[:30],
            url=f"https://a.com/{number}",
            published=house.now - timedelta(hours=number),
            extra={"likes": number},
        )
        for number, text in enumerate(said)
        if text.strip()
    ]
    house.take(*items, origin=Origin("odd", "feed", "odd", "all"))
    assert store.reading(index.faults) == []
    yield store
    store.close()


def strings():
    if not OWN.exists():
        return []
    own = [json.loads(line)["q"] for line in OWN.read_text(encoding="utf-8").splitlines()]
    return own + json.loads(NAUGHTY.read_text(encoding="utf-8"))


def asked(store, query):
    """How many, or what came instead. What is found is what is counted."""
    try:
        page = store.reading(searches.search, Search(query, limit=1000))
        count = store.reading(searches.count, Search(query))
        facets = store.reading(searches.facets, Search(query))
    except QueryError as error:
        return "refused" if 0 <= error.start <= error.end <= len(query) else "refused without a place"
    except Refused:
        return "refused"
    except TooSlow:
        return "too slow"
    assert count.n == len(page.found) or not count.exact
    assert facets.total.n == count.n or not (facets.total.exact and count.exact)
    return count.n


def nested(depth, *operators):
    """Operators of all kinds, each in the brackets of the next."""
    query = "a"
    for level in range(depth):
        query = {
            "NOT": f"NOT ({query})",
            "AND": f"(w{level} AND {query})",
            "OR": f"(w{level} OR {query})",
            "NEAR": f"((w{level} NEAR/3 (x{level} OR b)) OR {query})",
            "field": f"(title:(w{level} OR -y{level}) AND {query})",
        }[operators[level % len(operators)]]
    return query


NESTS = [("NOT", "AND", "OR", "NEAR", "field"), ("NOT", "AND"), ("NOT", "OR"), ("AND", "OR"), ("field", "NOT", "NEAR")]
SHAPES = {
    **{f"{depth} deep {operators}": nested(depth, *operators) for depth in (8, 9, 10, 11, 12, 20, 40, 62)
       for operators in NESTS},
    "nots of nots": "a NOT (" * 30 + "b" + ")" * 30,
    "an or of nots": " OR ".join(f"NOT w{number}" for number in range(1_999)),
    "many nots": "a " + " ".join(f"-w{number}" for number in range(1_999)),
    "an or of ands": " OR ".join(f"(a b{number})" for number in range(999)),
    "an and of ors": " ".join(f"(a OR b OR c{number})" for number in range(600)),
    "ors in ors in ands": "(" + " OR ".join(f"(a{n} (b{n} OR (c{n} d{n} -e{n})))" for n in range(390)) + ") a",
    "prefixes": " OR ".join(f"abc{number}*" for number in range(1_999)),
    "masks": " OR ".join("a" + "?" * number for number in range(1, 300)),
    "nears": " OR ".join(f"(a NEAR/{number % 31} b{number})" for number in range(999)),
    "nears of groups": f"({' OR '.join(f'a{n}' for n in range(999))}) NEAR/30 ({' OR '.join(['a', 'b'] * 490)})",
    "one near many times": " OR ".join(["(a NEAR/30 b)"] * 999),
    "sites": "site:(" + " OR ".join(f"a{number}.com" for number in range(1_990)) + ")",
    "brands and feelings": "sentiment:negative (" + " OR ".join(f"brand:b{number}" for number in range(900)) + ")",
    "ranges": " OR ".join(f"engagement:{number}..{number * 3}" for number in range(1_990)),
    "no ranges": " ".join(f"-engagement:{number}..{number * 3}" for number in range(1_990)),
    "a great number": "reach:>" + "9" * 400,
    "an early day": "-after:0001-01-01 OR before:9999-12-31",
    "days": " OR ".join(f"published:{1971 + number % 80}" for number in range(1_990)),
    "a mention that is none": "like:" + "9" * 4_900,
    "likes": " OR ".join(f"like:{number}" for number in range(1, 1_990)),
    "a label of signs": 'topic:"' + '%*^$é{}' * 5_000 + '"',
    "pairs": " OR ".join("東京" + chr(0x4E00 + number) for number in range(1_990)),
    "marks": "a" + "\u0316\u0301" * 20_000,
    "syntax of the index": '"NEAR(a b)" "a"" OR ""b" ^a - + {title} : x',
    "nul": "a\x00b OR \x00",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_search_of_any_shape_is_answered_in_a_moment(hostile, shape):
    started = time.process_time()
    assert asked(hostile, SHAPES[shape]) not in ("refused without a place", "too slow")
    assert time.process_time() - started < 10


@pytest.mark.parametrize("operators", NESTS)
@pytest.mark.parametrize("depth", [8, 9, 10, 11, 12, 20, 62])
def test_a_nest_of_any_depth_finds_what_the_matcher_finds(hostile, depth, operators):
    found = asked(hostile, nested(depth, *operators))
    everything = asked(hostile, "")
    excluded = asked(hostile, f"NOT ({nested(depth, *operators)})")
    assert found + excluded == everything


def test_the_search_strings_of_the_corpora_are_answered_or_refused(hostile):
    if not OWN.exists():
        pytest.skip("../shared/corpora is not here")
    answers = [asked(hostile, query) for query in strings()[::12]]
    found = [answer for answer in answers if isinstance(answer, int)]
    assert "refused without a place" not in answers
    assert len(answers) > len(found) > 20
    assert any(found)


@pytest.mark.slow
def test_the_memory_of_a_search_is_bounded(hostile):
    for shape in ("nears", "ranges"):
        asked(hostile, "a")
        tracemalloc.start()
        asked(hostile, SHAPES[shape])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100_000_000, shape


PIECES = st.sampled_from(
    ["a", "b", "w1", "東京", '"a b"', "abc*", "a?", "{A}", "#a", "@me", "a.com", "!A", '"a b"~3', "AND", "OR", "NOT",
     "-", "NEAR/3", "ONEAR/0", "SENTENCE", "(", ")", '"', "{", "}", "*", ":", "\x00", "\u202e", "ﷺ", "é\u0301",
     *(f"{name}:" for name in FIELDS), "1..2", ">=3", "2026-01", "new", "en", "negative", "7"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, min_size=1, max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_is_answered_or_refused_with_its_place(hostile, query):
    assert asked(hostile, query) != "refused without a place"
