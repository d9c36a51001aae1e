"""The model card: evaluates the shipped encoders on the rows kept aside, writes its tables and draws its pictures.

    python -m models.train.card --data DATA

Writes docs/models/NAME.json and NAME-HEAD.svg for each encoder, and the tables between the marks of models/README.md.
With --tables the figures are taken as they lie in docs/models, and only the tables are written anew.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.evaluation.answers import Encoders
from models.evaluation.figures import evaluate
from models.evaluation.gold import GoldSet
from models.evaluation.picture import TITLES, alt, write_pictures
from models.train.aside import MOST, reported
from models.train.data import read_all
from models.train.rows import Row
from models.weights import MANIFEST, SHIPPED, homes, read_manifest

ROOT = Path(__file__).parents[2]
README, PICTURES = ROOT / "models" / "README.md", ROOT / "docs" / "models"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
TOGETHER = ("need", "mixed")
SHOWN = ("sentiment", "brand_sentiment")
FOR_PROOF = ("four_emotions", "reason", "complaint")

Figures = Mapping[str, Any]


def measure(name: str, folder: Path, rows: Sequence[Row], most: int, threads: int) -> dict[str, Any]:
    """The figures of one encoder on the rows kept aside."""
    manifest = read_manifest(folder, name)
    many = len(manifest.languages) > 1
    gold = GoldSet(tuple(reported(rows, many, most)), (), 0)
    encoder = Encoders(folder, threads=threads)

    def tell(done: int) -> None:
        print(f"\r{name}: {done:,} of {len(gold.rows):,} rows", end="", flush=True)

    heads = [head for head in encoder.heads() if head not in ("topics", "touchpoints", "stage")]
    found = evaluate(gold, encoder, heads, tell)
    print()
    kept = ("asked", "intervals", "heads", "opposite")
    return {"of": "rows kept aside", "lines": len(gold.rows), **{key: found[key] for key in kept if key in found}}


def tables(reports: Mapping[str, Figures]) -> str:
    """Markdown: for each encoder classes that exclude each other by set, labels that may hold together, pictures."""
    return "\n\n".join(_of_encoder(name, report) for name, report in reports.items())


def _of_encoder(name: str, report: Figures) -> str:
    heads = report["heads"]
    exclusive = {head: found for head, found in heads.items() if head not in TOGETHER}
    parts = [
        f"**The {name} encoder** ({report['asked']['encoders'][name]})",
        _exclusive(exclusive),
        _together({head: heads[head]["all"] for head in TOGETHER if head in heads}),
        _opposite(report.get("opposite")),
        _pictures(name, heads),
    ]
    return "\n\n".join(part for part in parts if part)


def _exclusive(heads: Mapping[str, Figures]) -> str:
    lines = [
        "| scorer | set | rows | macro-recall | macro-F1 | accuracy | calibration error (by chance) |",
        "|---|---|---|---|---|---|---|",
    ]
    for head, found in heads.items():
        shown = f"{head} (proof)" if head in FOR_PROOF else head
        parts = found["by"].get("source", {})
        for source, one in [("all", found["all"]), *parts.items()]:
            lines.append(f"| {shown} | {source} | {one['rows']} | {_measured(one)} |")
            shown = ""
    return "\n".join(lines)


def _measured(one: Figures) -> str:
    figures = [_spread(one[key], one[f"{key}_interval"]) for key in ("macro_recall", "macro_f1", "accuracy")]
    return " | ".join([*figures, f"{one['calibration_error']:.3f} ({one['calibration_by_chance']:.3f})"])


def _spread(value: float | None, interval: Sequence[float | None]) -> str:
    low, high = interval
    if value is None or low is None or high is None:
        return "–"
    return f"{value:.1f} ({low:.1f}–{high:.1f})"


def _together(heads: Mapping[str, Figures]) -> str:
    if not heads:
        return ""
    lines = ["| label | rows that have it | of | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    for found in heads.values():
        for label, one in found["labels"].items():
            f1 = _spread(one["f1"], one["f1_interval"])
            lines.append(
                f"| {label} | {one['rows']} | {one['known']} | {one['precision']:.1f} | {one['recall']:.1f} | {f1} |"
            )
    return "\n".join(lines)


def _opposite(both: Figures | None) -> str:
    """A row for all texts that are for one target and against another, and for each set that has enough of them."""
    if not both:
        return ""
    lines = ["| for one, against another | pairs | both right | texts | all right |", "|---|---|---|---|---|"]
    for source, one in [("all", both), *both.get("by", {}).get("source", {}).items()]:
        pairs, texts = (_spread(one[key], one[f"{key}_interval"]) for key in ("both_right", "all_right"))
        lines.append(f"| {source} | {one['pairs']} | {pairs} | {one['texts']} | {texts} |")
    return "\n".join(lines)


def _pictures(name: str, heads: Mapping[str, Figures]) -> str:
    """Sentiment as pictures, all others as links to theirs."""
    drawn = {head: found for head, found in heads.items() if head != "mixed"}
    places = {head: f"../docs/models/{name}-{head.replace('_', '-')}.svg" for head in drawn}
    shown = [f"![{alt(TITLES[head], drawn[head])}]({places[head]})" for head in SHOWN if head in drawn]
    links = ", ".join(f"[{head}]({places[head]})" for head in drawn if head not in SHOWN)
    return "\n\n".join([*shown, f"Who is taken for whom, and whether confidence can be believed, also of {links}."])


def read_reports(folder: Path = PICTURES) -> dict[str, dict[str, Any]]:
    """The figures as they lie there, by encoder, the English one first."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def write_tables(readme: Path, reports: Mapping[str, Figures]) -> None:
    """Puts the tables between the marks."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{tables(reports)}\n{END}{after}", encoding="utf-8")


def write_report(name: str, report: Figures, folder: Path) -> None:
    """Figures and pictures of one encoder, in place of those that were there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}-*.svg"):
        old.unlink()
    text = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    drawn = {**report, "heads": {head: found for head, found in report["heads"].items() if head != "mixed"}}
    write_pictures(drawn, folder, f"{name}-")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the training sets")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="folder of the encoders")
    parser.add_argument("--readme", type=Path, default=README)
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    parser.add_argument("--only", help="evaluate this encoder alone; the other's figures stay")
    parser.add_argument("--most", type=int, default=MOST, help="rows that are asked of each set")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tables", action="store_true", help="write the tables from the figures that are there")
    said = parser.parse_args()
    if not said.tables:
        if said.data is None:
            parser.error("--data is needed to evaluate; --tables writes the tables alone")
        rows = read_all(said.data)
        for name, folder in homes(said.weights).items():
            if (folder / MANIFEST).exists() and said.only in (None, name):
                write_report(name, measure(name, folder, rows, said.most, said.threads), said.pictures)
    write_tables(said.readme, read_reports(said.pictures))


if __name__ == "__main__":
    main()
