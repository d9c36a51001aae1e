"""`overheard stories` as a person runs it: shown, split, named, and taken back."""

from __future__ import annotations

import json

import pytest

NEWS = (
    "Acme will open a repair centre in Lyon in May, its first in France, and hire sixty people for it, "
    "the company told the town on Tuesday"
)
ROWS = [
    {"id": "1", "text": NEWS, "published": "2026-11-20T08:00:00Z"},
    {"id": "2", "text": f"[b](Wire) {NEWS}", "published": "2026-11-20T09:00:00Z"},
    {"id": "3", "text": f"{NEWS} Read on.", "published": "2026-11-20T10:00:00Z"},
]


@pytest.fixture
def told(run, tmp_path):
    """The program, with three who tell one story."""
    (tmp_path / "config.toml").write_text('[[brand]]\nname = "Acme"\nquery = "acme"\n', encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    assert run("import", "rows.jsonl").returncode == 0

    def ask(*words: str):
        return run("stories", *words)

    return ask


def test_a_story_is_listed_shown_split_named_and_put_back(told):
    (story,) = [json.loads(line) for line in told("--since", "2026-11", "--json").stdout.splitlines()]
    number = str(story["id"])
    assert (story["mentions"], story["first"]) == (3, "2026-11-20T08:00:00Z")
    assert "[b](Wire)" in told("show", number).stdout
    split = told("split", number, "3", "--by", "ann")
    assert "was split off" in split.stdout
    assert "overheard stories undo 1" in split.stdout
    told("name", number, "The repair centre")
    listed = told("--since", "2026-11").stdout
    assert "The repair centre" in listed
    told("undo", "1")
    assert json.loads(told("show", number, "--json").stdout)["size"] == 3


def test_what_is_wrong_is_said_in_words(told):
    assert "There is no story 99" in told("show", "99").stderr
    assert "is no number" in told("show", "first").stderr
    assert "There is no brand" in told("--brand", "Nobody").stderr
