"""What mentions are sorted into: topics, touchpoints and stages of the journey, all of them for the user to edit.

A label is a name and a description; words and examples make it sharper. The starting taxonomy fits any brand; packs
beside it know a trade (airlines, games …). All lie in the folder `taxonomies`, one file each. A label of a known name
adds to the one that is there: its description leads, its words and examples join the others. To begin a label anew,
leave the shipped one out (`without`).
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("taxonomies")
START = ("start", "ingredients")
"""The starting taxonomy; the four ingredients are also a pack of their own, for those who want nothing else."""
KINDS = ("topics", "touchpoints", "stages")


class TaxonomyWrong(ValueError):
    """A label of a taxonomy cannot be used. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Label:
    """One thing a mention can be about.

    `words` are words or phrases (a trailing * stands for any ending) of which one in the text is strong evidence.
    `examples` are whole sentences. Both may be empty: the description alone works. `origin` says who brought it, such
    as "start" or "start + airlines"; nothing is judged by it.
    """

    name: str
    description: str
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    origin: str = ""

    @property
    def sayings(self) -> tuple[str, ...]:
        """What the meaning of a text is compared with: the description and each example; else the name and words."""
        said = (self.description, *self.examples) if self.description else self.examples
        return said or (", ".join((self.name, *(word.rstrip("*") for word in self.words))),)

    def added(self, other: "Label") -> "Label":
        """This label and what another one of its name says: nothing is lost, the other's description leads."""
        descriptions = _each(one for one in (other.description, self.description) if one)
        return replace(
            self,
            description=next(iter(descriptions), ""),
            words=_each((*self.words, *other.words)),
            examples=_each((*self.examples, *descriptions[1:], *other.examples)),
            origin=" + ".join(_each(one for one in (self.origin, other.origin) if one)),
        )


@dataclass(frozen=True)
class Taxonomy:
    """Labels of three kinds. Immutable; `extended` gives a new one."""

    topics: tuple[Label, ...] = ()
    touchpoints: tuple[Label, ...] = ()
    stages: tuple[Label, ...] = ()

    @cached_property
    def version(self) -> str:
        """Eight letters that change whenever a label does, so that what was judged by another taxonomy shows."""
        said = repr([asdict(replace(label, origin="")) for kind in KINDS for label in getattr(self, kind)])
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    @property
    def names(self) -> tuple[str, ...]:
        """Every label's name, of all three kinds."""
        return _each(label.name for kind in KINDS for label in getattr(self, kind))

    def extended(self, other: "Taxonomy") -> "Taxonomy":
        """This taxonomy with the labels of another: new ones come last, those of a known name are added to it."""
        return replace(self, **{kind: _joined(getattr(self, kind), getattr(other, kind)) for kind in KINDS})

    def without(self, names: Iterable[str]) -> "Taxonomy":
        """This taxonomy less the labels of these names, of whichever kind; capitals make no difference."""
        gone = {name.casefold() for name in names}
        left = {kind: tuple(one for one in getattr(self, kind) if one.name.casefold() not in gone) for kind in KINDS}
        return replace(self, **left)


def shipped() -> Taxonomy:
    """The starting taxonomy for customer experience."""
    return chosen()


def chosen(packs: Sequence[str] = (), *, defaults: bool = True, without: Iterable[str] = ()) -> Taxonomy:
    """The starting taxonomy, where it is wanted, with these packs and without the labels of these names.

    Raises TaxonomyWrong for a pack that is not there.
    """
    found = Taxonomy()
    for name in _each((*(START if defaults else ()), *packs)):
        found = found.extended(pack(name))
    return found.without(without)


def packs() -> dict[str, str]:
    """The packs that can be chosen beside the starting taxonomy, by name, each with a line on what it is for."""
    names = sorted(file.stem for file in FOLDER.glob("*.toml") if file.stem != START[0])
    return {name: _read(name)["about"] for name in names}


@cache
def background() -> tuple[str, ...]:
    """Sentences about nothing that a brand could be asked for: what is as near to them as to a label has none."""
    return tuple((FOLDER / "background.txt").read_text(encoding="utf-8").splitlines())


def pack(name: str) -> Taxonomy:
    """One file of the folder. Raises TaxonomyWrong when there is none of this name."""
    if not (FOLDER / f"{name}.toml").is_file() or Path(name).name != name:
        raise TaxonomyWrong(f'there is no pack "{name}"; there are: {", ".join(packs())}')
    data = _read(name)
    return parse({kind: labels for kind, labels in data.items() if kind != "about"}, origin=name)


def parse(data: Mapping[str, Any], origin: str = "") -> Taxonomy:
    """A taxonomy from `[[topics]]`, `[[touchpoints]]`, `[[stages]]` tables. Raises TaxonomyWrong."""
    unknown = set(data) - set(KINDS)
    if unknown:
        raise TaxonomyWrong(f"a taxonomy has {', '.join(KINDS)}; it cannot have {', '.join(sorted(unknown))}")
    return Taxonomy(**{kind: tuple(_label(kind, entry, origin) for entry in data.get(kind, ())) for kind in KINDS})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _label(kind: str, entry: Mapping[str, Any], origin: str) -> Label:
    fields = set(Label.__dataclass_fields__) - {"origin"}
    if unknown := set(entry) - fields:
        raise TaxonomyWrong(
            f"{kind}: a label has {', '.join(sorted(fields))}; it cannot have {', '.join(sorted(unknown))}"
        )
    name, description = str(entry.get("name", "")).strip(), str(entry.get("description", "")).strip()
    if not name or not description:
        raise TaxonomyWrong(f"{kind}: the label {name or entry!r} needs a name and a description")
    return Label(name, description, _texts(kind, name, entry, "words"), _texts(kind, name, entry, "examples"), origin)


def _texts(kind: str, name: str, entry: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value: Iterable[Any] = entry.get(field, ())
    if isinstance(value, str) or not all(isinstance(one, str) and one.strip() for one in value):
        raise TaxonomyWrong(f"{kind}: {field} of {name!r} must be a list of texts")
    return tuple(one.strip() for one in value)


def _joined(known: Sequence[Label], new: Sequence[Label]) -> tuple[Label, ...]:
    by_name: dict[str, Label] = {}
    for label in (*known, *new):
        key = label.name.casefold()
        by_name[key] = by_name[key].added(label) if key in by_name else label
    return tuple(by_name.values())


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
