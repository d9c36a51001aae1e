"""Reads what is listened to: the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

import sources
from monitor.config.brands import Brands
from monitor.config.keys import main_value
from monitor.config.lines import Place
from monitor.config.problems import did_you_mean
from monitor.config.shape import CONTROL, SourceEntry, SourceTable
from monitor.config.tables import Document, check_addresses, check_unique, parted, rooted
from monitor.config.times import duration
from sources.base import Source

_COMMON = tuple(SourceTable.model_fields)


def read(document: Document, brands: Brands) -> tuple[SourceEntry, ...]:
    """Every source. What is wrong is noted in the document."""
    tables = document.tables("source")
    chosen = [document.text(table.get("name")) for _, table in tables]
    taken = {name.casefold() for name in chosen if name}
    entries = [_entry(document, place, table, brands, taken) for place, table in tables]
    check_unique(document, "source", [entry.name if entry else "" for entry in entries])
    return tuple(entry for entry in entries if entry is not None)


def _entry(
    document: Document, place: Place, table: dict[str, Any], brands: Brands, taken: set[str]
) -> SourceEntry | None:
    """One source: the keys that all have, and those of its kind."""
    general, special = parted(table, _COMMON)
    common = document.read(general, SourceTable, place, "[[source]]")
    source = _source(document, place, document.text(table.get("kind")))
    if source is None:
        return None
    section = f'[[source]] of kind "{source.kind}"'
    config = document.read(special, source.Config, place, section, known=_COMMON)
    if config is not None:
        check_addresses(document, place, section, config)
    if common is None or config is None:
        return None
    about = common.about or (brands.own[0] if source.product and len(brands.own) == 1 else "")
    _check_about(document, place, about, brands)
    return SourceEntry(
        name=common.name or _free_name(source, table, taken),
        kind=source.kind,
        every=_every(document, place, common.every, source),
        about=about,
        paused=common.paused,
        config=rooted(config, document.folder),
    )


def _source(document: Document, place: Place, kind: str) -> Source | None:
    if not kind:
        return None  # said by the common keys
    if kind not in sources.names():
        known = sources.names()
        document.findings.add((*place, "kind"), f'unknown kind of source "{kind}"{did_you_mean(kind, known)}')
        return None
    return sources.load(kind)


def _check_about(document: Document, place: Place, about: str, brands: Brands) -> None:
    if about and brands.misses(about):
        message = f'"about" in [[source]]: there is no brand "{about}"{did_you_mean(about, brands.names)}'
        document.findings.add((*place, "about"), message)


def _every(document: Document, place: Place, chosen: float | None, source: Source) -> float:
    """Seconds between polls; 0 for what is pushed to us."""
    if source.accept is not None:
        if chosen is not None:
            message = f'"{source.kind}" is never asked, it is sent to us; remove "every"'
            document.findings.add((*place, "every"), message)
        return 0.0
    return chosen if chosen is not None else duration(source.every)


def _free_name(source: Source, table: Mapping[str, Any], taken: set[str]) -> str:
    """A name from the kind and its main value, as written in the file: what the environment puts in stays out of it."""
    main = _shortened(main_value(source.Config, table))
    wanted = f"{source.kind}: {main}"[:150] if main else source.kind
    for number in count(1):
        name = wanted if number == 1 else f"{wanted} ({number})"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
    raise AssertionError("counting does not end")


def _shortened(value: str) -> str:
    """A value on one line; of a web address the host and path alone, since the rest may hold a key."""
    _, separator, address = value.partition("://")
    if separator:
        value = re.split(r"[?#]", address)[0].rpartition("@")[2].rstrip("/")
    return " ".join(CONTROL.sub(" ", value).split())
