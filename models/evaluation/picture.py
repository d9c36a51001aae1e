"""How right a head is, as one picture: who is taken for whom, and whether its confidence can be believed.

SVG without scripts or fonts of its own, on a card that follows the reader's light or dark setting. Drawn from the
figures of an evaluation (models.evaluation.figures), so that a picture never says more than the JSON.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.evaluation.drawing import Canvas, fitted

Figures = Mapping[str, Any]

TITLES: Mapping[str, str] = {
    "sentiment": "Sentiment",
    "brand_sentiment": "Sentiment towards the brand",
    "relevance": "Relevance: is the brand meant",
    "emotion": "Emotion",
    "need": "Needs",
    "four_emotions": "TweetEval's four emotions",
    "reason": "Reason of an airline complaint",
    "complaint": "Complaint or not",
    "topics": "Topics",
    "touchpoints": "Touchpoints",
    "stage": "Stage of the journey",
}
EDGE, TOP, GAP = 28, 108, 48
SIDE = 264
"""Width and height of the reliability diagram's square."""
STRIP = 56
"""Height of the strip below it that shows how many rows each confidence has."""
LETTER = 7.2
"""About how wide a letter of the labels is."""


def write_pictures(report: Figures, folder: Path, prefix: str = "") -> list[Path]:
    """One SVG for each head of a report, named by it. The folder is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for head, svg in pictures(report):
        paths.append(folder / f"{prefix}{head.replace('_', '-')}.svg")
        paths[-1].write_text(svg, encoding="utf-8")
    return paths


def pictures(report: Figures) -> Iterator[tuple[str, str]]:
    """Head and picture, for every head of a report that has rows. The report may say what its rows are `of`."""
    who, rows = _who(report["asked"]), report.get("of", "rows")
    for head, found in report["heads"].items():
        draw = of_one_class if "confusion" in found["all"] else of_labels
        yield head, draw(TITLES.get(head, head), f"{who} · {found['all']['rows']:,} {rows}", found)


def _who(asked: Figures) -> str:
    versions = asked.get("encoders") or {asked["name"]: asked["version"]}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def of_one_class(title: str, who: str, found: Figures) -> str:
    """Confusion on the left, reliability on the right."""
    one = found["all"]
    classes = [name for name in found["classes"] if one["labels"][name]["rows"] or _is_said(found, name)]
    cell = min(max(SIDE / len(classes), 44), 108)
    names = max(fitted(name, LETTER) for name in classes)
    slanted = len(classes) > 4
    head_room = min(names, 190) * 0.71 + 8 if slanted else 30
    grid = cell * len(classes)
    left, top = EDGE + names + 14, TOP + 24 + head_room
    right = left + grid + 62 + GAP
    has_bins = "bins" in one
    square = TOP + 54
    width = max(right + SIDE + EDGE + 12 if has_bins else right, 600)
    height = max(top + grid + 50, (square + SIDE + STRIP + 62) if has_bins else 0)
    canvas = Canvas(width, height, f"{title}: confusion and calibration")
    _heading(canvas, title, who, one)
    _confusion(canvas, found, classes, left, top, cell, slanted)
    if has_bins:
        _reliability(canvas, one, width - SIDE - EDGE - 12, square)
    return canvas.svg()


def _is_said(found: Figures, name: str) -> bool:
    at = found["classes"].index(name)
    return any(row[at] for row in found["all"]["confusion"])


def _heading(canvas: Canvas, title: str, who: str, one: Figures) -> None:
    canvas.text(EDGE, 42, title, "title")
    canvas.text(EDGE, 64, who, "soft")
    canvas.text(EDGE, 86, " · ".join(_figures(one)), "figures")


def _figures(one: Figures) -> Iterator[str]:
    for key, name in (("macro_recall", "macro-recall"), ("macro_f1", "macro-F1"), ("accuracy", "accuracy")):
        if one.get(key) is not None:
            low, high = one.get(f"{key}_interval", (None, None))
            yield f"{name} {one[key]:.1f}" + (f" ({low:.1f}–{high:.1f})" if low is not None else "")


def _confusion(
    canvas: Canvas, found: Figures, classes: Sequence[str], left: float, top: float, cell: float, slanted: bool
) -> None:
    one = found["all"]
    canvas.text(EDGE, TOP + 22, "What is said of each class", "panel")
    for column, name in enumerate(classes):
        middle = left + (column + 0.5) * cell
        if slanted:
            canvas.slanted(middle - 4, top - 8, name)
        else:
            canvas.text(middle, top - 10, name, "label", "middle")
    for row, name in enumerate(classes):
        middle = top + (row + 0.5) * cell
        canvas.text(left - 12, middle + 4, name, "label", "end")
        counts = one["confusion"][found["classes"].index(name)]
        rows = sum(counts)
        for column, said in enumerate(classes):
            count = counts[found["classes"].index(said)]
            share = count / rows if rows else 0.0
            x, y = left + column * cell, top + row * cell
            canvas.tile(x, y, cell, share, row == column, f"{name}, said {said}: {count:,} of {rows:,}")
            if count:
                shown = f"{100 * share:.0f}" if share >= 0.005 else "<1"
                canvas.text(x + cell / 2, y + cell / 2 + 5, shown, _ink(share, row == column), "middle")
        canvas.text(left + len(classes) * cell + 12, middle + 4, f"{rows:,}", "soft")
    canvas.text(left + len(classes) * cell + 12, top - 10, "rows", "soft")
    canvas.text(EDGE, top + len(classes) * cell + 28, "Rows are the truth, columns what is said, in percent.", "soft")


def _ink(share: float, right: bool) -> str:
    """Light letters on a strong tile, the ordinary ones elsewhere."""
    weight = "number strong" if right else "number"
    return f"{weight} on" if share >= 0.55 else weight


def _reliability(canvas: Canvas, one: Figures, left: float, top: float) -> None:
    canvas.text(left - 44, TOP + 22, "Can its confidence be believed?", "panel")
    for tenth in range(0, 11, 2):
        at = tenth / 10 * SIDE
        canvas.line(left, top + SIDE - at, left + SIDE, top + SIDE - at, "grid")
        canvas.line(left + at, top, left + at, top + SIDE, "grid")
        canvas.text(left - 8, top + SIDE - at + 4, f"{tenth * 10}", "tick", "end")
        canvas.text(left + at, top + SIDE + STRIP + 24, f"{tenth * 10}", "tick", "middle")
    canvas.line(left, top + SIDE, left + SIDE, top, "honest")
    canvas.slanted(left + SIDE * 0.06, top + SIDE * 0.94 - 7, "honest", "soft")
    points = [(left + bin_["confidence"] / 100 * SIDE, top + SIDE - bin_["right"] / 100 * SIDE) for bin_ in one["bins"]]
    most = max(bin_["rows"] for bin_ in one["bins"])
    for (x, y), bin_ in zip(points, one["bins"], strict=True):
        canvas.line(x, y, x, top + SIDE - bin_["confidence"] / 100 * SIDE, "miss")
    canvas.path(points)
    for (x, y), bin_ in zip(points, one["bins"], strict=True):
        said = f"{bin_['rows']:,} rows: {bin_['confidence']:.0f} % sure, {bin_['right']:.0f} % right"
        canvas.dot(x, y, 2.5 + 5.5 * (bin_["rows"] / most) ** 0.5, said)
    for bin_ in one["bins"]:
        tenth = min(int(bin_["confidence"] / 10), 9)
        tall = max(1.5, (STRIP - 14) * bin_["rows"] / most)
        canvas.bar(left + tenth * SIDE / 10 + 2, top + SIDE + STRIP + 4 - tall, SIDE / 10 - 4, tall)
    canvas.text(left + SIDE / 2, top + SIDE + STRIP + 44, "% sure (bars: how many rows)", "soft", "middle")
    canvas.upright(left - 38, top + SIDE / 2, "% right")
    error, chance = one["calibration_error"], one["calibration_by_chance"]
    canvas.text(left + 10, top + 20, f"calibration error {error:.3f}", "figures")
    canvas.text(left + 10, top + 37, f"chance alone: {chance:.3f}", "soft")


def of_labels(title: str, who: str, found: Figures) -> str:
    """Precision and recall of labels that may stand together, as two dots on a line each."""
    one = found["all"]
    labels = one["labels"]
    names = max((fitted(name, LETTER) for name in labels), default=0.0)
    left, row, long = EDGE + names + 16, 38, 400
    top = TOP + 22
    canvas = Canvas(left + long + 230 + EDGE, top + row * len(labels) + 64, f"{title}: precision and recall")
    _heading(canvas, title, who, one)
    bottom = top + row * len(labels)
    for tenth in range(0, 11, 2):
        x = left + tenth / 10 * long
        canvas.line(x, top - 8, x, bottom, "grid")
        canvas.text(x, bottom + 20, f"{tenth * 10}", "tick", "middle")
    for at, (name, label) in enumerate(labels.items()):
        y = top + (at + 0.5) * row - 4
        canvas.text(left - 12, y + 4, name, "label", "end")
        precision, recall = (left + label[key] / 100 * long for key in ("precision", "recall"))
        canvas.line(precision, y, recall, y, "between")
        canvas.dot(precision, y, 5.5, f"precision {label['precision']:.1f}", "hollow")
        canvas.dot(recall, y, 5.5, f"recall {label['recall']:.1f}")
        canvas.text(left + long + 24, y + 4, f"F1 {label['f1']:.1f}", "figures")
        canvas.text(left + long + 100, y + 4, f"{label['rows']:,} of {label['known']:,}", "soft")
    canvas.dot(left, bottom + 44, 5.5, "", "hollow")
    canvas.text(left + 12, bottom + 48, "precision: of those said, how many are so", "soft")
    canvas.dot(left + 306, bottom + 44, 5.5, "")
    canvas.text(left + 318, bottom + 48, "recall: of those that are so, how many are found", "soft")
    return canvas.svg()


def alt(title: str, found: Figures) -> str:
    """What a reader who cannot see the picture is told, fit for Markdown."""
    return f"{title}: {', '.join(_figures(found['all']))}".replace("[", "(").replace("]", ")")
