"""Looks into a mailbox over IMAP, through a socket that the guard has judged: read-only, capped, and soon done.

The standard library's client speaks the protocol, in a thread of its own. It believes what a server says of sizes, so
everything it reads is counted; and whatever hangs is ended by closing the line under it.
"""

from __future__ import annotations

import asyncio
import binascii
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from monitor.net.answers import system_words
from monitor.net.connect import AddressRefused, Hop, Names, open_socket
from monitor.net.guard import Allowed
from sources.base import Blocked, Letters, Mailbox, NeedsAuth, NotFound, Unreachable

IMAP_PORTS = frozenset({143, 993})
_FOLDERS_NAMED = 20
_SIZE = re.compile(rb"\((?=[^()]*\bUID (\d{1,10})\b)(?=[^()]*\bRFC822\.SIZE (\d{1,15})\b)[^()]*\)", re.IGNORECASE)
_LISTED = re.compile(rb'\([^()]*\)\s+(?:"[^"]*"|NIL)\s+("(?:[^"\\]|\\.)*"|[^\s"]+)', re.IGNORECASE)
_NOT_THIS_TIME = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class MailLimits:
    """What one look may cost, in bytes and seconds."""

    letter: int = 10 * 1024 * 1024
    """Of a longer letter only so much is read."""
    look: int = 32 * 1024 * 1024
    """Letters of one look together; one at least is read."""
    line: int = 8 * 1024 * 1024
    """A line of the server: the list of all uids of a large folder is one."""
    seconds: float = 90.0
    patience: float = 30.0
    """Without a single byte from the server."""


async def look_into(
    box: Mailbox, names: Names, allowed: Allowed, tls: ssl.SSLContext, limits: MailLimits | None = None
) -> Letters:
    """The letters beyond the last look, the oldest first.

    Raises `NeedsAuth` for a login that is refused, `NotFound` for a folder that is not there, `Blocked` by the guard,
    `Unreachable` for all else: never in the server's own words, which may repeat ours.
    """
    limits = limits or MailLimits()
    where = f"{box.host}:{box.port}"
    if any(_CONTROL.search(text) for text in (box.user, box.password.get_secret_value(), box.folder)):
        raise NeedsAuth(f"{where}: no user, password or folder can hold a line break")
    try:
        async with asyncio.timeout(limits.seconds):
            link = await open_socket(box.host, box.port, names, Hop(box.host, allowed, IMAP_PORTS))
            return await _in_a_thread(link, box, tls, limits, where)
    except AddressRefused as refused:
        raise Blocked(f"{where}: {refused}") from None
    except TimeoutError:
        raise Unreachable(f"{where}: the mail server was too slow") from None
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"{where}: its TLS certificate is not trusted ({error.verify_message})") from None
    except ssl.SSLError:
        raise Unreachable(f"{where}: no secure connection could be agreed on (TLS)") from None
    except socket.gaierror:
        raise Unreachable(f"{where}: the host name cannot be found") from None
    except OSError as error:
        raise Unreachable(f"{where}: {system_words(error)}") from None


async def _in_a_thread(
    link: socket.socket, box: Mailbox, tls: ssl.SSLContext, limits: MailLimits, where: str
) -> Letters:
    handle = link.dup()  # reaches the same connection, whoever holds and wraps the other
    link.settimeout(limits.patience)
    threads = ThreadPoolExecutor(1, thread_name_prefix="imap")
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, _look, link, box, tls, limits, where)
    finally:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)  # also wakes a thread that waits for the server
        handle.close()
        threads.shutdown(wait=False)


def _look(link: socket.socket, box: Mailbox, tls: ssl.SSLContext, limits: MailLimits, where: str) -> Letters:
    """The whole conversation, in its thread."""
    client: _Client | None = None
    try:
        if box.security == "tls":
            link = tls.wrap_socket(link, server_hostname=box.host)
        client = _Client(link, box.host, limits)
        if box.security == "starttls":
            _start_tls(client, tls, where)
        _log_in(client, box, where)
        validity = _open_folder(client, box, where)
        after = box.after if validity == box.validity else 0
        found = _fetch(client, validity, _uids(client, after), box.most, limits)
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()
        return found
    except imaplib.IMAP4.error as error:
        # Its words can be the server's, and a server can repeat what it was sent.
        broke_off = isinstance(error, imaplib.IMAP4.abort)
        why = "the connection broke off, or this is no IMAP" if broke_off else "it refuses to be read"
        raise Unreachable(f"{where}: {why}") from None
    except OSError:
        raise  # some of TLS are ValueErrors, too
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Unreachable(f"{where}: not an IMAP that can be read ({type(error).__name__})") from None
    finally:
        if client is not None:
            with suppress(OSError):
                client.shutdown()
        link.close()


