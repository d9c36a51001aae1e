"""Puts in what a configuration leaves outside of itself: `${NAME}` from the environment, `KEY_file` from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from monitor.config.keys import keys, text_keys
from monitor.config.lines import Place
from monitor.config.problems import Findings

_PLACEHOLDER = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HIDE_FROM = 4
"""Letters from which a value is kept out of messages: hiding "1" or "on" would only garble them."""
_LARGEST = 65_536


def filled(value: Any, place: Place, environ: Mapping[str, str], findings: Findings) -> Any:
    """The value with each `${NAME}` in its strings replaced; `$${` stands for `${`. What is missing is noted."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _variable(found, place, environ, findings), value)
    if isinstance(value, list):
        return [filled(element, (*place, index), environ, findings) for index, element in enumerate(value)]
    if isinstance(value, dict):
        return {key: filled(element, (*place, key), environ, findings) for key, element in value.items()}
    return value


def _variable(found: re.Match[str], place: Place, environ: Mapping[str, str], findings: Findings) -> str:
    if found["escaped"]:
        return "${"
    name = found["name"]
    if not _NAME.fullmatch(name):
        findings.add(place, f'"{found[0]}" names no environment variable; write $${{ where you mean ${{ itself')
    elif name not in environ:
        findings.add(place, f"the environment has no {name}, which this line asks for as ${{{name}}}; set it first")
    else:
        _hide(environ[name], f"${{{name}}}", findings)
        return environ[name]
    return found[0]


def from_files(
    table: dict[str, Any], model: type[BaseModel], place: Place, folder: Path, findings: Findings
) -> dict[str, Any]:
    """The table with each `K_file` replaced by K, read from that file, for every key K of the model that holds text."""
    read = dict(table)
    for key in text_keys(model):
        named = f"{key}_file"
        if named not in table or named in keys(model):
            continue
        path = read.pop(named)
        if key in table:
            findings.add((*place, named), f'give "{key}" or "{named}", not both')
        elif not isinstance(path, str) or not path:
            findings.add((*place, named), f'"{named}" must be the name of a file, in quotes')
        else:
            read[key] = _contents(folder / Path(path).expanduser(), (*place, named), findings)
    return read


def _contents(path: Path, place: Place, findings: Findings) -> str:
    """What the file says, without the line break at its end."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read(_LARGEST + 1).removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        findings.add(place, f"{path} cannot be read: {_reason(error)}")
        return ""
    if not text or len(text) > _LARGEST:
        findings.add(place, f"{path} {'is too long' if text else 'is empty'}; it should hold the value alone")
    _hide(text, f"(the contents of {path.name})", findings)
    return text


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "not a readable file" if isinstance(error, OSError) else "it is not UTF-8 text"


def _hide(value: str, name: str, findings: Findings) -> None:
    if len(value) >= _HIDE_FROM:
        findings.secrets[value] = name
