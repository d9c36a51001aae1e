"""Sends a notice to a chat of Telegram by a bot: one message, its links and bold words given as entities.

Nothing is parsed: the text is inert words, and what is a link is said by its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from monitor.channels.answers import is_json, judge_json, printable, said
from monitor.channels.base import CannotLook, repeats
from monitor.digest.inert import cut
from monitor.digest.outline import Line, Outline, fitted, outline
from monitor.notice import Attempt, Delivery, Http, Later, Never, Notice, Outcome, Reply, Sent

TITLE = "Telegram"
FINAL = {
    400: "Telegram does not accept the message: check `chat` and `thread`, and that the bot is in the chat",
    401: "Telegram does not know this bot: ask @BotFather for its token and put it into the configuration",
    403: "Telegram does not let the bot write there: unblock it, or add it to the chat (to a channel as administrator)",
    404: "Telegram does not know this bot: ask @BotFather for its token and put it into the configuration",
    405: "there is no Telegram Bot API at this address: correct `api`",
    410: "there is no Telegram Bot API at this address: correct `api`",
    413: "Telegram calls the message too large: report this",
}
MOST, MOST_ENTITIES, MOST_TITLE = 4096, 100, 200
"""Telegram's limits: UTF-16 units of a message, and links and bold words in it."""


class Options(CannotLook):
    token: SecretStr = Field(min_length=1)
    """The bot's token, from @BotFather."""
    chat: int | str
    """The chat's number (-100…), or a public channel's @name."""
    thread: int | None = Field(default=None, ge=1)
    """A topic of a group that has topics."""
    silent: bool = False
    """Without a sound."""
    api: str = "https://api.telegram.org"
    """Where the Bot API answers."""


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    repeat = repeats(options, earlier)
    if isinstance(repeat, Never):
        return repeat
    body = message(notice, options, repeat)
    reply = yield _send(options, body)
    moved = _moved_to(reply)
    if moved is None:
        return judge_answer(reply, now)
    outcome = judge_answer((yield _send(options, {**body, "chat_id": moved})), now)
    if isinstance(outcome, Sent):
        return Sent(f"{outcome.answer}; the chat has a new number: set chat = {moved}")
    return outcome


def _send(options: Options, body: Mapping[str, Any]) -> Http:
    return Http("POST", f"{options.api.rstrip('/')}/bot{options.token.get_secret_value()}/sendMessage", json=body)


def message(notice: Notice, options: Options, repeat: str = "") -> dict[str, Any]:
    """The whole notice as one message."""
    text, entities = worded(outline(notice.kind, notice.subject, notice.content), repeat)
    return {
        "chat_id": options.chat,
        "text": text,
        "entities": entities,
        "link_preview_options": {"is_disabled": True},
        "disable_notification": options.silent,
    } | ({"message_thread_id": options.thread} if options.thread else {})


def worded(told: Outline, repeat: str = "") -> tuple[str, list[dict[str, Any]]]:
    """The text, and the places of what is bold or a link in it, in UTF-16 units."""
    title, foot = cut(told.title, MOST_TITLE, size), "\n".join(filter(None, ["", told.foot, repeat]))
    text, entities = "", list[dict[str, Any]]()

    def add(words: str, **kind: str) -> None:
        nonlocal text
        shown = words.strip()
        if kind and shown:
            offset = size(text) + size(words[: len(words) - len(words.lstrip())])
            entities.append({"offset": offset, "length": size(shown), **kind})
        text += words

    add(title, type="bold")
    add("\n\n")
    for line in fitted(told, (MOST - size(text) - size(foot), MOST_ENTITIES - 1), _cost):
        add(line.mark)
        for words in line.words:
            add(words.text, **_kind(words.url, words.bold))
        add("\n")
    add(foot.rstrip("\n"))
    return text.rstrip() or "–", entities


def _kind(url: str, bold: bool) -> dict[str, str]:
    return {"type": "text_link", "url": url} if url else {"type": "bold"} if bold else {}


def _cost(line: Line) -> tuple[int, int]:
    return size(f"{line.mark}{line.text}\n"), sum(bool(words.url or words.bold) for words in line.words)


def size(text: str) -> int:
    """In UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def judge_answer(reply: Reply, now: datetime) -> Outcome:
    """{"ok": true, "result": …} or {"ok": false, "error_code", "description", "parameters": {"retry_after"}}."""
    answer = said(reply)
    # The answer repeats the message: it may be longer than what we read of it.
    if 200 <= reply.status < 300 and (answer.get("ok") is True or (is_json(reply) and not answer)):
        return Sent(f"message {_of(answer, 'result').get('message_id', 'taken')}")
    if 200 <= reply.status < 300:
        code = answer.get("error_code")
        if not isinstance(code, int) or 200 <= code < 300:
            return Later(None, f"answered {reply.status}, but not ok: {printable(reply.body) or 'nothing'}")
        reply = Reply(code, reply.headers, reply.body)
    wait = _of(answer, "parameters").get("retry_after")
    return judge_json(reply, now, FINAL, wait=wait, why=answer.get("description"))


def _moved_to(reply: Reply) -> int | None:
    """The new number of a group that became a supergroup."""
    moved = _of(said(reply), "parameters").get("migrate_to_chat_id")
    return moved if isinstance(moved, int) and not isinstance(moved, bool) else None


def _of(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = answer.get(key)
    return inner if isinstance(inner, Mapping) else {}
