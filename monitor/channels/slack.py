"""Sends a notice to Slack: one message by incoming webhook, or a message with the details in its thread by bot token.

The words of mentions only stand in plain_text and rich_text elements, which Slack does not read for markup, links or
pings.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import SecretStr, model_validator

from monitor.channels.answers import judge, printable, retry_after
from monitor.channels.base import ChannelOptions, is_ambiguous
from monitor.channels.slack_blocks import notice_blocks, single, summary, thread
from monitor.notice import Attempt, Delivery, Http, Later, Never, Notice, Outcome, Reply, Sent

TITLE = "Slack"
MAY_REPEAT = "This may repeat an earlier message: its answer was lost."
NEW_HOOK = "make a new incoming webhook in Slack and put its address into the configuration"
FINAL = {
    400: "Slack does not accept the message, most likely because its channel or user is gone: " + NEW_HOOK,
    403: "Slack refuses this webhook (its app was removed or an administrator forbids it): " + NEW_HOOK,
    404: "Slack does not know this webhook or its channel: " + NEW_HOOK,
    410: "the Slack channel is archived: unarchive it, or " + NEW_HOOK,
}
BOT_FINAL = {403: "Slack refuses the token", 404: "there is no Slack API at this address: correct `api`"}
PASSING = ("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
           "team_added_to_org")  # fmt: skip
NO_PICTURES = ("missing_scope", "not_allowed_token_type", "unknown_method")
"""This token may not upload: the digest does without."""
MOST_ALT = 1000
ADVICE = {
    "channel_not_found": "check `channel`, and invite the bot: /invite @its-name",
    "not_in_channel": "invite the bot into the channel: /invite @its-name",
    "is_archived": "unarchive the channel or name another",
    "missing_scope": "give the app the scope chat:write and install it again",
}


class Options(ChannelOptions):
    webhook_url: SecretStr | None = None
    """An incoming webhook; it is bound to its Slack channel."""
    token: SecretStr | None = None
    """A bot token (xoxb-…) with chat:write, instead of the webhook; with channels:history a lost answer is looked
    up, with files:write the day's picture stands in the thread."""
    channel: str = ""
    """With a token: the channel's id, or its name; a lost answer can only be looked up by the id."""
    api: str = "https://slack.com/api"
    """Where Slack's API answers."""
    on_ambiguous: Literal["resend", "hold"] = "resend"
    """When an answer was lost and the message may have arrived: send again and say so, or hold it for a person."""

    @model_validator(mode="after")
    def one_way(self) -> Options:
        if (self.webhook_url is None) == (self.token is None):
            raise ValueError("give either webhook_url, or token and channel")
        if self.token is not None and not self.channel:
            raise ValueError("token needs channel: the id or the name of the channel to write to")
        return self


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    doubtful = is_ambiguous(earlier)
    if options.token is not None:
        return (yield from _by_bot(notice, options, earlier[-1].started if doubtful else None, now))
    assert options.webhook_url is not None
    if doubtful and options.on_ambiguous == "hold":
        return Never("held: the answer to the last try was lost, and it may have arrived", held=True)
    body = message(notice, repeat=MAY_REPEAT if doubtful else "")
    reply = yield Http("POST", options.webhook_url.get_secret_value(), json=body)
    return judge_hook(reply, now)


def message(notice: Notice, repeat: str = "") -> dict[str, Any]:
    """The whole notice as one message."""
    shown = single(notice.content, repeat) if notice.kind == "digest" else notice_blocks(notice, repeat)
    return {"text": escaped(notice.subject), "blocks": shown, "unfurl_links": False, "unfurl_media": False}


