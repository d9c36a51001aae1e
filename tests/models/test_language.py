"""The language of a text, and whether it is surely that."""

import pytest

from models.language import Heard, heard_in, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The battery of my phone is empty again", "en"),
        ("How do I reset my password?", "en"),
        ("La batería de mi teléfono está vacía otra vez", "es"),
        ("Der Akku meines Telefons ist schon wieder leer", "de"),
        ("La batterie de mon téléphone est encore vide", "fr"),
        ("电池又没电了，真让人失望", "zh"),
        ("バッテリーがまた切れてしまいました", "ja"),
        ("البطارية فارغة مرة أخرى", "ar"),
        ("Батарея снова разрядилась", "ru"),
        ("", "und"),
        ("10/10", "und"),
        ("😡😡😡", "und"),
        ("@acme #acme https://acme.com/de/hilfe", "und"),
    ],
)
def test_a_language_is_told_from_its_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_handles_links_and_hashtags_do_not_hide_a_language() -> None:
    assert language_of("@the_best_shop_in_town #love https://www.example.com/the/best Das ist leider kaputt") == "de"


def test_what_is_too_short_is_as_good_as_english_and_what_only_may_be_english_is_not() -> None:
    assert heard_in("ok").sure
    assert heard_in("5 ⭐") == Heard("und")
    assert heard_in("This is my second order from your shop").sure
    assert not heard_in("yaar ye phone ekdum bakwas hai bhai").sure
