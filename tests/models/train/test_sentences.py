"""The sentences written for training: every file reads, names are marked, and what is kept aside is never learnt."""

import random
from collections import Counter

import pytest

from models.train.rows import Row
from models.train.sentences import LANGUAGES, SPOKEN, read_english, read_written

KINDS = ("written", "compared", "namesakes")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [*read_english(random.Random(7)), *read_written(LANGUAGES, random.Random(7))]


def test_every_language_teaches_and_judges_each_kind(rows: list[Row]) -> None:
    found = {(row.source, row.lang, row.dev) for row in rows}
    wanted = {(f"{kind}-{lang}", lang, dev) for kind in KINDS for lang in SPOKEN for dev in (False, True)}
    assert wanted <= found


def test_every_language_file_is_read() -> None:
    assert {path.stem for path in LANGUAGES.glob("*.toml")} == set(SPOKEN)


def test_a_row_about_a_brand_marks_its_name_where_the_text_has_it(rows: list[Row]) -> None:
    for row in rows:
        if row.brand is not None:
            places = [row.text.text[start:end].lower() for start, end in row.text.spans]
            assert places, row
            assert all(row.brand.lower() in place for place in places), row


def test_no_text_kept_aside_is_learnt_from(rows: list[Row]) -> None:
    aside = {row.text.text for row in rows if row.dev}
    assert not [row for row in rows if not row.dev and row.text.text in aside]


@pytest.mark.parametrize("lang", ["en", *SPOKEN])
def test_the_better_brand_comes_first_about_as_often_as_last(rows: list[Row], lang: str) -> None:
    source = "compared" if lang == "en" else f"compared-{lang}"
    opinions: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        if row.source == source:
            opinions.setdefault(row.text.text, []).append((row.text.spans[0][0], row.class_of("brand_sentiment")))
    first = Counter(sorted(places)[0][1] for places in opinions.values() if {one[1] for one in places} == {0, 2})
    assert 0.8 < first[2] / first[0] < 1.25