def escaped(text: str) -> str:
    """For the fallback, which Slack does read: its three special characters, as Slack's documentation says."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def judge_hook(reply: Reply, now: datetime) -> Outcome:
    """An incoming webhook answers 200 and "ok". Anything else under 200 came from somebody else."""
    if reply.status == 200 and reply.body.strip() != b"ok":
        if reply.body.lstrip().startswith(b"{"):
            return judge_api(reply, now)
        return Later(None, f'answered 200 but not "ok": {printable(reply.body)}')
    outcome = judge(reply, now, FINAL)
    said = printable(reply.body)
    return Never(f"{outcome.why} (Slack says: {said})") if isinstance(outcome, Never) and said else outcome


# By bot token -----------------------------------------------------------------------------------------------------


def _by_bot(notice: Notice, options: Options, doubtful: datetime | None, now: datetime) -> Delivery:
    """Look for the message of a try (started at `doubtful`) whose answer was lost; post; put the details into its
    thread. The message is the notice: when only its thread fails, it has arrived all the same, and the answer says so.
    """
    repeat = ""
    if doubtful:
        reply = yield _call(options, "conversations.history", query=_around(options.channel, doubtful))
        if found := _find(reply, notice.id):
            return Sent(f"arrived before as {found}")
        if not isinstance(judge_api(reply, now), Sent):
            if options.on_ambiguous == "hold":
                return Never("held: the last try may have arrived, and Slack's history cannot be read", held=True)
            repeat = MAY_REPEAT
    threaded = notice.kind == "digest"
    shown = summary(notice.content, repeat) if threaded else notice_blocks(notice, repeat)
    reply = yield _call(options, "chat.postMessage", _post(notice, options, shown))
    outcome = judge_api(reply, now)
    if not isinstance(outcome, Sent) or not threaded:
        return outcome
    missing = yield from _below(notice, options, outcome.answer, str(_read(reply).get("channel", "")), now)
    return Sent(f"{outcome.answer}, {missing}") if missing else outcome


def _below(notice: Notice, options: Options, ts: str, channel: str, now: datetime) -> Generator[Http, Reply, str]:
    """The details and the picture, into the thread of the message `ts`; what could not be put there, and why."""
    for shown in thread(notice.content):
        reply = yield _call(options, "chat.postMessage", _post(notice, options, shown) | {"thread_ts": ts})
        below = judge_api(reply, now)
        if not isinstance(below, Sent):
            return f"without its thread: {below.why}"
    picture = next(iter(notice.content.get("pictures", ())), None)
    if picture and channel:
        error = yield from _upload(options, picture, ts, channel)
        if error and error not in NO_PICTURES:
            return f"without its picture: {error}"
    return ""


def _upload(options: Options, picture: Mapping[str, str], ts: str, channel: str) -> Generator[Http, Reply, str]:
    """A picture, as Slack takes files: ask where to, send it there, say where it belongs. The error, or nothing."""
    png, name = base64.b64decode(picture["png"]), f"{picture['id'].partition('@')[0]}.png"
    asked = {"filename": name, "length": str(len(png)), "alt_txt": picture["alt"][:MOST_ALT]}
    said = _read((yield _call(options, "files.getUploadURLExternal", query=asked)))
    url, file_id = str(said.get("upload_url", "")), str(said.get("file_id", ""))
    if said.get("ok") is not True or not url.startswith(("https://", "http://")):
        return printable(str(said.get("error", "")).encode()) or "no answer"
    taken = yield Http("POST", url, headers={"content-type": "application/octet-stream"}, body=png)
    if taken.status != 200:
        return taken.error or f"answered {taken.status}"
    where = {"files": [{"id": file_id, "title": name}], "channel_id": channel, "thread_ts": ts}
    said = _read((yield _call(options, "files.completeUploadExternal", where)))
    return "" if said.get("ok") is True else printable(str(said.get("error", "")).encode()) or "no answer"


def _around(channel: str, when: datetime) -> dict[str, str]:
    """The few messages of these minutes: an answer of more than 64 kB would be cut off."""
    start, end = when.timestamp() - 60, when.timestamp() + 180
    return {
        "channel": channel,
        "oldest": f"{start:.6f}",
        "latest": f"{end:.6f}",
        "limit": "5",
        "include_all_metadata": "true",
    }


def _post(notice: Notice, options: Options, shown: list[dict[str, Any]]) -> dict[str, Any]:
    """The notice's id travels as metadata, by which a message with a lost answer is found again."""
    metadata = {"event_type": "overheard_notice", "event_payload": {"id": notice.id}}
    return {
        "channel": options.channel, "text": escaped(notice.subject), "blocks": shown, "metadata": metadata,
        "parse": "none", "unfurl_links": False, "unfurl_media": False,
    }  # fmt: skip


def _call(
    options: Options, method: str, body: dict[str, Any] | None = None, query: dict[str, str] | None = None
) -> Http:
    assert options.token is not None
    headers = {"authorization": f"Bearer {options.token.get_secret_value()}"}
    url = f"{options.api.rstrip('/')}/{method}"
    if query is not None:
        return Http("GET", f"{url}?{urlencode(query)}", headers=headers)
    return Http("POST", url, headers=headers, json=body)


def judge_api(reply: Reply, now: datetime) -> Outcome:
    """Slack's API answers 200 with {"ok": true, "ts": …} or {"ok": false, "error": …}. `Sent.answer` is the ts."""
    if reply.status != 200:
        return judge(reply, now, BOT_FINAL)
    said = _read(reply)
    if said.get("ok") is True:
        return Sent(str(said.get("ts", "ok")))
    error = printable(str(said.get("error", "")).encode())
    if not error or error in PASSING:
        return Later(retry_after(reply.headers, now), f"Slack answered {error or printable(reply.body) or 'nothing'}")
    return Never(f"Slack refuses: {error}; {ADVICE.get(error, 'check token and channel')}")


def _find(reply: Reply, notice_id: str) -> str:
    """The ts of the message with this notice's id, or nothing."""
    messages = _read(reply).get("messages")
    for one in messages if isinstance(messages, list) else []:
        payload = one.get("metadata", {}).get("event_payload", {}) if isinstance(one, dict) else {}
        if payload.get("id") == notice_id and "thread_ts" not in one:
            return str(one.get("ts", "a message"))
    return ""


def _read(reply: Reply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
