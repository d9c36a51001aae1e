"""Reads where a digest goes: the name of a channel, or a shorthand such as `mailto:ann@example.com`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from monitor.config.problems import nearest
from monitor.config.shape import email_address
from monitor.config.tables import beside, holds_login

SHORTHANDS = ("slack:", "teams:", "discord:", "telegram:", "ntfy:", "webhook:", "mailto:", "file:", "apprise:")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+-]+):(?P<rest>.*)")  # two letters at least: C:\ is a drive
_HOOKS = {"hooks.slack.com": "slack", "discord.com": "discord", "discordapp.com": "discord", "ntfy.sh": "ntfy"}
"""Whose address tells what it is; of Teams' workflows, which share their host with others, none does."""
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_BOT = re.compile(r"(?P<token>\d+:[-\w]+)/(?P<chat>-?\d+|@\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """A channel written out in one line: its kind, its one value, and a name that gives no secret away."""

    kind: str
    value: str
    name: str


def target(text: str, channels: Collection[str]) -> str | Target:
    """The channel that an entry of `to` names, or the one that it describes. Raises ValueError in plain words."""
    if text in channels:
        return text
    if "@" in text and ":" not in text and "/" not in text:
        return _mail(text)
    scheme = _SCHEME.fullmatch(text)
    if not scheme:
        return _folder(text, channels)
    match scheme[1].lower():
        case "http" | "https":
            kind = _HOOKS.get(urlsplit(text).hostname or "", "webhook")
            return _topic(text) if kind == "ntfy" else _hook(kind, text)
        case "slack" | "teams" | "discord" | "webhook" as kind:
            return _hook(kind, scheme["rest"])
        case "ntfy":
            return _topic(scheme["rest"])
        case "telegram":
            return _chat(scheme["rest"])
        case "apprise":
            return _apprise(scheme["rest"])
        case "mailto":
            return _mail(scheme["rest"])
        case "file":
            return _file(scheme["rest"].removeprefix("//"))
    known = (*SHORTHANDS, *channels)
    hint = nearest(f"{scheme[1]}:", known)
    raise ValueError(
        f'there is no "{scheme[1]}:"; '
        + (f'did you mean "{hint}"?' if hint else f"write {', '.join(SHORTHANDS)} or the name of a [[channel]]")
    )


def _hook(kind: str, url: str) -> Target:
    """A web hook. Its address is a secret, so the name only tells the host, and a digest of the rest."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise ValueError(f"{kind}: needs a whole web address, {kind}:https://…")
    if holds_login(url):
        raise ValueError(f"{kind}: its address must not hold a user name or password; remove all up to the @")
    return Target(kind, url, f"{kind} {parts.hostname} {_short(url)}" if kind == "webhook" else f"{kind} {_short(url)}")


def _short(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def _topic(text: str) -> Target:
    """A topic of ntfy.sh, or the address of one elsewhere. Whoever knows it can read along: the name does not tell."""
    server, slash, topic = text.rpartition("/")
    if not _TOPIC.fullmatch(topic) or (slash and not re.fullmatch(r"https?://[^/\s@]+", server)):
        raise ValueError(
            "ntfy: needs a topic (letters, digits, - and _) or its address, ntfy:https://ntfy.example/topic"
        )
    host = urlsplit(server).netloc if slash else "ntfy.sh"
    return Target("ntfy", text, f"ntfy {host} {_short(text)}")


def _chat(text: str) -> Target:
    found = _BOT.fullmatch(text)
    if not found:
        raise ValueError('telegram: needs the bot\'s token and a chat, "telegram:123456:ABC…/-1001234" or "…/@channel"')
    return Target("telegram", text, f"telegram {found['chat']} {_short(text)}")


def _apprise(address: str) -> Target:
    service = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=://.)", address)
    if not service:
        raise ValueError("apprise: needs an address of Apprise, such as apprise:pover://user@token")
    return Target("apprise", address, f"apprise {service[0]} {_short(address)}")


def _mail(address: str) -> Target:
    return Target("email", email_address(address.strip()), f"mailto:{address.strip()}")


def _file(folder: str) -> Target:
    if not folder:
        raise ValueError('file: needs a folder, such as "file:digests"')
    return Target("file", folder, f"file:{folder}")


def _folder(text: str, channels: Collection[str]) -> Target:
    """A bare path, known by its slash: a lone word is a channel, and one that there is not is a slip."""
    if not re.search(r"[/\\]", text):
        hint = nearest(text, channels)
        raise ValueError(
            f'there is no [[channel]] named "{text}"'
            + (f'; did you mean "{hint}"?' if hint else f'; for a folder of that name write "file:{text}"')
        )
    return _file(text)


def seen_from(here: Path, text: str, channels: Collection[str]) -> str:
    """The entry, with a folder that it describes made absolute: `file:out` is /here/out wherever it is read next.

    Raises ValueError in plain words.
    """
    named = [name for name in channels if not name.startswith("file:")]  # those that digests write out in their `to`
    meant = target(text, named)
    return f"file:{beside(here, meant.value)}" if isinstance(meant, Target) and meant.kind == "file" else text


def options_of(meant: Target) -> dict[str, Any]:
    """The options of the channel that a shorthand stands for, without what `[email]` gives."""
    match meant.kind:
        case "slack" | "teams" | "discord":
            return {"webhook_url": meant.value}
        case "webhook":
            return {"url": meant.value}
        case "email":
            return {"to": [meant.value]}
        case "ntfy":
            server, slash, topic = meant.value.rpartition("/")
            return {"topic": topic} | ({"server": server} if slash else {})
        case "telegram":
            token, _, chat = meant.value.rpartition("/")
            return {"token": token, "chat": chat if chat.startswith("@") else int(chat)}
        case "apprise":
            return {"service": meant.value}
    return {"folder": meant.value}
