"""Newsletters out of a folder of one's own mailbox (IMAP): each letter once, as its reader sees it, and left unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses, parseaddr
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from sources.base import (
    Again,
    Checkpoint,
    Cursor,
    Item,
    Letters,
    Mailbox,
    NeedsAuth,
    Problem,
    Read,
    Reading,
    SourceConfig,
    source,
)
from sources.reading.dates import when
from sources.reading.encoding import decoded
from sources.reading.identity import bounded, content_hash
from sources.reading.links import web_link
from sources.reading.text import language, plain_text, tidy
from sources.reading.values import known, whole

TRIES = 2
"""So often a letter may be the last thing that a poll did. Then it is passed over."""
_PARTS = 200
_STUB = 80
"""A plain part of fewer characters only says that there is an HTML part."""
_LONGEST_HEADER = 4_000
_FOOTER_LINES, _FOOTER_CHARACTERS = 25, 2_500
_UNDECODABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)
_LIST_ID = re.compile(r"\s*(.*?)\s*<([^<>\s]{1,200})>\s*\Z", re.DOTALL)
# Mails push their first words apart with signs that nobody sees.
_PADDING = re.compile(r"(?:[ \u00a0\u2007]*[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060\ufeff]){3,}[ \u00a0\u2007]*")
_QUERY_OF_LINK = re.compile(r"(https?://[^\s?#<>]+)[?#][^\s<>()\[\]]*")
"""What follows the address proper tells who reads, and can act for them: confirm, unsubscribe, pay."""
_TO_WHOM = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To")
_LONG_LINK = re.compile(r"^[(<\[ ]*https?://\S{60,}[)>\] ]*$", re.MULTILINE)
_FOOTER = re.compile(
    r"\W{0,3}(?:"
    r"(?:click here to |to |you can |manage |update )?(?:unsubscribe|opt[- ]out|your (?:e-?mail )?preferences)"
    r"|you(?:'re| are| have)?(?: currently)? receiv(?:ed|ing) (?:this|these|our)|this e-?mail was sent to"
    r"|(?:newsletter |vom newsletter )?(?:abbestellen|abmelden)|sie erhalten diese"
    r"|se désabonner|se désinscrire|vous recevez ce|darse de baja|cancelar (?:la )?suscripción|annulla iscrizione"
    r")\b",
    re.IGNORECASE,
)

_HEAD_LINES = 6
_ELSEWHERE = re.compile(
    r"\W*(?:(?:view|read|open|see)\b.{0,40}\b(?:browser|online|web version)|.{0,60}\bim browser\b"
    r"|.{0,60}\bdans (?:votre|un) navigateur|.{0,60}\ben (?:tu|su|el) navegador).{0,20}",
    re.IGNORECASE,
)
"""Where the letter can be seen elsewhere: said above many of them."""


class Config(SourceConfig):
    """Whose mailbox, and which folder."""

    host: str = Field(pattern=r"^[^\s/:@]+$", description='The mail server, such as "imap.example.com".')
    user: str = Field(min_length=1, description="Who signs in there, often the whole mail address.")
    password: SecretStr | None = Field(None, description="The password; with most providers one made for apps.")
    folder: str = Field("INBOX", min_length=1, description='The folder, such as "Newsletters" or "INBOX/News".')
    security: Literal["tls", "starttls", "none"] = Field(
        "tls", description='"tls", "starttls", or "none" within your own network.'
    )
    port: int | None = Field(None, ge=1, le=65535, description="The port, if not 993 (tls) or 143.")

    @field_validator("host", "user", "folder", mode="before")
    @classmethod
    def _trimmed(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value


@source(
    kind="newsletter",
    title="Newsletters (a mailbox, IMAP)",
    every="15m",
    terms="your own mailbox, opened read-only: nothing in it is marked, moved or deleted",
    example={"host": "imap.example.com", "user": "you@example.com", "folder": "Newsletters"},
    needs="the mailbox's password",
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """One look a poll, at the letters beyond `uid` in the folder whose UIDVALIDITY is `validity`.

    A letter that kills whoever reads it must not stop those behind it. So the cursor says `careful` while letters are
    read; a poll that finds this goes letter by letter, with `trying` and `times`, and passes over the one that did it.
    """
    if config.password is None or not config.password.get_secret_value():
        raise NeedsAuth(f"set the password of {config.user} at {config.host} (with most providers an app password)")
    validity, uid = whole(cursor.get("validity")), whole(cursor.get("uid"))
    port = config.port or (993 if config.security == "tls" else 143)
    box: Letters = yield Mailbox(
        config.host, config.user, config.password, port, config.security, config.folder, validity, uid
    )
    if box.validity != validity:
        uid = 0
    place = {"validity": box.validity, "uid": uid}
    if not box.letters:
        return place
    yield Checkpoint({**place, "careful": True})
    careful, last = bool(cursor.get("careful")), cursor.get("trying")
    for uid, raw in box.letters:
        if careful:
            times = whole(cursor.get("times")) + 1 if last == uid else 1
            if times > TRIES:
                yield Problem(f"letter {uid}", "it could not be read twice: passed over")
                yield Checkpoint({**place, "uid": uid, "careful": True})
                continue
            yield Checkpoint({**place, "careful": True, "trying": uid, "times": times})
        yield from (yield Read(read_letter, raw, f"letter {uid}"))
        if uid in box.cut:
            yield Problem(f"letter {uid}", f"longer than {len(raw) // 2**20} MiB: its end is left out")
        place = {"validity": box.validity, "uid": uid}
        if careful:
            yield Checkpoint({**place, "careful": True})
    if box.more:
        yield Again()
    return place


def read_letter(raw: bytes, where: str = "letter") -> list[Item | Problem]:
    """A whole message, as sent, to one item; or to the problem that it is."""
    try:
        # The old policy: the new one takes quadratic time over hostile headers. Ours are read with it, cut to size.
        said = _said(message_from_bytes(raw, policy=policy.compat32))
    except _UNDECODABLE as error:
        return [Problem(where, f"not a letter that can be read ({type(error).__name__})")]
    subject = " ".join(_PADDING.sub(" ", said.subject).split())
    if not subject and not said.text:
        return [Problem(where, "a letter without words")]
    identifier = said.identifier or content_hash(said.sender, subject, said.date, said.text)
    if _without(said.readers, identifier) != identifier:  # a name made for its one reader
        identifier = content_hash(identifier)
    words, subject = _without(said.readers, _QUERY_OF_LINK.sub(r"\1", said.text)), _without(said.readers, subject)
    author = _author(said.sender)
    outlet, list_id = _list(said.list_id)
    return [
        Item(
            id=bounded(identifier),
            title=subject,
            text=words,
            url=_archived(said),
            author=author,
            published=when(said.date),
            lang=language(said.language),
            kind="article",
            extra=known(outlet=outlet or author, list=list_id),
        )
    ]


# What a message says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    subject: str
    sender: str
    date: str
    identifier: str
    list_id: str
    archived: str
    language: str
    text: str
    readers: tuple[str, ...]
    """Addresses to which it was sent."""


def _said(message: Message) -> _Said:
    return _Said(
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        date=_header(message, "Date"),
        identifier=_header(message, "Message-ID").strip().strip("<>").strip(),
        list_id=_header(message, "List-Id"),
        archived=_header(message, "Archived-At"),
        language=_header(message, "Content-Language").partition(",")[0],
        text=_words(message),
        readers=_readers(message),
    )


def _readers(message: Message) -> tuple[str, ...]:
    written = [_header(message, name) for name in _TO_WHOM]
    try:
        found = [address for _, address in getaddresses([line for line in written if line])]
    except _UNDECODABLE:
        return ()
    return tuple(dict.fromkeys(address for address in found if re.fullmatch(r"[^\s@]+@[^\s@]+", address)))[:20]


def _without(readers: Sequence[str], text: str) -> str:
    """The text without the addresses of those who read it, in the forms that links and ids have them in, too."""
    for reader in readers:
        for form in (reader, reader.replace("@", "%40"), reader.replace("@", "=")):
            text = re.sub(re.escape(form), "…", text, flags=re.IGNORECASE)
    return text


def _archived(said: _Said) -> str:
    """Where a list keeps the letter for all to see. A copy made for one reader has a query that says whose it is."""
    link = web_link(said.archived.strip().strip("<>"))
    return link if "?" not in link and _without(said.readers, link) == link else ""


def _header(message: Message, name: str) -> str:
    """A header's text, as it was meant. Long ones are cut: reading them takes quadratic time."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    written = str(raw)[:_LONGEST_HEADER]
    if not written.isascii():  # raw bytes, which the parser keeps as surrogates
        written = decoded(written.encode("utf-8", errors="surrogateescape"))
    try:
        read = str(policy.default.header_fetch_parse(name, written))
    except _UNDECODABLE:
        read = " ".join(written.split())
    return read.replace("\0", "")


