"""`overheard query …` as people use it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from monitor.faces import queried

CONFIG = """
[[brand]]
name = "Acme"
query = "acme or e-mail"
competitors = ["Zenith Tools"]
"""
ROWS = [
    {"id": "1", "text": "Acme is lovely", "published": "2026-11-20T10:00:00Z"},
    {"id": "2", "title": "Jobs", "text": "Work at Acme", "published": "2026-11-20T11:00:00Z"},
]


@pytest.fixture
def stored(run, folder):
    (folder / "config.toml").write_text(CONFIG.replace(" or e-mail", ""))
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    assert run("import", "rows.jsonl").returncode == 0


def test_a_text_is_explained_with_its_words_marked(run):
    done = run("query", "explain", "gopro (hero OR max) -jobs", "--text", "My GoPro has no jobs")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Read as: (gopro AND (hero OR max) AND NOT jobs)",
        "",
        "It does not match. What keeps it out:",
        "  (hero OR max): none of these 2 is there",
        "  NOT jobs: it is there: “jobs” (text 17–20)",
        "What holds:",
        "  gopro: “GoPro” (text 4–8)",
        "",
        "My »GoPro« has no »jobs«",
    ]


def test_a_text_to_explain_can_come_from_standard_input(run):
    assert "It matches." in run("query", "explain", "gopro", "--text", "-", stdin="GoPro!").stdout


def test_a_stored_mention_is_explained(run, stored):
    done = run("query", "explain", "acme -jobs brand:acme", "--mention", "2")
    assert done.returncode == 0, done.stderr
    assert "NOT jobs: it is there: “Jobs” (title 1–4)" in done.stdout
    assert "brand:acme: brand is acme" in done.stdout.lower()
    assert "»Jobs«\nWork at »Acme«" in done.stdout


def test_what_cannot_be_explained_is_refused(run, stored):
    assert run("query", "explain", "gopro AND").returncode == 2
    assert run("query", "explain", "lang:en").returncode == 2
    assert run("query", "explain", "lang:en", "--view").returncode == 0
    assert "no mention #99" in run("query", "explain", "acme", "--mention", "99").stderr
    assert run("query", "explain", "acme", "--mention", "1", "--text", "acme").returncode == 2


def test_a_text_cannot_paint_the_terminal(run):
    done = run("query", "explain", "gopro", "--text", "\x1b[31mgopro [bold]")
    assert "\x1b" not in done.stdout
    assert "[bold]" in done.stdout


def test_all_brands_are_looked_through_where_none_is_named(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    done = run("query", "lint")
    assert done.returncode == 1
    assert "Acme: 1 warning, 1 hint" in done.stdout
    assert "Write instead:\n    acme OR (e-mail OR email)" in done.stdout
    assert "Zenith Tools: nothing to say" in done.stdout


def test_a_brand_is_known_by_its_name_and_anything_else_is_a_query(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    assert "acme or e-mail" in run("query", "lint", "ACME").stdout
    assert run("query", "lint", "gopro").returncode == 0
    (folder / "config.toml").unlink()
    assert run("query", "lint", "gopro").returncode == 0, "a query needs no configuration"
    assert run("query", "lint").returncode == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("gopro", 0),
        ("gopro OR gopro*", 0),
        ("gopro or dji", 1),
        ("gopro -gopro", 2),
        ("gopro AND", 2),
        ("NOT gopro", 2),
    ],
)
def test_lint_ends_by_the_gravest_finding(run, query, code):
    assert run("query", "lint", query).returncode == code
    assert run("query", "lint", "gopro", query, "dji").returncode == code


def test_findings_can_be_read_by_programs(run):
    done = run("query", "lint", "--json", "gopro or dji", "gopro")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["instead"] == "gopro OR dji"
    assert [(one["severity"], one["line"], one["column"]) for one in first["findings"]] == [("warning", 1, 7)]
    assert (second["severity"], second["findings"]) == (None, [])


def test_a_query_comes_over_on_standard_output_and_the_report_on_standard_error(run):
    theirs = "acme AND country:gbr\nNOT engagementType:RETWEET"
    done = run("query", "import", "--from", "brandwatch", "-", stdin=theirs)
    assert done.returncode == 1
    assert done.stdout == "acme AND country:gb\n"
    assert done.stderr.splitlines() == [
        "The query: taken over",
        "  written otherwise, 1:18, gbr: is written gb here",
        "  left out, 2:20, RETWEET: there is no engagementType:RETWEET here; without it more is found",
    ]


def test_all_that_is_left_out_is_named(run):
    theirs = 'acme AND (continent:europe OR region:"New York" OR city:Oslo)'
    done = run("query", "import", "--from", "brandwatch", "-", stdin=theirs)
    assert done.stdout == "acme\n"
    assert '(also 1:31, region:"New York"; 1:52, city:Oslo)' in done.stderr


def test_what_can_be_pasted_as_it_is_stays_as_it_is(run, folder):
    theirs = '("go pro" OR gopro)\n  NOT (jobs OR hiring)'
    (folder / "one.txt").write_text(theirs)
    done = run("query", "import", "--from", "talkwalker", "one.txt")
    assert (done.returncode, done.stdout) == (0, theirs + "\n")
    assert done.stderr == "The query: taken over as it is\n"


def test_a_table_of_names_and_queries_becomes_brands(run, folder):
    table = 'Name,Query\nAcme,"acme OR ""acme inc"""\nLong,"(acme OR\n  gopro)"\nSites,site:bbc.co.uk\nCut,"(acme"\n'
    (folder / "all.csv").write_text(table)
    done = run("query", "import", "--from", "brandwatch", "all.csv", "--out", "brands.toml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Cut (line 6): cannot be read" in done.stderr
    assert "Wrote brands.toml" in done.stderr
    written = (folder / "brands.toml").read_text()
    assert tomllib.loads(written)["brand"] == [
        {"name": "Acme", "query": 'acme OR "acme inc"'},
        {"name": "Long", "query": "(acme OR\n  gopro)"},
    ]
    assert '# query = "site:bbc.co.uk"' in written
    (folder / "config.toml").write_text(written)
    assert run("query", "lint", "Long").returncode == 0


def test_no_file_is_overwritten(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    done = run("query", "import", "--from", "brandwatch", "-", "--out", "config.toml", stdin="acme")
    assert done.returncode == 2
    assert "config.toml is there already" in done.stderr
    assert (folder / "config.toml").read_text() == CONFIG


def test_one_change_in_many_places_is_told_once(run):
    done = run("query", "import", "--from", "meltwater", "-", stdin="acme or bolt or nut or screw")
    assert done.stdout == "acme OR bolt OR nut OR screw\n"
    assert "(and 2 more places)" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_what_cannot_be_taken_over_is_refused(run, folder):
    assert run("query", "import", "--from", "brandwatch", "none.txt").returncode == 2
    assert run("query", "import", "--from", "brandwatch", "-", stdin=" \n").returncode == 2
    assert run("query", "import", "--from", "elsewhere", "-", stdin="acme").returncode == 2


def test_a_long_matching_tells_how_far_it_has_come(run, monkeypatch):
    monkeypatch.setattr(queried, "EVERY", 0.0)
    lines = "".join(json.dumps({"text": f"acme {n}"}) + "\n" for n in range(2_000))
    done = run("query", "match", "acme", stdin=lines)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2_000
    assert "of 2,000 lines match" in done.stderr


def test_what_the_page_shows_of_explain_is_what_comes(run):
    page = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text(encoding="utf-8")
    example = re.search(r"```\n\$ overheard (query explain [^\n]*)\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert run(*shlex.split(example[1])).stdout == example[2]


def test_what_the_page_says_of_other_monitors_is_so(run):
    page = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (Brandwatch|Talkwalker) ([^|]*) \| ([^|]*) \|$", page, re.M)
    assert len(rows) == 5
    for monitor, theirs, ours in rows:
        pairs = zip(re.findall("`([^`]*)`", theirs), re.findall("`([^`]*)`", ours), strict=False)
        for written, expected in pairs:
            if written.endswith(":") or written.startswith("<<<"):
                continue
            done = run("query", "import", "--from", monitor.lower(), "-", stdin=f"acme AND {written}")
            assert done.stdout == f"acme AND {expected}\n", written
