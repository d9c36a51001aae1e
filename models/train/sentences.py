"""The sentences written for this project, as rows: English ones by kind, other languages one file each.

What is marked `dev` in the files is kept aside whole: no filling of such a template is ever learnt from.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.text import Marked, marked, plain
from models.train.rows import EMOTIONS, NEEDS, POLARITY, UNKNOWN, Label, Row

ENGLISH = Path(__file__).with_name("written.toml")
LANGUAGES = Path(__file__).with_name("written")
# How often a template is filled with other names.
COPIES, COPIES_IN_OTHERS = 6, 3
SPOKEN = ("ar", "de", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh")
LOWER = 0.3  # the share of English fillings that are written in lower case

Needs = Mapping[str, tuple[int, ...]]
Labelled = list[tuple[dict[str, Label], list[str]]]
Named = tuple[str, tuple[tuple[int, int], ...]]
"""A brand and the places of a text that name it (start, end; in characters)."""


def read_english(chance: random.Random) -> Iterator[Row]:
    """Comparatives, namesakes, and what people ask for."""
    written = tomllib.loads(ENGLISH.read_text(encoding="utf-8"))

    def fill(template: str) -> tuple[str, str, str]:
        a, b = chance.sample(written["brands"], 2)
        filled = template.replace("{a}", a).replace("{b}", b).replace("{x}", chance.choice(written["things"]))
        return (filled.lower() if chance.random() < LOWER else filled), a, b

    for template in written["compared"] * COPIES:
        text, a, b = fill(template["text"])
        for brand, polarity in ((a, template["a"]), (b, template["b"])):
            labels = {"brand_sentiment": POLARITY.index(polarity), "relevance": 1}
            yield Row("compared", marked(text, brand), labels, brand, dev=template.get("dev", False))
    for name in written["namesakes"]:
        for text, brand, relevance in _of_namesake(name):
            yield Row("namesakes", marked(text, brand), relevance, brand, dev=name.get("dev", False))
    needs = _needs(written)
    for need, entry in written["needs"].items():
        for template in entry["said"] * COPIES:
            yield Row("needs", Marked(plain(fill(template)[0])), {"need": needs[need]})


def read_written(folder: Path, chance: random.Random) -> Iterator[Row]:
    """The rows of every language of a folder, each file named by its language: `pl.toml`.

    `sentiment`, `needs` and `emotion` give rows of the text pass ("written-pl"); of the brand pass, `compared` gives
    two rows a filling ("compared-pl") and `namesakes` one or two a text ("namesakes-pl"). The table `dev` holds the
    same five, kept aside.
    """
    english = tomllib.loads(ENGLISH.read_text(encoding="utf-8"))
    for lang in SPOKEN:
        written = tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8"))
        brands = sorted({*english["brands"], *written["brands"]})
        # Names at home in the language are as many of the fillings as those known everywhere.
        names = (written["brands"], brands)
        for kinds, dev in ((written, False), (written["dev"], True)):
            yield from _of_text(lang, kinds, names, _needs(english), dev, chance)
            yield from _of_brands(lang, kinds, names, dev, chance)


def _needs(english: Mapping[str, Any]) -> Needs:
    """The label of a sentence by what it is said for: 1, 0 for what it clearly is not, UNKNOWN for the rest."""
    return {
        need: tuple(1 if one == need else 0 if one in entry["not"] else UNKNOWN for one in NEEDS)
        for need, entry in english["needs"].items()
    }


def _of_text(
    lang: str,
    kinds: Mapping[str, Any],
    names: Sequence[Sequence[str]],
    needs: Needs,
    dev: bool,
    chance: random.Random,
) -> Iterator[Row]:
    sentiment: Labelled = [({"sentiment": POLARITY.index(name)}, said) for name, said in kinds["sentiment"].items()]
    need: Labelled = [({"need": needs[name]}, said) for name, said in kinds["needs"].items()]
    emotion: Labelled = [({"emotion": EMOTIONS.index(name)}, said) for name, said in kinds["emotion"].items()]
    for labels, said in (*sentiment, *need, *emotion):
        for template in said:
            for _ in range(COPIES_IN_OTHERS if "{a}" in template else 1):
                text, *_ = _fill(template, names, chance)
                yield Row(f"written-{lang}", Marked(plain(text)), labels, dev=dev, lang=lang)


def _of_namesake(name: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Label]]]:
    """Each text with the brand, and in small letters where its script has them; whether it speaks of the brand."""
    brand = name["brand"]
    for kind, relevant in (("meant", 1), ("not_meant", 0)):
        for text in name[kind]:
            for pair in dict.fromkeys(((text, brand), (text.lower(), brand.lower()))):
                yield *pair, {"relevance": relevant}


def _of_brands(
    lang: str, kinds: Mapping[str, Any], names: Sequence[Sequence[str]], dev: bool, chance: random.Random
) -> Iterator[Row]:
    for template in kinds["compared"]:
        for _ in range(COPIES_IN_OTHERS):
            text, *found = _fill(template["text"], names, chance)
            for (brand, spans), polarity in zip(found, (template["a"], template["b"]), strict=True):
                labels = {"brand_sentiment": POLARITY.index(polarity), "relevance": 1}
                yield Row(f"compared-{lang}", marked(text, brand, spans), labels, brand, dev=dev, lang=lang)
    for namesake in kinds["namesakes"]:
        for text, brand, relevance in _of_namesake(namesake):
            yield Row(f"namesakes-{lang}", marked(text, brand), relevance, brand, dev=dev, lang=lang)


def _fill(template: str, names: Sequence[Sequence[str]], chance: random.Random) -> tuple[str, Named, Named]:
    """The template with two names in it, and where they stand: a search misses a name that an ending is glued to."""
    a, b = chance.sample(chance.choice(names), 2)
    text = ""
    places: dict[str, list[tuple[int, int]]] = {a: [], b: []}
    for piece in re.split(r"(\{[ab]\})", template):
        filled = {"{a}": a, "{b}": b}.get(piece)
        if filled:
            places[filled].append((len(text), len(text) + len(filled)))
        text += filled or piece
    return text, (a, tuple(places[a])), (b, tuple(places[b]))
