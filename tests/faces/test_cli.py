"""The command line as people use it: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess

import pytest

CONFIG = """
[[brand]]
name = "Acme"
query = "acme NOT jobs"
competitors = ["Bolt"]
"""
ROWS = [
    {"id": "1", "text": "Acme is lovely", "author": "Ann", "published": "2026-11-20T10:00:00Z", "rating": 5},
    {"id": "2", "text": "Acme lost my refund", "author": "Bob", "published": "2026-11-20T11:00:00Z", "rating": 1},
    {"id": "3", "text": "=cmd|' /C calc'!A0 Bolt", "author": "@eve", "published": "2026-11-20T12:00:00Z"},
]


@pytest.fixture
def stored(run, folder):
    """A database with three imported mentions."""
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    done = run("import", "rows.jsonl")
    assert done.returncode == 0, done.stderr
    return done


def test_help_names_every_command(run):
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("demo", "init", "run", "collect", "digest", "mentions", "import", "sources", "doctor", "score"):
        assert re.search(rf"^\s+{command}\b", shown.stdout, re.M), command


def test_an_unknown_command_ends_with_2(run):
    assert run("dance").returncode == 2


def test_a_wrong_config_names_file_line_and_the_nearest_right_key_and_starts_nothing(run, folder):
    (folder / "config.toml").write_text('[[brand]]\nname = "Acme"\nqurey = "acme"\n')
    for command in ("collect", "run", "digest", "mentions", "sources", "doctor"):
        done = run(command)
        assert done.returncode == 2, command
        assert "config.toml:3" in done.stderr
        assert '"query"' in done.stderr
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


def test_a_missing_config_says_what_to_do(run):
    done = run("collect")
    assert done.returncode == 2
    assert "overheard init" in done.stderr


def test_a_first_config_is_written_once_and_can_be_read(run, folder):
    done = run("init", 'Möbel "Lux"', "--competitor", "Ikea", "--app-id", "123456789")
    assert done.returncode == 0, done.stderr
    again = run("init", "Other")
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert "Möbel" in (folder / "config.toml").read_text()
    assert run("sources").returncode == 1, "no database yet"


def test_init_without_a_name_and_without_a_terminal_says_how(run):
    done = run("init")
    assert done.returncode == 2
    assert "overheard init" in done.stderr


def test_an_import_stores_every_row_once(run, stored):
    assert "3 new" in stored.stdout
    again = run("import", "rows.jsonl")
    assert "0 new" in again.stdout
    assert "3 known" in again.stdout


def test_mentions_are_found_as_json_lines_with_all_their_keys(run, stored):
    done = run("mentions", "acme", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["text"] for one in found] == ["Acme lost my refund", "Acme is lovely"]
    keys = "id url title text author published source rating lang brands scores"
    assert set(found[0]) == set(keys.split())
    assert found[0]["brands"] == ["Acme"]
    assert found[0]["published"] == "2026-11-20T11:00:00Z"
    assert found[0]["rating"] == 1


def test_the_limit_takes_the_newest(run, stored):
    done = run("mentions", "--json", "--limit", "1")
    assert [json.loads(line)["author"] for line in done.stdout.splitlines()] == ["@eve"]


def test_a_table_for_a_spreadsheet_holds_no_formula(run, stored):
    rows = list(csv.DictReader(io.StringIO(run("mentions", "--csv").stdout)))
    assert len(rows) == 3
    assert rows[0]["text"].startswith("'=cmd")
    assert rows[0]["author"] == "'@eve"


def test_a_wrong_query_points_at_the_place(run, stored):
    done = run("mentions", "acme AND (lovely")
    assert done.returncode == 2
    assert "^" in done.stderr


def test_a_dry_run_shows_how_a_file_is_read_and_stores_nothing(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "survey.csv").write_text("Respondent,Comment,Stars\n1,Acme is fine,4\n2,Acme is slow,2\n")
    done = run("import", "survey.csv", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "Comment" in done.stdout
    assert not (folder / "overheard.db").exists()


def test_a_file_that_is_not_there_is_wrong_input(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    done = run("import", "none.csv")
    assert done.returncode == 2
    assert "none.csv" in done.stderr


def test_an_unknown_brand_is_wrong_input(run, stored):
    assert run("import", "rows.jsonl", "--about", "Acne").returncode == 2
    assert run("digest", "--brand", "Acne").returncode == 2
    assert run("digest", "--day", "yesterday").returncode == 2


def test_feeds_of_an_opml_list_become_sources_once(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline text="News"><outline type="rss" text="A" xmlUrl="https://a.example/rss"/>'
        '<outline type="rss" xmlUrl="https://b.example/rss"/></outline></body></opml>'
    )
    assert run("import", "feeds.opml").returncode == 0
    text = (folder / "config.toml").read_text()
    assert text.startswith(CONFIG.rstrip())
    assert text.count('kind = "feed"') == 2
    assert "0 of them new" in run("import", "feeds.opml").stdout
    assert (folder / "config.toml").read_text() == text


def test_a_digest_of_a_day_is_shown_and_written(run, stored, folder):
    done = run("digest", "--day", "2026-11-20", "--out", "d")
    assert done.returncode == 0, done.stderr
    assert "Acme" in done.stdout
    written = json.loads((folder / "d" / "digest.json").read_text())
    sections = {"verdict", "reply", "changed", "repeated", "competitors", "reviews", "coverage"}
    assert sections <= set(written["sections"])
    assert "Acme" in (folder / "d" / "digest.html").read_text()
    assert "2 mentions" in (folder / "d" / "digest.md").read_text()


def test_a_digest_can_be_sent_to_a_folder_named_on_the_spot(run, stored, folder):
    done = run("digest", "--day", "2026-11-20", "--to", "file:sent")
    assert done.returncode == 0, done.stderr
    assert "delivered" in done.stdout
    assert list((folder / "sent").glob("**/digest.html"))
    assert "delivered" in run("outbox").stdout


def test_lines_that_match_come_back_with_their_places(run):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    done = run("query", "match", "acme refund", stdin=lines)
    assert done.returncode == 0
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert found["id"] == "2"
    assert {"field": "text", "start": 0, "end": 4} in found["spans"]
    assert run("query", "match", "kettle", stdin=lines).returncode == 1
    assert run("query", "match", "acme AND", stdin=lines).returncode == 2
    assert run("query", "match", "NOT acme", stdin=lines).returncode == 2
    assert run("query", "match", "NOT acme", "--view", stdin=lines).returncode == 0


def test_a_query_is_explained_with_its_brackets(run):
    assert "(" in run("query", "explain", "acme OR bolt refund").stdout


def test_a_saved_reply_is_read_as_json_lines(run, folder):
    (folder / "feed.xml").write_text(
        '<rss version="2.0"><channel><title>t</title><item><guid>g1</guid><title>Hello</title>'
        "<link>https://a.example/1</link><description>&lt;b&gt;Bold&lt;/b&gt; words</description>"
        "<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"
    )
    done = run("read", "feed", "--file", "feed.xml")
    assert done.returncode == 0, done.stderr
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(found) == {"id", "url", "title", "text", "author", "published", "rating", "lang"}
    assert (found["title"], found["text"], found["published"]) == ("Hello", "Bold words", "2026-11-21T10:00:00Z")
    assert run("read", "feed", "--file", "none.xml").returncode == 2
    assert run("read", "fed", "--file", "feed.xml").returncode == 2
    assert run("read", "feed", "--file", "feed.xml", "--config", "{").returncode == 2


def test_the_doctor_finds_a_new_setup_sound_enough_and_says_what_is_missing(run, stored):
    done = run("doctor")
    assert "no digest goes anywhere" in done.stdout
    assert "is sound" in done.stdout


def test_a_pipe_that_closes_early_is_no_error(program, folder):
    (folder / "many.jsonl").write_text("".join(json.dumps({"text": f"acme {n} " * 50}) + "\n" for n in range(5000)))
    with (
        (folder / "many.jsonl").open() as lines,
        subprocess.Popen(
            [*program, "query", "match", "acme"], stdin=lines, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == -signal.SIGPIPE
        assert process.stderr.read() == b""
