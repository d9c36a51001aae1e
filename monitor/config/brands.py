"""Reads the brands: fills in their queries, and adds the competitors that have no `[[brand]]` of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import indent

from monitor.config.lines import Place
from monitor.config.shape import BrandEntry, BrandTable
from monitor.config.tables import Document, check_unique
from monitor.query.parse import parse
from monitor.query.problem import QueryError

_QUOTES = re.compile('["“”„‟«»]')


@dataclass(frozen=True, slots=True)
class Brands:
    """The brands of a configuration, and the names that other sections may use."""

    entries: tuple[BrandEntry, ...]
    names: tuple[str, ...]
    """Every brand that the file names, also where its table is wrong: one slip is told once."""
    own: tuple[str, ...]
    """Those that are not only there to be compared with."""
    complete: bool
    """False when some name could not be read: then nobody can say that a brand does not exist."""

    def misses(self, name: str) -> bool:
        """Whether there is surely no brand of this name."""
        return self.complete and name not in self.names


@dataclass(frozen=True, slots=True)
class _Outline:
    """What can be seen of a brand's table whether or not it is right."""

    place: Place
    name: str
    competitors: tuple[str, ...]


def quoted(name: str) -> str:
    """The query that finds a name word for word."""
    return f'"{" ".join(_QUOTES.sub(" ", name).split())}"'


def read(document: Document) -> Brands:
    """Every brand. What is wrong is noted in the document."""
    outlines = [
        _outline(document, place, table.get("name"), table.get("competitors")) for place, table in _tables(document)
    ]
    if not outlines and "brand" not in document.written:
        document.findings.add((), 'there is no [[brand]] to listen for; add [[brand]] and under it name = "…"')
    _check_names(document, outlines)
    names = {outline.name.casefold(): outline.name for outline in outlines if outline.name}
    rivals = {rival.casefold() for outline in outlines for rival in outline.competitors}
    wanted = {document.text(table.get("brand")).casefold() for _, table in document.tables("digest")}
    compared = {
        outline.name.casefold()
        for outline in outlines
        if outline.name.casefold() in rivals - wanted and not outline.competitors
    }
    entries = [
        entry
        for place, table in _tables(document)
        if (read := document.read(table, BrandTable, place, "[[brand]]")) is not None
        and (entry := _entry(document, place, read, names, compared)) is not None
    ]
    implied = _implied(document, outlines, names)
    return Brands(
        entries=(*entries, *implied),
        names=(*names.values(), *(brand.name for brand in implied)),
        own=tuple(name for fold, name in names.items() if fold not in compared),
        complete=all(outline.name and (*outline.place, "name") not in document.findings.places for outline in outlines),
    )


def _tables(document: Document) -> list[tuple[Place, dict[str, object]]]:
    return document.tables("brand")


def _outline(document: Document, place: Place, name: object, competitors: object) -> _Outline:
    listed = competitors if isinstance(competitors, list) else [competitors]
    return _Outline(place, document.text(name), tuple(text for rival in listed if (text := document.text(rival))))


def _check_names(document: Document, outlines: Iterable[_Outline]) -> None:
    check_unique(document, "brand", [outline.name for outline in outlines])
    for outline in outlines:
        if outline.name.casefold() in {rival.casefold() for rival in outline.competitors}:
            document.findings.add((*outline.place, "competitors"), f'"{outline.name}" is named as its own competitor')


def _entry(
    document: Document, place: Place, table: BrandTable, names: dict[str, str], compared: set[str]
) -> BrandEntry | None:
    """A brand with its query filled in and its competitors in the spelling of their own tables."""
    query = table.query or " OR ".join(quoted(name) for name in (table.name, *table.aliases))
    if not _usable(document, (*place, "query" if table.query else "name"), table.name, query):
        return None
    competitors = {rival.casefold(): names.get(rival.casefold(), rival) for rival in table.competitors}
    filled = {"query": query, "competitors": tuple(competitors.values())}
    return BrandEntry(**{**dict(table), **filled}, is_competitor=table.name.casefold() in compared)


def _implied(document: Document, outlines: Iterable[_Outline], names: dict[str, str]) -> list[BrandEntry]:
    """A brand for each competitor that has no table of its own."""
    rivals: dict[str, tuple[Place, str]] = {}
    for outline in outlines:
        for index, rival in enumerate(outline.competitors):
            if rival.casefold() not in names:
                rivals.setdefault(rival.casefold(), ((*outline.place, "competitors", index), rival))
    return [
        BrandEntry.model_construct(name=name, query=quoted(name), is_competitor=True)
        for place, name in rivals.values()
        if _usable(document, place, name, quoted(name))
    ]


def _usable(document: Document, place: Place, brand: str, query: str) -> bool:
    """Whether the query can be read; what is wrong with it is noted, its caret under the place."""
    try:
        parse(query, as_view=False)
    except QueryError as error:
        document.findings.add(place, f'the query of "{brand}" cannot be read:\n{indent(str(error), "    ")}')
        return False
    return True
