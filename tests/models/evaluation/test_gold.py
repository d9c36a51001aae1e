"""Files of public sets are understood by their fields; what is wrong in them is named by its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.evaluation.forms import Several
from models.evaluation.gold import GoldSet, NotGold, opposed, read_gold, renaming

Read = Callable[..., GoldSet]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads rows (or raw lines) as if they stood in one file."""

    def call(*lines: dict[str, Any] | str | bytes, **options: Any) -> GoldSet:
        written = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
        content = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in written)
        (tmp_path / "rows.jsonl").write_bytes(content)
        return read_gold([tmp_path / "rows.jsonl"], **options)

    return call


FORMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"text": "ok", "label": "positive"}, {"sentiment": "positive"}),
    ({"text": "ok", "label": "Neutral", "lang": "french"}, {"sentiment": "neutral"}),
    ({"text": "the cord broke", "target": "cord", "label": "negative"}, {"brand_sentiment": "negative"}),
    ({"text": "nice food", "aspect": "food", "label": "positive"}, {"brand_sentiment": "positive"}),
    (
        {"text": "I like apple", "brand": "apple", "label": "Positive"},
        {"relevance": "relevant", "brand_sentiment": "positive"},
    ),
    ({"text": "apple pie", "brand": "apple", "label": "irrelevant"}, {"relevance": "irrelevant"}),
    (
        {"text": "late again", "brand": "Delta", "sentiment": "negative", "reason": "late flight"},
        {"sentiment": "negative", "reason": "Late Flight"},
    ),
    ({"text": "thanks", "brand": "Delta", "sentiment": "positive", "reason": None}, {"sentiment": "positive"}),
    (
        {"text": "it broke", "complaint": 1, "domain": "apparel"},
        {"complaint": "complaint", "need": Several(frozenset({"complaint"}), frozenset())},
    ),
    ({"text": "so happy", "label": "optimism"}, {"four_emotions": "optimism", "emotion": "joy"}),
    ({"text": "thank you", "labels": ["gratitude"]}, {"emotion": "gratitude"}),
    ({"text": "please add it", "label": "suggestion"}, {"need": Several(frozenset({"suggestion"}))}),
    (
        {"text": "it crashed", "label": "bug report"},
        {"need": Several(frozenset({"complaint"}), frozenset({"praise"}))},
    ),
    (
        {"text": "why so slow?", "need": ["question", "complaint"], "topics": ["speed"], "sentiment": "negative"},
        {
            "need": Several(frozenset({"question", "complaint"})),
            "topics": Several(frozenset({"speed"})),
            "sentiment": "negative",
        },
    ),
    (
        {"text": "I like Acme", "brand": "Acme", "relevance": True, "brand_sentiment": "positive"},
        {"relevance": "relevant", "brand_sentiment": "positive"},
    ),
]


@pytest.mark.parametrize(("line", "labels"), FORMS, ids=lambda value: "+".join(value))
def test_a_form_is_known_by_its_fields(read: Read, line: dict[str, Any], labels: dict[str, Any]) -> None:
    (row,) = read(line).rows
    assert row.labels == labels
    towards = {"brand_sentiment", "relevance"} & labels.keys()
    assert row.asked.brand == (line.get("target") or line.get("aspect") or line.get("brand") if towards else None)


def test_our_own_form_asks_of_the_text_and_towards_the_brand(read: Read) -> None:
    line = {"text": "Love Acme", "brand": "Acme", "sentiment": "positive", "brand_sentiment": "positive"}
    of_text, of_brand = read(line).rows
    assert (of_text.asked.brand, list(of_text.labels)) == (None, ["sentiment"])
    assert (of_brand.asked.brand, list(of_brand.labels)) == ("Acme", ["brand_sentiment"])


@pytest.mark.parametrize(
    "places",
    [{"from": 21, "to": 25}, {"template": "the food, and again the $T$ was bad"}],
    ids=["from and to", "template"],
)
def test_the_place_of_a_target_is_the_one_given(read: Read, places: dict[str, Any]) -> None:
    text = "the food, and again  food was bad" if "from" in places else "the food, and again the food was bad"
    (row,) = read({"text": text, "target": "food", "label": "negative", **places}).rows
    ((start, end),) = row.asked.text.spans
    assert row.asked.text.text[start:end] == "food"
    assert start > 10


