"""A small IMAP server on loopback: enough of RFC 3501 for one reader, and ways to misbehave."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

USER, PASSWORD = "ann@acme.example", 'pa"ss\\word-7'


@dataclass
class Folder:
    """Letters by uid."""

    validity: int = 1
    letters: dict[int, bytes] = field(default_factory=dict)


@dataclass
class ImapServer:
    """`folders` by their name as it goes over the line. Whatever is said to it stands in `heard`."""

    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder()})
    password: str = PASSWORD
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    tls: ssl.SSLContext | None = None
    """With it, STARTTLS is offered."""
    answers: dict[str, Callable[[str], str | None]] = field(default_factory=dict)
    """By command: what to say instead; None hangs up, "" says nothing for ever."""
    greeting: bytes = b"* OK ready\r\n"
    heard: list[str] = field(default_factory=list)
    port: int = 0

    def add(self, *letters: bytes, folder: str = "INBOX") -> None:
        """Letters arrive."""
        held = self.folders[folder].letters
        for letter in letters:
            held[max(held, default=0) + 1] = letter

    async def start(self, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None) -> asyncio.Server:
        """Listen on a free port, with TLS from the first byte where there is an `ssl_context`."""
        server = await asyncio.start_server(self._converse, host, 0, ssl=ssl_context, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            await _Conversation(self, reader, writer).hold()
        writer.close()


class _Conversation:
    def __init__(self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.secure = writer.get_extra_info("ssl_object") is not None
        self.signed_in, self.folder = False, None

    async def hold(self) -> None:
        self.writer.write(self.server.greeting)
        while line := await self.reader.readline():
            said = line.decode().rstrip("\r\n")
            self.server.heard.append(said)
            tag, _, rest = said.partition(" ")
            command, _, told = rest.partition(" ")
            command = command.upper()
            if command == "UID":
                command, _, told = told.partition(" ")
                command = f"UID {command.upper()}"
            if (instead := self.server.answers.get(command)) is not None:
                answer = instead(told)
                if answer is None:
                    return
                if not answer:
                    await asyncio.sleep(60)
                self.writer.write(answer.replace("TAG", tag).encode("latin-1"))
                continue
            method = getattr(self, "do_" + command.lower().replace(" ", "_"), None)
            if method is None:
                self.writer.write(f"{tag} BAD what is {command}?\r\n".encode())
                continue
            status = await method(told)
            self.writer.write(f"{tag} {status}\r\n".encode())
            if command == "LOGOUT":
                return
            if command == "STARTTLS":
                await self.writer.drain()
                await self.writer.start_tls(self.server.tls)
                self.secure = True

    async def do_capability(self, told: str) -> str:
        offered = self.server.capabilities + (" STARTTLS" if self.server.tls and not self.secure else "")
        self.writer.write(f"* CAPABILITY {offered}\r\n".encode())
        return "OK done"

    async def do_starttls(self, told: str) -> str:
        return "OK go on"

    async def do_login(self, told: str) -> str:
        return self._judge(*(re.sub(r"\\(.)", r"\1", one) for one in re.findall(r'"((?:[^"\\]|\\.)*)"', told)))

    async def do_authenticate(self, told: str) -> str:
        self.writer.write(b"+ \r\n")
        _, user, password = base64.b64decode(await self.reader.readline()).decode().split("\0")
        return self._judge(user, password)

    def _judge(self, user: str, password: str) -> str:
        self.signed_in = (user, password) == (USER, self.server.password)
        # As unkind as they come: it repeats what it was sent.
        return "OK in" if self.signed_in else f"NO [AUTHENTICATIONFAILED] no {user} with {password}"

    async def do_list(self, told: str) -> str:
        for name in self.server.folders:
            name = name.replace("\\", "\\\\").replace('"', '\\"')
            self.writer.write(f'* LIST (\\HasNoChildren) "/" "{name}"\r\n'.encode())
        return "OK done"

    async def do_examine(self, told: str) -> str:
        assert self.signed_in
        self.folder = self.server.folders.get(re.sub(r"\\(.)", r"\1", told[1:-1]))
        if self.folder is None:
            return "NO [NONEXISTENT] no such mailbox"
        self.writer.write(f"* {len(self.folder.letters)} EXISTS\r\n* FLAGS (\\Seen)\r\n".encode())
        self.writer.write(f"* OK [UIDVALIDITY {self.folder.validity}] valid\r\n".encode())
        return "OK [READ-ONLY] done"

    async def do_uid_search(self, told: str) -> str:
        assert self.folder is not None
        first = int(re.fullmatch(r"UID (\d+):\*", told)[1])
        uids = sorted(self.folder.letters)
        found = [uid for uid in uids if uid >= first] or uids[-1:]  # "*" is the greatest uid there is
        self.writer.write(f"* SEARCH {' '.join(map(str, found))}\r\n".encode())
        return "OK done"

    async def do_uid_fetch(self, told: str) -> str:
        assert self.folder is not None
        uids, _, what = told.partition(" ")
        for uid in map(int, uids.split(",")):
            letter = self.folder.letters.get(uid)
            if letter is None:
                continue
            if "RFC822.SIZE" in what:
                self.writer.write(f"* {uid} FETCH (RFC822.SIZE {len(letter)} UID {uid})\r\n".encode())
                continue
            start, size = map(int, re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", what).groups())
            part = letter[start : start + size]
            self.writer.write(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n".encode() + part)
            self.writer.write(b" FLAGS (\\Recent))\r\n")
        return "OK done"

    async def do_logout(self, told: str) -> str:
        self.writer.write(b"* BYE\r\n")
        return "OK done"