class _Client(imaplib.IMAP4):
    """Speaks over a socket that is already there, and reads no more than it is allowed to.

    It reads by itself: how the library does has changed between versions of Python.
    """

    def __init__(self, link: socket.socket, host: str, limits: MailLimits) -> None:
        self._link, self._limits = link, limits
        self._left = limits.look + limits.letter + 2 * limits.line
        self._reader: BinaryIO | None = None
        self._read_from: object = None
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._link

    def _input(self) -> BinaryIO:
        if self._reader is None or self._read_from is not self.sock:  # STARTTLS puts another one in its place
            self._close_input()
            self._reader, self._read_from = self.sock.makefile("rb"), self.sock
        return self._reader

    def _close_input(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def read(self, size: int) -> bytes:
        if size > self._limits.letter + 1024:
            raise self.abort("too much at once")
        return self._counted(self._input().read(size))

    def readline(self) -> bytes:
        line = self._input().readline(self._limits.line + 1)  # the library's own limit is too small for a large folder
        if len(line) > self._limits.line:
            raise self.abort("too long a line")
        return self._counted(line)

    def shutdown(self) -> None:
        self._close_input()
        super().shutdown()

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise self.abort("too much in all")
        return data


def _start_tls(client: _Client, tls: ssl.SSLContext, where: str) -> None:
    if "STARTTLS" not in client.capabilities:
        raise Unreachable(f"{where}: it offers no STARTTLS, and the password is not sent in the open")
    client.starttls(tls)


def _log_in(client: _Client, box: Mailbox, where: str) -> None:
    user, password = box.user, box.password.get_secret_value()
    if "LOGINDISABLED" in client.capabilities:
        raise Unreachable(f'{where}: it takes no password over an open line: use security = "starttls" or "tls"')
    try:
        if user.isascii() and password.isascii():
            client.login(_quoted(user), password)
        else:  # LOGIN knows no other letters
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        if _NOT_THIS_TIME.search(str(error).encode()):
            raise Unreachable(f"{where}: it takes no logins at the moment") from None
        raise NeedsAuth(
            f"{where} refuses this user and password. Many providers want an app password here, made in the account's "
            "security settings, or IMAP to be switched on first"
        ) from None


def _open_folder(client: _Client, box: Mailbox, where: str) -> int:
    """Opened for reading only. Its UIDVALIDITY."""
    status, _ = client.select(_quoted(_to_utf7(box.folder)), readonly=True)
    if status != "OK":
        there = ", ".join(_folders(client))
        raise NotFound(f'{where} has no folder "{box.folder}"' + (f"; it has: {there}" if there else ""))
    _, said = client.response("UIDVALIDITY")
    value = said[-1] if said else b""
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) <= 10 else 0


def _folders(client: _Client) -> Iterator[str]:
    status, lines = client.list()
    for line in lines[:_FOLDERS_NAMED] if status == "OK" else []:
        name = _LISTED.search(line) if isinstance(line, bytes) else None
        if name:
            inner = name[1][1:-1] if name[1].startswith(b'"') else name[1]
            plain = re.sub(rb"\\(.)", rb"\1", inner)
            yield _from_utf7(plain.decode("ascii", "replace"))


def _uids(client: _Client, after: int) -> list[int]:
    status, found = client.uid("SEARCH", "UID", f"{after + 1}:*")
    if status != "OK":
        raise client.error("SEARCH")
    numbers = {int(word) for line in found if isinstance(line, bytes) for word in line.split() if len(word) <= 10}
    return sorted(number for number in numbers if number > after)  # "*" is the last letter, however old


def _fetch(client: _Client, validity: int, uids: list[int], most: int, limits: MailLimits) -> Letters:
    wanted = uids[:most]
    sizes = _sizes(client, wanted)
    letters: list[tuple[int, bytes]] = []
    total = 0
    for at, uid in enumerate(wanted):
        total += min(sizes.get(uid, 0), limits.letter)
        if letters and total > limits.look:
            return Letters(validity, tuple(letters), True, _cut(letters, sizes, limits))
        status, parts = client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{limits.letter}>)")
        if status != "OK":
            raise client.error("FETCH")
        bodies = [part[1] for part in parts if isinstance(part, tuple) and b"BODY[]" in part[0].upper()]
        if bodies:  # else it was deleted in this moment
            letters.append((uid, bodies[0]))
        elif at == len(wanted) - 1 and not letters:
            letters.append((uid, b""))  # the look must get past it
    return Letters(validity, tuple(letters), len(uids) > len(wanted), _cut(letters, sizes, limits))


def _sizes(client: _Client, uids: list[int]) -> dict[int, int]:
    if not uids:
        return {}
    _, parts = client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
    lines = b" ".join(part for part in parts if isinstance(part, bytes))
    return {int(uid): int(size) for uid, size in _SIZE.findall(lines)}


def _cut(letters: list[tuple[int, bytes]], sizes: dict[int, int], limits: MailLimits) -> frozenset[int]:
    return frozenset(uid for uid, _ in letters if sizes.get(uid, 0) > limits.letter)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# Folder names are written in a UTF-7 of IMAP's own (RFC 3501, 5.1.3) ------------------------------------------------


def _to_utf7(name: str) -> str:
    def shifted(run: re.Match[str]) -> str:
        letters = binascii.b2a_base64(run[0].encode("utf-16-be"), newline=False).decode()
        return "&" + letters.rstrip("=").replace("/", ",") + "-"

    return re.sub(r"[^\x20-\x7e]+", shifted, name.replace("&", "&-"))


def _from_utf7(written: str) -> str:
    def plain(run: re.Match[str]) -> str:
        letters = run[1].replace(",", "/")
        try:
            return binascii.a2b_base64(letters + "=" * (-len(letters) % 4)).decode("utf-16-be") if letters else "&"
        except ValueError:
            return run[0]

    return re.sub(r"&([A-Za-z0-9+,]*)-", plain, written)
