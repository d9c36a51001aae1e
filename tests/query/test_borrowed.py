"""Queries as people write them in other monitors come over: parsed, matching, and whatever differs is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.query import Document, QueryError, compile, parse
from monitor.query.borrowed import DIALECTS, Borrowed, borrowed, queries_in

Found = str | dict[str, Any]

AS_IT_IS = ""
"""Stands for the very query that was borrowed."""

# their query, ours, what it finds, what it does not find
BRANDWATCH: list[tuple[str, str, Found, Found]] = [
    ('"go pro" OR gopro OR #gopro OR @gopro', AS_IT_IS, "my Go Pro", "my camera"),
    ("(gopro OR hero9) NOT (jobs OR hiring)", AS_IT_IS, "gopro film", "gopro jobs"),
    ('apple AND (iphone OR ipad) NOT "apple pie"', AS_IT_IS, "apple ipad", "apple pie ipad"),
    ("((apple OR orange) NEAR/5 (smartphone OR phone))", AS_IT_IS, "apple makes a phone", "apple"),
    ("logitech NEAR/2f keyboard", AS_IT_IS, "Logitech solar keyboard", "keyboard by Logitech"),
    ('"apple juice"~5', AS_IT_IS, "juice of an apple", "apple"),
    ("((apple OR orange) AND phone)~3", "((apple OR orange) NEAR/3 phone)", "orange x phone", "orange 1 2 3 4 phone"),
    ("complain* OR customi?e", AS_IT_IS, "complaints", "custom"),
    ('title:"apple juice"', AS_IT_IS, {"title": "Apple juice"}, "apple juice"),
    ("apple <<<the firm, not the fruit>>> AND store", "apple AND store", "apple store", "apple"),
    ("{BT} AND broadband", AS_IT_IS, "BT broadband", "bt broadband"),
    ("raw:Google+ OR gplus", "{Google+} OR gplus", "on Google+ now", "on Google now"),
    (
        "nike AND country:gbr",
        "nike AND country:gb",
        {"text": "nike", "country": "gb"},
        {"text": "nike", "country": "us"},
    ),
    ("nike AND country:(usa OR can)", "nike AND country:(us OR ca)", {"text": "nike", "country": "ca"}, "nike"),
    ("nike AND language:en", "nike AND lang:en", {"text": "nike", "lang": "en"}, {"text": "nike", "lang": "de"}),
    (
        "nike AND site:(bbc.co.uk OR cnn.com)",
        AS_IT_IS,
        {"text": "nike", "url": "https://edition.cnn.com/x"},
        {"text": "nike", "url": "https://a.com"},
    ),
    ('url:"msn.com/news" AND nike', AS_IT_IS, {"text": "nike", "url": "https://msn.com/news/1"}, "nike"),
    ("author:ladygaga AND nike", AS_IT_IS, {"text": "nike", "author": "ladygaga"}, "nike"),
    ("links:msn.com AND nike", "msn.com AND nike", "nike on msn.com/x", "nike on msn"),
    ("nike AND rating:[3 TO 5]", "nike AND rating:3..5", {"text": "nike", "rating": 4}, {"text": "nike", "rating": 1}),
    (
        "nike AND authorFollowers:[500 TO 100000]",
        "nike AND followers:500..100000",
        {"text": "nike", "followers": 700.0},
        {"text": "nike", "followers": 7.0},
    ),
    ("hashtags:justdoit OR at_mentions:nike", "#justdoit OR @nike", "#justdoit", "just do it"),
    (
        "nike AND subreddit:nba",
        'nike AND (site:reddit.com AND url:"r/nba")',
        {"text": "nike", "url": "https://www.reddit.com/r/nba/1"},
        {"text": "nike", "url": "https://www.reddit.com/r/x/1"},
    ),
    (
        "nike AND engagementType:COMMENT",
        "nike AND type:comment",
        {"text": "nike", "kind": "comment"},
        {"text": "nike", "kind": "post"},
    ),
    ("nike NOT engagementType:RETWEET", "nike", "nike", "adidas"),
    ("nike AND continent:europe", "nike", "nike", "adidas"),
    ("*phone OR colo*r OR nike", "colo* OR nike", "colour", "phone"),
    ("$NKE OR nike", '+"$NKE" OR nike', "buy $NKE", "nke"),
    ("niño OR nino", AS_IT_IS, "nino", "nina"),
    ("apple NEAR/50 juice", "apple NEAR/30 juice", "apple and juice", "apple"),
    ("(apple AND pie) NEAR/5 juice", "((apple AND pie) AND juice)", "juice, apple, pie", "apple juice"),
    ("(\n  nike OR\n  adidas\n)\nNOT jobs", AS_IT_IS, "adidas", "adidas jobs"),
    ('wendy\'s OR "wendy s"', AS_IT_IS, "at Wendy’s", "Wendy"),
]
TALKWALKER: list[tuple[str, str, Found, Found]] = [
    ("BMW AND bike", AS_IT_IS, "a BMW bike", "a BMW"),
    ("BMW AND NOT bike", AS_IT_IS, "a BMW", "a BMW bike"),
    ("chocolate -swiss", AS_IT_IS, "chocolate", "Swiss chocolate"),
    ('"BMW series" OR Luxemb*', AS_IT_IS, "in Luxembourg", "BMW of the series"),
    ("BMW AND (motorcycle OR car)", AS_IT_IS, "BMW car", "BMW"),
    ("BMW NEAR/5 car", AS_IT_IS, "car of BMW", "car 1 2 3 4 5 6 BMW"),
    ("BMW ONEAR/3 car", AS_IT_IS, "BMW made a car", "car of BMW"),
    ("BMW NEAR car", AS_IT_IS, "BMW car", "BMW"),
    ("BMW SENTENCE (price OR cost)", AS_IT_IS, "The price of a BMW", "A BMW. The price"),
    ('+"L\'Oréal"', AS_IT_IS, "l'oréal", "loreal"),
    ('++"Apple"', AS_IT_IS, "Apple", "apple"),
    ("++BOSS OR ++Boss", "{BOSS} OR {Boss}", "my Boss", "my boss"),
    ("+C&A", '+"C&A"', "bei c&a", "c a"),
    ('"great battery"~3', AS_IT_IS, "battery is great", "battery"),
    ("title:(bmw OR audi)", AS_IT_IS, {"title": "Audi"}, "audi"),
    ("content:bmw", "text:bmw", "bmw", {"title": "bmw"}),
    ("bmw AND lang:en", AS_IT_IS, {"text": "bmw", "lang": "en"}, {"text": "bmw", "lang": "fr"}),
    ("bmw AND sourcecountry:de", "bmw AND country:de", {"text": "bmw", "country": "de"}, "bmw"),
    ('BMW -site:"mysite.com"', AS_IT_IS, "BMW", {"text": "BMW", "url": "https://mysite.com/a"}),
    (
        'Luxembourg site:"http://www.wort.lu"',
        "Luxembourg site:wort.lu",
        {"text": "Luxembourg", "url": "https://wort.lu/1"},
        "Luxembourg",
    ),
    ('bmw AND domain_url:"bbc.co.uk"', "bmw AND site:bbc.co.uk", {"text": "bmw", "url": "https://bbc.co.uk/1"}, "bmw"),
    ("bmw sourcetype:BLOG", "bmw type:article", {"text": "bmw", "kind": "article"}, {"text": "bmw", "kind": "post"}),
    (
        "bmw AND sourcetype:SOCIALMEDIA_TWITTER",
        "bmw AND (site:x.com OR site:twitter.com)",
        {"text": "bmw", "url": "https://x.com/1"},
        "bmw",
    ),
    ("hashtags:bmw OR mentions:bmw", "#bmw OR @bmw", "@bmw hello", "bmw"),
    (
        "bmw AND sentiment:negative",
        AS_IT_IS,
        {"text": "bmw", "scores": {"sentiment": ("negative",)}},
        {"text": "bmw", "scores": {"sentiment": ("positive",)}},
    ),
    ("bmw sentiment:>0", "bmw sentiment:positive", {"text": "bmw", "scores": {"sentiment": ("positive",)}}, "bmw"),
    ("bmw AND engagement:>10", AS_IT_IS, {"text": "bmw", "engagement": 11.0}, {"text": "bmw", "engagement": 10.0}),
    ("bmw AND reach:>=1000", AS_IT_IS, {"text": "bmw", "reach": 1000.0}, "bmw"),
    ('bmw AND published:>"2024-01-01"', "bmw AND published:>2024-01-01", {"text": "bmw", "published": 2025}, "bmw"),
    ("bmw published:>1430201017166", "bmw published:>2015-04-28T06:03", {"text": "bmw", "published": 2025}, "bmw"),
    ("bmw OR image:bmw", "bmw", "bmw", "audi"),
]
MELTWATER: list[tuple[str, str, Found, Found]] = [
    (
        'apple AND (watch OR iwatch) NOT ("apple sauce" OR "apple orchard*")',
        AS_IT_IS,
        "apple watch",
        "apple orchards watch",
    ),
    (
        "apple and (watch or iwatch) not juice",
        "apple AND (watch OR iwatch) NOT juice",
        "apple iwatch",
        "apple juice watch",
    ),
    ("Apple NEAR watch", "Apple NEAR/4 watch", "apple 1 2 3 4 watch", "apple 1 2 3 4 5 watch"),
    ("Apple NEAR/10 watch", AS_IT_IS, "watch by Apple", "apple"),
    ("Apple ONEAR watch", "Apple ONEAR/4 watch", "Apple watch", "watch of Apple"),
    ("Apple ONEAR/10 watch", AS_IT_IS, "Apple watch", "watch of Apple"),
    ("apple near/5 (watch or phone)", "apple NEAR/5 (watch OR phone)", "apple phone", "apple"),
    ('("sailboat" or "boat") AND "racing"', '("sailboat" OR "boat") AND "racing"', "boat racing", "boat"),
    ('("Golden State Warriors" OR "GSW") AND basketball', AS_IT_IS, "GSW basketball", "GSW"),
    ("title:apple", AS_IT_IS, {"title": "Apple"}, "apple"),
    (
        'title:"apple watch" or ingress:"apple watch"',
        'title:"apple watch" OR text:"apple watch"',
        "apple watch",
        "watch apple",
    ),
    ("title:(apple or pear) not pie", "title:(apple OR pear) NOT pie", {"title": "Pear"}, {"title": "Pear pie"}),
    ("apple AND (watch OR iphone)^9 NOT pie", "apple AND (watch OR iphone) NOT pie", "apple iphone", "apple"),
    ("apple AND iphone^10", "apple AND iphone", "apple iphone", "apple"),
    ("sail*", AS_IT_IS, "sailing", "boat"),
    ("organi?ation", AS_IT_IS, "organisation", "organic"),
    ("shop* NEAR center*", "shop* NEAR/4 center*", "shopping center", "shopping"),
    ("President NEAR/100 Trump", "President NEAR/30 Trump", "president trump", "president"),
    ("Subway NOT (station OR train)", AS_IT_IS, "subway sandwich", "subway train"),
    ("{SUN} and newspaper", "{SUN} AND newspaper", "SUN newspaper", "sun newspaper"),
    ("apple and lang:en", "apple AND lang:en", {"text": "apple", "lang": "en"}, "apple"),
    ("apple and language:English", "apple AND lang:en", {"text": "apple", "lang": "en"}, "apple"),
    ("apple and country:uk", "apple AND country:gb", {"text": "apple", "country": "gb"}, "apple"),
    ("hashtag:apple or mention:apple", "#apple OR @apple", "#apple", "apple"),
    (
        "source:twitter and apple",
        "(site:x.com OR site:twitter.com) AND apple",
        {"text": "apple", "url": "https://x.com/1"},
        "apple",
    ),
    ("bio:ceo and apple", "apple", "apple", "pear"),
    ("“Meltwater” NOT “Iceberg”", AS_IT_IS, "Meltwater", "Meltwater iceberg"),
    ('DC OR "D.C."', AS_IT_IS, "in D.C.", "in Washington"),
    ("from:nytimes and apple", "author:nytimes AND apple", {"text": "apple", "author": "nytimes"}, "apple"),
]


def document(found: Found) -> Document:
    facts = {"text": found} if isinstance(found, str) else dict(found)
    if "published" in facts:
        facts["published"] = datetime(facts["published"], 6, 1, tzinfo=UTC)
    return Document(**facts)


def check(dialect: str, theirs: str, ours: str, found: Found, missed: Found) -> None:
    came = borrowed(theirs, dialect)
    assert came.query == (ours or theirs)
    parse(came.query, as_view=came.as_view)
    matcher = compile(parse(came.query, as_view=True))
    assert matcher.match(document(found)) is not None
    assert matcher.match(document(missed)) is None
    if came.query != theirs:
        assert came.changes, "nothing is changed in silence"


@pytest.mark.parametrize(("theirs", "ours", "found", "missed"), BRANDWATCH)
def test_an_everyday_query_of_brandwatch_comes_over(theirs, ours, found, missed):
    check("brandwatch", theirs, ours, found, missed)


@pytest.mark.parametrize(("theirs", "ours", "found", "missed"), TALKWALKER)
def test_an_everyday_query_of_talkwalker_comes_over(theirs, ours, found, missed):
    check("talkwalker", theirs, ours, found, missed)


@pytest.mark.parametrize(("theirs", "ours", "found", "missed"), MELTWATER)
def test_an_everyday_query_of_meltwater_comes_over(theirs, ours, found, missed):
    check("meltwater", theirs, ours, found, missed)


def told(came: Borrowed) -> list[tuple[str, str, int, int]]:
    return [(change.kind, change.written, change.line, change.column) for change in came.changes]


def test_what_is_changed_means_something_else_or_is_left_out_is_told_with_its_place():
    came = borrowed("country:gbr AND niño\nNOT engagementType:RETWEET", "brandwatch")
    assert came.query == "country:gb AND niño"
    assert told(came) == [
        ("changed", "gbr", 1, 9),
        ("meaning", "niño", 1, 17),
        ("left out", "RETWEET", 2, 20),
    ]
    assert came.changes[-1].message == "there is no engagementType:RETWEET here; without it more is found"


@pytest.mark.parametrize(
    ("query", "effect"),
    [
        ("nike AND region:usa.fl", "more is found"),
        ("nike OR (adidas region:usa.fl)", "more is found"),
        ("nike OR *das", "less is found"),
        ("nike NOT *das", "more is found"),
        ("nike NOT (jobs OR *das)", "more is found"),
        ("nike NOT (jobs AND *das)", "less is found"),
        ("nike AND (region:usa.fl OR authorGender:F)", "more is found"),
        ("nike OR (*das AND *ma)", "less is found"),
        ("nike NOT (*das OR *ma)", "more is found"),
        ("nike OR (shoe AND *das)~5", "more is found"),
        ("nike OR (*das NEAR/5 *ma)", "less is found"),
    ],
)
def test_what_is_left_out_says_whether_more_or_less_is_found(query, effect):
    lost = [change for change in borrowed(query, "brandwatch").changes if change.kind == "left out"]
    assert lost
    assert all(change.message.endswith(effect) for change in lost)


def test_a_query_that_only_filters_comes_over_as_a_view():
    came = borrowed("site:bbc.co.uk", "brandwatch")
    assert (came.query, came.as_view) == ("site:bbc.co.uk", True)
    assert "use it as a view" in came.changes[0].message


def test_of_a_query_of_which_nothing_can_be_kept_nothing_is_left():
    came = borrowed("authorGender:F", "brandwatch")
    assert came.query == ""
    assert [change.kind for change in came.changes] == ["left out", "left out"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("(nike", '"(" is not closed'),
        ("nike)", '")" closes nothing'),
        ('"nike', "this quote is not closed"),
        ("nike AND", "found the end of the query"),
        ("{nike", "this brace is not closed"),
        ("(" * 70 + "a" + ")" * 70, "64 deep"),
        (" NEAR/3 ".join(["a"] * 2_000), "at most 64 NEARs"),
        ("NOT " * 2_000 + "a", "64 NOTs"),
        ("a " * 30_000, "50,000 characters"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_query_that_was_cut_when_it_was_copied_is_refused_with_its_place(dialect, query, problem):
    with pytest.raises(QueryError, match="line 1, column") as error:
        borrowed(query, dialect)
    assert problem in error.value.problem


def test_several_queries_are_found_by_blank_lines_by_lines_and_in_tables():
    dialect = DIALECTS["brandwatch"]
    assert [one[1:] for one in queries_in("nike OR\nadidas\n\n\npuma", dialect)] == [
        ("nike OR\nadidas", 1),
        ("puma", 5),
    ]
    assert [one.query for one in queries_in("nike\npuma NOT jobs\n", dialect)] == ["nike", "puma NOT jobs"]
    assert [one.query for one in queries_in("(nike OR\npuma)", dialect)] == ["(nike OR\npuma)"]
    assert [one.query for one in queries_in("nike\nOR puma", dialect)] == ["nike\nOR puma"]
    assert [one.query for one in queries_in("nike\nNOT jobs", dialect)] == ["nike\nNOT jobs"]
    table = 'Name,Boolean Query\nNike,"nike OR ""just do it"""\nPuma,puma\n'
    assert [tuple(one) for one in queries_in(table, dialect)] == [
        ("Nike", 'nike OR "just do it"', 2),
        ("Puma", "puma", 3),
    ]
    assert queries_in(" \n", dialect) == ()


