"""How weights, evaluations and comparisons look on a terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from models.evaluation.compare import Comparison, Differing
from models.inventory import Proof, Shelf
from monitor.config import Config
from monitor.faces.show import console, counted, errors, plain

Figures = Mapping[str, Any]
MANY_CLASSES = 5
# On a terminal of 80 letters the figures take all but so many.
WIDE, NARROW_NAME = 110, 18
SHOWN_BAD = 5
# Heads that only prove the encoder on public sets: no scorer gives their classes.
FOR_PROOF = ("four_emotions", "reason", "complaint")


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, only where somebody looks."""
    if not errors.is_terminal:
        yield lambda done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def as_json(value: Any) -> None:
    """JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def written(path: Path, report: Figures) -> None:
    """The whole report as a file."""
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(Text(f"Wrote {path}."), soft_wrap=True)


def drawn(paths: Sequence[Path]) -> None:
    """Which pictures were drawn."""
    if paths:
        console.print(Text(f"Drew {', '.join(path.name for path in paths)} in {paths[0].parent}."), soft_wrap=True)
    else:
        console.print("Nothing to draw: no scorer of one class each was asked.")


# Weights -----------------------------------------------------------------------------------------------------------


def shelves(found: Sequence[Shelf], config: Config | None) -> None:
    """Each encoder with what it was made from and its heads, and what is used now."""
    for shelf in found:
        _shelf(shelf)
    heads = {head: classes for shelf in reversed(found) for head, classes in shelf.heads.items() if classes}
    table = _table("head", "classes")
    for head, classes in heads.items():
        note = Text(" (proves the encoder; no scorer gives it)", style="dim") if head in FOR_PROOF else Text()
        table.add_row(Text(head), Text(", ".join(classes)) + note)
    console.print(table)
    console.print()
    _used(config)


def _shelf(shelf: Shelf) -> None:
    console.print(Text(shelf.name, style="bold"), Text(f"{shelf.size / 1e6:.0f} MB", style="dim"))
    if shelf.manifest is None:
        console.print(Text(f"  {shelf.why}", style="red"), soft_wrap=True)
        console.print()
        return
    facts = shelf.manifest.facts
    made, data = facts.get("made_by", {}), facts.get("data", ())
    rows = (
        ("version", shelf.manifest.version),
        ("reads", ", ".join(sorted(shelf.manifest.languages))),
        ("made from", f"{facts.get('base', 'unknown')} ({facts.get('licence', 'licence unknown')})"),
        ("trained", _trained(made)),
        ("on", ", ".join(_families(data))),
    )
    table = _table("", "", header=False)
    for name, value in rows:
        table.add_row(Text(f"  {name}", style="dim"), Text(value))
    console.print(table)
    console.print()


def _trained(made: Figures) -> str:
    """Such as "6,897 steps over 220,678 rows, 70 minutes, seed 11"."""
    parts = [
        f"{made['steps']:,} steps" if "steps" in made else "",
        f"{made['rows']:,} rows seen" if "rows" in made else "",
        f"{made['minutes']} minutes" if "minutes" in made else "",
        f"seed {made['seed']}" if "seed" in made else "",
        f"on {made['on']}" if "on" in made else "",
    ]
    return ", ".join(part for part in parts if part) or "not said"


def _families(sources: Sequence[str]) -> list[str]:
    """Sources of one kind in several languages are named once: "umsab (ar, de …)"."""
    families: dict[str, list[str]] = {}
    for source in sources:
        stem, dash, code = source.rpartition("-")
        family, lang = (stem, code) if dash and len(code) == 2 else (source, "")
        families.setdefault(family, []).extend([lang] if lang else [])
    return [f"{family} ({', '.join(langs)})" if langs else family for family, langs in families.items()]


def _used(config: Config | None) -> None:
    if config is None:
        console.print("There is no configuration here: texts go to the encoder of their language.")
        return
    scoring = config.scoring
    if not scoring.enabled:
        console.print("Scoring is switched off: [scoring] enabled = false.")
        return
    way = "the encoder of their language" if scoring.encoder == "auto" else f"the {scoring.encoder} encoder, always"
    console.print(Text(f"Used now ({config.path.name}): texts go to {way}."), soft_wrap=True)
    for name, model in scoring.models:
        if model:
            console.print(Text(f"  {name} is judged by {model} instead."), soft_wrap=True)


def proofs(found: Sequence[Proof]) -> bool:
    """A sentence for each file; whether all are right."""
    for proof in found:
        mark, color = ("ok  ", "green") if proof.right else ("bad ", "red")
        said = proof.sentence if str(proof.path) in proof.sentence else f"{proof.path} {proof.sentence}"
        console.print(Text(mark, style=color), Text(said), soft_wrap=True)
    wrong = sum(not proof.right for proof in found)
    if wrong:
        console.print(f"{counted(wrong, 'file')} wrong. Restore the folder, or install overheard again.")
    return not wrong


# Evaluations -------------------------------------------------------------------------------------------------------


def report(found: Figures) -> None:
    """Every head's figures over all rows and by part, its confusion, and the lines that could not be used."""
    lines = f"{counted(found['used'], 'line')} of {', '.join(found['files'])}"
    console.print(Text(f"{lines}, asked of {_asked(found['asked'])}"), soft_wrap=True)
    for head, figures in found["heads"].items():
        console.print()
        note = " (for proof; no scorer gives it)" if head in FOR_PROOF else ""
        console.print(Text(head, style="bold"), Text(f"{figures['all']['rows']:,} rows{note}", style="dim"))
        if "confusion" in figures["all"]:
            console.print(_exclusive(figures))
            _confusion(figures)
        else:
            console.print(_together(figures["all"]))
    if "opposite" in found:
        _opposite(found["opposite"])
    _unused(found)


