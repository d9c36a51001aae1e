"""Searching at the command line: days as people type them, pages, counts, bars, searches kept by name."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor import pipeline
from monitor.config import load
from monitor.faces import facets
from monitor.faces.facets import stretches
from monitor.faces.serving import serve
from monitor.store import opinions
from monitor.store.engine import Store
from monitor.store.lock import WriteLock

CONFIG = """
[web]
listen = "127.0.0.1:0"
[scoring]
enabled = false
[[brand]]
name = "Acme"
competitors = ["Bolt"]
[[channel]]
name = "files"
kind = "file"
folder = "out"
[[digest]]
brand = "Acme"
timezone = "Pacific/Auckland"
to = "files"
"""
VERSIONS = dict.fromkeys(("language", "sentiment", "brand_sentiment"), "1")


def row(day: int, text: str, hour: int = 12, **more: Any) -> dict[str, Any]:
    return {"id": f"{day}-{hour}", "text": text, "published": f"2026-11-{day:02}T{hour:02}:00:00Z", **more}


@pytest.fixture
def stored(run, folder):
    """Twelve days of November, as Acme's people in Auckland hear of them."""
    rows = [row(day, f"Acme refund, day {day}", author="Ann", lang="en") for day in range(1, 11)]
    rows += [row(11, "Bolt is late", views=900), row(12, "Acme is lovely", views=40, author="Bob")]
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run("import", "rows.jsonl").returncode == 0
    return folder


def judge(folder: Path, sentiment: str) -> None:
    """Everything is scored alike."""
    answer = {"label": sentiment, sentiment: 0.9, "unsure": False}
    with WriteLock(folder / "overheard.db") as lock:
        assert lock.take()
        store = Store(folder / "overheard.db", write=True)
        due = store.reading(opinions.due, 1000)
        answered = [(one, {"language": "en", "sentiment": answer, "brand_sentiment": answer}) for one in due]
        store.writing(pipeline.settle, answered, VERSIONS, datetime.now(UTC))
        store.close()


def texts(done) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["text"] for line in done.stdout.splitlines()]


def told(done) -> str:
    """The command for the next page, as it was told."""
    return next((line.partition("Next page: overheard ")[2] for line in done.stderr.splitlines() if "Next" in line), "")


def test_every_example_of_the_documentation_works(run, stored):
    written = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    commands = re.findall(r"^overheard ((?:mentions|searches).*?)(?: {2,}\S.*)?$", written, re.M)
    assert len(commands) > 10
    for command in commands:
        if "like:" in command:  # nothing is scored in this store
            continue
        done = run(*shlex.split(command))
        assert done.returncode == 0, (command, done.stderr)


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_a_page_says_how_many_there_are(run, stored):
    assert run("mentions", "refund", "--limit", "3").stdout.startswith("10 mentions · newest 3 shown\n")
    assert run("mentions", "lovely").stdout.startswith("1 mention\n")
    assert run("mentions", "acme", "--sort", "reach", "--limit", "1").stdout.startswith(
        "11 mentions · 1 of widest reach shown\n"
    )


@pytest.mark.parametrize("sort", ["newest", "relevance", "reach"])
def test_the_command_that_is_told_leads_through_all_pages(run, stored, sort):
    words = ["acme OR bolt", "--sort", sort, "--since", "2000d", "--until", "2030-12", "--limit", "5", "--json"]
    done = run("mentions", *words)
    seen = texts(done)
    while command := told(done):
        done = run(*shlex.split(command), "--json")
        seen += texts(done)
    assert sorted(seen) == sorted(texts(run("mentions", "--json")))
    assert len(seen) == 12


def test_the_next_page_of_a_query_that_begins_with_a_minus_is_no_option(run, stored):
    done = run("mentions", "--limit", "1", "--", "-refund")
    assert told(done).endswith("-- -refund")
    assert run(*shlex.split(told(done))).stdout.startswith("2 mentions · next 1 shown")


