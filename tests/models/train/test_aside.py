"""What is reported was never learnt, whatever it looked like to the pass that might have learnt it."""

from models.evaluation.forms import Several
from models.text import Marked, marked, plain
from models.train.aside import is_learnt, reported
from models.train.rows import Row

TEXTS = [f"@AcmeAir flight {number} was late again" for number in range(40)]


def of_text(text: str, dev: bool) -> Row:
    return Row("airline", Marked(plain(text)), {"sentiment": 0, "reason": 7}, dev=dev)


def of_brand(text: str, dev: bool) -> Row:
    return Row("airline-brand", marked(text, "Acme Air"), {"brand_sentiment": 0, "relevance": 1}, "Acme Air", dev=dev)


def test_half_of_the_rows_kept_aside_are_reported_and_none_that_was_learnt() -> None:
    rows = [of_text(text, dev=number < 30) for number, text in enumerate(TEXTS)]
    found = reported(rows, many=False)
    assert 5 < len(found) < 25
    assert {gold.text for gold in found} <= {plain(text) for text in TEXTS[:30]}
    assert found[0].labels == {"sentiment": "negative", "reason": "Late Flight"}


def test_a_text_that_the_other_pass_learnt_loses_the_label_that_was_given_away() -> None:
    rows = [of_text(text, dev=True) for text in TEXTS] + [of_brand(text, dev=False) for text in TEXTS]
    assert {head for gold in reported(rows, many=False) for head in gold.labels} == {"reason"}
    apart = [of_text(text, dev=True) for text in TEXTS] + [of_brand(text, dev=True) for text in TEXTS]
    assert {head for gold in reported(apart, many=False) for head in gold.labels} == {
        *("sentiment", "reason", "brand_sentiment", "relevance")
    }


def test_each_set_gives_only_so_many_rows_and_other_languages_only_where_they_are_read() -> None:
    rows = [of_text(text, dev=True) for text in TEXTS]
    assert len(reported(rows, many=False, most=3)) == 3
    german = [Row("umsab-de", Marked(f"Das war schlecht, Nummer {number}"), {"sentiment": 0}, dev=True, lang="de")
              for number in range(20)]  # fmt: skip
    assert reported(german, many=False) == []
    assert {gold.parts["lang"] for gold in reported(german, many=True)} == {"de"}


def test_needs_that_are_not_known_stay_unknown() -> None:
    needs = (1, 0, -1, -1, -1, -1, -1)
    rows = [Row("support", Marked(f"help with card {number}"), {"need": needs}, dev=True) for number in range(9)]
    assert reported(rows, many=False)[0].labels["need"] == Several(frozenset({"help"}), frozenset({"question"}))


def test_a_text_is_mixed_where_it_is_for_one_target_and_against_another() -> None:
    rows = []
    for number in range(20):
        text = f"good food but rude staff, table {number}"
        for target, label in (("food", 2), ("staff", 0 if number % 2 else 2)):
            rows.append(Row("restaurants", marked(text, target), {"brand_sentiment": label}, target, dev=True))
    mixed = [gold for gold in reported(rows, many=False) if "mixed" in gold.labels]
    assert len({gold.text for gold in mixed}) == len(mixed) > 3
    assert all(gold.asked.brand is None for gold in mixed)
    for gold in mixed:
        is_mixed = int(gold.text.split()[-1]) % 2 == 1
        assert gold.labels["mixed"] == (
            Several(frozenset({"mixed"}), frozenset()) if is_mixed else Several(frozenset(), frozenset({"mixed"}))
        )


def test_train_parts_are_known_by_their_names_and_parts_kept_apart_are_not() -> None:
    assert is_learnt("airline-train.jsonl")
    assert is_learnt("multilingual-sentiment-german-train.jsonl")
    assert not is_learnt("multilingual-sentiment-german-val.jsonl")
    assert not is_learnt("survey.jsonl")
