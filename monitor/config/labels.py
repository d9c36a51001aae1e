"""Reads what mentions are sorted into: packs of labels, those left out, and labels of one's own."""

from __future__ import annotations

from models import taxonomy
from monitor.config.problems import did_you_mean
from monitor.config.shape import OwnLabel, Taxonomy
from monitor.config.tables import Document, check_unique


def read(document: Document) -> Taxonomy:
    """The section [taxonomy]. Packs and labels that are not there are noted in the document."""
    section = document.section("taxonomy", Taxonomy) or Taxonomy()
    known = taxonomy.packs()
    for at, name in enumerate(section.packs):
        if name not in known:
            message = f'there is no pack "{name}"{did_you_mean(name, known, otherwise="the packs are")}'
            document.findings.add(("taxonomy", "packs", at), message)
    chosen = taxonomy.chosen([name for name in section.packs if name in known], defaults=section.defaults).names
    for at, name in enumerate(section.without):
        if name.casefold() not in {one.casefold() for one in chosen}:
            message = f'"without" in [taxonomy]: no label is called "{name}"{did_you_mean(name, chosen)}'
            document.findings.add(("taxonomy", "without", at), message)
    return section


def read_own(document: Document, section: str) -> tuple[OwnLabel, ...]:
    """The labels of [[topic]], [[touchpoint]] or [[stage]]. What is wrong is noted in the document."""
    labels = [_own(document, section, at, table) for (_, at), table in document.tables(section)]
    check_unique(document, section, [label.name if label else "" for label in labels])
    return tuple(label for label in labels if label is not None)


def _own(document: Document, section: str, at: str | int, table: dict[str, object]) -> OwnLabel | None:
    label = document.read(table, OwnLabel, (section, at), f"[[{section}]]")
    if label and not (label.description or label.words or label.examples):
        message = f'"{label.name}" in [[{section}]] says nothing of itself; give it a description, words or examples'
        document.findings.add((section, at), message)
    return label
