"""What a mention can be about, as data: topics, touchpoints and journey stages, each a name and a description.

A user's own labels have the same shape; a label of the same name replaces the shipped one.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_suffix(".toml")
KINDS = ("topics", "touchpoints", "stages")


class TaxonomyWrong(ValueError):
    """A label of a taxonomy cannot be used. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Label:
    """One thing a mention can be about.

    `words` are words or phrases (a trailing * stands for any ending) of which one in the text is enough. `examples`
    are whole sentences. Both may be empty: the description alone works.
    """

    name: str
    description: str
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taxonomy:
    """Labels of three kinds. Immutable; `extended` gives a new one."""

    topics: tuple[Label, ...] = ()
    touchpoints: tuple[Label, ...] = ()
    stages: tuple[Label, ...] = ()

    @cached_property
    def version(self) -> str:
        """Eight letters that change whenever a label does, so that what was judged by another taxonomy shows."""
        said = repr([asdict(label) for kind in KINDS for label in getattr(self, kind)])
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    def extended(self, other: "Taxonomy") -> "Taxonomy":
        """This taxonomy with the labels of another: new ones are added, those of a known name replaced."""
        return replace(self, **{kind: _joined(getattr(self, kind), getattr(other, kind)) for kind in KINDS})


def shipped() -> Taxonomy:
    """The starting taxonomy for customer experience."""
    return parse(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))


def parse(data: Mapping[str, Any]) -> Taxonomy:
    """A taxonomy from `[[topics]]`, `[[touchpoints]]`, `[[stages]]` tables. Raises TaxonomyWrong."""
    unknown = set(data) - set(KINDS)
    if unknown:
        raise TaxonomyWrong(f"a taxonomy has {', '.join(KINDS)}; it cannot have {', '.join(sorted(unknown))}")
    return Taxonomy(**{kind: tuple(_label(kind, entry) for entry in data.get(kind, ())) for kind in KINDS})


def _label(kind: str, entry: Mapping[str, Any]) -> Label:
    fields = set(Label.__dataclass_fields__)
    if unknown := set(entry) - fields:
        raise TaxonomyWrong(
            f"{kind}: a label has {', '.join(sorted(fields))}; it cannot have {', '.join(sorted(unknown))}"
        )
    name, description = str(entry.get("name", "")).strip(), str(entry.get("description", "")).strip()
    if not name or not description:
        raise TaxonomyWrong(f"{kind}: the label {name or entry!r} needs a name and a description")
    return Label(name, description, _texts(kind, name, entry, "words"), _texts(kind, name, entry, "examples"))


def _texts(kind: str, name: str, entry: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value: Iterable[Any] = entry.get(field, ())
    if isinstance(value, str) or not all(isinstance(one, str) and one.strip() for one in value):
        raise TaxonomyWrong(f"{kind}: {field} of {name!r} must be a list of texts")
    return tuple(one.strip() for one in value)


def _joined(known: Sequence[Label], new: Sequence[Label]) -> tuple[Label, ...]:
    return tuple({label.name: label for label in (*known, *new)}.values())
