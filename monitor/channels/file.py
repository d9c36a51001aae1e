"""Writes a digest into a folder of the user's: digest.html, digest.md and digest.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Literal

from monitor.channels.answers import judge_mail
from monitor.channels.base import ChannelOptions
from monitor.notice import Attempt, Delivery, Notice, Saved, Sent

TITLE = "Files in a folder"


class Options(ChannelOptions):
    folder: str
    """Where the files go; made when it is not there."""
    layout: Literal["dated", "latest"] = "dated"
    """dated: a sub-folder for each brand and date; latest: always the same three files."""


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    for name, body in files(notice):
        folder = PurePath(options.folder) / (place(notice) if options.layout == "dated" else "")
        reply = yield Saved(str(folder / name), body)
        outcome = judge_mail(reply)
        if not isinstance(outcome, Sent):
            return outcome
    return Sent()


def files(notice: Notice) -> Iterator[tuple[str, bytes]]:
    content = notice.content
    if notice.kind != "digest":
        yield f"{notice.kind}-{slug(notice.id)}.json", _json({"subject": notice.subject, **content})
        return
    yield "digest.json", _json(content["digest"])
    yield "digest.md", str(content["markdown"]).encode()
    yield "digest.html", str(content["html"]).encode()


def place(notice: Notice) -> str:
    digest = notice.content.get("digest")
    return f"{slug(digest['brand'])}-{slug(digest['date'])}" if digest else notice.created.strftime("%Y-%m-%d")


def slug(name: str) -> str:
    """Letters, digits and hyphens: a name of a file that cannot leave its folder."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:60] or "x"


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False) + "\n").encode("utf-8", "surrogatepass")
