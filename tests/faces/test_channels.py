"""`overheard channels`: what goes where, and a test that really arrives, or says why it did not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONFIG = """
[network]
allow = ["127.0.0.1"]
[[brand]]
name = "Acme"
[[channel]]
name = "phone"
kind = "ntfy"
topic = "acme"
server = "{url}"
[[channel]]
name = "board"
kind = "teams"
webhook_url = "{url}/gone?sig=canary"
[[channel]]
name = "spare"
kind = "file"
folder = "out"
[[digest]]
to = ["phone", "board"]
[alerts]
to = ["phone"]
[scoring]
enabled = false
"""


class Services(BaseHTTPRequestHandler):
    """ntfy at the root, and a workflow that is gone."""

    received: list[dict[str, str]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = b'{"id": "x"}' if self.path == "/" else b""
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def services() -> Iterator[str]:
    Services.received.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def mine(folder, services):
    (folder / "config.toml").write_text(CONFIG.format(url=services))
    return services


def test_every_channel_is_shown_with_what_goes_there(run, mine):
    done = run("channels")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "ntfy" in rows["phone"]
    assert 'digest "Acme", alerts' in rows["phone"]
    assert "Microsoft Teams" in rows["board"]
    assert "nothing" in rows["spare"]
    assert "canary" not in done.stdout


def test_a_test_arrives_where_it_can_and_says_why_where_not(run, mine, folder):
    done = run("channels", "test")
    assert done.returncode == 1
    assert "phone: sent" in done.stdout
    assert "board: answered 404: there is no such workflow" in done.stdout
    assert "spare: sent" in done.stdout
    assert Services.received[0]["title"] == "A test from overheard"
    assert "“phone” works" in Services.received[0]["message"]
    assert [path.suffix for path in sorted((folder / "out").rglob("test*"))] == [".json", ".txt"]
    assert "canary" not in done.stdout + done.stderr
    assert not (folder / "overheard.db").exists()


def test_one_channel_is_tested_by_name_or_as_a_digest_would_write_it(run, mine):
    assert run("channels", "test", "phone").returncode == 0
    assert run("channels", "test", f"ntfy:{mine}/other").returncode == 0
    assert [one["topic"] for one in Services.received] == ["acme", "other"]
    assert "boord" in run("channels", "test", "boord").stderr


def test_a_digest_goes_where_its_short_form_says(run, mine, folder):
    (folder / "said.csv").write_text("id,text\n1,Acme leaks @everyone https://evil.example\n2,Acme is loud\n")
    assert run("import", "said.csv", "--about", "Acme").returncode == 0
    done = run("digest", "--to", f"ntfy:{mine}/acme", "--to", "phone", "--to", "board")
    assert done.returncode == 1
    assert f"ntfy {mine.removeprefix('http://')}" in done.stdout
    told = next(one for one in Services.received if "topic" in one)
    assert "2 mentions" in told["message"]
    assert "https://evil" not in told["message"]
    rows = {line.split()[0]: line for line in run("channels").stdout.splitlines()}
    assert "delivered" in rows["phone"]
    assert "dead: answered 404" in rows["board"]
    assert rows["spare"].rstrip().endswith("–")
