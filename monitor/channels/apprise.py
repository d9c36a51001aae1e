"""Sends a notice through Apprise to one of the hundred services that it knows and we do not: as plain text.

What a service makes of plain text is not known here. So foreign words are inert, and marks that any of them reads as
markup are replaced by marks that look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr, field_validator

from monitor.channels.base import CannotLook, repeats
from monitor.digest.inert import cut
from monitor.digest.outline import Line, Outline, fitted, outline
from monitor.notice import Attempt, Delivery, Later, Never, Notice, Outcome, Relayed, Reply, Sent

TITLE = "Apprise"
LENGTHS = (8000, 3800, 1900, 900, 400, 140)
"""Characters of the texts to choose from: a service says how many it takes."""
MOST_TITLE = 120
LIKE = str.maketrans({"<": "‹", ">": "›", "*": "∗", "_": "＿", "`": "‵", "~": "∼", "|": "¦", "[": "［", "]": "］"} |
                     {"\\": "＼", "&": "＆", "{": "｛", "}": "｝"})  # fmt: skip


class Options(CannotLook):
    service: SecretStr
    """Apprise's address of the service, such as pover://user@token or matrixs://…"""

    @field_validator("service")
    @classmethod
    def is_an_address(cls, service: SecretStr) -> SecretStr:
        if "://" not in service.get_secret_value():
            raise ValueError("an address of Apprise begins with the service's name and ://, such as pover://user@token")
        return service


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    repeat = repeats(options, earlier)
    if isinstance(repeat, Never):
        return repeat
    told = outline(notice.kind, notice.subject, notice.content)
    reply = yield Relayed(
        service=options.service.get_secret_value(),
        title=cut(unmarked(told.title), MOST_TITLE),
        texts=tuple(text(told, most, repeat) for most in LENGTHS),
        urgent=told.mood == "unusual",
    )
    return judge_answer(reply)


def text(told: Outline, most: int, repeat: str = "") -> str:
    """The outline in so many characters at most."""
    foot, where = (words if len(words) < most // 4 else "" for words in (told.foot, told.url))
    below = "\n".join(filter(None, [foot, where, repeat]))
    lines = fitted(told, (most - len(below) - 1,), lambda line: (len(_line(line)),))
    return cut("".join([*map(_line, lines), "\n", below]).strip() or "–", most)


def _line(line: Line) -> str:
    return f"{line.mark}{unmarked(line.text)}\n"


def judge_answer(reply: Reply) -> Outcome:
    """What Apprise says: taken, perhaps later, or never."""
    if reply.status == 250:
        return Sent("taken")
    if reply.status >= 500:
        return Never(f"Apprise could not hand it over: {reply.error}; check `service`")
    return Later(None, reply.error or "no answer")


def unmarked(words: str) -> str:
    return words.translate(LIKE)
