"""`overheard sources` as people use it, over a real server on loopback."""

from __future__ import annotations

import json
import pickle
import threading
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp.web
import pytest

from monitor.app import opened
from monitor.commands import trying
from monitor.commands.handlers import handlers, perform
from monitor.commands.trying import Tried
from monitor.config import load, loads
from monitor.engine.handover import listen
from monitor.errors import Refused
from monitor.faces import adding, listening, show
from monitor.faces.listening import Trouble, together
from monitor.mention import SourceHealth
from monitor.store import watches
from monitor.store.lock import WriteLock
from sources.base import BadShape, SourceError
from sources.discover import Candidate, Found
from sources.opml import feeds_in_opml
from sources.reading.document import parse_feed

FIXTURES = Path(__file__).parents[1] / "sources" / "fixtures"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONFIG = """\
# Mine, with a comment.
[network]
allow = ["127.0.0.1"]
[scoring]
enabled = false
[[brand]]
name = "Acme"
"""


def rss(title: str, *titles: str) -> bytes:
    items = "".join(
        f"<item><guid>{title} {at}</guid><title>{one}</title><author>Ann Lee</author>"
        f"<description>Ann Lee, ann@corp.example, thinks so</description>"
        f"<pubDate>Sat, 21 Nov 2026 1{at}:00:00 GMT</pubDate></item>"
        for at, one in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'.encode()


HOME = b"""<!doctype html><title>Anvil, all about anvils</title>
<link rel="alternate" type="application/rss+xml" title="Anvil Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml" title="Anvil" href="/all.xml">"""
SAID = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
HITS = json.dumps({"hits": [{"objectID": "1", "title": "Acme", "created_at_i": SAID}], "nbPages": 1}).encode()
PAGES = {
    "/": ("text/html", HOME),
    "/all.xml": ("application/rss+xml", rss("Anvil Weekly", "Acme is fine", "Other news", "More of Acme")),
    "/comments/feed": ("application/rss+xml", rss("Comments", "No")),
    "/bare": ("text/html", b"<!doctype html><title>Bare</title><p>nothing here"),
    "/api/v1/search_by_date": ("application/json", HITS),
    "/broken.xml": ("text/html", b"<!doctype html><title>Sign in</title>"),
}


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = PAGES.get(self.path.partition("?")[0], ("", b""))
        self.send_response(200 if body else 404)
        self.send_header("content-type", kind or "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def mine(folder):
    """The configuration, and what is written to it."""
    path = folder / "config.toml"
    path.write_text(CONFIG)
    return path


def feed(name: str, url: str, more: str = "") -> str:
    return f'\n[[source]]\nkind = "feed"\nname = "{name}"\nurl = "{url}"\n{more}'


# Add and remove ----------------------------------------------------------------------------------------------------


def test_a_page_becomes_a_source_and_goes_without_a_trace(run, mine, web):
    done = run("sources", "add", f"{web}/", "--every", "30m", "--about", "Acme")
    assert done.returncode == 0, done.stderr
    text = mine.read_text()
    assert text.startswith(CONFIG), "every byte that was there stays"
    (table,) = tomllib.loads(text)["source"]
    assert table == {
        "kind": "feed", "name": "Anvil Weekly", "url": f"{web}/all.xml", "every": "30m", "about": "Acme",
    }  # fmt: skip
    for told in (
        "2 sources found",
        "Acme is fine",
        "3 items",
        'Added "Anvil Weekly"',
        "lines 9 to 15",
        "overheard run",
    ):
        assert told in done.stdout, told
    again = run("sources", "add", f"{web}/all.xml")
    assert 'there already, as "Anvil Weekly"' in again.stdout
    assert mine.read_text() == text
    removed = run("sources", "remove", "anvil")
    assert removed.returncode == 0, removed.stderr
    assert mine.read_text() == CONFIG
    assert '- name = "Anvil Weekly"' in removed.stdout


def test_at_a_terminal_it_asks_which_and_whether(run, mine, web, monkeypatch):
    monkeypatch.setattr("monitor.faces.sources._somebody_is_there", lambda: True)
    refused = run("sources", "add", f"{web}/", stdin="7\n2\nn\n")
    assert refused.returncode == 0, refused.stderr
    assert refused.stdout.count("Which one, 1 to 2?") == 2
    assert 'Add it as "Comments"?' in refused.stdout
    assert mine.read_text() == CONFIG
    added = run("sources", "add", f"{web}/", stdin="2\n\n")
    assert [entry.name for entry in load(mine, {}).sources] == ["Comments"], added.stderr
    kept = run("sources", "remove", "Comments", stdin="\n")
    assert "Nothing was changed" in kept.stdout
    assert run("sources", "remove", "Comments", stdin="y\n").returncode == 0
    assert mine.read_text() == CONFIG


def test_a_credential_is_not_shown_when_its_source_goes(run, mine):
    mine.write_text(CONFIG + '\n[[source]]\nkind = "webhook"\nname = "desk"\nsecret = "whsec_canarycanarycanary"\n')
    done = run("sources", "remove", "desk")
    assert done.returncode == 0, done.stderr
    assert '- secret = "…"' in done.stdout
    assert "canary" not in done.stdout + done.stderr
    assert mine.read_text() == CONFIG


def test_a_dry_run_shows_the_table_and_changes_nothing(run, mine, web):
    done = run("sources", "add", f"{web}/all.xml", "--dry-run", "--name", "Ours")
    assert done.returncode == 0, done.stderr
    assert 'name = "Ours"' in done.stdout
    assert "Nothing was changed" in done.stdout
    assert mine.read_text() == CONFIG


def test_where_there_is_no_source_it_says_what_it_saw(run, mine, web):
    done = run("sources", "add", f"{web}/bare")
    assert done.returncode == 1
    assert "a web page of 1 kB, “Bare”, that announces no feed" in done.stderr
    assert "overheard import" in done.stderr
    assert mine.read_text() == CONFIG


def test_a_file_is_brought_in_by_another_command(run, mine, folder):
    (folder / "answers.csv").write_text("Comment\nfine\n")
    done = run("sources", "add", "answers.csv")
    assert done.returncode == 2
    assert "overheard import answers.csv" in done.stderr


def test_what_cannot_be_reached_is_not_added(run, mine):
    done = run("sources", "add", "http://127.0.0.1:9/feed")
    assert done.returncode == 1
    assert "no connection" in done.stderr
    assert mine.read_text() == CONFIG


def test_words_need_no_quotes_and_addresses_come_one_at_a_time(run, mine, monkeypatch):
    asked = []

    async def find(config, words):
        asked.append(words)
        return Found()

    monkeypatch.setattr("monitor.commands.trying.find", find)
    assert run("sources", "add", "acme", "kettle").returncode == 1
    refused = run("sources", "add", "acme.com", "rival.com")
    assert refused.returncode == 2
    assert "One address at a time: overheard sources add acme.com" in refused.stderr
    assert asked == ["acme kettle"]


def test_what_is_not_added_is_not_said_to_be_tried_again(run, mine, web, monkeypatch):
    async def ask(config, entries, told=None):
        return [Tried(entries[0].name, error="no usable answer: too slow", advice=SourceError.advice)]

    monkeypatch.setattr("monitor.commands.trying.ask", ask)
    refused = run("sources", "add", f"{web}/all.xml")
    assert refused.returncode == 1
    assert SourceError.advice not in refused.stdout
    assert "open in a browser" in refused.stdout


def test_what_does_not_answer_well_is_only_added_when_that_is_said(run, mine, web, monkeypatch):
    async def ask(config, entries, told=None):
        return [Tried(entries[0].name, error="no usable answer: too slow", advice="Wait.")]

    monkeypatch.setattr("monitor.commands.trying.ask", ask)
    refused = run("sources", "add", f"{web}/all.xml")
    assert refused.returncode == 1
    assert "no usable answer: too slow" in refused.stdout
    assert "--yes adds it all the same" in refused.stdout
    assert mine.read_text() == CONFIG
    assert run("sources", "add", f"{web}/all.xml", "--yes").returncode == 0
    assert len(load(mine, {}).sources) == 1


def test_what_needs_a_credential_waits_for_it_in_the_file(mine):
    candidate = Candidate("reddit", {"query": "acme"}, "an address of Reddit", needs="an app's id and secret")
    made = adding.prepared(mine, load(mine, {}), candidate, adding.Wanted(), "reddit.com/search?q=acme")
    assert made.waits_for_key
    assert made.entry.paused
    assert '#client_secret = "${REDDIT_CLIENT_SECRET}"' in made.table
    assert "an app's id and secret" in made.next_steps[0]


@pytest.mark.parametrize(("kind", "waits"), [("feed", False), ("mastodon", True)])
def test_only_what_takes_a_credential_waits_for_one(run, mine, monkeypatch, kind, waits):
    async def find(config, asked):
        options = {"feed": {"url": "https://a.example/closed"}, "mastodon": {"tags": ["acme"]}}
        return Found((Candidate(kind, options[kind], "announced"),))

    async def ask(config, entries, told=None):
        return [Tried(entries[0].name, error="a credential is needed: 401", advice="Set it.", needs_auth=True)]

    monkeypatch.setattr("monitor.commands.trying.find", find)
    monkeypatch.setattr("monitor.commands.trying.ask", ask)
    done = run("sources", "add", "a.example")
    assert done.returncode == (0 if waits else 1)
    assert ("paused = true" in mine.read_text()) == waits
    assert ("#token" in mine.read_text()) == waits


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--every", "often"], "--every"),
        (["--about", "Acne"], 'did you mean "Acme"'),
        (["--name", "taken"], "already"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_asked(run, mine, options, told):
    mine.write_text(CONFIG + feed("Taken", "https://a.example/x"))
    done = run("sources", "add", "http://127.0.0.1:9/", *options)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_running_service_takes_in_what_is_added(run, mine, web, monkeypatch):
    mine.write_text(CONFIG)
    asked = []

    async def hand_over(database, command, arguments, say):
        asked.append(command)
        return {}

    monkeypatch.setattr("monitor.engine.handover.hand_over", hand_over)
    config = load(mine, {})
    config.database.touch()
    with WriteLock(config.database) as lock:
        assert lock.take()
        done = run("sources", "add", f"{web}/all.xml")
    assert asked == ["reload"]
    assert "The running service goes by it" in done.stdout


# Check, test, record -----------------------------------------------------------------------------------------------


def test_check_asks_each_once_and_says_what_is_wrong_with_which(run, mine, web, folder):
    mine.write_text(
        CONFIG
        + feed("Good", f"{web}/all.xml")
        + feed("Old", f"{web}/gone.xml")
        + feed("Broken", f"{web}/broken.xml")
        + '\n[[source]]\nkind = "webhook"\nname = "desk"\n'
    )
    done = run("sources", "check")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok   Good: 3 items, the newest 21 Nov 2026")
    assert lines[1].startswith("bad  Old: not found:")
    assert any(line.startswith("bad  Broken: not understood: a web page") for line in lines)
    assert "–    desk: nothing to ask: it is sent to us" in lines
    assert lines[-1] == "1 of 4 sources answered well, 2 failed."
    assert not (folder / "overheard.db").exists(), "nothing is stored"
    assert run("sources", "check", "goo").returncode == 0


def test_test_shows_what_would_be_taken_and_why(run, mine, web, folder):
    mine.write_text(CONFIG + feed("Good", f"{web}/all.xml"))
    done = run("sources", "test", "Good", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert "names Acme (“Acme”)" in done.stdout
    assert "names no brand: kept for a fortnight" in done.stdout
    assert "More of Acme" not in done.stdout
    assert "3 items, 2 of them of a brand. The first 2 are shown. Nothing was stored." in done.stdout
    assert not (folder / "overheard.db").exists()


def test_test_tries_an_address_that_is_no_source_yet(run, mine, web):
    done = run("sources", "test", f"{web}/all.xml", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["title"] for row in rows] == ["Acme is fine", "Other news", "More of Acme"]
    assert rows[0]["brands"] == {"Acme": [{"field": "title", "start": 0, "end": 4}]}
    assert rows[1]["brands"] == {}
    assert mine.read_text() == CONFIG


def test_a_recorded_reply_is_a_fixture_without_people(run, mine, web, folder):
    mine.write_text(CONFIG + feed("Good", f"{web}/all.xml?token=canarycanary"))
    done = run("sources", "record", "Good", "--out", "kept")
    assert done.returncode == 0, done.stderr
    body = (folder / "kept" / "feed" / "reply.xml").read_text()
    items = json.loads((folder / "kept" / "feed" / "items.json").read_text())
    everything = body + (folder / "kept" / "feed" / "config.json").read_text() + json.dumps(items) + done.stdout
    assert [item["title"] for item in items] == ["Acme is fine", "Other news", "More of Acme"]
    for trace in ("Ann Lee", "ann@corp", "canary", "127.0.0.1"):
        assert trace not in everything, trace
    assert "6 names" in done.stdout
    assert "3 e-mail addresses" in done.stdout
    again = run("sources", "record", "Good", "--out", "kept")
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_what_is_pushed_cannot_be_recorded(run, mine):
    mine.write_text(CONFIG + '\n[[source]]\nkind = "webhook"\nname = "desk"\n')
    assert "is not asked" in run("sources", "record", "desk").stderr


async def test_a_stream_is_listened_to_for_a_moment(tmp_path, loopback, monkeypatch):
    monkeypatch.setattr(trying, "MOMENT", 0.3)
    lines = (FIXTURES / "bluesky" / "reply.jsonl").read_text("utf-8").splitlines()

    async def subscribe(request: aiohttp.web.Request) -> aiohttp.web.WebSocketResponse:
        socket = aiohttp.web.WebSocketResponse()
        await socket.prepare(request)
        for line in ["no json", *lines]:
            await socket.send_str(line)
        await socket.receive()
        return socket

    server = await loopback({"/subscribe": subscribe})
    text = f'{CONFIG}\n[[source]]\nkind = "bluesky"\nhosts = ["{server.replace("http", "ws")}"]\n'
    config = loads(text, tmp_path / "config.toml", {})
    (tried,) = await trying.ask(config, config.sources)
    assert not tried.error
    assert any("Acme" in item.text for item in tried.items)
    assert tried.problems


# Pause, resume, backfill ------------------------------------------------------------------------------------------


def test_a_paused_source_is_left_alone_until_it_is_resumed(run, mine, web):
    mine.write_text(CONFIG + feed("Good", f"{web}/all.xml"))
    paused = run("sources", "pause", "good")
    assert paused.returncode == 0, paused.stderr
    assert "overheard sources resume Good" in paused.stdout
    (row,) = [json.loads(line) for line in run("sources", "--json").stdout.splitlines()]
    assert (row["state"], row["next_due"]) == ("paused", None)
    assert "Paused by hand" in run("sources").stdout
    assert run("sources", "resume", "Good").returncode == 0
    assert json.loads(run("sources", "--json").stdout)["state"] == "new"


def test_a_source_that_the_configuration_pauses_is_not_resumed_behind_its_back(run, mine):
    mine.write_text(CONFIG + feed("Good", "https://a.example/x", "paused = true\n"))
    done = run("sources", "resume", "Good")
    assert done.returncode == 2
    assert "take out its line `paused = true`" in done.stderr


async def test_pause_holds_in_a_running_service_at_once(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + feed("Good", "http://127.0.0.1:9/x") + feed("Other", "http://127.0.0.1:9/y"))
    config = load(path, {})
    with WriteLock(config.database) as lock:
        assert lock.take()
        async with opened(config) as service:
            server = await listen(config.database, handlers(service))
            try:
                assert await perform(config, "pause", {"name": "Good"}, print) == {"name": "Good", "state": "paused"}
                assert await service.store.read(watches.due, service.now()) == ["Other"]
                await perform(config, "resume", {"name": "Good"}, print)
                assert sorted(await service.store.read(watches.due, service.now())) == ["Good", "Other"]
                with pytest.raises(Refused, match="did you mean"):
                    await perform(config, "pause", {"name": "Goood"}, print)
            finally:
                server.close()


def test_the_past_is_read_and_told(run, mine, web):
    mine.write_text(f'{CONFIG}\n[[source]]\nkind = "hackernews"\nquery = "acme"\nbase_url = "{web}"\n')
    done = run("sources", "backfill", "hacker", "--since", "30d")
    assert done.returncode == 0, done.stderr
    assert "1 new, 0 edited, 0 known, 0 not about your brands, back to 2026-11-20 (1 request)." in done.stdout
    assert "0 new, 0 edited, 1 known" in run("sources", "backfill", "hacker", "--since", "2026-11-01").stdout


def test_the_doctor_tells_of_the_same_trouble_and_not_of_what_is_paused(run, mine, web):
    mine.write_text(CONFIG + feed("Old", f"{web}/gone.xml"))
    run("collect")
    assert "bad  source Old: not found" in run("doctor").stdout
    run("sources", "pause", "Old")
    assert "source Old" not in run("doctor").stdout


def test_a_source_without_a_past_says_what_can_be_done_instead(run, mine):
    mine.write_text(CONFIG + feed("Good", "https://a.example/x"))
    done = run("sources", "backfill", "Good", "--since", "2026-09-01")
    assert done.returncode == 2
    assert "overheard import" in done.stderr
    assert run("sources", "backfill", "Good", "--since", "autumn").returncode == 2


# Names, lists, export ----------------------------------------------------------------------------------------------


def test_a_source_is_meant_by_enough_of_its_name(run, mine):
    mine.write_text(
        CONFIG
        + "".join(feed(name, f"https://a.example/{at}") for at, name in enumerate(("News", "News of the day", "Blog")))
    )
    assert 'Paused "News"' in run("sources", "pause", "news").stdout
    assert 'Paused "Blog"' in run("sources", "pause", "log").stdout
    assert 'Paused "News of the day"' in run("sources", "pause", "News of").stdout
    several = run("sources", "pause", "ne")
    assert several.returncode == 2
    assert '"News", "News of the day"' in several.stderr
    assert 'did you mean "Blog"' in run("sources", "pause", "Blok").stderr


def test_the_list_says_trouble_first_and_what_to_do(run, mine, web, monkeypatch):
    mine.write_text(CONFIG + feed("A good one", f"{web}/all.xml") + feed("Old", f"{web}/gone.xml"))
    run("collect")
    monkeypatch.setattr(show.console, "width", 80)
    done = run("sources")
    lines = done.stdout.splitlines()
    assert lines[0] == "2 sources: 1 listening, 1 failing"
    assert [line.split("  ")[0] for line in lines[3:5]] == ["Old", "A good one"]
    assert "just now" in lines[4]
    assert "in 15 min" in lines[4] or "in 14 min" in lines[4] or "in 16 min" in lines[4]
    assert "answered 404 Not Found" in done.stdout
    assert "Failing for" in done.stdout
    assert max(map(len, lines)) <= 80


def test_feeds_go_out_as_a_list_and_come_in_again(run, mine, folder):
    mine.write_text(
        CONFIG
        + feed("Große & Kleine <News>", "https://a.example/x?a=1&b=2", 'about = "Acme"\n')
        + '\n[[source]]\nkind = "google-news"\nquery = "acme"\n'
        + '\n[[source]]\nkind = "webhook"\nname = "desk"\n'
    )
    done = run("sources", "export", "--out", "feeds.opml")
    assert done.returncode == 0, done.stderr
    assert "2 feeds" in done.stdout
    assert "1 source that is no feed" in done.stdout
    listed = feeds_in_opml((folder / "feeds.opml").read_bytes())
    assert listed[0] == ("Große & Kleine <News>", "https://a.example/x?a=1&b=2", "Acme")
    assert listed[1][1].startswith("https://news.google.com/rss/search?q=acme")
    assert "0 of them new" in run("import", "feeds.opml").stdout
    other = folder / "other.toml"
    other.write_text(CONFIG)
    assert run("import", "feeds.opml", "--config", "other.toml").returncode == 0
    assert [entry.config.url for entry in load(other, {}).sources] == [url for _, url, _ in listed]
    assert run("sources", "export").stdout.startswith("<?xml")


def health(name: str, **known: object) -> SourceHealth:
    return SourceHealth(**{"name": name, "kind": "feed", "state": "ok", "next_due": NOW, **known})


def test_a_page_in_place_of_a_feed_is_answered_with_how_to_find_the_feed():
    with pytest.raises(BadShape) as raised:
        parse_feed(b"<!doctype html><html><head><title>Sign in</title></head></html>", "https://a.example/x", "")
    handed_over = pickle.loads(pickle.dumps(raised.value))  # out of the process that reads
    assert "overheard sources add" in handed_over.advice


def test_a_feed_that_changes_its_ids_is_told_and_has_no_gaps(tmp_path):
    config = loads(CONFIG + feed("Restless", "https://a.example/x"), tmp_path / "config.toml", {})
    (row,) = listening.rows(config.sources, [health("Restless", gaps=("entries: the feed changes its ids",))], NOW)
    assert (row.state, row.notes) == ("listening", ("The feed changes its ids.",))


def test_a_name_that_is_none_of_many_does_not_list_them_all(run, mine):
    mine.write_text(CONFIG + "".join(feed(f"Feed {number}", f"https://a.example/{number}") for number in range(13)))
    assert "among 13" in run("sources", "pause", "zzz").stderr
    assert 'did you mean "Feed 9"?' in run("sources", "pause", "Feed 99").stderr


def test_each_state_is_told_in_words_and_sorted_by_who_needs_a_person(tmp_path):
    names = ("ok", "gappy", "failing", "off", "fresh", "held", "written")
    text = CONFIG + "".join(
        feed(name, f"https://a.example/{name}", "paused = true\n" if name == "written" else "") for name in names
    )
    config = loads(text, tmp_path / "config.toml", {})
    known = [
        health("ok", last_good=NOW - timedelta(minutes=4), next_due=NOW + timedelta(minutes=4), items_a_day=2.345),
        health("gappy", gaps=("window: something is missing",), interval=timedelta(minutes=5), pushed_by="https://h.example"),
        health(
            "failing", state="failing", error="not understood: no feed", advice="Look.", failures=3,
            failing_since=NOW - timedelta(hours=3), next_due=NOW + timedelta(days=2), moved_to="https://b.example",
        ),
        health("off", state="off", error="gone for good", advice="Remove it.", next_due=None),
        health("held", state="paused"),
    ]  # fmt: skip
    rows = {row.name: row for row in listening.rows(config.sources, known, NOW)}
    assert list(rows) == ["off", "failing", "gappy", "fresh", "ok", "held", "written"]
    assert listening.summary(list(rows.values())) == (
        "7 sources: 1 listening, 1 with gaps, 1 failing, 1 switched off, 1 not asked yet, 2 paused"
    )
    assert (rows["ok"].last_good, rows["ok"].next_due, rows["ok"].a_day) == ("4 min ago", "in 4 min", "2.3")
    assert (rows["failing"].trouble, rows["failing"].since) == (
        "not understood: no feed", "Failing for 3 h, 3 times in a row.",
    )  # fmt: skip
    assert rows["failing"].next_due == "in 2 days"
    assert rows["off"].next_due == "–"
    assert rows["gappy"].notes == (
        "Something is missing.",
        "Asked every 5 min instead of 15 min: it shows too little for longer waits.",
        "What is new is sent by https://h.example as it comes.",
    )
    assert "resume held" in rows["held"].notes[0]
    assert "paused = true" in rows["written"].notes[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (89, "89 s"), (240, "4 min"), (7_200, "2 h"), (86_400, "24 h"), (200_000, "2 days")],
)
def test_time_to_come_is_told_roughly(tmp_path, seconds, words):
    config = loads(CONFIG + feed("one", "https://a.example/x"), tmp_path / "config.toml", {})
    (row,) = listening.rows(config.sources, [health("one", next_due=NOW + timedelta(seconds=seconds))], NOW)
    assert row.next_due == (f"in {words}" if seconds else "now")


def test_what_is_wrong_with_many_in_the_same_way_is_told_once():
    advice = "It is tried again by itself."
    lost = [
        Trouble((name,), f"no usable answer: https://{name}/x: the host name cannot be found", advice) for name in "abc"
    ]
    other = Trouble(("d",), "refused: https://d/ answered 403 Forbidden", "Ask them.")
    told = together([lost[0], other, *lost[1:]])
    assert told == [
        Trouble(("a", "b", "c"), "the host name cannot be found", f"Is this machine online? {advice}"),
        other,
    ]
    assert together([*lost[:2], other]) == [*lost[:2], other]
