"""Foreign words made inert: what services find in a plain text by themselves (links, pings, tags, commands, times) is
parted by an invisible joiner, so that it reads the same and does nothing. And words cut between what readers see as
letters.
"""

from __future__ import annotations

from collections.abc import Callable

import regex

from monitor.digest.visible import visible

JOINER = "\u2060"
"""WORD JOINER: without a width, and in nobody's grammar of addresses, names or tags."""

_SEAMS = regex.compile(
    r"""
      (?<=[<{$\]\\])(?=[<{$\[(:@\#!&/\w])     # <@id>, <!here>, {{DATE()}}, ${x}, [x](y), [x][y]
    | (?<=(?<![\d\#])\d{3,})(?=\d{4})         # a telephone's or a card's number
    | (?<=\+)(?=\d{5})
    | (?<=[/\\])(?=[/\\])                     # //host
    """,
    regex.VERBOSE,
)
_ALIVE = regex.compile(
    r"""
      (?<=[\w+.-]):(?=[/\\]|\w+[/\\:?])       # a scheme: https://, tg:\\, and `javascript:x/`
    | (?<=\b(?:javascript|data|mailto|tel|sms|tg|callto|skype|vbscript|magnet)):
    | (?<=[\w-])[.\u3002\uff0e\uff61](?=[^\W\d_]|\d+[.\u3002\uff0e\uff61]\d)   # a host's name or address
    | [@\uff20]                               # a name to call, an address of mail
    | (?<!\w)[\#\uff03$/!](?=[0-9]*(?:_|[^\s0-9\p{P}\p{S}]))   # a tag, a command; #123 is a mention
    | (?<!\w):(?=[\w+-]+:)                    # the name of an emoji
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_SPACE = regex.compile(r"\s+")


def inert(text: str) -> str:
    """One line of these words, with nothing in it that a service would make more of than words."""
    line = _SEAMS.sub(JOINER, _SPACE.sub(" ", visible(text)))
    return _ALIVE.sub(lambda found: f"{found.group()}{JOINER}", line)


def cut(text: str, most: int, size: Callable[[str], int] = len) -> str:
    """As much of it as has this size at most, with … where something is missing; no letter, emoji or accent is cut."""
    if size(text) <= most:
        return text
    letters = regex.findall(r"\X", text)
    low, high = 0, len(letters)
    while low < high:
        middle = (low + high + 1) // 2
        if size(_ended(letters[:middle])) <= most:
            low = middle
        else:
            high = middle - 1
    return _ended(letters[:low]) if low else ("…" if size("…") <= most else "")


def _ended(letters: list[str]) -> str:
    return "".join(letters).rstrip() + "…"