def _author(sender: str) -> str:
    """The sender's name, else the address."""
    try:
        name, address = parseaddr(sender)
    except _UNDECODABLE:
        name, address = "", sender[:200]
    return " ".join(name.split()) or address


def _words(message: Message) -> str:
    """The plain part, unless it is only a stub beside the HTML part."""
    plain, html = _first(message, "text/plain"), _first(message, "text/html")
    plain = tidy(_LONG_LINK.sub("", plain))
    if html and (len(plain) < _STUB or _is_html(plain)):
        shown = _LONG_LINK.sub("", plain_text(html))
        plain = shown if len(shown) > len(plain) or _is_html(plain) else plain
    elif html:
        shown = _LONG_LINK.sub("", plain_text(html))
        plain = shown if len(plain) * 2 < len(shown) else plain
    elif _is_html(plain):
        plain = plain_text(plain)
    return _without_frame(_PADDING.sub(" ", plain))


def _is_html(text: str) -> bool:
    return bool(re.match(r"\s*<(?:!doctype html|html|body|table|div)\b", text, re.IGNORECASE))


def _first(message: Message, kind: str) -> str:
    """The first part of this kind that is no attachment and holds something."""
    for part in _parts(message):
        if part.get_content_type() != kind or part.get_content_disposition() == "attachment":
            continue
        text = _decoded(part)
        if text.strip():
            return text
    return ""