def test_a_day_is_a_day_where_the_digest_is_read_and_the_last_one_is_included(run, stored):
    """2026-11-05 12:00 UTC is already the 6th in Auckland."""
    found = texts(run("mentions", "refund", "--since", "2026-11-06", "--until", "2026-11-07", "--json"))
    assert found == ["Acme refund, day 6", "Acme refund, day 5"]
    assert texts(run("mentions", "refund", "--until", "2026-10-31", "--json")) == []


def test_only_how_many(run, stored):
    assert run("mentions", "refund", "--count").stdout == "10\n"
    assert json.loads(run("mentions", "refund", "--count", "--json").stdout) == {"count": 10, "exact": True}


def test_what_cannot_be_read_says_how_to_write_it(run, stored):
    for words, advice in (
        (["--since", "soonish"], "yesterday"),
        (["--since", "2026-11-09", "--until", "2026-11-01"], "the earlier one first"),
        (["--sort", "new"], '"newest"'),
        (["--brand", "Acne"], '"Acme"'),
        (["--cursor", "17"], "begin again"),
        (["--saved", "x"], "none yet"),
        (["acme AND"], "^"),
    ):
        done = run("mentions", *words)
        assert done.returncode == 2, words
        assert advice in done.stderr, words


def test_an_order_by_reach_says_of_whom_nobody_tells_it(run, stored):
    assert (
        "Nobody tells the reach of these: the newest come first." in run("mentions", "refund", "--sort", "reach").stderr
    )
    assert "come last" in run("mentions", "refund OR lovely", "--sort", "reach").stderr
    assert run("mentions", "lovely OR late", "--sort", "reach").stderr == ""


def test_a_brand_narrows(run, stored):
    assert texts(run("mentions", "--brand", "bolt", "--json")) == ["Bolt is late"]


# ---- nothing found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["refund lang:de"], "Without `lang:de` there would be 10."),
        (["refund (late OR broken) lang:en"], "Without `(late OR broken)` there would be 10."),
        (["refund", "--brand", "Bolt"], "Without brand Bolt there would be 10."),
        (["refund", "--until", "2020"], "Without the dates there would be 10."),
        (["zebra"], "another spelling"),
        (["brand:Acne"], "No mention has `brand:acne`. Did you mean `brand:Acme`?"),
        (["source:elsewhere"], "No mention has `source:elsewhere`. There are: import rows.jsonl."),
        (["tag:vip"], "No mention has `tag:vip`."),
        (["reach:>1000"], "No mention has `reach:>1000`."),
    ],
)
def test_where_nothing_is_found_the_one_condition_is_named_that_keeps_the_most_away(run, stored, words, advice):
    done = run("mentions", *words)
    assert done.returncode == 0
    assert advice in done.stderr


@pytest.mark.parametrize("words", [[], ["--count"], ["--json"], ["--facets"]])
def test_what_may_not_be_meant_is_told_beside_the_answer(run, stored, words):
    small = run("mentions", "acme or lovely", *words)
    assert "the operator is OR" in small.stderr
    mixed = run("mentions", "refund OR late author:Ann", *words)
    assert "put brackets around" in mixed.stderr
    assert "brackets" not in run("mentions", "(refund OR late) author:Ann", *words).stderr


