"""`overheard query backtest`, as a person types it."""

from __future__ import annotations

import json

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
[[brand]]
name = "Bolt"
query = "bolt"
[scoring]
enabled = false
"""
ROWS = [
    {"id": "1", "text": "Acme lost my refund", "date": "2026-11-02", "author": "Ann"},
    {"id": "2", "text": "Acme is late", "date": "2026-11-03"},
    {"id": "3", "text": "Bolt, never Akme", "date": "2026-11-03"},
    {"id": "4", "text": "\u001b[2J Akme is hiring", "date": "2026-11-04"},
]


@pytest.fixture
def stored(run, folder):
    """A database with four imported mentions."""
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    assert run("import", "rows.jsonl").returncode == 0
    assert run("collect").returncode in (0, 1)  # tries the brands' queries; there is no source


def test_it_says_what_is_kept_gained_and_lost_with_samples_and_days(run, stored):
    done = run("query", "backtest", "acme", "(acme OR akme) -refund")
    assert done.returncode == 0, done.stderr
    assert "Acme: keeps 1, gains 2, loses 1." in done.stdout
    assert "#3 · 03 Nov 2026" in done.stdout
    assert "Bolt, never »Akme«" in done.stdout
    assert "NOT refund: it is there: “refund”" in done.stdout
    assert "02 Nov  0  −1" in done.stdout
    assert "\x1b" not in done.stdout
    assert "not tried on all that is stored" not in done.stdout


def test_nothing_is_changed_by_it(run, stored):
    before = run("mentions", "brand:acme", "--json").stdout
    run("query", "backtest", "Acme", "zebra")
    assert run("mentions", "brand:acme", "--json").stdout == before


def test_warnings_about_the_query_come_first(run, stored):
    done = run("query", "backtest", "Acme", "acme or akme")
    lines = done.stdout.splitlines()
    assert "warning" in lines[0]
    assert any("the operator is OR" in line for line in lines)
    assert "keeps 0, gains 0, loses 2" in done.stdout


def test_as_json_it_is_one_object_without_anything_else(run, stored):
    done = run("query", "backtest", "Acme", "akme or", "--json", "--samples", "1")
    found = json.loads(done.stdout)
    assert (found["kept"], found["gained"], found["lost"], found["before"]) == (0, 0, 2, "acme")
    assert found["days"] == [
        {"day": "2026-11-02", "kept": 0, "gained": 0, "lost": 1},
        {"day": "2026-11-03", "kept": 0, "gained": 0, "lost": 1},
    ]
    assert [one["mention"] for one in found["losses"]] == [2]
    assert found["findings"][0]["severity"] == "warning"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Acmee", "acme"), 'Did you mean "Acme"?'),
        (("Acme", "acme OR"), "expected a term after OR"),
        (("Acme", "NOT acme"), "line 1"),
        (("Acme", "lang:en"), "line 1"),
        (("Acme", "acme", "--days", "0"), "--days"),
    ],
)
def test_what_cannot_be_tried_is_refused(run, stored, words, told):
    done = run("query", "backtest", *words)
    assert done.returncode == 2
    assert told in done.stderr
