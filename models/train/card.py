"""The figures of a manifest as the tables of the model card.

python -m models.train.card models/weights/english
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.weights import MANIFEST

EXCLUSIVE = ("sentiment", "brand_sentiment", "relevance", "emotion")


def tables(manifest: Mapping[str, Any]) -> str:
    """Markdown: classes that exclude each other by set, then those that may hold together by label."""
    scores = manifest["scores"]
    lines = [
        "| scorer | set (rows kept aside) | macro-recall | macro-F1 | accuracy | calibration error | accuracy fp32 |",
        "|---|---|---|---|---|---|---|",
    ]
    for head in EXCLUSIVE:
        for source, both in scores[head].items():
            small, full = both["int8"], both["fp32"]
            figures = (small["macro_recall"], small["macro_f1"], small["accuracy"], small["calibration_error"])
            lines.append(
                f"| {head} | {source} ({small['rows']}) | {' | '.join(map(str, figures))} | {full['accuracy']} |"
            )
    lines += ["", "| label (rows that have it) | precision | recall | F1 |", "|---|---|---|---|"]
    for label, found in [*scores["need"].items(), ("mixed", scores["mixed"])]:
        lines.append(f"| {label} ({found['rows']}) | {found['precision']} | {found['recall']} | {found['f1']} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    print(tables(json.loads((Path(sys.argv[1]) / MANIFEST).read_text())))


if __name__ == "__main__":
    main()
