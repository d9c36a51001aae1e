"""`overheard models`: what judges, whether it is whole, how right it is, and how to make it anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import Refused

if TYPE_CHECKING:
    from models.evaluation.answers import Answerer
    from models.evaluation.gold import GoldSet
    from monitor.config import Config

models_app = typer.Typer(
    help="What judges your mentions: list it, prove it, measure it, compare it, make it anew.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DEFAULT = Path("config.toml")
WHO = 'Who answers: "shipped" (by language), "english", "multilingual", a folder of weights, or a Hugging Face name.'
Files = Annotated[list[Path], typer.Argument(help="JSON lines with text and right answers.", metavar="FILE.jsonl…")]
ConfigPath = Annotated[
    Path, typer.Option("--config", envvar="OVERHEARD_CONFIG", help="The configuration file.", metavar="FILE")
]
Heads = Annotated[list[str] | None, typer.Option("--head", help="Only this scorer or head. Repeatable.")]
Labels = Annotated[
    str, typer.Option("--labels", help="What labels mean, such as 0=negative,1=positive.", metavar="LABEL=MEANING,…")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many lines, always the same ones.")]
Threads = Annotated[int, typer.Option(min=0, help="Processor cores to use; 0 for all.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write everything there, as JSON.", metavar="OUT")]


@models_app.command(name="list")
def list_(
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The encoders that are shipped, their heads, and what your configuration uses."""
    from models import inventory
    from monitor.faces import measured

    shelves = inventory.shelves()
    if as_json:
        measured.as_json([inventory.described(shelf) for shelf in shelves])
    else:
        measured.shelves(shelves, _configured(config))


@models_app.command()
def verify(
    folder: Annotated[Path | None, typer.Argument(help="A folder of weights; the shipped ones where left out.")] = None,
) -> None:
    """Check every file of the weights against its sha256. Exit code 1 when one is wrong."""
    from models import inventory
    from models.weights import SHIPPED
    from monitor.faces import measured

    if not measured.proofs(list(inventory.verify(folder or SHIPPED))):
        raise typer.Exit(1)


@models_app.command(name="eval")
def eval_(
    files: Files,
    encoder: Annotated[str, typer.Option(help=WHO)] = "shipped",
    head: Heads = None,
    labels: Labels = "",
    limit: Limit = None,
    threads: Threads = 0,
    json_out: JsonOut = None,
    card: Annotated[Path | None, typer.Option(help="Draw confusion and calibration there.", metavar="DIR")] = None,
    config: ConfigPath = DEFAULT,
) -> None:
    """Measure how right the scorers are on lines whose answers are known."""
    from models.evaluation.figures import evaluate
    from models.evaluation.picture import write_pictures
    from models.train.aside import is_learnt
    from monitor.faces import measured
    from monitor.faces.show import check_writable

    if card is not None:
        check_writable(card)
    gold = _gold(files, labels, limit)
    with _loading():
        answerer = _answerer(encoder, threads, config)
        with measured.bar("Asking", len(gold.rows)) as tell:
            report = evaluate(gold, answerer, head, tell)
    report = {"files": [file.name for file in files], **report}
    if not report["heads"]:
        raise Refused(_nothing_asked(gold, answerer, head))
    measured.report(report)
    measured.flattered([file.name for file in files if is_learnt(file.name)])
    if json_out is not None:
        measured.written(json_out, report)
    if card is not None:
        measured.drawn(write_pictures(report, card))


@models_app.command()
def compare(
    first: Annotated[str, typer.Argument(help=WHO, metavar="A")],
    second: Annotated[str, typer.Argument(help="The same.", metavar="B")],
    files: Files,
    head: Heads = None,
    labels: Labels = "",
    limit: Limit = None,
    threads: Threads = 0,
    json_out: JsonOut = None,
    examples: Annotated[int, typer.Option(min=0, help="Show so many rows on which they differ.")] = 5,
    config: ConfigPath = DEFAULT,
) -> None:
    """Set two models side by side on the same lines, and say whether the difference is more than chance."""
    from models.evaluation.compare import compare as compared
    from models.evaluation.gold import NotGold
    from monitor.faces import measured

    gold = _gold(files, labels, limit)
    with _loading():
        one, two = _answerer(first, threads, config), _answerer(second, threads, config)
        try:
            with measured.bar("Asking both", 2 * len(gold.rows)) as tell:
                found = compared(gold, one, two, head, tell)
        except NotGold as error:
            raise Refused(str(error)) from error
    measured.comparison(found, examples, (first, second))
    if json_out is not None:
        measured.written(json_out, {"files": [file.name for file in files], **found.report})


