"""Sends a notice to Discord by webhook, as one message of embeds that pings nobody.

Embeds are read as Markdown: the words of mentions are inert and have every mark escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

from monitor.channels.answers import is_json, judge_json, printable, said
from monitor.channels.base import CannotLook, repeats
from monitor.digest.inert import cut
from monitor.digest.outline import Line, Outline, Words, fitted, outline
from monitor.notice import Attempt, Delivery, Http, Later, Never, Notice, Outcome, Reply, Sent

TITLE = "Discord"
NEW_HOOK = "make a new webhook in the channel's settings (Integrations) and put its address into the configuration"
FINAL = {
    400: "Discord does not accept the message: correct `thread` where one is given, else report this",
    401: f"Discord does not accept this webhook's token: {NEW_HOOK}",
    403: f"Discord forbids it: {NEW_HOOK}",
    404: f"Discord does not know this webhook, or its thread: {NEW_HOOK}",
    405: "this address takes no messages: correct `webhook_url`",
    410: f"this webhook is gone: {NEW_HOOK}",
    413: "Discord calls the message too large: report this",
}
MOST_TITLE, MOST_EMBED, MOST_FOOT, MOST = 256, 4096, 2048, 6000
"""Discord's limits: characters of a title, a description, a footer, and of all embeds of a message together."""
MOST_LINE = 1500
COLORS = {"calm": 0x2E7D32, "waiting": 0xE08A00, "unusual": 0xC62828}
_LISTED = re.compile(r"^(\s*\d*)([-+.](?=\s|$))")
"""What makes a line an item of a list."""
_MARKS = re.compile(r"([\\*_~`|\[\]()<>#])")


class Options(CannotLook):
    webhook_url: SecretStr
    """The address of a channel's webhook. Whoever knows it can write there."""
    thread: str = ""
    """The id of a thread of that channel to write into."""


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    repeat = repeats(options, earlier)
    if isinstance(repeat, Never):
        return repeat
    reply = yield Http("POST", _address(options), json=message(notice, repeat))
    return judge_answer(reply, now)


def _address(options: Options) -> str:
    """With `wait`: the answer comes when the message is there, and is the message."""
    parts = urlsplit(options.webhook_url.get_secret_value())
    query = {"wait": "true"} | ({"thread_id": options.thread} if options.thread else {})
    return urlunsplit(parts._replace(query=urlencode(query)))


def message(notice: Notice, repeat: str = "") -> dict[str, Any]:
    """The whole notice as one message."""
    told = outline(notice.kind, notice.subject, notice.content)
    title = cut(escaped(told.title), MOST_TITLE, size)
    foot = cut(" · ".join(filter(None, [told.foot, repeat])), MOST_FOOT, size)
    embeds: list[dict[str, Any]] = [{"description": text} for text in _packed(told, MOST - size(title) - size(foot))]
    embeds[0]["title"] = title
    embeds[-1] |= {"timestamp": notice.created.astimezone(UTC).isoformat()} | (
        {"footer": {"text": foot}} if foot else {}
    )
    for embed in embeds:
        embed["color"] = COLORS[told.mood]
    return {"embeds": embeds, "allowed_mentions": {"parse": []}}


def _packed(told: Outline, room: int) -> list[str]:
    """The lines as descriptions, as few as hold them."""
    packed = [""]
    for line in fitted(told, (room, 0), _cost):
        text = _marked(line)
        if size(packed[-1]) + size(text) > MOST_EMBED:
            packed.append("")
        packed[-1] += text
    return [text.strip("\n") or "–" for text in packed]


def _cost(line: Line) -> tuple[int, int]:
    """Characters, and whether it is too long to stand in one embed with others."""
    length = size(_marked(line))
    return length, int(length > MOST_LINE)


def _marked(line: Line) -> str:
    words = _LISTED.sub(r"\1\\\2", "".join(_worded(one) for one in _linked_once(line).words))
    return {"heading": f"\n{words}\n", "quote": f"> {words}\n", "point": f"• {words}\n", "text": f"{words}\n"}[
        line.kind
    ]


def _linked_once(line: Line) -> Line:
    """With its first link only: addresses count as characters, and the words matter more."""
    first = next((index for index, one in enumerate(line.words) if one.url), -1)
    return replace(line, words=tuple(replace(w, url=w.url if i == first else "") for i, w in enumerate(line.words)))


def _worded(words: Words) -> str:
    text = escaped(words.text)
    if words.url:
        return f"[{text}](<{words.url}>)"
    return f"**{text.strip()}**{' ' if text.endswith(' ') else ''}" if words.bold and text.strip() else text


def escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def size(text: str) -> int:
    """In UTF-16 units, as the strictest of Discord's clients counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def judge_answer(reply: Reply, now: datetime) -> Outcome:
    """200 and the message in JSON; refusals in JSON with `message`, and `retry_after` in seconds (with a fraction)."""
    answer = said(reply)
    if 200 <= reply.status < 300:
        if reply.status == 204 or answer.get("id") or (is_json(reply) and not answer):
            return Sent(printable(f"message {answer.get('id', 'taken')}".encode()))
        return Later(None, f"answered {reply.status}, but with no message: {printable(reply.body) or 'nothing'}")
    return judge_json(reply, now, FINAL, wait=answer.get("retry_after"), why=answer.get("message"))