def _parts(message: Message) -> Iterator[Message]:
    for at, part in enumerate(message.walk()):
        if at >= _PARTS:
            return
        yield part


def _decoded(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset() or ""
    except _UNDECODABLE:
        return ""
    if not isinstance(payload, bytes):
        return ""
    try:
        return decoded(payload, f"text/plain; charset={charset}")
    except LookupError:  # "hex" and the like are encodings, but none of text
        return decoded(payload)


def _list(header: str) -> tuple[str, str]:
    """The name and id of the list: `Kettle Weekly <weekly.kettle.example>`."""
    found = _LIST_ID.match(header)
    return (" ".join(found[1].strip(' "').split()), found[2]) if found else ("", "")


def _without_frame(text: str) -> str:
    """Without what stands above and below each issue: where else to see it, why one gets it, how to end that."""
    lines = [line.strip() for line in text.split("\n")]
    head = [line for line in lines[:_HEAD_LINES] if not _ELSEWHERE.fullmatch(line)]
    lines = head + lines[_HEAD_LINES:]
    first, below = len(lines), 0
    for at in range(len(lines) - 1, max(len(lines) - 1 - _FOOTER_LINES, 0), -1):
        below += len(lines[at]) + 1
        if below > _FOOTER_CHARACTERS:
            break
        if _FOOTER.match(lines[at]):
            first = at
    return tidy("\n".join(lines[:first]))
