"""`overheard stories`, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
[scoring]
enabled = false
"""
NEWS = (
    "Acme will open a repair centre in Lyon in May, its first in France, and hire sixty people for it, the company "
    "told the town on Tuesday. Kettles can be brought in without an appointment."
)


@pytest.fixture
def stored(run, folder):
    """One story, told by two papers."""
    (folder / "config.toml").write_text(CONFIG)
    at = datetime.now(UTC) - timedelta(hours=3)
    rows = [
        {"id": "1", "title": "Acme to mend in Lyon", "text": NEWS, "author": "The Ledger", "published": at.isoformat()},
        {
            "id": "2",
            "text": f"(Wire) {NEWS}",
            "author": "[b]Gazette",
            "published": (at + timedelta(hours=1)).isoformat(),
        },
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run("import", "rows.jsonl").returncode == 0


def test_stories_are_listed_with_both_counts(run, stored):
    done = run("stories")
    assert done.returncode == 0, done.stderr
    assert "Acme to mend in Lyon" in done.stdout
    (one,) = map(json.loads, run("stories", "--json").stdout.splitlines())
    assert (one["id"], one["mentions"], one["in_all"]) == (1, 2, 2)


def test_a_story_is_shown_with_who_tells_it(run, stored):
    shown = run("stories", "show", "1").stdout
    assert "The Ledger" in shown
    assert "[b]Gazette" in shown
    assert shown.index("(leads)") < shown.index("(nearly the same words)")


def test_a_split_is_taken_back_by_what_it_says(run, stored):
    split = run("stories", "split", "1", "2")
    assert split.returncode == 0, split.stderr
    assert "To undo: overheard stories undo 1" in split.stdout
    assert run("stories", "--json").stdout == ""
    assert run("stories", "undo").returncode == 0
    assert "[b]Gazette" in run("stories", "show", "1").stdout
