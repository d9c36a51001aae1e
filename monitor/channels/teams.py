"""Sends a notice to Microsoft Teams by the webhook of a workflow, as one Adaptive Card.

The words of mentions stand in TextRuns, which Teams does not read for Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from monitor.channels.answers import judge, judge_json, printable, said
from monitor.channels.base import CannotLook, repeats
from monitor.digest.inert import cut
from monitor.digest.outline import Line, Outline, Words, fitted, outline
from monitor.notice import Attempt, Delivery, Http, Later, Never, Notice, Outcome, Reply

TITLE = "Microsoft Teams"
NEW_HOOK = (
    "make a new workflow (“Send webhook alerts to a channel”) in Teams and put its address into the configuration"
)
FINAL = {
    400: f"the workflow does not accept the card, or is switched off: switch it on, or {NEW_HOOK}",
    401: f"the workflow refuses this address, most likely because its end (&sig=…) is missing: {NEW_HOOK}",
    403: f"the workflow forbids it: let anyone trigger it, or {NEW_HOOK}",
    404: f"there is no such workflow: {NEW_HOOK}",
    405: "this address takes no messages: correct `webhook_url`",
    410: f"this workflow is gone: {NEW_HOOK}",
    413: "Teams calls the card too large: report this",
}
MOST, MOST_TITLE = 26_000, 200
"""Bytes; Teams takes 28 kB."""
FAILED = b"Webhook message delivery failed"
"""What an older connector answers with status 200 when Teams did not take the message."""


class Options(CannotLook):
    webhook_url: SecretStr
    """The address of a workflow that posts what it is sent. Whoever knows it can write there."""


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    repeat = repeats(options, earlier)
    if isinstance(repeat, Never):
        return repeat
    headers = {"content-type": "application/json; charset=utf-8"}
    body = encoded(message(notice, repeat))
    reply = yield Http("POST", options.webhook_url.get_secret_value(), headers=headers, body=body)
    return judge_answer(reply, now)


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def message(notice: Notice, repeat: str = "") -> dict[str, Any]:
    """The whole notice as one card."""
    told = outline(notice.kind, notice.subject, notice.content)
    around = encoded(_card(told, (), repeat))
    lines = fitted(told, (MOST - len(around),), lambda line: (len(encoded(_block(line))) + 1,))
    return _card(told, lines, repeat)


def _card(told: Outline, lines: Sequence[Line], repeat: str) -> dict[str, Any]:
    title = _run(cut(told.title, MOST_TITLE), weight="Bolder", size="Large")
    below = [_rich([_run(words, isSubtle=True, size="Small")]) for words in (told.foot, repeat) if words]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": "This digest needs a newer version of Teams.",
        "body": [_rich([title]), *map(_block, lines), *below],
    } | ({"actions": [{"type": "Action.OpenUrl", "title": "All of it", "url": told.url}]} if told.url else {})
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _block(line: Line) -> dict[str, Any]:
    runs = list(_runs(line))
    if line.kind == "heading":
        return _rich(runs) | {"spacing": "Medium", "separator": True}
    return _rich(runs) | {"spacing": "Small"}


def _runs(line: Line) -> Iterator[dict[str, Any]]:
    if line.mark.strip():
        yield _run(line.mark)
    for words in line.words:
        yield _run(words.text, **_style(words, quoted=line.kind == "quote"))


def _style(words: Words, *, quoted: bool) -> dict[str, Any]:
    style: dict[str, Any] = {"isSubtle": True} if quoted else {}
    style |= {"weight": "Bolder"} if words.bold else {}
    return style | ({"selectAction": {"type": "Action.OpenUrl", "url": words.url}} if words.url else {})


def _run(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text or " ", **style}


def _rich(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def judge_answer(reply: Reply, now: datetime) -> Outcome:
    """A workflow answers 202 and nothing. An older connector answers 200 with "1", or with words when Teams failed."""
    text = reply.body.strip()
    if reply.status == 200 and text.startswith(FAILED):
        too_large = b"413" in text or b"too large" in text
        return Never(FINAL[413]) if too_large else Later(None, f"answered 200, but {printable(text)}")
    if 200 <= reply.status < 300 and text not in (b"", b"1") and not said(reply):
        return Later(None, f"answered {reply.status}, but not as Teams does: {printable(text)}")
    error = said(reply).get("error")
    if isinstance(error, dict) and 200 <= reply.status < 300:
        return Later(None, f"answered {reply.status}, but {printable(str(error.get('message')).encode())}")
    why = error.get("message") if isinstance(error, dict) else ""
    return judge_json(reply, now, FINAL, why=why) if why else judge(reply, now, FINAL)
