"""How texts are cut and folded."""

from __future__ import annotations

import time

import pytest

from monitor.query import Words, fold, index_words

_BEYOND_LETTERS = 0x1F200


def test_folding_twice_is_folding_once_for_every_character():
    characters = map(chr, range(_BEYOND_LETTERS))
    assert [hex(ord(c)) for c in characters if fold(fold(c)) != fold(c)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Apple's e-mail_list", "apple s e mail list"),
        ("東京都の iPhone", "東京 京都 都の の iphone"),
        ("½ ﷺ Ⓐⓟⓟ", "1 2 صلى الله عليه وسلم app"),
        ("한국어 \u1112\u1161\u11ab", "한국어 한"),
        ("Nike보다 갤럭시S24 24시간", "nike 보다 갤럭시 s24 24 시간"),
        ("והiPhone بالـiPhone 15 برو٢", "וה iphone بال iphone 15 برو٢"),
        ("東京Nike보다 é보", "東京 京 nike 보다 e 보"),
        ("Łódź Æon naïve ΟΔΟΣ", "lodz aeon naive οδοσ"),
        ("سَلَامٌ", "سلام"),
        ("😀 -- \x00 …", ""),
    ],
)
def test_the_index_holds_the_folded_words(text, words):
    assert index_words(text) == words


def test_each_word_knows_its_place_in_the_original():
    cut = Words("Die ﬁne Straße: 東京½")
    assert [cut.text[a:b] for a, b in zip(cut.starts, cut.ends, strict=True)] == [
        "Die", "ﬁne", "Straße", "東", "京", "½", "½",
    ]  # fmt: skip


def test_the_parts_of_a_mixed_run_know_their_places():
    cut = Words("é Nike보다 東京S24를")
    assert [cut.text[a:b] for a, b in zip(cut.starts, cut.ends, strict=True)] == [
        "é", "Nike", "보다", "東", "京", "S24", "를",
    ]  # fmt: skip
    cut = Words("ĵ Nike보다S24를")
    assert [cut.text[a:b] for a, b in zip(cut.starts, cut.ends, strict=True)] == ["ĵ", "Nike", "보다", "S24", "를"]


def test_words_keep_their_places_where_one_sign_is_two_words_and_another_none():
    cut = Words("ـ ½ x")
    assert [cut.text[a:b] for a, b in zip(cut.starts, cut.ends, strict=True)] == ["½", "½", "x"]


@pytest.mark.parametrize(
    "unit",
    [
        "a\u0316\u0301",
        "\u0301",
        "a보",
        "ا\u064ba",
        "ب\u0651\u064e",
        "a\u0f71\u0f72",
        "東",
        "é ",
        "ﷺ",
        "a\u200d",
        "...",
        "?a",
    ],
)
def test_no_text_takes_longer_than_its_length(unit):
    started = time.process_time()
    cut = Words(unit * 100_000)
    assert len(cut.starts) == len(cut.in_order) == len(cut.sentences)
    assert time.process_time() - started < 8
