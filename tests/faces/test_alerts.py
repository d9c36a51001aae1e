"""`overheard alerts`, as a person types it: what was told, what is watched, what the past would have raised."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
[[source]]
kind = "feed"
name = "blog"
url = "http://127.0.0.1:9/feed"
paused = true
[scoring]
enabled = false
[alerts]
to = ["file:alerts"]
watch = ["volume", "sources"]
timezone = "UTC"
"""
SPIKE = timedelta(days=3)
"""So long ago there was one."""


@pytest.fixture
def stored(run, folder):
    """Five weeks of a mention every other hour; fourteen more in one hour, three days ago, and in this one."""
    (folder / "config.toml").write_text(CONFIG.replace(CONFIG[CONFIG.index("[[source]]") : CONFIG.index("[sco")], ""))
    draw, now = random.Random(3), datetime.now(UTC)
    times = [now - timedelta(hours=hours + draw.random()) for hours in range(1, 5 * 168) if draw.random() < 0.5]
    spike = (now - SPIKE).replace(minute=0)
    times += [spike + timedelta(minutes=n) for n in range(14)]
    times += [now - timedelta(seconds=n) for n in range(14)]
    rows = [{"id": str(n), "text": f"Acme in a shop {n}", "published": at.isoformat()} for n, at in enumerate(times)]
    (folder / "past.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("import", "past.jsonl").returncode == 0


def test_an_alert_is_shown_acknowledged_and_snoozed_by_its_number(run, stored):
    assert "1 alert" in run("collect").stdout
    listed = run("alerts").stdout
    assert "Acme: 1" in listed
    assert "volume/1" in listed
    (one,) = [
        alert
        for line in run("alerts", "--open", "--json").stdout.splitlines()
        if (alert := json.loads(line))["kind"] == "volume"
    ]
    assert one["sent"] is True
    shown = run("alerts", "show", str(one["id"])).stdout
    assert "usual" in shown
    assert "overheard mentions" in shown
    done = run("alerts", "ack", f"#{one['id']}", str(one["id"] + 1), "--by", "ann").stdout
    assert "acknowledged by ann" in done
    assert run("alerts", "--open").stdout.startswith("No alert is open.")
    snoozed = run("alerts", "snooze", str(one["id"]), "--for", "2d").stdout
    assert "Nothing is sent of volume/1 until" in snoozed
    assert "overheard alerts unsnooze volume/1" in snoozed
    assert "snoozed until" in run("alerts", "why").stdout
    assert "You hear of volume/1 again." in run("alerts", "unsnooze", "volume/1").stdout
    again = run("alerts", "unsnooze", "volume/1")
    assert (again.returncode, "is not snoozed" in again.stderr) == (2, True)


def test_why_tells_counts_what_is_usual_and_from_which_number_on_it_is_an_alert(run, stored):
    rows = [json.loads(line) for line in run("alerts", "why", "--json").stdout.splitlines()]
    volume = next(row for row in rows if row["kind"] == "volume")
    assert volume["enough_on"] == ""
    day = next(level for level in volume["levels"] if level["hours"] == 24)
    assert day["low"] <= 12 <= day["high"] < day["alarm_from"]
    assert "On average one false alarm in 28 days" in run("alerts", "why").stdout


def test_the_past_is_played_through_at_any_rate(run, stored):
    found = [json.loads(line) for line in run("alerts", "backtest", "--since", "10d", "--json").stdout.splitlines()]
    spike = (datetime.now(UTC) - SPIKE).replace(minute=0, second=0, microsecond=0)
    assert [one["at"][:13] for one in found] == [f"{spike:%Y-%m-%dT%H}"]
    told = run("alerts", "backtest", "--since", "10d", "--false-alarms", "one a week").stdout
    assert "By chance alone there would be about 1.4, at one in 7 days" in told
    wrong = run("alerts", "backtest", "--false-alarms", "often")
    assert (wrong.returncode, "such as" in wrong.stderr) == (2, True)


def test_with_too_little_past_it_says_from_when_on_there_is_enough(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    now = datetime.now(UTC)
    rows = [{"text": f"Acme {n}", "published": (now - timedelta(days=n)).isoformat()} for n in range(5)]
    (folder / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("import", "few.jsonl")
    told = run("alerts", "why").stdout
    assert "too little past to say what is usual (3 days so far)" in told
    assert "There is too little past to play through" in run("alerts", "backtest").stdout


def test_on_the_first_day_it_says_that_no_whole_day_is_known(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "one.jsonl").write_text(json.dumps({"text": "Acme", "published": datetime.now(UTC).isoformat()}))
    run("import", "one.jsonl")
    assert "no whole day of it is known yet; watched from 21 days on" in run("alerts", "why").stdout


@pytest.mark.parametrize(
    "words", [("show", "12"), ("show", "x"), ("ack", "7"), ("snooze", "everything", "--for", "1d")]
)
def test_what_is_not_there_is_said_with_what_to_do(run, folder, words):
    (folder / "config.toml").write_text(CONFIG)
    run("collect")
    done = run("alerts", *words)
    assert done.returncode == 2
    assert "`overheard alerts` shows" in done.stderr


def test_without_alerts_the_list_says_where_to_look(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    run("collect")
    assert "`overheard alerts why` shows what is watched" in run("alerts").stdout
