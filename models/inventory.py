"""What weights there are: which encoders, with which heads, made from what, and whether every file is as shipped."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.weights import FILES, MANIFEST, SHIPPED, Manifest, WeightsDamaged, WeightsMissing, homes, read_manifest


@dataclass(frozen=True, slots=True)
class Shelf:
    """One encoder as it lies on the disk: its manifest, or why that cannot be read. `size` is in bytes."""

    name: str
    folder: Path
    size: int
    manifest: Manifest | None
    why: str = ""

    @property
    def heads(self) -> Mapping[str, tuple[str, ...]]:
        """The classes of each head; those without classes (the embedding) have an empty list."""
        facts = self.manifest.facts["heads"] if self.manifest else {}
        return {name: tuple(head.get("classes", ())) for name, head in facts.items()}


def shelves(folder: Path = SHIPPED) -> list[Shelf]:
    """Every encoder in a folder (models.weights.homes)."""
    return [_shelf(name, home) for name, home in homes(folder).items()]


def _shelf(name: str, home: Path) -> Shelf:
    size = sum(path.stat().st_size for path in home.iterdir()) if home.is_dir() else 0
    try:
        manifest = read_manifest(home, name)
    except (WeightsMissing, WeightsDamaged) as error:
        return Shelf(name, home, size, None, str(error))
    return Shelf(manifest.name, home, size, manifest)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of one file, in a sentence."""

    path: Path
    right: bool
    sentence: str


def verify(folder: Path = SHIPPED) -> Iterator[Proof]:
    """Every file of every encoder in a folder against the sha256 of its manifest."""
    for name, home in homes(folder).items():
        manifest = home / MANIFEST
        try:
            expected = _expected(read_manifest(home, name).facts)
        except (WeightsMissing, WeightsDamaged) as error:
            yield Proof(manifest, False, str(error))
            continue
        yield Proof(manifest, True, f"names {len(expected)} files.")
        for file, hash_ in expected.items():
            yield _proof(home / file, hash_)


def _expected(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(facts["files"][name]["sha256"]) for name in FILES}


def _proof(path: Path, expected: str) -> Proof:
    try:
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        return Proof(path, False, f"cannot be read: {(error.strerror or 'refused').lower()}.")
    if found != expected:
        return Proof(path, False, f"is not the file that was shipped: sha256 {found[:12]}…, expected {expected[:12]}…")
    return Proof(path, True, f"is the one that was shipped (sha256 {found[:12]}…).")


def described(shelf: Shelf) -> dict[str, Any]:
    """An encoder in JSON values, as `overheard models list --json` gives it."""
    found: dict[str, Any] = {"name": shelf.name, "folder": str(shelf.folder), "bytes": shelf.size}
    if shelf.manifest is None:
        return found | {"trouble": shelf.why}
    facts = shelf.manifest.facts
    kept = {key: facts[key] for key in ("base", "licence", "made_by", "data") if key in facts}
    heads = {name: list(classes) for name, classes in shelf.heads.items()}
    languages = sorted(shelf.manifest.languages)
    made = {"version": shelf.manifest.version, "languages": languages, **kept, "heads": heads}
    return found | made
