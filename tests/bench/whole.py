"""Measures the whole path as processes: `overheard collect` and `overheard digest`, beside by_hand.py.

Both read the same feeds from the same loopback server, keep what names two brands, judge it, store it, and send one
message to the same loopback Slack. Ours scores all heads and writes all that the product writes; by_hand.py has
sentiment alone, by the same weights in fp32. It is measured twice: as it comes (up to 512 tokens of a text, as the
model's tokenizer says), and cut at the 128 tokens that our encoder reads. Time is from the start of a process to its
end, loading included. Memory is what a process and its children hold at one moment; pages that they share count for
each of them.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from aiohttp import web

from models.encoder import LONGEST
from models.weights import Weights, read
from tests.bench.reading import generated_feeds, real_feeds
from tests.bench.scoring import weights_in_fp32
from tests.bench.side_by_side import Figure, table

ROOT = Path(__file__).parents[2]
ROUNDS = 3
EVERY = 0.05
"""Seconds between two looks at a process's memory."""
OVERHEARD = (sys.executable, "-m", "monitor.faces.cli")
CONFIG = """
[network]
allow = ["127.0.0.1"]
[[brand]]
name = "Apple"
query = "apple OR iphone OR ipad"
[[brand]]
name = "Google"
query = "google OR android"
[[channel]]
name = "team"
kind = "slack"
webhook_url = "{server}/slack"
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One side, once."""

    seconds: float
    processor: float
    """Seconds of all cores together, children included."""
    megabytes: float
    mentions: int
    """Pairs of an entry and a brand that it names, judged and stored."""


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """Mentions a second and peak memory, ours and by hand."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> list[Figure]:
    documents, kind = real_feeds(), "real"
    if not documents:
        documents, kind = generated_feeds(feeds=120), "generated"
    print(f"whole path: {len(documents)} {kind} feeds over loopback, {ROUNDS} rounds in turn, whole processes")
    models = _models(folder)
    runs: dict[str, list[Run]] = {name: [] for name in ("overheard", *models)}
    async with _served(documents) as (address, posts):
        for number in range(ROUNDS):
            for name in runs:
                place = folder / f"{name} {number}"
                place.mkdir()
                model = models.get(name)
                run = await (
                    _by_hand(place, address, len(documents), model) if model else _ours(place, address, len(documents))
                )
                print(
                    f"  {name:<26} {run.mentions} mentions in {run.seconds:.1f} s ({run.processor:.1f} s of processor"
                    f" time), at most {run.megabytes:.0f} MB",
                    flush=True,
                )
                runs[name].append(run)
        # Ours tells each of the two brands' digests, by hand there is one message.
        assert len(posts) == ROUNDS * (2 + len(models)), f"{len(posts)} messages came to Slack"
    return [one for name in models or ("",) for one in _beside(runs["overheard"], runs.get(name, []), name)]


def _beside(ours: Sequence[Run], theirs: Sequence[Run], name: str) -> list[Figure]:
    def figure(what: str, of: Callable[[Run], float], *, less_is_better: bool = False) -> Figure:
        return Figure(what, median(map(of, ours)), median(map(of, theirs)) if theirs else None, name, less_is_better)

    return [
        figure("whole path, mentions/s", lambda run: run.mentions / run.seconds),
        figure("whole path, mentions/s of processor time", lambda run: run.mentions / run.processor),
        figure("whole path, peak MB", lambda run: run.megabytes, less_is_better=True),
    ]


@asynccontextmanager
async def _served(documents: Sequence[bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The address of a server with the feeds at /feed/NUMBER and a Slack at /slack, and what came to that."""
    posts: list[bytes] = []

    async def feed(request: web.Request) -> web.Response:
        return web.Response(body=documents[int(request.match_info["number"])], content_type="application/xml")

    async def slack(request: web.Request) -> web.Response:
        posts.append(await request.read())
        return web.Response(text="ok")

    app = web.Application()
    app.add_routes([web.get("/feed/{number}", feed), web.post("/slack", slack)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}", posts
    finally:
        await runner.cleanup()


async def _ours(folder: Path, server: str, feeds: int) -> Run:
    # On a host that the configuration names as its own, each address has a line of its own: politeness delays nobody.
    sources = [f'[[source]]\nkind = "feed"\nname = "Feed {n}"\nurl = "{server}/feed/{n}"' for n in range(feeds)]
    (folder / "config.toml").write_text(CONFIG.format(server=server) + "\n".join(sources), encoding="utf-8")
    parts = [await _timed([*OVERHEARD, *words], folder) for words in (["collect"], ["digest", "--to", "team"])]
    seconds, processor, megabytes = zip(*parts, strict=True)
    mentions = _count(folder / "overheard.db", 'SELECT count(*) FROM "match" WHERE sentiment IS NOT NULL')
    return Run(sum(seconds), sum(processor), max(megabytes), mentions)


async def _by_hand(folder: Path, server: str, feeds: int, model: Path) -> Run:
    (folder / "feeds.txt").write_text("\n".join(f"{server}/feed/{n}" for n in range(feeds)), encoding="utf-8")
    script = Path(__file__).with_name("by_hand.py")
    words = [sys.executable, "-W", "ignore", str(script), "feeds.txt", str(model), "by_hand.db", f"{server}/slack"]
    return Run(*await _timed(words, folder), _count(folder / "by_hand.db", "SELECT count(*) FROM mention"))


def _count(database: Path, question: str) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute(question).fetchone()[0])
    finally:
        connection.close()


