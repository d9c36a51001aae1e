"""Reads who gets which digest, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from monitor.config.brands import Brands
from monitor.config.lines import Place
from monitor.config.problems import did_you_mean
from monitor.config.shape import DigestEntry, DigestTable
from monitor.config.tables import Document, check_unique
from monitor.config.times import machine_timezone
from monitor.config.ways import Ways

ALL = "*"
"""In place of a brand: all of one's own."""


def read(document: Document, brands: Brands, departments: Collection[str], ways: Ways) -> tuple[DigestEntry, ...]:
    """Every digest."""
    tables = document.tables("digest")
    taken = {name.casefold() for _, table in tables if (name := document.text(table.get("name")))}
    digests = [_digest(document, place, table, brands, departments, ways, taken) for place, table in tables]
    check_unique(document, "digest", [digest.name if digest else "" for digest in digests])
    return tuple(digest for digest in digests if digest is not None)


def _digest(
    document: Document,
    place: Place,
    table: Mapping[str, Any],
    brands: Brands,
    departments: Collection[str],
    ways: Ways,
    taken: set[str],
) -> DigestEntry | None:
    read = document.read(dict(table), DigestTable, place, "[[digest]]")
    if read is None:
        return None
    brand = _brand(document, place, read.brand, brands)
    if not read.to:
        message = '[[digest]] has nowhere to go; add to = "file:digests", a Slack web hook, or mailto: and an address'
        document.findings.add((*place, "to"), message)
    to = ways.take_all(document, place, "to", "[[digest]]", read.to)
    check_department(document, place, "[[digest]]", read.department, departments)
    if not brand or not to:
        return None
    return DigestEntry(
        name=read.name or _free_name(_called(brand, read.department), taken),
        brand=brand,
        department=read.department,
        at=read.at,
        timezone=read.timezone or machine_timezone(document.environ),
        days=read.days,
        to=tuple(to),
    )


def _brand(document: Document, place: Place, chosen: str, brands: Brands) -> str:
    """The brand that a digest is about: the only one of one's own where none is named. Empty when that is unclear."""
    if chosen == ALL:
        return ALL
    if chosen and brands.misses(chosen):
        message = f'"brand" in [[digest]]: there is no brand "{chosen}"{did_you_mean(chosen, brands.names)}'
        document.findings.add((*place, "brand"), message)
    elif not chosen and len(brands.own) > 1:
        choices = ", ".join(f'"{name}"' for name in brands.own)
        document.findings.add(
            place, f'[[digest]] does not say of which brand; add brand = one of {choices}, or "*" for all in one'
        )
    return chosen or (brands.own[0] if len(brands.own) == 1 else "")


def _called(brand: str, department: str) -> str:
    """What a digest without a name is known by."""
    whose = "all brands" if brand == ALL else brand
    return f"{whose}, {department}" if department else whose


def check_department(document: Document, place: Place, section: str, name: str, departments: Collection[str]) -> None:
    """Note where a department is named that there is not."""
    if name and name not in departments:
        hint = did_you_mean(name, departments) if departments else "; add a [[department]] of that name"
        document.findings.add(
            (*place, "department"), f'"department" in {section}: there is no department "{name}"{hint}'
        )


def _free_name(brand: str, taken: set[str]) -> str:
    """The brand's name, numbered where several digests are about it."""
    for number in count(1):
        name = brand if number == 1 else f"{brand} ({number})"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
    raise AssertionError("counting does not end")
