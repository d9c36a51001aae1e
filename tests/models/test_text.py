"""A text as the encoder reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.text import marked, naming, plain


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@jane look https://example.org/x?y=1 !", "@user look http !"),
        ("mail me: jane@example.org", "mail me: jane@example.org"),
        ("don\\u2019t", "don’t"),
        ("\\ud83d\\ude0d", "smiling face with heart-eyes"),
        ("so good 😍", "so good smiling face with heart-eyes"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("a\x00b\u200fc", "abc"),
        ("two\n\nlines", "two lines"),
        ("half \ud83d", "half"),
    ],
)
def test_a_text_is_made_plain(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize(
    ("brand", "text"),
    [
        ("US Airways", "thanks @USAirways"),
        ("US Airways", "flying #usairways today"),
        ("Virgin America", "Virgin America's crew"),
        ("CallOfDuty", "the new Call of Duty map"),
        ("PlayStation5(PS5)", "my PS5 is loud"),
        ("Johnson & Johnson", "Johnson & Johnson recalls"),
        ("C++", "we write C++ here"),
        ("Apple", "@AppleSupport help"),
        ("日本航空", "昨日日本航空に乗った"),
        ("iPhone", "two iPhones and a case"),
        ("Nike", "Nike보다 Adidas"),
        ("Nike", "从Nike换到Adidas"),
        ("Nike", "Nikeの靴"),
        ("Nike", "وNike ممتاز"),
    ],
)
def test_a_brand_is_found_as_people_write_it(brand: str, text: str) -> None:
    assert naming(brand).search(text)


def test_a_brand_is_marked_by_all_its_names() -> None:
    found = marked("@nimbushelp my Nimbus One is dead, thanks Nimbus", "Nimbus", names=("Nimbus One", "@nimbushelp"))
    assert [found.text[start:end] for start, end in found.spans] == ["nimbushelp", "Nimbus One", "Nimbus"]


@pytest.mark.parametrize(("brand", "text"), [("Apple", "pineapple"), ("Delta", "deltaplane"), ("Gap", "gaping")])
def test_a_brand_inside_another_word_is_not_it(brand: str, text: str) -> None:
    assert not naming(brand).search(text)


def test_the_places_of_the_brand_are_those_of_the_text_that_is_read() -> None:
    found = marked("hey 😡 @jane, @DeltaAir lost it https://t.co/x &amp; Delta knows", "Delta")
    assert [found.text[start:end] for start, end in found.spans] == ["DeltaAir", "Delta"]
    assert "@user" in found.text


@given(some.text(max_size=300), some.text(max_size=20))
def test_any_brand_can_be_marked_in_any_text(text: str, brand: str) -> None:
    found = marked(text, brand)
    assert all(0 <= start <= end <= len(found.text) for start, end in found.spans)
