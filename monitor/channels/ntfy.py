"""Publishes a notice to a topic of ntfy (ntfy.sh or a server of one's own): a few lines for a telephone, and a tap that
opens all of it.

A retry has the same sequence id, so that a telephone shows one notice however often it was sent. Plain text throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from monitor.channels.answers import is_json, judge_json, printable, said
from monitor.channels.base import ChannelOptions
from monitor.digest.inert import cut
from monitor.digest.outline import Line, Outline, fitted, outline
from monitor.notice import Attempt, Delivery, Http, Later, Notice, Outcome, Reply, Sent

TITLE = "ntfy"
FINAL = {
    400: "ntfy does not accept the message: check `topic`",
    401: "ntfy asks for a sign-in: give `token`",
    403: "ntfy does not let us write to this topic: give a `token` that may, or take another topic",
    404: "there is no ntfy at this address: correct `server`",
    405: "this address takes no messages: correct `server`",
    410: "there is no ntfy at this address any more: correct `server`",
    413: "this ntfy takes only shorter messages: raise its message-size-limit",
}
MOST, MOST_TITLE = 3800, 240
"""Bytes. A message over 4,096 would come as a file to open."""
PRIORITIES = {"calm": 3, "waiting": 3, "unusual": 4}
TAGS = {"calm": "bar_chart", "waiting": "speech_balloon", "unusual": "rotating_light"}


class Options(ChannelOptions):
    topic: str = Field(pattern=r"^[-_A-Za-z0-9]{1,64}$")
    """On a public server, whoever knows it can read along."""
    server: str = "https://ntfy.sh"
    token: SecretStr | None = None
    """An access token (tk_…), where the topic is protected."""
    priority: Literal["", "min", "low", "default", "high", "urgent"] = ""
    """Of every notice; empty: high for what is unusual, default for the rest."""

    @model_validator(mode="after")
    def reachable(self) -> Options:
        if not self.server.startswith(("http://", "https://")):
            raise ValueError("server must be a whole web address, such as https://ntfy.sh")
        return self


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    headers = {"authorization": f"Bearer {options.token.get_secret_value()}"} if options.token else {}
    reply = yield Http("POST", options.server.rstrip("/") + "/", headers=headers, json=message(notice, options))
    return judge_answer(reply, now)


def message(notice: Notice, options: Options) -> dict[str, Any]:
    told = outline(notice.kind, notice.subject, notice.content)
    levels = ("", "min", "low", "default", "high", "urgent")
    return {
        "topic": options.topic,
        "sequence_id": notice.id[:64],
        "title": cut(told.title, MOST_TITLE, size),
        "message": text(told),
        "priority": levels.index(options.priority) or PRIORITIES[told.mood],
        "tags": [TAGS[told.mood]],
        "markdown": False,
    } | ({"click": told.url} if told.url else {})


def text(told: Outline) -> str:
    return "".join(map(_line, fitted(told, (MOST,), lambda line: (size(_line(line)),)))).strip() or "–"


def _line(line: Line) -> str:
    return f"{line.mark}{line.text}\n"


def size(words: str) -> int:
    return len(words.encode("utf-8", "surrogatepass"))


def judge_answer(reply: Reply, now: datetime) -> Outcome:
    """200 and the message in JSON; refusals in JSON with `error`."""
    answer = said(reply)
    if 200 <= reply.status < 300:
        if answer.get("id") or (is_json(reply) and not answer):
            return Sent(printable(f"message {answer.get('id', 'taken')}".encode()))
        return Later(None, f"answered {reply.status}, but with no message: {printable(reply.body) or 'nothing'}")
    return judge_json(reply, now, FINAL, why=answer.get("error"))
