"""Repeated comments: what several people say, in their own words, counted as a person would count it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.insight.copies import canonical, copies
from monitor.insight.phrases import repeated, shorten
from monitor.mention import Heard, Mention

Say = Callable[..., Heard]


def test_four_customers_with_the_same_refund_complaint_are_a_theme(say: Say) -> None:
    told = [
        say("Still waiting for my refund.", "ann"),
        say("Three weeks of waiting on a refund now", "bob"),
        say("I have been waiting for the refund since May!", "cem"),
        say("waiting for my refund :(", "dee"),
        say("The app is blue.", "eve"),
    ]
    (theme,) = repeated(told)
    assert theme.name == "waiting for my refund"
    assert theme.people == 4
    assert set(theme.mentions) == {1, 2, 3, 4}


def test_four_customers_who_share_only_a_word_are_a_theme_named_by_a_phrase(say: Say) -> None:
    told = [
        say("My refund is lost somewhere", "ann"),
        say("no answer about my refund", "bob"),
        say("They refuse it. Refund? Ha!", "cem"),
        say("where did the refund go", "dee"),
    ]
    praise = [say(f"Lovely colours, number {i}", f"fan{i}") for i in range(8)]
    themes = repeated(told, elsewhere=praise)
    assert [theme.people for theme in themes] == [4]
    assert themes[0].name == "my refund"


def test_one_person_who_says_it_ten_times_is_one_person(say: Say) -> None:
    assert repeated([say(f"The parcel arrived broken, day {i}", "ann") for i in range(10)]) == ()


def test_copies_of_one_article_are_one_voice(say: Say) -> None:
    text = "Acme has opened its largest warehouse yet in the harbour and wants to hire two hundred people by spring."
    told = [say(text + ending, f"paper {i}") for i, ending in enumerate(("", " Read more.", " (agency)", "", ""))]
    assert repeated(told) == ()


def test_short_texts_by_different_people_are_not_copies(say: Say) -> None:
    told = [say("Great battery life", author) for author in ("ann", "bob", "cem")]
    assert copies(told) == [0, 1, 2]
    assert repeated(told)[0].name == "Great battery life"


def test_the_longer_phrase_absorbs_its_parts(say: Say) -> None:
    told = [say("the new delivery slot picker is slow", who) for who in ("ann", "bob", "cem")]
    themes = repeated(told)
    assert len(themes) == 1
    assert "delivery slot picker" in themes[0].name


def test_words_that_mean_nothing_are_no_phrase(say: Say) -> None:
    assert repeated([say("and so it was that we have been there again", who) for who in ("ann", "bob", "cem")]) == ()


def test_the_brands_own_name_is_no_theme(say: Say) -> None:
    told = [
        say(text, who) for text, who in (("Acme Rocket again", "a"), ("an Acme Rocket", "b"), ("Acme Rocket!", "c"))
    ]
    assert repeated(told, ignore=("Acme Rocket",)) == ()
    assert repeated(told)[0].name == "Acme Rocket"


def test_quotes_are_verbatim_and_by_different_people(say: Say) -> None:
    told = [
        say("Hello. The parcel ARRIVED broken — again. Bye.", "ann"),
        say("parcel arrived broken", "ann"),
        say("My parcel arrived broken, box was fine.", "bob"),
        say("Parcel arrived broken!", "cem"),
    ]
    (theme,) = repeated(told)
    texts = {one.mention.id: one.mention.text for one in told}
    assert len({quote.author for quote in theme.quotes}) == 2
    assert all(quote.text in texts[quote.mention] for quote in theme.quotes)


def test_the_change_counts_the_same_words_in_the_period_before(say: Say) -> None:
    now = [say("parcel arrived broken", who) for who in ("ann", "bob", "cem", "dee")]
    before = [say("the parcel arrived broken", "eve"), say("all good", "fay")]
    (theme,) = repeated(now, before)
    assert (theme.count, theme.before) == (4, 1)


def test_contractions_and_typographic_apostrophes_are_one_word(say: Say) -> None:
    told = [say("It doesn't charge", "a"), say("it doesn’t charge", "b"), say("IT DOESN'T CHARGE", "c")]
    (theme,) = repeated(told)
    assert theme.people == 3
    assert theme.wordings == ("doesn t charge",)


def test_the_same_article_under_a_marketing_address_is_a_copy(say: Say) -> None:
    one = say("short", "a", url="https://www.news.example/x/?utm_source=mail", kind="article")
    other = say("different teaser", "b", url="https://news.example/x", kind="article")
    assert copies([one, other]) == [0, 0]
    assert canonical("https://news.example/") == ""


def test_the_earliest_leads_its_copies_whatever_the_order(say: Say) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    first, second = say(text, "a"), say(text, "b")
    assert copies([second, first]) == [1, 1]


def test_different_long_texts_stay_apart(say: Say) -> None:
    told = [
        say(
            f"Order {i * 7919} arrived on day {i} with {i + 3} bottles, and the {c} one was open and sticky.",
            c,
        )
        for i, c in enumerate(("red", "green", "blue", "black"))
    ]
    assert copies(told) == [0, 1, 2, 3]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=80), st.sampled_from("abc")), max_size=8))
def test_any_text_is_counted_without_a_fuss(texts: list[tuple[str, str]]) -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    told = [
        Heard(Mention(i, "s", "feed", "post", "", "", text, author, when, when, ""), "Acme")
        for i, (text, author) in enumerate(texts)
    ]
    for theme in repeated(told, told, least=2):
        assert theme.people >= 2
        assert theme.count == theme.before == len(theme.mentions)
        assert 1 <= len(theme.quotes) <= 2


def test_a_cut_line_says_that_it_was_cut() -> None:
    assert shorten("one two three", 100) == "one two three"
    assert shorten("word " * 100, 50).endswith(" …")
    assert len(shorten("x" * 500, 50)) <= 51