def test_several_targets_of_a_text_are_several_rows_and_may_be_opposed(read: Read) -> None:
    targets = [
        {"text": "food", "from": 6, "to": 10, "label": "positive"},
        {"text": "staff", "from": 17, "to": 22, "label": "negative"},
        {"text": "Great", "from": 0, "to": 5, "label": "mixed"},
    ]
    found = read({"text": "Great food, rude staff", "targets": targets}, {"text": "so so", "targets": []})
    assert [row.asked.brand for row in found.rows] == ["food", "staff"]
    assert list(opposed(found.rows).values()) == [[0, 1]]
    assert found.lines == 2


def test_bad_lines_are_named_and_the_rest_is_read(read: Read) -> None:
    found = read(
        {"text": "good", "label": "positive"},
        "{not json",
        "[1, 2]",
        b'{"text": "\xff", "label": "neutral"}',
        {"text": "", "label": "neutral"},
        {"label": "neutral"},
        {"text": "what", "label": "sideways"},
        {"text": "x", "target": "x", "from": 5, "to": 2, "label": "neutral"},
        "",
        {"text": "bad", "label": "negative"},
    )
    assert [row.line for row in found.rows] == [1, 10]
    assert [bad.line for bad in found.bad] == [2, 3, 4, 5, 6, 7, 8]
    reasons = [bad.why for bad in found.bad]
    assert reasons[0] == "the line is not JSON"
    assert reasons[2] == "the line is not UTF-8"
    assert "sideways" in reasons[5]
    assert found.lines == 9


def test_numbers_as_labels_ask_for_their_meaning_with_an_example_to_copy(read: Read) -> None:
    lines = [{"text": "fine film", "label": number} for number in range(5)]
    with pytest.raises(NotGold, match="--labels 0=negative,1=negative,2=neutral,3=positive,4=positive"):
        read(*lines)
    meant = renaming("0=negative,1=negative,2=neutral,3=positive,4=positive")
    assert [row.labels["sentiment"] for row in read(*lines, renamed=meant).rows] == [
        *("negative", "negative", "neutral", "positive", "positive")
    ]


def test_labels_of_no_scorer_are_refused_by_name(read: Read) -> None:
    with pytest.raises(NotGold, match='"irony"'):
        read({"text": "a", "label": "irony"}, {"text": "b", "label": "non_irony"})


def test_an_empty_file_and_a_wrong_mapping_are_refused(read: Read) -> None:
    with pytest.raises(NotGold, match="no line"):
        read("")
    with pytest.raises(NotGold, match="LABEL=MEANING"):
        renaming("0-negative")


def test_a_limit_draws_the_same_lines_each_time_and_keeps_texts_whole(read: Read) -> None:
    lines = [{"text": f"text {number // 2}", "target": str(number), "label": "neutral"} for number in range(40)]
    drawn = [[row.line for row in read(*lines, limit=10).rows] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 10
    assert drawn[0] != list(range(1, 11))
    texts = [row.text for row in read(*lines, limit=10).rows]
    assert all(texts.count(text) == 2 for text in texts)


def test_parts_are_language_source_and_brand(read: Read) -> None:
    (row,) = read({"text": "gut", "label": "positive", "lang": "german", "domain": "shops"}).rows
    assert row.parts == {"lang": "de", "source": "shops"}


def test_the_training_sets_are_read_to_the_last_line() -> None:
    data = Path(__file__).parents[4] / "shared" / "data"
    if not data.is_dir():
        pytest.skip("the training sets are not here (../shared/data)")
    for name in ("airline", "targeted-laptops", "targeted-reviews-yaso", "entity-sentiment", "complaints"):
        found = read_gold([data / f"{name}-train.jsonl"])
        assert found.rows, name
        assert not found.bad, name
