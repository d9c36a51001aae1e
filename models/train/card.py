"""The figures of a manifest as the tables of the model card.

    python -m models.train.card models/weights/english models/README.md

Writes them between the marks of the README.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.weights import MANIFEST

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
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
    manifest, readme = json.loads((Path(sys.argv[1]) / MANIFEST).read_text()), Path(sys.argv[2])
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{tables(manifest)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
