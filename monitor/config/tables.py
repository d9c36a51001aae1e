"""Reads one table of the document by its model, and notes what is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from monitor.config.keys import keys
from monitor.config.lines import Place
from monitor.config.outside import filled, from_files
from monitor.config.problems import Findings, in_words, nearest

M = TypeVar("M", bound=BaseModel)
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Document:
    """What the file says, where it lies, what surrounds it, and what has been found wrong with it so far."""

    written: Mapping[str, Any]
    folder: Path
    environ: Mapping[str, str]
    findings: Findings

    def section(self, name: str, model: type[M]) -> M | None:
        """A section that stands once; None when it is absent or wrong (which is then noted)."""
        table = self.written.get(name)
        if not isinstance(table, dict):
            return None
        return self.read(table, model, (name,), f"[{name}]")

    def tables(self, name: str) -> list[tuple[Place, dict[str, Any]]]:
        """The tables of a section that repeats, with their places."""
        value = self.written.get(name, [])
        if not isinstance(value, list):
            return []
        return [((name, index), table) for index, table in enumerate(value) if isinstance(table, dict)]

    def text(self, value: object) -> str:
        """A string of the file with the environment put in; empty for anything else. Notes nothing."""
        unheard = Findings({}, secrets=self.findings.secrets)
        return str(filled(value, (), self.environ, unheard)).strip() if isinstance(value, str) else ""

    def read(
        self,
        table: dict[str, Any],
        model: type[M],
        place: Place,
        section: str,
        *,
        known: Iterable[str] = (),
        ready: Mapping[str, Any] = NOTHING,
    ) -> M | None:
        """The table as its model; None when something is wrong, which is then noted.

        `known` are keys that others read from the same table; `ready` are values for keys that the table leaves out.
        """
        inside = filled(table, place, self.environ, self.findings)
        values = from_files(inside, model, place, self.folder, self.findings)
        try:
            return model.model_validate({**ready, **values})
        except ValidationError as error:
            possible = (*keys(model), *known)
            for detail in _telling(error.errors(include_url=False, include_input=False), possible):
                at, message = in_words(detail, table, possible, section)
                self.findings.add_once((*place, *at), message)
            return None


def _telling(details: list[ErrorDetails], possible: Iterable[str]) -> list[ErrorDetails]:
    """Those errors that say something of their own: a key is not also missing when it is only misspelt."""
    misspelt = {nearest(str(one["loc"][-1]), possible) for one in details if one["type"] == "extra_forbidden"}
    return [
        one
        for one in details
        if one["type"] != "default_factory_not_called" and not (one["type"] == "missing" and one["loc"][-1] in misspelt)
    ]


def parted(table: Mapping[str, Any], common: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table cut in two: the common keys (also as KEY_file), and those that belong to its kind."""
    names = {*common, *(f"{key}_file" for key in common)}
    if "kind" not in table:
        # Nobody will ask for what belongs to the kind, so a misspelt "kind" would not be told.
        names |= {key for key in table if nearest(key, common) == "kind"}
    return (
        {key: value for key, value in table.items() if key in names},
        {key: value for key, value in table.items() if key not in names},
    )


def check_unique(document: Document, section: str, names: Iterable[str]) -> None:
    """Notes each name that a section of this kind gives twice, at its second place. Capitals make no difference."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name.casefold() in seen:
            message = f'there are two [[{section}]] of the name "{name}"; each needs one of its own'
            document.findings.add((section, index, "name"), message)
        seen.add(name.casefold())


PATHS = ("path", "folder")
"""Keys of sources and channels that name a file or folder: by convention, so that these stay free of the disk."""


def rooted(read: M, folder: Path) -> M:
    """A model's values with its relative paths made absolute, from the folder of the configuration file."""
    given = {name: getattr(read, name, None) for name in PATHS}
    return read.model_copy(
        update={
            name: type(value)(beside(folder, value))
            for name, value in given.items()
            if isinstance(value, str | Path) and str(value)
        }
    )


ADDRESSES = ("url", "base_url", "webhook_url")
"""Keys of sources and channels that hold a web address, by the same convention."""
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]*@")


def holds_login(address: str) -> bool:
    """True for a web address with a user name or password before its host: such are not asked."""
    return bool(_LOGIN.match(address.strip()))


def check_addresses(document: Document, place: Place, section: str, options: BaseModel) -> None:
    """Notes each address with a login in it, without showing it."""
    for key in ADDRESSES:
        value = getattr(options, key, None)
        address = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(address, str) and holds_login(address):
            message = f'"{key}" in {section}: an address must not hold a user name or password; remove all up to the @'
            document.findings.add_once((*place, key), message)


def beside(folder: Path, value: str | Path) -> Path:
    """A path that is relative to `folder`, absolute; links are not followed, so that it stays as the user named it."""
    return Path(os.path.abspath(folder / Path(value).expanduser()))
