"""What is known of a mention beside its words, as tokens of the index: written, asked for, and read back. Pure.

Every field of the query language that is no word has its tokens here, taken by the field's own reader: what the live
matcher compares is what the index holds. `brand:acme lang:en rating:01.40 sentiment:negative #sale` is a mention's row.
A value is folded as labels are compared, a space is `_`, any sign but `. - _` is `%` and its code, so that the
tokenizer keeps each token whole. A number is the cell that it stands in (numbers.py).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from monitor.query.document import Document
from monitor.query.fields import FIELDS, Field, host_of, label
from monitor.query.text import Words, fold
from monitor.store.numbers import cell

ALL = "all"
"""Every mention has this one: what a query that only excludes takes away from."""
ALONE = ""
"""In place of a brand: what is felt in a text that is of no brand."""

TAG_SIGNS, HANDLE_SIGNS = "#＃", "@＠"
_IN_A_TAG, _IN_A_HANDLE = "_", "_.-@"
PARTS_OF_A_NAME = 12
"""So many words of a tag or a handle stand in its token; a longer one is looked for by its words."""

_ODD = re.compile(r"[^0-9A-Za-z._\x80-\U0010ffff-]")
_CODE = re.compile("%([0-9a-f]{2})")

Felt = Mapping[str, str]
"""Brand's name (ALONE: of no brand) to the sentiment towards it."""


# ---- one token -----------------------------------------------------------------------------------------------------


def token(field: str, value: str) -> str:
    """The token of a label."""
    return f"{field}:{_label(value)}"


@lru_cache(maxsize=1 << 14)
def _label(value: str) -> str:
    return _escaped(label(value).replace(" ", "_"))


def shown_token(field: str, value: str) -> str:
    """The token of what is counted by, and shown as it was written."""
    return f"{field}:{_escaped(value)}"


def felt_token(brand: str, sentiment: str) -> str:
    """The token of what is felt towards a brand, or in a text of no brand."""
    return f"felt:{_label(brand)}:{_label(sentiment)}"


def host_token(host: str) -> str:
    """The token of a site, `host` folded."""
    return f"site:{_escaped(host)}"


def sign_token(sign: str, name: str) -> str:
    """The token of a tag or a handle, `name` folded."""
    return ("#" if sign in TAG_SIGNS else "@") + _escaped(name)


def _escaped(text: str) -> str:
    return _ODD.sub(lambda odd: f"%{ord(odd[0]):02x}", text)


def unescaped(value: str) -> str:
    """What `shown_token` was made of."""
    return _CODE.sub(lambda code: chr(int(code[1], 16)), value)


# ---- all tokens of a mention -----------------------------------------------------------------------------------------


def written(document: Document, felt: Felt) -> str:
    """All tokens of a mention, sorted, with single spaces between."""
    return " ".join(sorted(set(_tokens(document, felt))))


def _tokens(document: Document, felt: Felt) -> Iterator[str]:
    yield ALL
    for field in FIELDS.values():
        yield from _of_field(field, document)
    yield from (felt_token(brand, sentiment) for brand, sentiment in felt.items())
    for text in (document.title, document.text):
        yield from _signed(text)
    for name, value in (("from", document.source), ("by", document.author), ("host", host_of(document.url))):
        if value:
            yield shown_token(name, value)


def _of_field(field: Field, document: Document) -> Iterator[str]:
    if field.labels:
        for value in field.labels(document):
            if value:
                yield token(field.name, value)
                yield from _regions(field, value)
    elif field.number:
        number = field.number(document)
        if number is not None and math.isfinite(number):
            yield f"{field.name}:{cell(number)}"
    elif field.host:
        host = fold(field.host(document))
        while host:
            yield host_token(host)
            host = host.partition(".")[2]


def _regions(field: Field, code: str) -> Iterator[str]:
    """`en-GB` is found by `en` too."""
    if field.code:
        words = label(code).split()
        yield from (token(field.name, " ".join(words[:length])) for length in range(1, len(words)))


def _signed(text: str) -> Iterator[str]:
    """A token for every tag and handle in the text, also for what only may be read as one."""
    if not any(sign in text for sign in TAG_SIGNS + HANDLE_SIGNS):
        return
    words = Words(text)
    starts, ends = words.starts, words.ends
    for index, start in enumerate(starts):
        if not start or (sign := text[start - 1]) not in TAG_SIGNS + HANDLE_SIGNS:
            continue
        inside = _IN_A_TAG if sign in TAG_SIGNS else _IN_A_HANDLE
        for last in range(index, min(index + PARTS_OF_A_NAME, len(starts))):
            if last > index and text[ends[last - 1] : starts[last]].strip(inside):
                break
            yield sign_token(sign, fold(text[start : ends[last]]))


# ---- read back -------------------------------------------------------------------------------------------------------


class Known:
    """The tokens of one mention, read back."""

    def __init__(self, facts: str, fields: Iterable[str] = ()) -> None:
        """`fields`: of which something will be asked, where that is known; others are passed over, which is quicker."""
        self._values: dict[str, list[str]] = defaultdict(list)
        wanted = tuple(f"{field}:" for field in (*fields, "felt")) if fields else ("",)
        for one in facts.split(" "):
            if one.startswith(wanted):
                field, colon, value = one.partition(":")
                if colon:
                    self._values[field].append(value)

    def labels(self, field: str) -> tuple[str, ...]:
        """The labels of a field, folded as they are compared."""
        return tuple(unescaped(value).replace("_", " ") for value in self._values.get(field, ()))

    def shown(self, field: str) -> tuple[str, ...]:
        """What is counted by, as it was written."""
        return tuple(map(unescaped, self._values.get(field, ())))

    def sentiments(self, asked: Iterable[str]) -> tuple[str, ...]:
        """Towards any of the asked brands, or of a text that is of none; where none is asked, any of all."""
        towards = {_label(brand) for brand in asked}
        if not towards:
            return self.labels("sentiment")
        felt = (one.partition(":") for one in self._values.get("felt", ()))
        return tuple(unescaped(sentiment) for brand, _, sentiment in felt if brand in towards or brand == ALONE)