WRITTEN = """
apple pie ( ) " "big {BT} AND OR NOT and or NEAR/3 near ONEAR/2f NEAR/99 SENTENCE - ~5 ^3 title: site: country:gbr
rating:[1 raw: * a*b ab* + ++Ab & || <<< >>> [ ] : foo:bar sourcetype:BLOG published:> 東京 😀 $X AND OR ( )
"""
PIECES = WRITTEN.split()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(DIALECTS)), st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["", " "]))
def test_whatever_is_borrowed_is_refused_or_can_be_parsed(dialect, pieces, glue):
    text = glue.join(pieces)
    try:
        came = borrowed(text, dialect)
    except QueryError:
        return
    if came.query:
        parse(came.query, as_view=True)
        assert came.changes or "".join(came.query.split()) == "".join(text.split()), "nothing is changed in silence"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(DIALECTS)), st.text(max_size=80))
def test_any_text_at_all_is_refused_or_can_be_parsed(dialect, text):
    try:
        came = borrowed(text, dialect)
    except QueryError:
        return
    if came.query:
        parse(came.query, as_view=True)


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("acme NOT foo NEAR/5 bar", "acme NOT foo NEAR/5 bar"),
        ("acme NOT raw:Foo NEAR/50 bar", "acme NOT {Foo} NEAR/30 bar"),
        ("acme AND NOT (foo NEAR/5 bar)", "acme AND NOT (foo NEAR/5 bar)"),
    ],
)
def test_not_before_a_proximity_keeps_taking_away_the_whole_of_it(written, ours):
    assert borrowed(written, "brandwatch").query == ours
