"""Texts of which a correction of one holds for the other: long ones, nearly the same word for word."""

from __future__ import annotations

from monitor.insight.copies import reworded
from monitor.insight.words import parts

NOTE = "The kettle came on Monday with a dent in the lid and nobody at the shop has answered my three mails since"


def test_a_long_text_with_a_word_more_is_the_same() -> None:
    assert reworded(parts(NOTE), parts(f"{NOTE} then"))


def test_a_long_text_about_something_else_is_another() -> None:
    other = "The app forgets my alarm every night and the support told me twice to install all of it once more"
    assert not reworded(parts(NOTE), parts(other))


def test_short_texts_are_never_the_same_however_alike() -> None:
    assert not reworded(parts("Great battery life"), parts("Great battery life"))