def _asked(asked: Figures) -> str:
    versions = asked.get("encoders") or {asked["name"]: asked["version"]}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _exclusive(figures: Figures) -> Table:
    columns = ("", "rows", "macro-\nrecall", "macro-\nF1", "accuracy", "calibration\nerror (chance)", "log-\nloss")
    table = _table(*columns, gap=2 if console.width >= WIDE else 1)
    _exclusive_row(table, "all", figures["all"])
    for found in figures["by"].values():
        for name, one in found.items():
            _exclusive_row(table, name, one)
    return table


def _exclusive_row(table: Table, name: str, one: Figures) -> None:
    calibration = Text("–", style="dim")
    if "calibration_error" in one:
        calibration = Text(f"{one['calibration_error']:.3f}")
        calibration.append(f" ({one['calibration_by_chance']:.3f})", style="dim")
    loss = f"{one['log_loss']:.2f}" if "log_loss" in one else "–"
    spread = [_spread(one[key], one[f"{key}_interval"]) for key in ("macro_recall", "macro_f1", "accuracy")]
    room = 60 if console.width >= WIDE else NARROW_NAME
    shown = name if len(name) <= room else f"{name[: room // 2 - 1]}…{name[-(room // 2) :]}"
    table.add_row(Text(plain(shown)), f"{one['rows']:,}", *spread, calibration, loss)


def _spread(value: float | None, interval: Sequence[float | None]) -> Text:
    """A figure and half the width of its interval: "73.2 ±1.1"."""
    if value is None:
        return Text("–", style="dim")
    low, high = interval
    return Text(f"{value:.1f}").append(
        f" ±{(high - low) / 2:.1f}" if low is not None and high is not None else "", "dim"
    )


def _confusion(figures: Figures) -> None:
    """Rows are the truth, columns what was said, in percent of the row. Many classes are numbered."""
    one, classes = figures["all"], figures["classes"]
    numbered = len(classes) > MANY_CLASSES
    shown = [name for name in classes if one["labels"][name]["rows"] or one["labels"][name]["precision"] is not None]
    names = {name: f"{at} {name}" if numbered else name for at, name in enumerate(shown, start=1)}
    heads = [str(at) for at in range(1, len(shown) + 1)] if numbered else shown
    table = _table("is \\ said", *heads, "rows", "precision", "recall", "F1", gap=1 if numbered else 2)
    for name in shown:
        label = one["labels"][name]
        counts = one["confusion"][classes.index(name)]
        cells = [_cell(counts[classes.index(said)], label["rows"], said == name) for said in shown]
        measured = [_percent(label[key]) for key in ("precision", "recall", "f1")]
        table.add_row(Text(names[name]), *cells, f"{label['rows']:,}", *measured)
    console.print(table)


def _cell(count: float, rows: int, right: bool) -> Text:
    if not rows or not count:
        return Text("·", style="dim")
    share = 100 * count / rows
    return Text(f"{share:.0f}" if share >= 0.5 else "<1", style="bold green" if right else "")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _together(one: Figures) -> Table:
    table = _table("label", "rows that have it", "of", "precision", "recall", "F1")
    for name, found in one["labels"].items():
        f1 = _spread(found["f1"], found["f1_interval"])
        table.add_row(
            Text(plain(name)), f"{found['rows']:,}", f"{found['known']:,}",
            _percent(found["precision"]), _percent(found["recall"]), f1,
        )  # fmt: skip
    return table


def _opposite(both: Figures) -> None:
    console.print()
    console.print(Text("for one target and against another in one text", style="bold"))
    table = _table("", "pairs", "both right", "texts", "all right")
    for name, one in [("all", both), *both.get("by", {}).get("source", {}).items()]:
        pairs, texts = (_spread(one[key], one[f"{key}_interval"]) for key in ("both_right", "all_right"))
        table.add_row(Text(plain(name)), f"{one['pairs']:,}", pairs, f"{one['texts']:,}", texts)
    console.print(table)


