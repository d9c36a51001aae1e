"""`overheard correct` and `overheard corrections`, as a person types them."""

from __future__ import annotations

import json

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
competitors = ["Bolt"]
[[brand]]
name = "Bolt"
query = "bolt"
[scoring]
enabled = false
"""
ROWS = [
    {"id": "1", "text": "Acme lost my refund", "author": "Ann", "url": "https://x.example/1"},
    {"id": "2", "text": "acme lost my refund https://t.co/1", "author": "Bob", "url": "https://x.example/2"},
    {"id": "3", "text": "Acme beats Bolt", "author": "Eve", "url": "https://x.example/3"},
]


@pytest.fixture
def stored(run, folder):
    """A database with three imported mentions."""
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    assert run("import", "rows.jsonl").returncode == 0


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_correction_by_number_or_address_shows_at_once_with_its_copies(run, stored):
    done = run(
        "correct", "#1", "--sentiment", "Negative", "--topic", "refunds", "--by", "Ann", "--note", "called twice"
    )
    assert done.returncode == 0, done.stderr
    assert "mention #1 towards Acme, sentiment: not scored → negative" in done.stdout
    assert "1 near-duplicate of it: #2" in done.stdout
    assert "Acme/sentiment: 1 correction; from 12 on" in done.stdout
    found = {one["id"]: one for one in lines(run("mentions", "refund", "--json"))}
    for id_ in (1, 2):
        assert found[id_]["scores"]["brands"]["Acme"]["brand_sentiment"]["label"] == "negative"
        assert found[id_]["scores"]["topics"] == [{"label": "refunds", "score": 1.0}]
        assert found[id_]["corrected"] == ["sentiment", "topics"]
    assert run("correct", "https://x.example/1", "--sentiment", "positive").returncode == 0
    assert "negative → positive" in run("corrections").stdout


def test_the_list_says_when_who_what_and_in_which_state(run, stored):
    run("correct", "1", "--sentiment", "negative", "--by", "Ann", "--note", "called twice")
    (one,) = lines(run("corrections", "--json"))
    facts = {name: one[name] for name in ("mention", "brand", "field", "before", "after", "by", "note", "state")}
    assert facts == {
        "mention": 1,
        "brand": "Acme",
        "field": "sentiment",
        "before": None,
        "after": "negative",
        "by": "Ann",
        "note": "called twice",
        "state": "holds",
    }
    assert one["near_duplicates"] == [2]
    undone = run("corrections", "--undo", str(one["id"]), "--by", "Bob")
    assert "and 1 near-duplicate of it" in undone.stdout
    (one,) = lines(run("corrections", "--json"))
    assert (one["state"], one["undone_by"]) == ("undone", "Bob")
    assert all("corrected" not in line for line in run("mentions").stdout.splitlines())
    assert "undone by Bob" in run("corrections").stdout


def test_several_mentions_are_corrected_together_or_none_is(run, stored):
    done = run("correct", "1", "99", "--relevant", "no")
    assert done.returncode == 2
    assert "no mention 99" in done.stderr
    assert "Nothing was corrected yet" in run("corrections").stdout
    assert run("correct", "1", "2", "--relevant", "no").returncode == 0
    assert lines(run("mentions", 'brand:"Acme" refund', "--json")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1",), "Say what is right"),
        (("1", "--sentiment", "negativ"), 'did you mean "negative"?'),
        (("1", "--topic", "refund"), 'did you mean "refunds"?'),
        (("1", "--topic", "none", "--topic", "refunds"), "stands alone"),
        (("1", "--relevant", "perhaps"), "yes, no"),
        (("3", "--sentiment", "positive"), "is of Acme and Bolt: say towards whom with --brand"),
        (("1", "--sentiment", "positive", "--brand", "Bolt"), 'is not of "Bolt"; it is of: Acme'),
        (("https://x.example/9", "--sentiment", "positive"), "is no mention"),
        (("99", "--topic", "refunds"), "no mention 99"),
    ],
)
def test_what_cannot_be_corrected_is_refused_with_what_to_write_instead(run, stored, words, told):
    done = run("correct", *words)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--undo", "seven"), "not the number of a correction"),
        (("--undo", "7"), "no correction 7"),
        (("--forget", "Acme/relevance"), "has learnt nothing"),
        (("--forget", "Nobody/relevance"), 'no brand "Nobody"'),
        (("--forget", "relevance"), "Write BRAND/relevance"),
        (("--forget", "Acme/topics"), "Write topics"),
        (("--forget", "Acme/humour"), "names no head"),
        (("--learn", "--undo", "1"), "One at a time"),
    ],
)
def test_what_cannot_be_undone_or_forgotten_is_refused(run, stored, words, told):
    done = run("corrections", *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_head_with_few_corrections_says_how_many_it_takes(run, stored):
    assert "nothing was learnt" in run("corrections", "--learnt").stdout
    run("correct", "1", "--relevant", "no")
    assert "it takes 12 corrections" in run("corrections", "--learnt").stdout
    (one,) = lines(run("corrections", "--learnt", "--json"))
    assert (one["head"], one["corrections"], one["lessons"]) == ("Acme/relevance", 1, [])
