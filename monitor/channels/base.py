"""What a channel declares: its options, and the generator that asks for the network and says how it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from monitor.notice import Attempt, Delivery, Never, Notice


class ChannelOptions(BaseModel):
    """What the user may set for a channel. An unknown key is an error; secrets are SecretStr."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(Protocol):
    """A module in this folder."""

    TITLE: str
    Options: type[ChannelOptions]

    def deliver(self, notice: Notice, options: Any, earlier: Sequence[Attempt], now: datetime) -> Delivery:
        """Yields Http, Mail or Saved, is sent the Reply, returns the outcome. `earlier` are the tries before this one,
        oldest first; `now` (UTC) is when this one starts. Pure: the same arguments and replies give the same
        requests."""


class CannotLook(ChannelOptions):
    """Options of a service that cannot be asked whether a message has arrived."""

    on_ambiguous: Literal["resend", "hold"] = "resend"
    """When an answer was lost and the message may have arrived: send again and say so, or hold it for a person."""


MAY_REPEAT = "This may repeat an earlier message: its answer was lost."


def repeats(options: CannotLook, earlier: Sequence[Attempt]) -> str | Never:
    """What to say of an earlier try that may have arrived: nothing where there is none; Never where the user wants to
    look first."""
    if not is_ambiguous(earlier):
        return ""
    if options.on_ambiguous == "hold":
        return Never("held: the answer to the last try was lost, and it may have arrived", held=True)
    return MAY_REPEAT


def is_ambiguous(earlier: Sequence[Attempt]) -> bool:
    """The last try was started and its answer never written down: it may have arrived."""
    return bool(earlier) and not earlier[-1].answer
