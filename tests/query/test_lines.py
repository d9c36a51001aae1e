"""`overheard query match QUERY < texts.jsonl`: matching lines come back whole, with spans."""

from __future__ import annotations

import json

import pytest

from monitor.query import Problem, QueryError, match_lines


def matched(query: str, *rows: dict, as_view: bool = True) -> list[dict]:
    problems: list[Problem] = []
    found = [
        json.loads(line) for line in match_lines(query, map(json.dumps, rows), as_view=as_view, report=problems.append)
    ]
    assert problems == []
    return found


def test_a_matching_line_keeps_its_keys_and_gains_its_spans():
    row = {"id": 7, "title": "Hero", "text": "My GoPro, my GoPro", "extra": {"a": [1]}, "rating": None}
    assert matched("gopro", row, {"text": "other"}) == [
        {**row, "spans": [{"field": "text", "start": 3, "end": 8}, {"field": "text", "start": 13, "end": 18}]}
    ]


def test_lines_are_written_as_readable_text():
    assert list(match_lines("東京", ['{"text": "\\u6771\\u4eac"}'])) == [
        '{"text": "東京", "spans": [{"field": "text", "start": 0, "end": 2}]}'
    ]
    half = list(match_lines("a", ['{"text": "a \\ud83d"}']))
    assert json.loads(half[0].encode())["text"] == "a \ud83d"


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("rating:>=4", {"rating": 4}),
        ("rating:>=4", {"rating": "4.5"}),
        ("type:review", {"type": "review"}),
        ("type:review", {"kind": "review"}),
        ("brand:gopro", {"brands": ["GoPro"]}),
        ("after:2026-01", {"published": "2026-01-31T12:00:00Z"}),
        ("sentiment:negative", {"sentiment": {"label": "negative", "negative": 0.9}}),
        ("sentiment:negative", {"scores": {"sentiment": "negative"}}),
        ("topic:price", {"topics": [{"label": "price", "score": 0.9}, {"label": "delivery"}]}),
        ("need:help", {"scores": {"need": [{"label": "help"}]}}),
        ("lang:en", {"lang": "en"}),
        ("source:reddit", {"source": "reddit"}),
        ("reach:>=10k", {"reach": 10_000}),
        ("followers:<10,000", {"followers": "9999"}),
        ("engagement:1..5", {"engagement": 3}),
        ("status:replied", {"status": "replied"}),
        ("team:support", {"team": "Support"}),
        ("assignee:@ann", {"assignee": "ann"}),
        ("tag:late-reply", {"tags": ["vip", "late reply"]}),
        ("has:link", {"has": ["link", "media"]}),
        ("is:story-lead", {"is": ["story-lead"]}),
        ("is:question", {"needs": ["help"]}),
        ("like:#7", {"like": [7, 8]}),
        ("has:link", {"title": "see https://a.example"}),
        ("is:reply has:reply", {"type": "comment", "extra": {"replies": 2}}),
        (
            "followers:>=1k reach:1200 engagement:7",
            {"extra": {"followers": "1,200", "likes": 7, "score": float("nan")}},
        ),
        ("reach:5", {"reach": 5, "extra": {"views": 9}}),
    ],
)
def test_fields_read_what_our_own_commands_write(query, facts):
    assert matched(query, {"text": "x", **facts})
    assert not matched(query, {"text": "x"})


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_matched():
    problems: list[Problem] = []
    lines = [
        '{"text": "gopro 1"}',
        "not json",
        "[1]",
        "",
        '{"text": 5}',
        '{"text": "gopro", "rating": "many"}',
        '{"text": "gopro", "rating": NaN}',
        '{"text": "gopro", "published": "soon"}',
        "[" * 100_000,
        '\ufeff{"text": "gopro 2"}\r\n',
        '{"text": null, "title": "gopro 3"}',
    ]
    found = [json.loads(line) for line in match_lines("gopro", lines, report=problems.append)]
    assert [row["text"] or row["title"] for row in found] == ["gopro 1", "gopro 2", "gopro 3"]
    assert [problem.line for problem in problems] == [2, 3, 5, 6, 7, 8, 9]
    assert problems[2].why == '"text" must be a text, not 5'


def test_a_bad_query_is_refused_before_a_line_is_read():
    def no_lines():
        raise AssertionError("read before the query was understood")
        yield ""

    with pytest.raises(QueryError, match="line 1, column 9"):
        match_lines("apple OR", no_lines())
    with pytest.raises(QueryError, match="collect everything"):
        match_lines("NOT apple", no_lines())
