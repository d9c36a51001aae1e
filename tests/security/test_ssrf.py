"""No address that others give us leads into the private network: shown where a hit could really happen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
OTHERS = HERE.parents[1] / ".." / "shared" / "corpora" / "security" / "own" / "ssrf-urls.jsonl"
UNSHARE = ["unshare", "--user", "--map-root-user", "--net"]

SPELLINGS = [
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://127.127.127.127/",
    "http://0/", "http://0.0.0.0/", "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://[::1]/",
    "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[::1%25lo]/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1#@example.com/", "http:\\\\127.0.0.1/", "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/", "http://10.0.0.1/", "http://192.168.0.1:8080/", "http://[fd00:ec2::254]/",
    "https://127.0.0.1/", "http://168.63.129.16/", "http://127.0.0.1:8080/",
]  # fmt: skip


def _in_a_closed_world(urls: list[str]) -> dict[str, Any]:
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs the unshare and ip commands of Linux")
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let us make a network namespace")
    words = [*UNSHARE, sys.executable, str(HERE / "closed_world.py")]
    done = subprocess.run(words, input=json.dumps(urls), capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _judge(report: dict[str, Any]) -> None:
    assert report["public"] == "public"
    assert report["unguarded"] >= 13
    for way in ("direct", "redirect", "page", "webhook", "rebinding", "allowed, but by a stranger"):
        answers, hits = report[way]
        assert hits == {}, way
        assert answers, way
        assert "secret" not in answers, way
        # Some are no address in a redirect, but a path on the public host itself.
        assert set(answers) <= {"Blocked", "Unreachable", 0, *(["public"] if way == "redirect" else [])}, way
    assert report["allowed"] == [["secret", "secret"], {"127.0.0.1": 1, "10.0.0.1": 1}]
    assert report["allowed within"] == [["secret"], {"127.0.0.1": 1, "10.0.0.1": 1}]


def test_no_spelling_of_a_private_address_reaches_it() -> None:
    _judge(_in_a_closed_world(SPELLINGS))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_thousand_addresses_by_redirect_and_webhook_reach_nobody_inside() -> None:
    if not OTHERS.exists():
        pytest.skip("the list of addresses is not here")
    urls = [json.loads(line)["url"] for line in OTHERS.read_text(encoding="utf-8").splitlines()]
    assert len(urls) > 4000
    _judge(_in_a_closed_world(urls))
