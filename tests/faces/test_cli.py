"""The command line as people use it: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib

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


def test_help_answers_without_loading_what_commands_need():
    heavy = "sqlalchemy", "sqlmodel", "numpy", "aiohttp", "pydantic", "onnxruntime"
    asked = f"import sys, monitor.faces.cli; print(*[name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


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
    shown = run("sources")
    assert shown.returncode == 0, "no database yet"
    assert "not asked yet" in shown.stdout


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
    keys = "id url title text author published source rating lang brands scores corrected type source_kind reach "
    keys += "engagement followers status assignee team tags note"
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


def test_an_import_says_where_rows_have_no_date(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.csv").write_text("Comment,Logged\nAcme is fine,2026-11-20\nAcme is slow,2026-11-19\n")
    told = 'No column holds a date that can be read: all rows count as said now; use --column "published='
    shown = run("import", "rows.csv", "--dry-run")
    assert f'{told}Logged"' in shown.stdout
    assert told in run("import", "rows.csv").stdout
    assert told not in run("import", "rows.csv", "--dry-run", "--column", "published=Logged").stdout
    (folder / "some.csv").write_text("Comment,Date\nAcme is good,2026-11-20\nAcme is dull,\n")
    assert "1 row without a date" in run("import", "some.csv").stdout


def test_an_import_understands_the_columns_of_a_review_site(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.csv").write_text("Overall,When,Words\n3/5,2026-11-20,Acme is fine by me\n")
    done = run("import", "rows.csv")
    assert done.stdout.startswith("1 row: 1 new")
    assert "date" not in done.stdout
    (found,) = [json.loads(line) for line in run("mentions", "--json").stdout.splitlines()]
    assert (found["rating"], found["published"]) == (3, "2026-11-20T00:00:00Z")


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_field_that_there_is_not_is_told_with_those_that_there_are(run, folder, more):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.csv").write_text("Comment\nAcme is fine\n")
    done = run("import", "rows.csv", "--column", "foo=Comment", *more)
    assert done.returncode == 2
    assert 'no field "foo"; there are: id, url, title, text' in done.stderr


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_an_image_is_no_import(run, folder, more):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    done = run("import", "shot.png", *more)
    assert done.returncode == 2
    assert "this is an image" in done.stderr


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
    assert "2 feeds in feeds.opml, 0 of them new" in run("import", "feeds.opml").stdout
    assert (folder / "config.toml").read_text() == text


def test_feeds_of_an_opml_list_keep_their_titles_each_its_own(run, folder):
    (folder / "config.toml").write_text(
        CONFIG + '[[source]]\nkind = "feed"\nname = "News"\nurl = "https://n.example"\n'
    )
    titles = ["NEWS", "Große &quot;Welt&quot; 😀", "Costs ${PRICE}", "Große &quot;Welt&quot; 😀", ""]
    outlines = "".join(
        f'<outline type="rss" text="{title}" xmlUrl="https://f{at}.example/rss"/>' for at, title in enumerate(titles)
    )
    (folder / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    done = run("import", "feeds.opml")
    assert done.returncode == 0, done.stderr
    added = tomllib.loads((folder / "config.toml").read_text())["source"][1:]
    assert [source.get("name") for source in added] == [
        "NEWS (2)", 'Große "Welt" 😀', "Costs $${PRICE}", 'Große "Welt" 😀 (2)', None,
    ]  # fmt: skip


def test_a_feed_of_an_opml_list_with_a_password_is_left_out_and_told(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" xmlUrl="https://ann:canary@a.example/rss"/></body></opml>'
    )
    done = run("import", "feeds.opml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 feed in feeds.opml, 0 of them new.\n1 feed left out: a user name or password")
    assert (folder / "config.toml").read_text() == CONFIG
    assert "canary" not in done.stdout + done.stderr


def test_a_password_in_an_address_is_refused_and_not_shown(run, folder):
    source = '[[source]]\nkind = "feed"\nurl = "https://ann:canary@a.example/rss"\n'
    (folder / "config.toml").write_text(CONFIG + source)
    done = run("collect")
    assert done.returncode == 2
    assert "config.toml:8: " in done.stderr
    assert "must not hold a user name or password" in done.stderr
    assert "canary" not in done.stdout + done.stderr


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


def test_a_folder_named_on_the_spot_lies_where_it_was_asked_for(run, folder, monkeypatch):
    (folder / "etc").mkdir()
    (folder / "etc" / "config.toml").write_text(CONFIG)
    (folder / "at" / "home").mkdir(parents=True)
    monkeypatch.chdir(folder / "at" / "home")
    done = run("digest", "--config", "../../etc/config.toml", "--to", "./sent")
    assert done.returncode == 0, done.stderr
    assert list((folder / "at" / "home" / "sent").glob("**/digest.html"))
    assert not (folder / "etc" / "sent").exists()


def test_a_mistyped_channel_is_refused_and_makes_no_folder(run, stored, folder):
    before = {path.name for path in folder.iterdir()}
    for written in ("marketting", "team.x"):
        done = run("digest", "--to", written)
        assert done.returncode == 2
        assert f'there is no [[channel]] named "{written}"' in done.stderr
    assert {path.name for path in folder.iterdir()} == before


def test_a_digest_that_cannot_be_written_is_refused_before_the_work(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "taken").write_text("")
    assert run("digest", "--out", "/proc/inside").returncode == 2
    done = run("digest", "--out", "taken/inside")
    assert done.returncode == 2
    assert "taken: not a directory" in done.stderr
    assert not (folder / "overheard.db").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_digest_is_not_written_into_a_closed_folder(run, folder):
    (folder / "config.toml").write_text(CONFIG)
    (folder / "closed").mkdir(mode=0o500)
    done = run("digest", "--out", "closed/inside")
    assert done.returncode == 2
    assert "permission denied" in done.stderr


def test_what_the_system_refuses_is_a_sentence(run, stored, folder):
    (folder / "d" / "digest.html").mkdir(parents=True)
    done = run("digest", "--out", "d")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("digest.html: Is a directory.")


def test_what_the_database_refuses_is_a_sentence(run, stored, folder):
    with contextlib.closing(sqlite3.connect(folder / "overheard.db")) as database:
        database.execute("PRAGMA foreign_keys = off")
        database.execute("DROP TABLE opinion")
    done = run("mentions")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "The database could not do it: no such table: opinion. `overheard doctor` says what is wrong with it."
    )


def test_a_source_that_fails_is_told_with_its_reason_and_what_to_do(run, folder):
    (folder / "config.toml").write_text(CONFIG + '[[source]]\nkind = "table"\npath = "none.csv"\n')
    done = run("collect")
    assert done.returncode == 1
    reason, advice = done.stdout.splitlines()[-2:]
    assert reason.startswith("Failed: table: none.csv: ")
    assert "there is no file" in reason
    assert advice.strip()


def test_one_of_a_kind_is_not_told_as_many(run, folder):
    (folder / "config.toml").write_text(CONFIG.replace('competitors = ["Bolt"]', ""))
    shown = run("doctor").stdout
    assert "1 brand, 0 sources, 0 digests" in shown


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


def test_a_byte_order_mark_costs_no_line(run):
    assert run("query", "match", "acme", stdin='\ufeff{"text": "acme"}\n').returncode == 0


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


def test_the_doctor_makes_searches_know_what_is_stored(run, stored, folder):
    with sqlite3.connect(folder / "overheard.db") as database:
        database.execute("UPDATE indexed SET facts = 'all' WHERE mention_id = 1")
    assert "did not know 1 mention as it is stored" in " ".join(run("doctor").stdout.split())
    assert "did not know" not in run("doctor").stdout
    assert len(run("mentions", "brand:Acme", "--json").stdout.splitlines()) == 2