async def _timed(words: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """Seconds that a process took, seconds of processor time, and the most megabytes, both with its children's."""
    began, used = time.perf_counter(), _used_by_children()
    # Modules compiled once are kept, as on anybody's machine.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    ended = asyncio.create_task(process.communicate())
    most = 0.0
    while not ended.done():
        most = max(most, resident(process.pid))
        await asyncio.wait([ended], timeout=EVERY)
    _, errors = ended.result()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {errors.decode()[-2000:]}")
    return time.perf_counter() - began, _used_by_children() - used, most


def _used_by_children() -> float:
    """Processor seconds of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def resident(process: int) -> float:
    """Megabytes that a process and its descendants hold now; 0 for one that has ended, and where there is no /proc."""
    facts = Path(f"/proc/{process}")
    try:
        pages = int((facts / "statm").read_text().split()[1])
        children = [int(one) for one in (facts / f"task/{process}/children").read_text().split()]
    except (OSError, IndexError):
        return 0.0
    return pages * 4096 / 1e6 + sum(map(resident, children))


def _models(folder: Path) -> dict[str, Path]:
    """The ways of by_hand.py, each with the folder of its model; none without torch."""
    try:
        return {
            "by hand, as it comes": saved_in_fp32(read(), 512, folder / "as it comes"),
            f"by hand, cut at {LONGEST} tokens": saved_in_fp32(read(), LONGEST, folder / "cut"),
        }
    except ImportError as missing:
        print(f"  by hand is left out: {missing.name} is not installed (pip install -e '.[bench]')")
        return {}


def saved_in_fp32(weights: Weights, longest: int, folder: Path) -> Path:
    """The shipped encoder and sentiment head in fp32, as from_pretrained reads them. Raises ImportError without torch.

    `longest` is how many tokens of a text the tokenizer lets through.
    """
    import torch  # noqa: F401 - by_hand.py cannot do without
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, PreTrainedTokenizerFast

    full = weights_in_fp32(weights)
    words, width = full["embeddings.word_embeddings.weight"].shape
    BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=1 + max(int(name.split(".")[2]) for name in full if name.startswith("encoder.layer.")),
        num_attention_heads=12,
        intermediate_size=len(full["encoder.layer.0.intermediate.dense.bias"]),
        layer_norm_eps=1e-12,
        id2label=dict(enumerate(weights.manifest["heads"]["sentiment"]["classes"])),
    ).save_pretrained(folder)
    state = {f"bert.{name}": value for name, value in full.items()}
    state |= {f"classifier.{part}": weights.heads[f"sentiment.{part}"] for part in ("weight", "bias")}
    state = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in state.items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(weights.tokenizer), pad_token="[PAD]", model_max_length=longest
    ).save_pretrained(folder)
    return folder


if __name__ == "__main__":
    main()
