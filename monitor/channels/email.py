"""Sends a notice as a letter: plain text and HTML, the same bytes and the same Message-ID at every try, so that a
repeat is one letter to whoever reads it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from monitor.channels.answers import judge_mail
from monitor.channels.base import ChannelOptions
from monitor.digest.markdown import plain
from monitor.notice import Attempt, Delivery, Mail, Notice

MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)

TITLE = "E-mail"


class Options(ChannelOptions):
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    """An address, with or without a name: "Overheard <overheard@example.org>"."""
    to: tuple[str, ...] = Field(min_length=1)

    @field_validator("sender", "to")
    @classmethod
    def addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value:
            if not address.isprintable() or not MAILBOX.fullmatch(parseaddr(address)[1]):
                raise ValueError(f'"{address}" is not an e-mail address such as team@example.org')
        return value


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    reply = yield Mail(
        host=options.host,
        port=options.port,
        message=letter(notice, options),
        sender=parseaddr(options.sender)[1],
        recipients=tuple(parseaddr(recipient)[1] for recipient in options.to),
        username=options.username,
        password=options.password.get_secret_value(),
        security=options.security,
    )
    return judge_mail(reply)


def letter(notice: Notice, options: Options) -> bytes:
    """The whole message; nothing in it depends on when or how often it is sent."""
    message, domain = EmailMessage(policy=SMTP), parseaddr(options.sender)[1].partition("@")[2]
    message["Subject"] = header(notice.subject)
    message["From"] = mailbox(options.sender)
    message["To"] = [mailbox(recipient) for recipient in options.to]
    message["Date"] = format_datetime(notice.created.astimezone(UTC))
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9._-]', '-', notice.id)}@{domain}>"
    brand = str((notice.content.get("digest") or {}).get("brand", notice.kind))
    message["List-Id"] = f"<{re.sub(r'[^a-z0-9]+', '-', brand.lower()).strip('-') or 'brand'}.overheard.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    text, html = _bodies(notice)
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"overheard-{hashlib.sha256(notice.id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}")
    return message.as_bytes()


def _bodies(notice: Notice) -> tuple[str, str]:
    if notice.kind == "digest":
        return plain(notice.content["digest"]), str(notice.content["letter"])
    return f"{notice.content.get('text', notice.subject)}\n", ""


def mailbox(address: str) -> Address:
    name, spec = parseaddr(address)
    return Address(header(name), addr_spec=spec)


def header(text: str) -> str:
    """One line without controls, direction marks, lone surrogates or what a reader would decode (=?…?=): `email` lets
    all of these through into a header."""
    kept = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in text)
    return " ".join("".join(kept).replace("=?", "= ?").split())[:200]