def test_before_anything_is_stored_it_says_what_to_do(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    assert "overheard collect" in run("mentions").stderr


def test_scores_that_are_still_to_come_are_told_to_who_asks_for_them(run, stored):
    advice = "Not everything is scored yet"
    assert advice in run("mentions", "sentiment:negative").stderr
    assert advice in run("mentions", "--facets").stderr
    assert advice not in run("mentions", "refund").stderr
    judge(stored, "negative")
    assert advice not in run("mentions", "sentiment:negative").stderr


# ---- facets ----------------------------------------------------------------------------------------------------------


def test_facets_are_drawn_with_their_days(run, stored):
    judge(stored, "negative")
    lines = run("mentions", "refund", "--facets", "--limit", "1").stdout.splitlines()
    at = lines.index("mentions a day")
    assert lines[at + 1].strip() == "█" * 10
    assert lines[at + 2].split() == ["01", "Nov", "2026", "10", "Nov", "2026", "most:", "1", "a", "day"]
    shown = dict(pairwise(lines))
    assert shown["sentiment"].split() == ["negative", "█" * facets.BAR_WIDTH, "10"]
    assert shown["author"].split()[0] == "Ann"


def test_the_bars_are_drawn_alone_where_only_counts_are_wanted(run, stored):
    done = run("mentions", "refund", "--facets", "--count")
    assert done.stdout.startswith("10 mentions\n")
    assert "author" in done.stdout
    assert "Acme refund" not in done.stdout
    assert "Next page" not in done.stderr


def test_facets_are_also_told_to_programs(run, stored):
    by = json.loads(run("mentions", "acme", "--facets", "--json").stdout)
    assert by["count"] == 11
    assert ["Ann", 10] in by["by"]["author"]
    assert by["by"]["day"][0] == ["2026-11-01", 1]


def test_many_days_share_a_bar_and_none_is_lost():
    first = date(2026, 1, 1)
    days = [((first + timedelta(days=day)).isoformat(), day + 1) for day in range(0, 300, 7)]
    drawn = stretches(days, 60)
    assert len(drawn) <= 60
    assert sum(one.n for one in drawn) == sum(n for _, n in days)
    assert (drawn[0].first.isoformat(), drawn[-1].last.isoformat()) == (days[0][0], days[-1][0])
    assert all(one.last + timedelta(days=1) == two.first for one, two in pairwise(drawn))


# ---- saved searches --------------------------------------------------------------------------------------------------


def test_a_saved_search_is_asked_by_its_name_and_narrowed_by_words_beside_it(run, stored):
    saved = run("searches", "save", "money", "refund OR lovely", "--brand", "Acme", "--sort", "reach")
    assert saved.stdout == "Saved: overheard mentions --saved money\n"
    assert len(texts(run("mentions", "--saved", "money", "--json"))) == 11
    assert texts(run("mentions", "lovely OR zebra", "--saved", "money", "--json")) == ["Acme is lovely"]
    listed = run("searches").stdout
    assert listed == "overheard searches save money 'refund OR lovely' --brand Acme --sort reach\n"


def test_what_a_saved_search_was_can_be_brought_back(run, stored):
    run("searches", "save", "money", "refund")
    replaced = run("searches", "save", "money", "--", "-lovely")
    assert "It was: overheard searches save money refund\n" in replaced.stdout
    removed = run("searches", "remove", "money")
    command = removed.stdout.partition("To bring it back: overheard ")[2]
    assert run("searches").stdout.startswith("No search is saved yet")
    assert run(*shlex.split(command)).returncode == 0
    (kept,) = [json.loads(line) for line in run("searches", "--json").stdout.splitlines()]
    assert (kept["name"], kept["query"]) == ("money", "-lovely")


def test_a_search_that_cannot_be_asked_is_not_saved(run, stored):
    for words in (["x", "refund AND"], ["x", "refund", "--brand", "Acne"], ["x", "y", "--sort", "size"], [" ", "y"]):
        done = run("searches", "save", *words)
        assert done.returncode == 2, words
        assert done.stderr.strip()
    assert run("searches", "remove", "x").returncode == 2
    assert "No search is saved yet" in run("searches").stdout


async def test_a_search_is_saved_beside_a_running_service(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    until, started = asyncio.Event(), asyncio.Event()
    config = load(folder / "config.toml", {})
    running = asyncio.create_task(serve(config, lambda service, address: started.set(), until))
    await started.wait()
    try:
        done = await asyncio.to_thread(run, "searches", "save", "money", "refund")
        assert done.returncode == 0, done.stderr
        assert "refund" in (await asyncio.to_thread(run, "searches")).stdout
    finally:
        until.set()
        await running
