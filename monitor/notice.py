"""What is told to people, and the words between a channel and the network. A channel asks; it never sends.

A channel is one module in monitor/channels/ with a pydantic `Options` model and a generator:

    def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
        reply = yield Http("POST", options.webhook_url, json=payload(notice))
        return Sent() if reply.status == 200 else Later(30, f"answered {reply.status}")
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, frozen when its cause was stored, so that a retry sends the same bytes."""

    id: str
    """Stays the same through retries: webhook id, Message-ID, key for whoever receives it."""
    kind: Literal["digest", "alert", "test"]
    subject: str
    """One plain line."""
    created: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    """What the channels send: of a digest what monitor.digest.content gives (`digest`, `html`, `letter`, `markdown`,
    `base`), of an alert what monitor.digest.alert.content gives (`alert`, `base`), else a `text`."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier try at the same notice. `answer` is empty when the process died before one was written down."""

    started: datetime
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP request that the network layer performs for a channel."""

    method: Literal["GET", "POST", "PUT"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: bytes | None = None
    seconds: float | None = None
    """How long the answer may take; None: as long as the network layer allows any."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail that the network layer hands to an SMTP server."""

    host: str
    port: int
    message: bytes
    """The whole RFC 5322 message."""
    sender: str
    recipients: tuple[str, ...]
    username: str = ""
    password: str = ""
    security: Literal["starttls", "tls", "none"] = "starttls"


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that the runtime writes whole (under another name first, then renamed) in a folder that the user named."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Relayed:
    """A message that the library Apprise hands on to one of the services it knows, in a process of its own."""

    service: str
    """Apprise's address of the service; it holds secrets."""
    title: str
    texts: tuple[str, ...]
    """The same, longest first: the first that the service takes is sent."""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an HTTP status; of mail, files and what is relayed 250 done, 4xx try again, 5xx never; 0 for no
    answer at all."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    """Why there was no answer, in words, when status is 0."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived."""

    answer: str = "ok"


@dataclass(frozen=True, slots=True)
class Later:
    """Try again after so many seconds (None: by the schedule)."""

    seconds: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """It cannot arrive: given up loudly, listed, replayable."""

    why: str
    held: bool = False
    """It may have arrived already, and the user asked for at most once: a person decides, nothing is sent by itself."""


Outcome = Sent | Later | Never
Ask = Http | Mail | Saved | Relayed
Delivery = Generator[Ask, Reply, Outcome]
