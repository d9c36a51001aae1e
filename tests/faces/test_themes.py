"""`overheard themes`, as a person types it."""

from __future__ import annotations

import json
import shlex

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
[scoring]
enabled = false
"""
TEXTS = [
    "Still waiting for my refund from Acme.",
    "Acme, three weeks of waiting on a refund now",
    "I have been waiting for the Acme refund since May!",
    "The Acme app crashed at checkout",
    "app crashed at checkout, thank you Acme",
    "Acme: your app crashed at checkout [bold]again[/bold]",
]


@pytest.fixture
def stored(run, folder):
    """Two themes, of three people each."""
    (folder / "config.toml").write_text(CONFIG)
    rows = [{"id": str(i), "text": text, "author": f"person {i}"} for i, text in enumerate(TEXTS)]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert run("import", "rows.jsonl").returncode == 0


def listed(run, *more):
    done = run("themes", "--json", *more)
    assert done.returncode == 0, done.stderr
    return {one["id"]: one for one in map(json.loads, done.stdout.splitlines())}


def undo(run, done):
    """Type what the command said would undo it."""
    assert done.returncode == 0, done.stderr
    program, *words = shlex.split(done.stdout.split("To undo: ")[1].splitlines()[0])
    assert program == "overheard"
    assert run(*words).returncode == 0


def test_themes_are_listed_with_their_people(run, stored):
    shown = run("themes").stdout
    assert "waiting on a refund" in shown
    assert "app crashed at checkout" in shown
    assert [(one["people"], one["mentions"], one["usual"]) for one in listed(run).values()] == [(3, 3, None)] * 2


def test_one_theme_is_shown_in_the_words_of_those_who_say_it(run, stored):
    number = next(id_ for id_, one in listed(run).items() if "crashed" in one["name"])
    shown = run("themes", "show", str(number)).stdout
    assert "3 mentions by 3 people" in shown
    assert "Acme: your app crashed at checkout [bold]again[/bold]" in shown
    told = json.loads(run("themes", "show", str(number), "--json").stdout)
    assert len(told["quotes"]) == 3
    assert sum(told["days"]) == 3


def test_a_theme_is_renamed_found_by_its_name_and_named_back(run, stored):
    before = listed(run)
    number = min(before)
    done = run("themes", "rename", str(number), "Money back")
    assert listed(run)[number]["name"] == "Money back"
    assert len(run("mentions", 'theme:"money back"', "--json").stdout.splitlines()) == 3
    undo(run, done)
    assert listed(run) == before


def test_themes_are_merged_hidden_and_pinned_and_each_is_taken_back(run, stored):
    before = listed(run)
    one, other = sorted(before)
    done = run("themes", "merge", str(one), str(other))
    assert [(id_, row["people"]) for id_, row in listed(run).items()] == [(one, 6)]
    undo(run, done)
    done = run("themes", "hide", str(one))
    assert list(listed(run)) == [other]
    assert set(listed(run, "--all")) == {one, other}
    undo(run, done)
    done = run("themes", "pin", str(other))
    assert next(iter(listed(run))) == other
    undo(run, done)
    assert listed(run) == before


def test_everything_can_be_sorted_anew_and_keeps_its_numbers(run, stored):
    run("themes", "rename", "1", "Money back")
    before = listed(run)
    done = run("themes", "rebuild")
    assert "6 mentions sorted anew" in done.stdout
    assert listed(run) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "99"), "There is no theme 99"),
        (("show", "refunds"), "is no number"),
        (("rename", "1", "12"), "digits alone"),
        (("rename", "1", "!!"), "names no theme"),
        (("merge", "1"), "two themes at least"),
        (("merge", "1", "1"), "two different themes"),
        (("undo",), "Nothing that somebody changed"),
        (("--brand", "Bolt"), 'There is no brand "Bolt"'),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(run, stored, words, said):
    done = run("themes", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_themes_it_says_what_makes_one(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text(json.dumps({"id": "1", "text": "Acme is late"}))
    run("import", "rows.jsonl")
    assert "three people who say the same" in run("themes").stdout
