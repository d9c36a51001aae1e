"""Which mention, and which of its brands, somebody means; Refused with advice where that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection

from monitor.errors import Refused
from monitor.mention import Mention
from monitor.query.fields import MOST_DIGITS, label
from monitor.store.corrections import brands_of, ids_at
from monitor.store.mentions import REDACTED, read

_NUMBERS = re.compile(r"#?\d+(?:[\s,;]+#?\d+)+")


def each(asked: Iterable[str]) -> list[str]:
    """What was asked for, one by one: "#12, #13" in one word, as an alert shows them, is two."""
    return [one for word in asked for one in (re.split(r"[\s,;]+", word) if _NUMBERS.fullmatch(word) else [word])]


def mention_id(connection: Connection, asked: str) -> int:
    """By the number that `overheard mentions` shows, or by its address. Whether there is such a number is not asked."""
    number = asked.strip().removeprefix("#")
    if number.isascii() and number.isdigit():
        if len(number) > MOST_DIGITS:
            raise Refused(f"There is no mention {number[:20]}…: `overheard mentions` shows the number before each.")
        return int(number)
    found = ids_at(connection, asked.strip())
    if not found:
        raise Refused(
            f'"{asked}" is no mention: give the number before it in `overheard mentions`, or its whole address.'
        )
    if len(found) > 1:
        raise Refused(
            f"{len(found)} mentions have this address: {', '.join(f'#{id_}' for id_ in found[:20])}. Name one."
        )
    return found[0]


def present(connection: Connection, mention_id: int) -> Mention:
    """The mention with this number, of which something is left."""
    mention = read(connection, [mention_id]).get(mention_id)
    if mention is None:
        raise Refused(f"There is no mention {mention_id}: `overheard mentions` shows the number before each.")
    if REDACTED in mention.flags:
        raise Refused(f"Mention {mention_id} was deleted at its source: nothing of it is left.")
    return mention


def brand(connection: Connection, mention_id: int, name: str) -> tuple[int, str]:
    """Id and name of the brand of that name, or of the only one, that a mention is of."""
    mine = brands_of(connection, mention_id)
    if not mine:
        raise Refused(f"Mention {mention_id} is of no brand of yours: there is nobody for whom to answer it.")
    if not name:
        if len(mine) > 1:
            raise Refused(f"Mention {mention_id} is of {' and '.join(mine)}: say of which with --brand.")
        return next((id_, of) for of, id_ in mine.items())
    for of, id_ in mine.items():
        if label(of) == label(name):
            return id_, of
    raise Refused(f'Mention {mention_id} is not of "{name}"; it is of: {", ".join(mine)}.')
