"""Takes the pictures of the documents: `python -m tests.digest.looks FOLDER docs`, where FOLDER is what
`overheard demo --once --out FOLDER` has written. Needs Chromium.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from monitor.channels.slack_blocks import notice_blocks, summary, thread
from monitor.digest.alert_page import alert_letter
from monitor.digest.content import content
from monitor.notice import Notice
from tests.digest import made, slack_page

BASE = "http://127.0.0.1:8765"


def pictures(digest: dict[str, Any], alert: dict[str, Any]) -> dict[str, tuple[str, int, int]]:
    """Name to (HTML, width, height)."""
    frozen = content(digest, BASE)
    png = base64.b64decode(frozen["pictures"][0]["png"]) if frozen["pictures"] else b""
    told = Notice("msg_1", "alert", alert["subject"], made.END, {"alert": alert, "base": BASE, "id": 12})
    letter = frozen["letter"]
    for one in frozen["pictures"]:
        letter = letter.replace(f"cid:{one['id']}", f"data:image/png;base64,{one['png']}")
    return {
        "digest": (frozen["html"], 1140, 1260),
        "letter": (letter, 660, 1500),
        "slack": (slack_page.page([summary(frozen), *thread(frozen)], png), 690, 1800),
        "alert": (alert_letter(alert, BASE), 640, 1010),
        "alert-slack": (slack_page.page([notice_blocks(told)]), 690, 640),
    }


def take(html: str, width: int, height: int, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, "utf-8")
        browser = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                   "--hide-scrollbars", f"--user-data-dir={folder}/profile", f"--window-size={width},{height}",
                   f"--screenshot={target}"]  # fmt: skip
        subprocess.run([browser, *options, page.as_uri()], capture_output=True, timeout=100, check=True)


def main(folder: Path, target: Path) -> None:
    digest = json.loads((folder / "digest.json").read_text("utf-8"))
    warned = sorted(folder.rglob("alert*.json"))
    alert = json.loads(warned[0].read_text("utf-8")) if warned else made.warning()
    for name, (html, width, height) in pictures(digest, alert.get("alert", alert)).items():
        take(html, width, height, target / f"{name}.png")
        print(target / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
