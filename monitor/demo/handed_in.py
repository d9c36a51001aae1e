"""What is handed in, not fetched: the survey's answers as a CSV file, the support desk's tickets as posts. Pure."""

from __future__ import annotations

import csv
import io
import json

from monitor.demo.world import World

SURVEY_FILE = "survey.csv"
SURVEY_COLUMNS = ("Response ID", "Submitted at", "Customer", "Comment", "Satisfaction", "Touchpoint")


def survey_csv(world: World) -> bytes:
    """The survey as its tool exports it: UTF-8 with a byte order mark, one answer a row, newest first."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(SURVEY_COLUMNS)
    for said in world.on("survey"):
        submitted = f"{said.published:%Y-%m-%d %H:%M:%S}"
        rows.writerow((f"R-{1000 + said.number}", submitted, said.author, said.text, said.line.stars, said.line.place))
    return written.getvalue().encode("utf-8-sig")


def webhook_posts(world: World) -> list[bytes]:
    """The bodies that the support desk posts to `/in/<token>`, oldest first: one ticket each, as a JSON object."""
    return [
        json.dumps(
            {
                "id": f"ticket-{5000 + said.number}",
                "title": said.line.title,
                "text": said.text,
                "author": said.author,
                "url": f"https://desk.example/tickets/{5000 + said.number}",
                "published": f"{said.published:%Y-%m-%dT%H:%M:%SZ}",
            },
            ensure_ascii=False,
        ).encode("utf-8")
        for said in reversed(world.on("webhook"))
    ]
