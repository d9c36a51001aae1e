"""A mailbox is read through a real IMAP server on this machine, without a trace in it, and whatever the server does."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from monitor.net.connect import Names, trusted_tls
from monitor.net.guard import parse_allowed
from monitor.net.imap import MailLimits, look_into
from sources.base import Blocked, Letters, Mailbox, NeedsAuth, NotFound, SourceError, Unreachable
from tests.net.imap_server import PASSWORD, USER, Folder, ImapServer

HERE = parse_allowed(["127.0.0.0/8"])
Look = Callable[..., Awaitable[Letters]]


@pytest.fixture
async def server() -> AsyncIterator[ImapServer]:
    played = ImapServer()
    listening = await played.start()
    yield played
    listening.close()


@pytest.fixture
async def look(server: ImapServer) -> AsyncIterator[Look]:
    """`await look(after=3)` looks once; keys of `Mailbox`, and `limits`."""
    names = Names(_here)

    async def once(*, limits: MailLimits | None = None, tls: Any = None, allowed: Any = HERE, **more: Any) -> Letters:
        keys = {"host": "127.0.0.1", "user": USER, "port": server.port, "security": "none", **more}
        box = Mailbox(**{"password": SecretStr(PASSWORD), **keys})
        return await look_into(box, names, allowed, tls or trusted_tls(), limits)

    yield once
    await names.close()


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def letter(number: int, size: int = 0) -> bytes:
    return f"Subject: {number}\r\n\r\n".encode() + b"x" * size


async def test_letters_come_once_and_whole_and_the_oldest_first(server: ImapServer, look: Look) -> None:
    server.add(*(letter(at, 3_000 * at) for at in range(1, 6)))
    assert await look(most=3) == Letters(1, tuple((at, letter(at, 3_000 * at)) for at in (1, 2, 3)), more=True)
    assert await look(most=3, validity=1, after=3) == Letters(
        1, tuple((at, letter(at, 3_000 * at)) for at in (4, 5)), more=False
    )
    assert await look(validity=1, after=5) == Letters(1, ())


async def test_nothing_is_changed_or_marked_in_the_mailbox(server: ImapServer, look: Look) -> None:
    server.add(letter(1), letter(2))
    await look()
    said = " ".join(server.heard).upper()
    assert "EXAMINE" in said
    assert "BODY.PEEK[]" in said
    for harm in (" SELECT ", " STORE ", " COPY ", " EXPUNGE", " MOVE ", " DELETE ", " BODY["):
        assert harm not in said


async def test_a_folder_that_was_made_anew_is_read_from_its_beginning(server: ImapServer, look: Look) -> None:
    server.add(letter(1), letter(2), letter(3))
    assert [uid for uid, _ in (await look(validity=1, after=2)).letters] == [3]
    server.folders["INBOX"].validity = 2
    anew = await look(validity=1, after=3)
    assert (anew.validity, [uid for uid, _ in anew.letters]) == (2, [1, 2, 3])


async def test_a_letter_that_went_in_between_is_no_trouble(server: ImapServer, look: Look) -> None:
    server.add(letter(1), letter(2))
    server.answers["UID SEARCH"] = lambda _: "* SEARCH 1 2 9\r\nTAG OK done\r\n"
    assert [uid for uid, _ in (await look()).letters] == [1, 2]
    server.folders["INBOX"].letters.clear()
    assert (await look(after=2)).letters == ((9, b""),)  # so that the next look gets past it


async def test_of_a_letter_that_is_too_long_the_beginning_is_read_and_it_is_said(
    server: ImapServer, look: Look
) -> None:
    server.add(letter(1, 5_000), letter(2))
    seen = await look(limits=MailLimits(letter=1_000))
    assert seen.letters == ((1, letter(1, 5_000)[:1_000]), (2, letter(2)))
    assert seen.cut == {1}


async def test_many_long_letters_are_read_in_several_looks(server: ImapServer, look: Look) -> None:
    server.add(*(letter(at, 900) for at in range(1, 6)))
    limits = MailLimits(letter=1_000, look=2_000)
    after, taken = 0, []
    for _ in range(5):
        seen = await look(limits=limits, validity=1, after=after)
        assert len(seen.letters) <= 2
        taken += [uid for uid, _ in seen.letters]
        after = taken[-1]
        if not seen.more:
            break
    assert taken == [1, 2, 3, 4, 5]


async def test_a_folder_of_two_hundred_thousand_letters_can_be_looked_into(server: ImapServer, look: Look) -> None:
    server.add(letter(1))
    uids = " ".join(str(at) for at in range(1, 200_001))
    server.answers["UID SEARCH"] = lambda _: f"* SEARCH {uids}\r\nTAG OK done\r\n"
    seen = await look(most=1)
    assert (len(seen.letters), seen.more) == (1, True)


@pytest.mark.parametrize("folder", ["News & more", 'say "hi"', "Grüße/Ärger", "日本語", "back\\slash"])
async def test_folders_of_any_name_are_found(server: ImapServer, look: Look, folder: str) -> None:
    written = {"News & more": "News &- more", "Grüße/Ärger": "Gr&APwA3w-e/&AMQ-rger", "日本語": "&ZeVnLIqe-"}
    server.folders[written.get(folder, folder)] = Folder(letters={7: letter(7)})
    assert [uid for uid, _ in (await look(folder=folder)).letters] == [7]


async def test_a_folder_that_is_not_there_is_said_with_those_that_are(server: ImapServer, look: Look) -> None:
    server.folders |= {"Gr&APwA3w-e": Folder(), 'say "hi"': Folder()}
    with pytest.raises(NotFound, match=r'no folder "Letters"; it has: INBOX, Grüße, say "hi"$'):
        await look(folder="Letters")


@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 AUTH=PLAIN"])
async def test_a_refused_login_is_told_without_a_word_of_the_server(
    server: ImapServer, look: Look, capabilities: str
) -> None:
    server.capabilities = capabilities
    for wrong in ("wr0ng-secret", "wröng-secret"):
        with pytest.raises(NeedsAuth, match="app password") as raised:
            await look(password=SecretStr(wrong))
        assert wrong not in repr((str(raised.value), raised.value.args, raised.value.__cause__))


async def test_a_password_in_any_script_is_sent_as_it_is(server: ImapServer, look: Look) -> None:
    server.password = "pässwörd 密"
    assert await look(password=SecretStr("pässwörd 密")) == Letters(1, ())


async def test_a_line_break_cannot_bring_in_a_command(server: ImapServer, look: Look) -> None:
    for key in ("user", "folder"):
        with pytest.raises(NeedsAuth, match="line break"):
            await look(**{key: "INBOX\r\nX DELETE INBOX"})
    assert server.heard == []


async def test_a_login_that_is_refused_for_the_moment_wants_no_new_password(server: ImapServer, look: Look) -> None:
    server.answers["LOGIN"] = lambda _: "TAG NO [UNAVAILABLE] try later\r\n"
    with pytest.raises(Unreachable, match="at the moment"):
        await look()


async def test_the_guard_judges_the_address_and_the_port(server: ImapServer, look: Look) -> None:
    with pytest.raises(Blocked, match=r"\[network\] allow"):
        await look(allowed=parse_allowed([]))
    assert (await look(allowed=parse_allowed([f"127.0.0.1:{server.port}"]))).letters == ()
    assert (await look(allowed=parse_allowed(["mail.example"]), host="mail.example")).letters == ()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("CAPABILITY", "TAG NO way\r\n"),
        ("CAPABILITY", None),
        ("LOGIN", None),
        ("LOGIN", "* BYE go away\r\n"),
        ("EXAMINE", "TAG BAD no\r\n"),
        ("EXAMINE", None),
        ("UID SEARCH", "TAG NO way\r\n"),
        ("UID SEARCH", "* SEARCH one two\r\nTAG OK done\r\n"),
        ("UID SEARCH", "garbage\r\n"),
        ("UID FETCH", "TAG BAD bad\r\n"),
        ("UID FETCH", "* 1 FETCH (UID 1 BODY[] {99999999999}\r\n"),
        ("UID FETCH", "* 1 FETCH (UID 1 BODY[] {500}\r\ntoo short"),
        ("UID FETCH", "* 1 FETCH " + "x" * 20_000),
        ("LOGIN", "* 1 FETCH\r\n" * 5_000),
    ],
)
async def test_whatever_the_server_does_it_is_one_kind_of_trouble(
    server: ImapServer, look: Look, command: str, answer: str | None
) -> None:
    server.add(letter(1))
    server.answers[command] = lambda _: answer
    limits = MailLimits(letter=10_000, look=10_000, line=10_000, seconds=5, patience=0.2)
    with pytest.raises(Unreachable) as raised:
        await look(limits=limits)
    assert PASSWORD not in str(raised.value)
    assert f"127.0.0.1:{server.port}" in str(raised.value)


@pytest.mark.parametrize("limits", [MailLimits(seconds=0.2), MailLimits(patience=0.2)])
@pytest.mark.parametrize("command", ["CAPABILITY", "LOGIN", "UID FETCH"])
async def test_a_server_that_hangs_is_left(server: ImapServer, look: Look, command: str, limits: MailLimits) -> None:
    server.add(letter(1))
    server.answers[command] = lambda _: ""
    with pytest.raises(Unreachable, match=r"too slow|broke off"):
        await look(limits=limits)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 200 OK\r\n\r\n", b"* BYE full\r\n", b"\x00\xff\r\n"])
async def test_another_service_is_no_mail_server(server: ImapServer, look: Look, greeting: bytes) -> None:
    server.greeting = greeting
    with pytest.raises(Unreachable):
        await look()


async def test_nobody_there_is_said_so(look: Look, server: ImapServer) -> None:
    with pytest.raises(Unreachable, match="refused"):
        await look(port=1)


# TLS ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's self-signed certificate for mail.example, and a client that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    folder: Path = tmp_path_factory.mktemp("tls")
    key, pem = folder / "mail.key", folder / "mail.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=mail.example", "-addext", "subjectAltName=DNS:mail.example", "-keyout", key, "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_starttls_comes_before_the_password(server: ImapServer, look: Look, certificate: Any) -> None:
    server.tls, trusting = certificate
    server.add(letter(1))
    seen = await look(security="starttls", host="mail.example", tls=trusting)
    assert len(seen.letters) == 1
    commands = [line.split(" ")[1] for line in server.heard]
    assert commands.index("STARTTLS") < commands.index("LOGIN")


async def test_without_starttls_no_password_is_sent(server: ImapServer, look: Look) -> None:
    with pytest.raises(Unreachable, match="no STARTTLS"):
        await look(security="starttls")
    server.capabilities += " LOGINDISABLED"
    with pytest.raises(Unreachable, match="open line"):
        await look()
    assert not any("LOGIN " in line for line in server.heard)


async def test_tls_must_be_trusted_and_for_this_name(look: Look, certificate: Any) -> None:
    context, trusting = certificate
    secure = ImapServer()
    async with await secure.start(ssl_context=context):
        secure.add(letter(1))
        keys = {"port": secure.port, "security": "tls"}
        assert len((await look(**keys, host="mail.example", tls=trusting)).letters) == 1
        with pytest.raises(Unreachable, match=r"not trusted.*mismatch"):
            await look(**keys, host="other.example", tls=trusting)
        with pytest.raises(Unreachable, match=r"not trusted.*self"):
            await look(**keys, host="mail.example")


async def test_a_server_without_tls_is_said_so(server: ImapServer, look: Look) -> None:
    with pytest.raises(SourceError, match=r"TLS"):
        await look(security="tls", limits=MailLimits(patience=0.5))
