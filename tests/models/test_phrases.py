"""Words and phrases of labels are found where they stand, whole, with any ending, and in scripts without spaces."""

import pytest

from models.phrases import Phrases


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("refund", "Where is my refund?", True),
        ("refund", "They refunded me", False),
        ("refund*", "They refunded me", True),
        ("refund*", "a prerefund", False),
        ("late delivery", "Again a late delivery!", True),
        ("late delivery", "the delivery was late", False),
        ("late deliver*", "late deliveries all week", True),
        ("don't work", "They don’t work", True),
        ("x*", "an Xbox", True),
        ("配送", "昨日の配送がとても遅かった", True),
        ("配送*", "昨日の配送がとても遅かった", True),
        ("배송", "배송이 너무 늦어요", True),
        ("ÄRGER", "nur ärger damit", True),
        ("!!", "what!!", False),
        ("*", "anything", False),
        ("refund", "", False),
    ],
)
def test_a_phrase_is_found_where_it_stands(phrase: str, text: str, found: bool) -> None:
    assert Phrases.of([[phrase]]).labels_in(text) == ({0} if found else set())


def test_each_label_is_found_by_its_own_phrases() -> None:
    phrases = Phrases.of([["price", "too expensive"], [], ["expensive", "pric*"]])
    assert phrases.labels_in("too expensive a price") == {0, 2}
    assert phrases.labels_in("expensive") == {2}