def _unused(found: Figures) -> None:
    silent = found["lines"] - found["used"] - found["bad_lines"]
    if silent or found["bad_lines"]:
        console.print()
    if silent:
        console.print(Text(f"{counted(silent, 'line')} with no answer that was asked for."))
    if found["bad_lines"]:
        console.print(Text(f"{counted(found['bad_lines'], 'line')} cannot be used:", style="yellow"))
        for bad in found["bad"][:SHOWN_BAD]:
            console.print(Text(f"  {bad['file']}:{bad['line']}: {plain(bad['why'])}", style="yellow"), soft_wrap=True)
        if found["bad_lines"] > SHOWN_BAD:
            console.print(Text(f"  … and {found['bad_lines'] - SHOWN_BAD:,} more; --json lists them.", style="yellow"))


def flattered(files: Sequence[str]) -> None:
    """Say it where figures look better than they are."""
    if files:
        console.print()
        told = f"The shipped weights have learnt from most of {', '.join(files)}: these figures flatter them."
        console.print(Text(told, style="yellow"), soft_wrap=True)
        console.print("models/README.md has figures on rows that were kept aside.")


# Comparisons -------------------------------------------------------------------------------------------------------


def comparison(found: Comparison, examples: int, names: tuple[str, str]) -> None:
    """Both figures, their difference with its interval, and what McNemar's test says."""
    for head, one in found.report["heads"].items():
        console.print(Text(head, style="bold"), Text(f"{one['rows']:,} rows", style="dim"))
        table = _table("", *names, "difference")
        for key, title in (("macro_recall", "macro-recall"), ("macro_f1", "macro-F1"), ("accuracy", "accuracy")):
            sides = [_spread(one[side][key], one[side][f"{key}_interval"]) for side in ("first", "second")]
            table.add_row(title, *sides, _difference(one["difference"][key]))
        errors_of = [f"{one[side]['calibration_error']:.3f}" for side in ("first", "second")]
        table.add_row("calibration error", *errors_of, "")
        console.print(table)
        console.print(Text(_sentence(one, names)), soft_wrap=True)
        console.print()
    for each in found.differing[:examples]:
        _example(each, names)
    if examples and len(found.differing) > examples:
        console.print(Text(f"{len(found.differing) - examples:,} more differ; --examples shows more.", style="dim"))


def _difference(one: Figures) -> Text:
    low, high = one["interval"]
    value = one["second_minus_first"]
    if value is None or low is None:
        return Text("–", style="dim")
    style = "green" if low > 0 else "red" if high < 0 else ""
    return Text(f"{value:+.1f}", style=style).append(f"  {low:+.1f} to {high:+.1f}", style="dim")


def _sentence(one: Figures, names: tuple[str, str]) -> str:
    only = (
        f"Only {names[0]} is right on {one['only_first_right']:,} rows, only {names[1]} on {one['only_second_right']:,}"
    )
    p = one["mcnemar_p"]
    if one["only_first_right"] + one["only_second_right"] == 0:
        return f"{only}: they are right and wrong on the same rows."
    said = f"p = {p:.2g}" if p >= 0.0001 else "p < 0.0001"
    if p >= 0.05:
        return f"{only}: a split that chance alone explains (McNemar, {said})."
    better = names[0] if one["only_first_right"] > one["only_second_right"] else names[1]
    return f"{only}: {better} is better, and it is more than chance (McNemar, {said})."


def _example(one: Differing, names: tuple[str, str]) -> None:
    towards = f" → {one.row.asked.brand}" if one.row.asked.brand else ""
    place = f"{one.row.file}:{one.row.line}"
    console.print(Text(f"{place}{plain(towards)}  ", style="dim").append(plain(_shortened(one.row.text)), style=""))
    right = {True: "green", False: "red"}
    line = Text(f"  is {one.truth}; ")
    for name, said, end in ((names[0], one.first, ", "), (names[1], one.second, "")):
        line.append(f"{name}: ").append(said, style=right[said == one.truth]).append(end)
    console.print(line)


def _shortened(text: str) -> str:
    return textwrap.shorten(text, 200, placeholder=" …")


def _table(*columns: str, header: bool = True, gap: int = 2) -> Table:
    """A table without lines; its first column gives way where the terminal is narrow, the figures never do."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=header, header_style="dim")
    for at, column in enumerate(columns):
        words = column in ("classes", "") or at == 0
        overflow: Any = "fold" if column in ("classes", "") and at else "ellipsis"
        table.add_column(column, justify="left" if words else "right", no_wrap=not words or at == 0, overflow=overflow)
    return table
