"""Sends a notice as a letter: plain text, and HTML with its pictures in it. The same bytes and the same Message-ID at
every try, so that a repeat is one letter to whoever reads it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from monitor.channels.answers import judge_mail
from monitor.channels.base import ChannelOptions
from monitor.digest.alert_page import alert_letter
from monitor.digest.markdown import alert_plain, plain
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
    about = notice.content.get("digest") or notice.content.get("alert") or {}
    brand = str(about.get("brand") or notice.kind)
    message["List-Id"] = f"<{re.sub(r'[^a-z0-9]+', '-', brand.lower()).strip('-') or 'brand'}.overheard.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    body = body_of(notice)
    message.set_content(body.text, cte="quoted-printable")
    if body.html:
        message.add_alternative(body.html, subtype="html", cte="quoted-printable")
        message.set_boundary(_boundary(notice, "whole"))
        _attach(message, body.pictures, _boundary(notice, "pictures"))
    return message.as_bytes()


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    html: str = ""
    pictures: tuple[tuple[str, bytes], ...] = ()
    """(id by which the HTML names it, PNG)"""


def body_of(notice: Notice) -> Body:
    content = notice.content
    if notice.kind == "digest":
        drawn = ((one["id"], base64.b64decode(one["png"])) for one in content.get("pictures", ()))
        return Body(plain(content["digest"]), str(content["letter"]), tuple(drawn))
    if "alert" in content:
        alert, base = content["alert"], str(content.get("base", ""))
        return Body(alert_plain(alert), alert_letter(alert, base))
    return Body(f"{content.get('text', notice.subject)}\n")


def _attach(message: EmailMessage, pictures: Sequence[tuple[str, bytes]], boundary: str) -> None:
    """Into the letter itself: a program that asks before it loads pictures has nothing to ask for."""
    html = message.get_body(("html",))
    assert html is not None
    for id_, png in pictures:
        name = f"{id_.partition('@')[0]}.png"
        html.add_related(png, "image", "png", cid=f"<{id_}>", disposition="inline", filename=name)
    if pictures:
        html.set_boundary(boundary)


def _boundary(notice: Notice, part: str) -> str:
    """The same at every try."""
    seed = f"{part} {notice.id}".encode("utf-8", "surrogatepass")
    return f"overheard-{hashlib.sha256(seed).hexdigest()[:32]}"


def mailbox(address: str) -> Address:
    name, spec = parseaddr(address)
    return Address(header(name), addr_spec=spec)


def header(text: str) -> str:
    """One line without controls, direction marks, lone surrogates or what a reader would decode (=?…?=): `email` lets
    all of these through into a header."""
    kept = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in text)
    return " ".join("".join(kept).replace("=?", "= ?").split())[:200]
