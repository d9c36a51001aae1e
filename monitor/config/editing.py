"""Changes a configuration file as a careful person would: one `[[source]]` table more or less, every other byte kept.

Pure: text in, text out. Whoever writes it to the file has it read first (`loads`), so that nothing broken is ever
written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from monitor.config.lines import locate
from monitor.errors import Refused

_COMMENTED_OUT = re.compile(r"\s*#\s*(?:\[|[\w\"'.-]+\s*=)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_RULE = re.compile(r"[-=–—#*]{4}")


def source_table(comment: str, values: Mapping[str, Any], after: str = "") -> str:
    """A `[[source]]` table under a comment of one line; `after` are further lines below it."""
    heading = f"# {' '.join(_CONTROL.sub(' ', comment).split())}\n" if comment else ""
    keys = "".join(f"{name} = {as_toml(value)}\n" for name, value in values.items())
    return f"{heading}[[source]]\n{keys}{after}"


def as_toml(value: Any) -> str:
    """A text, number, truth value, list or table of these. Nothing in it asks the environment for anything."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{json.dumps(key)} = {as_toml(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(as_toml(inner) for inner in value)}]"
    if isinstance(value, str):
        if '"' in value and re.fullmatch(r"[^'\x00-\x1f\x7f$]+", value):
            return f"'{value}'"
        # JSON's escapes are among TOML's; DEL is one that JSON leaves alone.
        return json.dumps(value.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def appended(text: str, table: str) -> str:
    """The text with a table at its end, after a blank line, in the file's own line ends."""
    ends = "\r\n" if "\r\n" in text else "\n"
    separator = "" if not text or text.endswith("\n") else ends
    return text + separator + (ends if text else "") + table.replace("\n", ends)


def without_source(text: str, index: int) -> tuple[str, tuple[int, int]]:
    """The text without its source number `index` (from 0) and the comments that belong to it; and the lines, from 1,
    that it had. Raises Refused where it is not written as a table of its own."""
    first, last = lines_of_source(text, index)
    lines = _LINE.findall(text)
    before, after = lines[: first - 1], lines[last:]
    if after and not after[0].strip():
        after = after[1:]
    elif not after and before and not before[-1].strip():
        before = before[:-1]
    return "".join([*before, *after]), (first, last)


def lines_of_source(text: str, index: int) -> tuple[int, int]:
    """The first and the last line, from 1, of source number `index` with its own comments."""
    plain = [line.rstrip("\r\n") for line in _LINE.findall(text.removeprefix("\ufeff"))]
    places = locate("\n".join(plain) + "\n")
    header = places.get(("source", index))
    if header is None or not plain[header - 1].lstrip().startswith("[["):
        raise Refused("This source does not stand in a [[source]] table of its own: take it out by hand.")
    last = _end(plain, header, max(line for place, line in places.items() if place[:2] == ("source", index)))
    return _with_heading(plain, header), _with_tail(plain, last)


def _end(plain: list[str], header: int, last_key: int) -> int:
    """The last line of the table: a value may go on for several lines after it began."""
    for end in range(last_key, len(plain) + 1):
        try:
            tomllib.loads("\n".join(plain[header - 1 : end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise AssertionError("a file that was read has an end to each value")


def _with_heading(plain: list[str], header: int) -> int:
    """With the comment right above, which says what it is; not with a rule, nor with what was commented out."""
    first = header
    while first > 1 and _is_comment(plain[first - 2]) and not _RULE.search(plain[first - 2]):
        if _COMMENTED_OUT.match(plain[first - 2]):
            break
        first -= 1
    return first


def _with_tail(plain: list[str], last: int) -> int:
    """With the comments right below: those that are keys, and all up to a blank line where no other table begins."""
    end = last
    while end < len(plain) and re.match(r"\s*#\s*[\w.-]+\s*=", plain[end]):
        end += 1
    after = end
    while after < len(plain) and _is_comment(plain[after]):
        after += 1
    return after if after >= len(plain) or not plain[after].strip() else end


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
