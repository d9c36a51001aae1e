"""`overheard rules`, as a person types it: what tells whom, and what a rule would tell before it is on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

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
[[department]]
name = "Support"
query = "refund"
to = ["file:support"]
owner = "ann"
answer_within = "4h"
[[rule]]
name = "Refunds"
query = "brand:acme refund"
to = ["file:alerts"]
quiet = "22:00-07:00"
timezone = "UTC"
escalate_after = "4h"
escalate_to = ["file:boss"]
[[rule]]
name = "Press"
query = "type:article"
department = "Support"
send = "hourly"
paused = true
"""


@pytest.fixture
def stored(run, folder):
    """Ninety mentions of the last thirty days: three each day, one of them of Bolt alone; a burst of twenty at noon."""
    (folder / "config.toml").write_text(CONFIG)
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows = [
        {
            "id": f"{day}/{n}",
            "text": ("Acme owes me a refund", "Acme is fine", "Bolt gave a refund")[n],
            "published": (today - timedelta(days=day, hours=12 - n)).isoformat(),
        }
        for day in range(28)
        for n in range(3)
    ]
    rows += [
        {"id": f"burst/{n}", "text": f"Acme refund {n}", "published": (today + timedelta(seconds=n)).isoformat()}
        for n in range(20)
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = run("import", "rows.jsonl")
    assert done.returncode == 0, done.stderr


def test_every_rule_and_department_is_listed_with_where_it_tells(run, stored):
    shown = run("rules").stdout
    assert "Refunds" in shown
    assert "paused" in shown
    assert "4 hours" in shown
    rules = [json.loads(line) for line in run("rules", "--json").stdout.splitlines()]
    assert [(one["kind"], one["name"]) for one in rules] == [
        ("rule", "Refunds"), ("rule", "Press"), ("department", "Support"),
    ]  # fmt: skip
    assert rules[1]["channels"] == rules[2]["channels"]
    assert 20 <= rules[2]["open"] < 48  # to what was the past already when it was imported nobody owes an answer


def test_a_rule_is_played_through_on_what_is_stored_before_it_tells_anybody(run, stored):
    done = run("rules", "test", "refunds", "--since", "40d", "--json")
    assert done.returncode == 0, done.stderr
    trial = json.loads(done.stdout)
    assert trial["caught"] == 48
    assert trial["in_quiet"] == 28  # those at midnight
    each, batch, hourly = trial["ways"]
    assert (each["send"], each["messages"], each["why"]) == ("each", 35, {"quiet": 28, "each": 5, "flood": 2})
    assert batch["messages"] == hourly["messages"] == 29
    assert trial["brands"] == {"Acme": 48}
    assert [one["text"] for one in trial["samples"]] == ["Acme refund 19", "Acme refund 18", "Acme refund 17"]
    assert run("outbox").stdout.strip() == "Nothing was sent yet."


def test_a_query_is_tried_as_a_rule_and_what_floods_is_said(run, stored):
    shown = run("rules", "test", "--query", "refund", "--since", "2d").stdout
    assert "It would flood its readers" not in shown
    assert "Not only your own brands are in it" in shown
    assert "brand: in its query chooses" in shown
    assert "brand: in its query" not in run("rules", "test", "--query", "brand:acme refund", "--since", "2d").stdout
    assert "of them came in quiet hours" not in shown
    assert "Nothing was sent, and nothing was changed." in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("test", "Refnds"), 'did you mean "Refunds"?'),
        (("test",), "Name a rule, or give a query to try"),
        (("test", "--query", "(("), "("),
        (("test", "Refunds", "--since", "whenever"), "--since"),
        (("test", "Refunds", "--send", "hourl"), 'did you mean "hourly"?'),
        (("test", "Refunds", "--quiet", "night"), "quiet hours"),
        (("explain", "Nothing"), "There is no rule"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_what_to_write(run, stored, words, told):
    done = run("rules", *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_rule_is_explained_in_words(run, stored):
    shown = run("rules", "explain", "Refunds").stdout
    for line in (
        "Decided: as soon as a mention is stored.",
        "Quiet: from 22:00 to 07:00 (UTC); what came then is told as one at the end.",
        "Unanswered for 4 hours:",
        "At work since",
    ):
        assert line in shown, shown
    assert "Paused: nothing is caught." in run("rules", "explain", "press").stdout
