"""Letters, through a real SMTP server on loopback."""

from __future__ import annotations

import base64
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
from syrupy.assertion import SnapshotAssertion

from monitor.channels.email import Options, body_of, letter
from monitor.digest.content import content
from monitor.notice import Later, Never, Notice, Outcome, Sent
from tests.digest import made

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


@pytest.fixture
def options() -> Options:
    return Options(host="x", sender="a@b.example", to=("c@d.example",))


def test_an_alert_is_a_letter_of_its_own(options: Options) -> None:
    alert = made.warning()
    notice = Notice("msg_1", "alert", alert["subject"], made.END, {"alert": alert, "base": made.BASE, "id": 12})
    message = parsed(letter(notice, options))
    assert message["Subject"] == "Tidepool: 19 mentions in 2 hours, usual is 0–4"
    assert message["List-Id"] == "<tidepool.overheard.b.example>"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    for said in (text.get_content(), LexborHTMLParser(html.get_content()).text()):
        for words in ("19 mentions", "14 of them", "12,000 followers", "#4105", "ack 12"):
            assert words in said


def test_a_notice_of_nothing_else_is_plain_text(options: Options) -> None:
    notice = Notice("msg_1", "test", "Hello", made.END, {"text": "It works <!here>."})
    message = parsed(letter(notice, options))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip() == "It works <!here>."


@pytest.mark.parametrize("kind", made.DIGESTS)
def test_the_pictures_of_a_letter_travel_in_it(kind: str, options: Options) -> None:
    frozen = content(made.DIGESTS[kind](), made.BASE)
    notice = Notice("msg_1", "digest", frozen["digest"]["subject"], made.END, frozen)
    assert letter(notice, options) == letter(notice, options)
    message = parsed(letter(notice, options))
    html = message.get_body(("html",))
    assert html is not None
    named = {node.attributes["src"] for node in LexborHTMLParser(html.get_content()).css("img")}
    sent = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert named == {f"cid:{part['Content-ID'].strip('<>')}" for part in sent}
    assert [part.get_content() for part in sent] == [base64.b64decode(one["png"]) for one in frozen["pictures"]]
    assert all(part.get_content_disposition() == "inline" for part in sent)
    assert all(len(line) <= 998 for line in letter(notice, options).split(b"\r\n"))


@pytest.mark.parametrize("address", ["nobody", "a@", "a b@c.example", "a@b.example\r\nBcc: x@y.example", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        Options(host="x", sender="a@b.example", to=(address,))


def test_the_password_does_not_show() -> None:
    options = Options(host="x", sender="a@b.example", to=("c@d.example",), password="tops3cret")  # type: ignore[arg-type]
    assert "tops3cret" not in repr(options)


@pytest.mark.parametrize("kind", ["bad day", "quiet day", "all brands", "alert"])
def test_a_letter_says_what_it_said(kind: str, snapshot: SnapshotAssertion) -> None:
    """After a change that is meant: pytest --snapshot-update, and look."""
    if kind == "alert":
        notice = Notice("msg_1", "alert", "An alert", made.END, {"alert": made.warning(), "base": made.BASE})
    else:
        notice = Notice("msg_1", "digest", "A digest", made.END, content(made.DIGESTS[kind](), made.BASE))
    assert body_of(notice).text == snapshot
