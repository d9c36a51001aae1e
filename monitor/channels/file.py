"""Writes into a folder of the user's: of a digest digest.html, .md and .json, of an alert alert.txt and .json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.channels.answers import judge_mail
from monitor.channels.base import ChannelOptions
from monitor.digest.outline import Outline, outline
from monitor.notice import Attempt, Delivery, Notice, Saved, Sent

TITLE = "Files in a folder"


class Options(ChannelOptions):
    folder: str
    """Where the files go; made when it is not there."""
    layout: Literal["dated", "latest"] = "dated"
    """dated: a sub-folder for each brand and date; latest: always the same files."""


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    for name, body in files(notice, options.layout):
        folder = PurePath(options.folder) / (place(notice) if options.layout == "dated" else "")
        reply = yield Saved(str(folder / name), body)
        outcome = judge_mail(reply)
        if not isinstance(outcome, Sent):
            return outcome
    return Sent()


def files(notice: Notice, layout: str = "dated") -> Iterator[tuple[str, bytes]]:
    """Names and contents. Where many may lie in one folder, an alert's name begins with its time and ends in its
    number."""
    content = notice.content
    if notice.kind == "digest":
        yield "digest.json", _json(content["digest"])
        yield "digest.md", str(content["markdown"]).encode()
        yield "digest.html", str(content["html"]).encode()
        return
    number = slug(str(content.get("id", notice.id)))
    name = notice.kind if layout == "latest" else f"{notice.kind}-{_local(notice):%H%M}-{number}"
    whole = content.get(notice.kind, {"text": content.get("text", "")})
    yield f"{name}.json", _json({"subject": notice.subject, **whole})
    yield f"{name}.txt", text(outline(notice.kind, notice.subject, content)).encode("utf-8", "surrogatepass")


def text(told: Outline) -> str:
    lines = "".join(f"{line.mark}{line.text}\n" for line in told.lines)
    below = "\n".join(filter(None, [told.foot, told.url]))
    return f"{told.title}\n\n{lines}\n{below}".rstrip() + "\n"


def place(notice: Notice) -> str:
    """The sub-folder: a brand (and a department) and a local date."""
    about = notice.content.get(notice.kind) or {}
    week = "week" if about.get("kind") == "weekly" else ""
    who = [slug(about["brand"])] if "brand" in about else []
    who += [slug(name) for name in (about.get("department"), week) if name]
    return "-".join([*who, slug(about.get("date") or f"{_local(notice):%Y-%m-%d}")])


def _local(notice: Notice) -> datetime:
    """When it was made, by the reader's clock."""
    about = notice.content.get(notice.kind) or {}
    return notice.created.astimezone(ZoneInfo(about.get("timezone", "UTC")))


def slug(name: str) -> str:
    """Letters, digits and hyphens: a name of a file that cannot leave its folder."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:60] or "x"


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False) + "\n").encode("utf-8", "surrogatepass")
