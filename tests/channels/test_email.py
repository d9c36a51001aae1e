"""Letters, through a real SMTP server on loopback."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from selectolax.lexbor import LexborHTMLParser

from monitor.channels.email import Options, letter
from monitor.notice import Later, Never, Notice, Outcome, Sent

Deliver = Callable[..., Awaitable[Outcome]]


class Mailbox:
    """Takes what comes, unless it was told what to answer."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answer = "250 taken"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope)
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, dict[str, Any]]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    options = {
        "host": "127.0.0.1", "port": port, "security": "none", "sender": "Overheard <overheard@shop.example>",
        "to": ["ann@shop.example", "Böb <bob@shop.example>"],
    }  # fmt: skip
    yield box, options
    server.stop()


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_letter_arrives_with_text_and_html(
    mailbox: tuple[Mailbox, dict[str, Any]], deliver: Deliver, notice: Notice
) -> None:
    box, options = mailbox
    assert isinstance(await deliver("email", notice, options), Sent)
    (envelope,) = box.letters
    assert envelope.rcpt_tos == ["ann@shop.example", "bob@shop.example"]
    message = parsed(envelope.content)
    assert message["Subject"] == notice.subject
    assert message["Message-ID"] == "<msg_2026-11-24-acme@shop.example>"
    assert message["List-Id"] == "<acme.overheard.shop.example>"
    assert message["To"].addresses[1].display_name == "Böb"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "parcel arrived broken" in text.get_content()
    assert LexborHTMLParser(html.get_content()).css_first("table.sheet") is not None


async def test_every_try_sends_the_same_bytes(
    mailbox: tuple[Mailbox, dict[str, Any]], deliver: Deliver, notice: Notice, lost: Any
) -> None:
    box, options = mailbox
    await deliver("email", notice, options)
    await deliver("email", notice, options, lost)
    first, second = box.letters
    assert first.content == second.content


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("250 taken", Sent),
        ("451 try later", Later),
        ("421 closing", Later),
        ("550 no such user", Never),
        ("554 spam", Never),
    ],
)
async def test_the_servers_answer_is_understood(
    answer: str, kind: type, mailbox: tuple[Mailbox, dict[str, Any]], deliver: Deliver, notice: Notice
) -> None:
    box, options = mailbox
    box.answer = answer
    outcome = await deliver("email", notice, options)
    assert isinstance(outcome, kind), outcome


async def test_a_server_that_is_away_is_asked_again(deliver: Deliver, notice: Notice) -> None:
    options = {"host": "127.0.0.1", "port": 25, "security": "none", "sender": "a@b.example", "to": ["c@d.example"]}
    assert isinstance(await deliver("email", notice, options), Later)


HOSTILE = [
    "a\r\nBcc: evil@evil.example",
    "a\nX: y",
    "nul\x00",
    "rtl \u202e\u2066",
    "lone \ud800",
    "=?utf-8?q?=0ABcc:x?=",
    "\u2028Bcc: x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header(text: str, make_digest: Callable[..., Notice]) -> None:
    options = Options(host="x", sender="Overheard <a@b.example>", to=("c@d.example",))
    calm = set(parsed(letter(make_digest(["x"]), options)).keys())
    bad = replace(make_digest([text]), subject=text, id=f"msg {text}")
    message = parsed(letter(bad, options))
    assert set(message.keys()) == calm
    assert [address.addr_spec for address in message["To"].addresses] == ["c@d.example"]
    shown = str(message["Subject"]) + str(message["Message-ID"]) + str(message["List-Id"])
    assert not set(shown) & set("\r\n\x00\u202e\u2066\ud800\u2028")


def test_an_alert_is_plain_text(alert: Notice) -> None:
    message = parsed(letter(alert, Options(host="x", sender="a@b.example", to=("c@d.example",))))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip() == "Twelve in an hour <!here>."


@pytest.mark.parametrize("address", ["nobody", "a@", "a b@c.example", "a@b.example\r\nBcc: x@y.example", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        Options(host="x", sender="a@b.example", to=(address,))


def test_the_password_does_not_show() -> None:
    options = Options(host="x", sender="a@b.example", to=("c@d.example",), password="tops3cret")  # type: ignore[arg-type]
    assert "tops3cret" not in repr(options)
