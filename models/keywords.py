"""Which labels share a telling word with a text: one of their name or description that says something of them alone.

English endings are taken off, so that "charging" meets "charge". Weaker evidence than the words a label lists itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]{3,}")
_ENDING = re.compile(r"(?<=\w{3})(?:ations?|ings?|ies|ied|ers|ed|es|s|y|e)$")
# They stand in descriptions of anything that can be bought.
_OF_ALL = "brand company customer product service thing using way"


@dataclass(frozen=True, slots=True)
class Keywords:
    """The stems of telling words, each with the numbers of its labels."""

    by_stem: Mapping[str, frozenset[int]]

    @classmethod
    def of(cls, descriptions: Sequence[str], generic: Iterable[str]) -> "Keywords":
        """From each label's name and description. What also stands in the `generic` sentences tells nothing."""
        silent = stems(" ".join((*generic, _OF_ALL)))
        by_stem: dict[str, set[int]] = {}
        for label, description in enumerate(descriptions):
            for stem in stems(description) - silent:
                by_stem.setdefault(stem, set()).add(label)
        return cls({stem: frozenset(labels) for stem, labels in by_stem.items()})

    def labels_in(self, text: str) -> set[int]:
        """The numbers of the labels that share a telling word with the text."""
        return {label for stem in stems(text) for label in self.by_stem.get(stem, ())}

    def shared(self, text: str, label: int) -> list[str]:
        """The stems of the telling words that one label shares with the text."""
        return sorted(stem for stem in stems(text) if label in self.by_stem.get(stem, ()))


def stems(text: str) -> set[str]:
    """The words of a text, of three letters or more, without English endings."""
    return {_ENDING.sub("", word) for word in _WORD.findall(text.lower())}
