"""Pictures are whole SVG, hold what the figures say, and never what somebody wrote as markup."""

from pathlib import Path
from xml.etree import ElementTree

from models.evaluation.figures import evaluate
from models.evaluation.gold import GoldSet
from models.evaluation.picture import of_labels, write_pictures

SVG = "{http://www.w3.org/2000/svg}"


def quiet(_: int) -> None:
    pass


def words(path: Path) -> list[str]:
    return [found.text or "" for found in ElementTree.parse(path).iter(f"{SVG}text")]


def test_a_picture_shows_confusion_and_calibration(row, fixed, tmp_path: Path) -> None:
    rows = tuple(row(number, f"text {number}", "negative" if number < 9 else "positive") for number in range(12))
    who = fixed({one.text: "negative" for one in rows})
    report = evaluate(GoldSet(rows, (), 12), who, None, quiet)
    (path,) = write_pictures(report, tmp_path / "new", "fixed-")
    assert path.name == "fixed-sentiment.svg"
    shown = words(path)
    assert "Sentiment" in shown
    assert shown.count("100") >= 2, "each row in percent: nine of nine, three of three"
    assert any("accuracy 75.0" in text for text in shown)
    assert any("calibration error 0.050" in text for text in shown)
    assert "neutral" not in shown, "a class that is neither in the rows nor said takes no room"


def test_everything_lies_on_the_card(row, fixed, tmp_path: Path) -> None:
    rows = tuple(row(number, f"text {number}", "negative") for number in range(4))
    report = evaluate(GoldSet(rows, (), 4), fixed({one.text: "neutral" for one in rows}), None, quiet)
    (path,) = write_pictures(report, tmp_path)
    root = ElementTree.parse(path).getroot()
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for found in root.iter(f"{SVG}text"):
        if found.get("x"):
            assert 0 <= float(found.get("x", -1)) <= width, found.text
            assert 0 <= float(found.get("y", -1)) <= height, found.text


def test_names_of_labels_are_words_not_markup() -> None:
    label = {"rows": 3, "known": 9, "precision": 50.0, "recall": 75.0, "f1": 60.0, "f1_interval": [40.0, 80.0]}
    found = {"all": {"rows": 9, "macro_f1": 60.0, "labels": {"<script>alert(1)</script>": label}}}
    svg = of_labels("Topics", "english 3", found)
    assert "<script>" not in svg
    assert ElementTree.fromstring(svg) is not None
