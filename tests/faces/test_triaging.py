"""`overheard triage`, as a person types it."""

from __future__ import annotations

import json
import re
import shlex

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
    {"id": "1", "text": "Acme lost my refund", "url": "https://x.example/1"},
    {"id": "2", "text": "Acme is late", "url": "https://x.example/2"},
    {"id": "3", "text": "Acme beats Bolt", "url": "https://x.example/3"},
]


@pytest.fixture
def stored(run, folder):
    """A database with three imported mentions."""
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    assert run("import", "rows.jsonl").returncode == 0


def found(run, query):
    done = run("mentions", query, "--json")
    assert done.returncode == 0, done.stderr
    return sorted(json.loads(line)["id"] for line in done.stdout.splitlines())


def stands(run):
    """Where all mentions of Acme stand, without who said so and what was noted before."""
    shown = (run("triage", id_, "--brand", "Acme").stdout for id_ in "123")
    return [re.sub(r" · by .*|\n  \d\d \w{3} \d{4} .*|\n  First reply .*", "", one).strip() for one in shown]


def undo(run, done):
    """Type what the command said would undo it."""
    assert done.returncode == 0, done.stderr
    _, *commands = (part.strip() for part in done.stdout.split("To undo: "))
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "overheard"
        assert run(*words).returncode == 0
    return commands


def test_what_was_noted_is_shown_and_found(run, stored):
    words = ("--assign", "@ann", "--tag", "vip", "--tag", "press", "--team", "care", "--note", "it's urgent")
    done = run("triage", "#1", "https://x.example/2", *words, "--by", "Eve")
    assert "#1 of Acme: status new → assigned, assignee none → ann" in done.stdout
    assert found(run, "status:assigned assignee:@ann tag:vip team:care") == [1, 2]
    shown = run("triage", "1").stdout
    assert "#1 of Acme: assigned · assignee ann · team care · tags press, vip · by Eve" in shown
    assert "“it's urgent”" in shown


def test_the_undo_that_is_printed_restores_what_was(run, stored):
    run("triage", "1", "--assign", "ann", "--tag", "vip", "--tag", "a b", "--note", "it's\nurgent", "--status", "new")
    run("triage", "2", "--status", "replied")
    before = stands(run)
    done = run(
        "triage", "1", "2", "3", "--brand", "acme", "--assign", "", "--untag", "VIP", "--tag", "new", "--status",
        "hidden", "--team", "care", "--note", "",
    )  # fmt: skip
    assert found(run, "status:hidden tag:new") == [1, 2, 3]
    assert len(undo(run, done)) == 3
    assert stands(run) == before
    undo(run, run("triage", "1", "--assign", "bob", "--status", "new"))
    assert stands(run) == before


def test_mentions_that_stood_alike_are_undone_together(run, stored):
    (command,) = undo(run, run("triage", "1", "2", "--tag", "vip"))
    assert command == "overheard triage 1 2 --brand Acme --untag vip"
    assert found(run, "tag:vip") == []


def test_all_are_noted_or_none_is(run, stored):
    done = run("triage", "1", "99", "--tag", "vip")
    assert (done.returncode, "no mention 99" in done.stderr) == (2, True)
    assert found(run, "tag:vip") == []


def test_what_stands_so_already_is_said_and_has_no_undo(run, stored):
    run("triage", "1", "--tag", "vip")
    done = run("triage", "1", "--tag", "VIP")
    assert "stands so already" in done.stdout
    assert undo(run, done) == []


def test_one_word_says_how_far_an_answer_is_and_the_history_says_who_and_when(run, stored):
    for words in (("--reply", "--by", "Eve"), ("--resolve", "--by", "Ann"), ("--reopen", "--by", "Bob")):
        assert run("triage", "1", *words).returncode == 0
    shown = run("triage", "1").stdout
    assert "#1 of Acme: reopened" in shown
    for line in ("Eve: status new → replied", "Ann: status replied → resolved", "Bob: status resolved → reopened"):
        assert line in shown
    assert "First reply" in shown
    assert [one["by"] for one in json.loads(run("triage", "1", "--json").stdout)["history"]] == ["Eve", "Ann", "Bob"]


def test_what_was_hidden_is_shown_again_as_it_stood(run, stored):
    run("triage", "1", "--assign", "ann")
    run("triage", "1", "--hide")
    assert found(run, "status:hidden") == [1]
    assert "status hidden → assigned" in run("triage", "1", "--show").stdout
    assert "stands so already" in run("triage", "1", "--show").stdout


def test_undo_takes_back_one_change_after_the_other(run, stored):
    run("triage", "1", "--assign", "ann")
    run("triage", "1", "--reply")
    assert "status replied → assigned" in run("triage", "1", "--undo").stdout
    assert "assignee ann → none" in run("triage", "1", "--undo").stdout
    done = run("triage", "1", "--undo")
    assert (done.returncode, "Nothing was noted of mention 1" in done.stderr) == (2, True)
    assert "First reply" not in run("triage", "1").stdout


def test_a_mention_is_put_off_and_woken(run, stored):
    assert "snoozed until" in run("triage", "1", "--snooze", "2d").stdout
    assert "snoozed until" in run("triage", "1").stdout
    done = run("triage", "1", "--snooze", "")
    assert "awake" in done.stdout
    undo(run, done)
    assert "snoozed until" in run("triage", "1").stdout


def test_numbers_as_an_alert_shows_them_are_taken_in_one_word(run, stored):
    assert run("triage", "#1, #2 #3", "--brand", "Acme", "--tag", "vip").returncode == 0
    assert found(run, "tag:vip") == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1", "--reply", "--resolve"), "A mention has one status; these are 2: replied, resolved"),
        (("1", "--undo", "--tag", "vip"), "stands alone"),
        (("1", "--snooze", "soon"), "is not an interval"),
        (("1", "--snooze", "2001-01-01"), "not into the past"),
        (("1", "--show", "--reply"), "leave out the other one"),
        (("3", "--tag", "vip"), "is of Acme and Bolt: say of which with --brand"),
        (("1", "--brand", "Bolt", "--tag", "vip"), 'is not of "Bolt"; it is of: Acme'),
        (("1", "--status", "asigned"), 'did you mean "assigned"?'),
        (("99",), "no mention 99"),
        (("1" * 5_000,), "no mention 1111"),
        (("https://x.example/9", "--tag", "vip"), "is no mention"),
    ],
)
def test_what_cannot_be_noted_is_refused_with_what_to_write(run, stored, words, told):
    done = run("triage", *words)
    assert done.returncode == 2
    assert told in done.stderr
