"""`overheard topics`: the labels with where they come from, and why a text is sorted as it is."""

from __future__ import annotations

import re

CONFIG = """
[[brand]]
name = "Acme"

[taxonomy]
packs = ["games"]
without = ["outage"]

[[topic]]
name = "price"
words = ["per seat"]

[[touchpoint]]
name = "test track"
description = "trying the rocket skates on our track"
"""


def test_labels_are_listed_with_where_they_come_from(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    done = run("topics")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^price +start \+ your own +What it costs", done.stdout, re.M)
    assert re.search(r"^cheaters +games +Cheating", done.stdout, re.M)
    assert re.search(r"^test track +your own +trying the rocket skates", done.stdout, re.M)
    assert not re.search(r"^outage ", done.stdout, re.M)
    assert 'packs = ["airlines"]' in done.stdout
    assert 'packs = ["games"]' not in done.stdout


def test_without_a_configuration_the_starting_taxonomy_is_listed(run):
    done = run("topics")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^speed +ingredients", done.stdout, re.M)
    assert run("topics", "--config", "elsewhere.toml").returncode == 2


def test_a_text_is_tried_with_the_reasons_for_its_labels(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    done = run("topics", "--try", "Nine euros per seat, far too expensive", "--try", "Hello there")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split("“Hello there”")
    assert re.search(r"topics: .*\bprice\b", first)
    assert re.search(r"✓ +\d+% price: near to “.+” \(0\.\d\d\); its word .*per seat", first)
    assert "topics: none" in second


def test_a_text_cannot_paint_the_terminal(run):
    done = run("topics", "--try", "\x1b[31mprice[/] [bold]")
    assert "\x1b" not in done.stdout
    assert "[bold]" in done.stdout
