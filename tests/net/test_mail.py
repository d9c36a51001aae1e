"""Mail goes through a real SMTP server on this machine, over a socket that the guard has judged."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from monitor.net.http import Net
from monitor.notice import Mail

MESSAGE = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Digest\r\n\r\nGood morning.\r\n"


class Letterbox:
    """Takes every message, but for the recipients named by their trouble."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    box = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def _mail(port: int, *recipients: str, host: str = "127.0.0.1") -> Mail:
    return Mail(host, port, MESSAGE, "a@example.com", recipients, security="none")


async def test_a_message_arrives_as_it_is(net: Net, letterbox: tuple[Letterbox, int]) -> None:
    box, port = letterbox
    reply = await net.send(_mail(port, "b@example.com", "c@example.com"))
    assert (reply.status, reply.error) == (250, "")
    assert box.taken == [("a@example.com", ["b@example.com", "c@example.com"], MESSAGE)]


@pytest.mark.parametrize(
    ("recipients", "status", "delivered"),
    [
        (("full@example.com",), 452, 0),
        (("nobody@example.com",), 550, 0),
        (("full@example.com", "nobody@example.com"), 452, 0),
        (("b@example.com", "nobody@example.com"), 250, 1),
    ],
)
async def test_who_is_not_taken_is_named_with_the_server_s_code(
    net: Net, letterbox: tuple[Letterbox, int], recipients: tuple[str, ...], status: int, delivered: int
) -> None:
    box, port = letterbox
    reply = await net.send(_mail(port, *recipients))
    assert (reply.status, len(box.taken)) == (status, delivered)
    assert recipients[-1] in reply.error


async def test_a_mail_server_inside_must_be_allowed(make_net: Any, letterbox: tuple[Letterbox, int]) -> None:
    box, port = letterbox
    reply = await (await make_net(allow=[])).send(_mail(port, "b@example.com"))
    assert (reply.status, box.taken) == (0, [])
    assert "[network] allow" in reply.error
    assert (
        await (await make_net(allow=["localhost"])).send(_mail(port, "b@example.com", host="localhost"))
    ).status == 250


async def test_a_server_that_offers_no_encryption_gets_no_password(net: Net, letterbox: tuple[Letterbox, int]) -> None:
    box, port = letterbox
    mail = Mail("127.0.0.1", port, MESSAGE, "a@example.com", ("b@example.com",), "user", "hunter2", "starttls")
    reply = await net.send(mail)
    assert (reply.status, box.taken) == (0, [])
    assert "hunter2" not in reply.error
    assert reply.error


async def test_no_mail_server_is_an_answer_in_words(net: Net, raw_server: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reply = await net.send(_mail(taken.getsockname()[1], "b@example.com"))
    assert reply.status == 0
    assert "refused" in reply.error