@models_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help='"english" or "multilingual".')],
    data: Annotated[Path, typer.Option(help="Folder of the training sets.", metavar="DIR")],
    base: Annotated[Path, typer.Option(help="Folder of the encoder to start from.", metavar="DIR")],
    out: Annotated[Path, typer.Option(help="Where the run is written.", metavar="DIR")],
    only_print: Annotated[bool, typer.Option("--print", help="Show the commands, run nothing.")] = False,
) -> None:
    """Train an encoder anew. Other options (--minutes, --seed …) go to models.train.multitask as they are."""
    from models.train.recipe import RECIPES

    if recipe not in RECIPES:
        raise Refused(f'There is no recipe "{recipe}": it is one of {", ".join(sorted(RECIPES))}.')
    words = [
        *(sys.executable, "-m", "models.train.multitask", recipe),
        *("--base", str(base), "--data", str(data), "--out", str(out)),
        *context.args,
    ]
    shown = " ".join(["python", *words[1:]])
    if only_print:
        print(shown)
        _next_steps(recipe, data, base, out, context.args)
        return
    missing = [name for name in ("torch", "transformers", "onnx", "sklearn") if find_spec(name) is None]
    if missing:
        raise Refused(f'Training needs {", ".join(missing)}: pip install "overheard[train]"')
    for folder, why in ((data, "the training sets"), (base, "the encoder to start from")):
        if not folder.is_dir():
            raise Refused(f"There is no folder {folder}: {why} must lie there (models/train/README.md says which).")
    print(shown, flush=True)
    code = subprocess.run(words, check=False).returncode
    if code:
        print(f"The training ended with code {code}. What it had learnt by then is in {out}.", file=sys.stderr)
        raise typer.Exit(1)
    _next_steps(recipe, data, base, out, context.args)


def _next_steps(recipe: str, data: Path, base: Path, out: Path, others: Sequence[str]) -> None:
    """What turns a run into weights that the service uses; its options that both commands have are repeated."""
    to = f"models/weights/{recipe}"
    given = dict(pairwise(others))
    space = ["--space", given.get("--space", "MINILM")]
    parallel = ["--parallel", given["--parallel"]] if "--parallel" in given else []
    print("\nNext, from the run to what is shipped, and to the figures of the model card:")
    print(f"  python -m models.train.export {recipe} --base {base} --data {data} --run {out} \\")
    print(f"      {' '.join([*space, *parallel])} --to {to} --version N")
    print(f"  python -m models.train.card --data {data}")
    print(f"  overheard models verify {to}")


def _configured(path: Path) -> Config | None:
    """The configuration, where there is one."""
    from monitor.config import load

    return load(path, os.environ) if path.exists() else None


def _gold(files: list[Path], labels: str, limit: int | None) -> GoldSet:
    from models.evaluation.gold import NotGold, read_gold, renaming

    for file in files:
        if not file.is_file():
            raise Refused(f"There is no file {file}.")
    try:
        return read_gold(files, renaming(labels), limit)
    except NotGold as error:
        raise Refused(str(error)) from error


def _answerer(written: str, threads: int, config: Path) -> Answerer:
    from models.evaluation.answers import answerer
    from monitor.built import taxonomy_in

    configured = _configured(config)
    return answerer(written, threads, taxonomy_in(configured) if configured else None)


@contextmanager
def _loading() -> Iterator[None]:
    """Turns what weights and models complain of into a sentence and exit code 1."""
    from models.hub import Unloadable
    from models.weights import WeightsDamaged, WeightsMissing

    try:
        yield
    except (WeightsMissing, WeightsDamaged, Unloadable) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def _nothing_asked(gold: GoldSet, answerer: Answerer, wanted: list[str] | None) -> str:
    there = sorted({head for row in gold.rows for head in row.labels})
    known = ", ".join(sorted(answerer.heads()))
    asked = f" (of which --head asks for {', '.join(wanted)})" if wanted else ""
    return f"The file has answers for {', '.join(there)}{asked}; {answerer.name} can be asked for {known}."
