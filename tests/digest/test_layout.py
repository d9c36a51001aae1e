"""How pages and letters stand in a real browser: nothing sticks out at any width, and the first three parts are one
screen.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from monitor.digest.alert_page import alert_letter
from monitor.digest.content import content
from tests.digest import made

WIDTHS = (320, 360, 420, 480, 500, 600, 900, 960, 1280)
SCREEN = 800
MEASURE = """
addEventListener("load", () => setTimeout(() => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const inner = frame.contentDocument, first = inner.querySelector(".first");
    const lines = [...inner.querySelectorAll('th[scope="row"]')].map((name) => {
      const range = inner.createRange();
      range.selectNodeContents(name);
      return range.getBoundingClientRect().height / parseFloat(getComputedStyle(name).lineHeight);
    });
    found[frame.id] = [inner.documentElement.scrollWidth, first ? first.getBoundingClientRect().bottom : 0,
                       Math.max(0, ...lines)];
  }
  document.documentElement.setAttribute("data-found", JSON.stringify(found));
}, 200));
"""
TRYING = (
    "لا زلت أنتظر استرداد أموالي منذ خمسة أسابيع",
    "返金をまだ待っています。サポートは同じ返事ばかりで、もう五週間になります。",
    "🤬🧑‍🧑‍🧒‍🧒🇮🇪 still no refund!!! 💸💸",
    "w" * 60,
    "https://a.example/" + "very-long-path/" * 10,
    "שלום, עדיין מחכה להחזר (37) ₪120",
    "Still waiting for my refund. " * 8,
)
FOREIGN = {"text", "title", "author", "headline", "phrase", "source"}


def trying(value: Any, words: Iterator[str], key: str = "") -> Any:
    """The same digest in scripts that run the other way or know no spaces, and in words without end."""
    if isinstance(value, str):
        return next(words) if key in FOREIGN else value
    if isinstance(value, list):
        return [trying(one, words, key) for one in value]
    if isinstance(value, dict) and not {"query", "parts", "now"} & set(value):
        return {name: trying(one, words, name) for name, one in value.items()}
    return value


def shown() -> dict[str, str]:
    """Name to HTML."""
    digests = {name: make() for name, make in made.DIGESTS.items()}
    digests["trying"] = trying(digests["bad day"], itertools.cycle(TRYING))
    found = {}
    for name, digest in digests.items():
        frozen = content(digest, made.BASE)
        found[f"page of {name}"], found[f"letter of {name}"] = frozen["html"], frozen["letter"]
    return {**found, "letter of an alert": alert_letter(made.warning(), made.BASE)}


def measured(browser: str, folder: Path, pages: Mapping[str, str]) -> dict[str, tuple[float, float, float]]:
    """Name and width ("page of a week at 320") to how wide it really is, where its first screen ends, and how many
    lines the longest name of a table's row takes."""
    frames = "".join(
        f'<iframe id="{escape(name)} at {width}" width="{width}" height="{SCREEN}" style="border:0" '
        f'srcdoc="{escape(html)}"></iframe>'
        for name, html in pages.items()
        for width in WIDTHS
    )
    path = folder / "frames.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><script>{MEASURE}</script>{frames}", "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
               "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
               "--virtual-time-budget=8000", "--dump-dom"]  # fmt: skip
    done = subprocess.run([browser, *options, path.as_uri()], capture_output=True, timeout=100, check=True)
    found = re.search(r'data-found="([^"]*)"', done.stdout.decode("utf-8", "replace"))
    assert found
    return {name: tuple(sizes) for name, sizes in json.loads(unescape(found[1])).items()}


@pytest.mark.slow
def test_nothing_sticks_out_and_the_first_three_parts_are_one_screen(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium")
    found = measured(browser, tmp_path, shown())
    assert len(found) == len(WIDTHS) * len(shown())
    too_wide = {name: wide for name, (wide, *_) in found.items() if wide > int(name.rsplit(" ", 1)[1])}
    assert not too_wide, too_wide
    for name in ("bad day", "week", "quiet day", "first days", "blind"):
        assert 0 < found[f"page of {name} at 1280"][1] <= SCREEN, name
    broken = {
        name: lines for name, (*_, lines) in found.items() if lines > 2.1 and not {"trying", "320"} & set(name.split())
    }
    assert not broken, broken
