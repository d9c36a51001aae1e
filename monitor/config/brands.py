"""Reads the brands: fills in their queries, and adds the competitors that have no `[[brand]]` of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from monitor.config.lines import Place
from monitor.config.problems import nearest
from monitor.config.shape import BrandEntry, BrandTable
from monitor.config.tables import Document, check_unique
from monitor.query.conditions import name_query
from monitor.query.parse import parse
from monitor.query.problem import QueryError


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
    table: BrandTable | None
    """The table read; None when something in it is wrong."""


def read(document: Document) -> Brands:
    """Every brand. What is wrong is noted in the document."""
    outlines = [_outline(document, place, table) for place, table in document.tables("brand")]
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
    _check_rivals(document, outlines, names, rivals | wanted)
    entries = (_entry(document, outline, names, compared) for outline in outlines)
    implied = _implied(document, outlines, names)
    return Brands(
        entries=(*(entry for entry in entries if entry is not None), *implied),
        names=(*names.values(), *(brand.name for brand in implied)),
        own=tuple(name for fold, name in names.items() if fold not in compared),
        complete=all(outline.name and (*outline.place, "name") not in document.findings.places for outline in outlines),
    )


def _outline(document: Document, place: Place, table: dict[str, Any]) -> _Outline:
    right = document.read(table, BrandTable, place, "[[brand]]")
    if right is not None:
        return _Outline(place, right.name, right.competitors, right)
    given = table.get("competitors")
    listed = given if isinstance(given, list) else [given]
    competitors = tuple(text for rival in listed if (text := document.text(rival)))
    return _Outline(place, document.text(table.get("name")), competitors, None)


def _check_names(document: Document, outlines: Iterable[_Outline]) -> None:
    check_unique(document, "brand", [outline.name for outline in outlines])
    for outline in outlines:
        if outline.name.casefold() in {rival.casefold() for rival in outline.competitors}:
            document.findings.add((*outline.place, "competitors"), f'"{outline.name}" is named as its own competitor')


def _check_rivals(
    document: Document, outlines: Iterable[_Outline], names: Mapping[str, str], spoken_of: Collection[str]
) -> None:
    """Notes a competitor that is spelled almost like a `[[brand]]` that nothing else in the file speaks of."""
    alone = [
        outline.name
        for outline in outlines
        if outline.name and outline.name.casefold() not in spoken_of and not outline.competitors
    ]
    for outline in outlines:
        for index, rival in enumerate(outline.competitors):
            hint = "" if rival.casefold() in names else nearest(rival, alone, likeness=0.85)
            if hint:
                message = f'"competitors" in [[brand]]: there is no [[brand]] "{rival}"; did you mean "{hint}"?'
                document.findings.add((*outline.place, "competitors", index), message)


def _ways_to_say(table: BrandTable) -> list[str]:
    """How people name a brand that has no query of its own: its names, handles and domains."""
    names = [name_query(name) for name in (table.name, *table.aliases, *table.products)]
    handles = [f"@{handle.lstrip('@')}" for handle in table.handles]
    return list(dict.fromkeys([*names, *handles, *table.domains]))


def _entry(document: Document, outline: _Outline, names: Mapping[str, str], compared: set[str]) -> BrandEntry | None:
    """A brand with its query filled in and its competitors in the spelling of their own tables."""
    table = outline.table
    if table is None:
        return None
    query = table.query or " OR ".join(_ways_to_say(table))
    if not _usable(document, (*outline.place, "query" if table.query else "name"), table.name, query):
        return None
    competitors = {rival.casefold(): names.get(rival.casefold(), rival) for rival in table.competitors}
    filled = {"query": query, "competitors": tuple(competitors.values())}
    return BrandEntry(**{**dict(table), **filled}, is_competitor=table.name.casefold() in compared)


def _implied(document: Document, outlines: Iterable[_Outline], names: Mapping[str, str]) -> list[BrandEntry]:
    """A brand for each competitor that has no table of its own."""
    rivals: dict[str, tuple[Place, str]] = {}
    for outline in outlines:
        for index, rival in enumerate(outline.competitors):
            if rival.casefold() not in names:
                rivals.setdefault(rival.casefold(), ((*outline.place, "competitors", index), rival))
    return [
        BrandEntry.model_construct(name=name, query=name_query(name), is_competitor=True)
        for place, name in rivals.values()
        if _usable(document, place, name, name_query(name))
    ]


def _usable(document: Document, place: Place, brand: str, query: str) -> bool:
    """Whether the query can be read; what is wrong with it is noted, its caret under the place."""
    try:
        parse(query, as_view=False)
    except QueryError as error:
        document.findings.add(place, f'the query of "{brand}" cannot be read:\n{indent(str(error), "    ")}')
        return False
    return True
