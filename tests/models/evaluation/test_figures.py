"""The report says what happened: figures, parts, opposite pairs, and what could not be used."""

import json
from pathlib import Path

import pytest

from models.evaluation.answers import Encoders, answerer
from models.evaluation.figures import evaluate
from models.evaluation.gold import Bad, GoldSet, read_gold
from models.weights import SHIPPED, WeightsMissing


def quiet(_: int) -> None:
    pass


def test_figures_over_all_rows_and_by_part(row, fixed) -> None:
    texts = {f"text {number}": ("negative", "positive")[number % 2] for number in range(60)}
    rows = tuple(
        row(number, text, label if number < 45 else "neutral", lang="de" if number < 30 else "fr")
        for number, (text, label) in enumerate(texts.items())
    )
    report = evaluate(GoldSet(rows, (Bad("rows.jsonl", 61, "no JSON"),), 61), fixed(texts), None, quiet)
    one = report["heads"]["sentiment"]
    assert one["all"]["rows"] == 60
    assert one["all"]["accuracy"] == 75.0
    assert one["all"]["labels"]["neutral"] == {"rows": 15, "precision": None, "recall": 0.0, "f1": 0.0}
    assert one["all"]["confusion"][1] == [7, 0, 8]
    low, high = one["all"]["accuracy_interval"]
    assert low < 75 < high
    assert one["all"]["calibration_error"] == pytest.approx(0.05)
    assert {name: part["accuracy"] for name, part in one["by"]["lang"].items()} == {"de": 100.0, "fr": 50.0}
    assert report["bad"] == [{"file": "rows.jsonl", "line": 61, "why": "no JSON"}]
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_opposite_targets_count_only_when_both_are_right(row, fixed) -> None:
    rows = (
        row(1, "one", "positive", brand="a"),
        row(1, "one", "negative", brand="b"),
        row(2, "two", "positive", brand="a"),
        row(2, "two", "negative", brand="b"),
        row(2, "two", "negative", brand="c"),
        row(2, "two", "neutral", brand="d"),
        row(3, "three", "positive", brand="a"),
        row(3, "three", "positive", brand="b"),
    )
    right = {f"{one.text}|{one.asked.brand}": str(one.labels["brand_sentiment"]) for one in rows}
    who = fixed(right | {"two|c": "positive", "two|d": "negative"}, head="brand_sentiment")
    both = evaluate(GoldSet(rows, (), 3), who, None, quiet)["opposite"]
    assert (both["texts"], both["pairs"]) == (2, 3)
    assert both["both_right"] == 66.7
    assert both["all_right"] == 50.0


def test_a_head_that_nobody_can_answer_is_left_out(row, fixed) -> None:
    report = evaluate(GoldSet((row(1, "one", "positive"),), (), 1), fixed({}, head="emotion"), None, quiet)
    assert report["heads"] == {}


def test_the_shipped_weights_can_be_asked_for_all_they_know(tmp_path: Path) -> None:
    lines = [
        {"text": "I love this, it is wonderful", "sentiment": "positive", "emotion": "joy", "need": ["praise"]},
        {"text": "This is awful, I hate it", "sentiment": "negative", "need": ["complaint"], "stage": "use"},
        {"text": "Far too expensive", "topics": ["price"]},
        {"text": "Acme is great", "brand": "Acme", "brand_sentiment": "positive", "relevance": "relevant"},
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    told: list[int] = []
    report = evaluate(read_gold([tmp_path / "own.jsonl"]), Encoders(only="english", threads=1), None, told.append)
    heads = report["heads"]
    assert heads["sentiment"]["all"]["accuracy"] == 100.0
    assert heads["brand_sentiment"]["all"]["accuracy"] == 100.0
    assert heads["topics"]["all"]["labels"]["price"]["recall"] == 100.0
    assert "calibration_error" not in heads["stage"]["all"]
    assert set(heads["need"]["all"]["labels"]) == {"praise", "complaint"}
    assert told[-1] == 4
    assert report["asked"]["encoders"].keys() == {"english"}


def test_who_is_meant_is_told_by_name_or_folder(tmp_path: Path) -> None:
    assert answerer("english", 1).name == "english"
    assert answerer(str(SHIPPED / "english"), 1).name == "english"
    with pytest.raises(WeightsMissing, match="manifest"):
        Encoders(tmp_path)
