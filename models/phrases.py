"""Which labels' words or phrases stand in a text: one look for each word of the text, however many labels there are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.text import NO_SPACES

_WORD = re.compile(r"\w+(?:'\w+)*")
# Stems are looked up by their first letters; a shorter one is looked for in every text.
_STEM = 2

Sought = tuple[str, int]
"""A phrase as it stands in a line of words, and the number of its label."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases of labels by number: by their first word, by the beginning of a lone stem, or without either."""

    by_word: Mapping[str, tuple[Sought, ...]]
    by_stem: Mapping[str, tuple[Sought, ...]]
    elsewhere: tuple[Sought, ...]

    @classmethod
    def of(cls, every: Sequence[Iterable[str]]) -> "Phrases":
        """From each label's words or phrases, in the labels' order. A trailing * stands for any ending."""
        by_word: dict[str, list[Sought]] = {}
        by_stem: dict[str, list[Sought]] = {}
        elsewhere: list[Sought] = []
        for label, phrases in enumerate(every):
            for phrase in phrases:
                words, sought = _words(phrase), (_sought(phrase), label)
                if not words:
                    continue
                if NO_SPACES.search(phrase):
                    elsewhere.append((sought[0].strip(), label))
                elif len(words) > 1 or not phrase.endswith("*"):
                    by_word.setdefault(words[0], []).append(sought)
                elif len(words[0]) >= _STEM:
                    by_stem.setdefault(words[0][:_STEM], []).append(sought)
                else:
                    elsewhere.append(sought)
        return cls(_fixed(by_word), _fixed(by_stem), tuple(elsewhere))

    def labels_in(self, text: str) -> set[int]:
        """The numbers of the labels of which at least one phrase is in the text."""
        words = _words(text)
        line = f" {' '.join(words)} "
        found = {label for phrase, label in self.elsewhere if phrase in line}
        for word in set(words):
            found.update(label for phrase, label in self.by_word.get(word, ()) if phrase in line)
            found.update(label for phrase, label in self.by_stem.get(word[:_STEM], ()) if phrase in line)
        return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _sought(phrase: str) -> str:
    """A phrase as it stands in a line with a space around each word; the last space goes where any ending will do."""
    line = f" {' '.join(_words(phrase))} "
    return line.rstrip() if phrase.endswith("*") else line


def _fixed(lists: Mapping[str, list[Sought]]) -> dict[str, tuple[Sought, ...]]:
    return {key: tuple(found) for key, found in lists.items()}
