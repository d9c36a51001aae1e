"""Scores what waits, in slices, off the event loop; without usable weights everything waits and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from monitor import pipeline
from monitor.store import opinions
from monitor.store.engine import Store
from monitor.store.opinions import Due

SLICE = 256

Progress = Callable[[int, int], None]
"""(done, still waiting)"""


class Scorer(Protocol):
    """What the engine needs of the models: texts in, answers out, same order and length."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Scorer to its version; beside them, as `embedding`, that of the space in which embeddings are compared."""
        ...

    def answers(self, texts: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """For each (text, brand or empty) the answer as JSON and, as `embedding`, the vector of what the text means.

        {"skipped": why} for a text that cannot be judged, {"waits": why} for one that cannot be judged now: the
        encoder of its language is lacking.
        """
        ...

    def mend(self) -> bool:
        """Look once more for what is lacking; whether all is there. Asked only after an answer that waits."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of what waited: how many were settled, and why others could not be judged now."""

    done: int
    waits: str = ""


async def score_waiting(
    store: Store, scorer: Scorer, now: Callable[[], datetime], progress: Progress = lambda done, waiting: None
) -> Scored:
    """Score until nothing is due that can be judged. A crash between slices repeats at most one slice's reading."""
    done, waits = 0, ""
    while slice_ := await store.read(opinions.due, SLICE):
        answers = await asyncio.to_thread(scorer.answers, [(text_of(due), due.brand) for due in slice_])
        asked = list(zip(slice_, answers, strict=True))
        answered = [(due, answer) for due, answer in asked if "waits" not in answer]
        settled = await store.write(pipeline.settle, answered, scorer.versions, now()) if answered else 0
        if put_off := [due for due, answer in asked if "waits" in answer]:
            await store.write(opinions.put_off, put_off)
            waits = next(str(answer["waits"]) for answer in answers if "waits" in answer)
        done += settled
        progress(done, await store.read(opinions.askable))
        if not settled and not put_off:
            break
    return Scored(done, waits)


def text_of(due: Due) -> str:
    """What is judged: title and text as one."""
    return worded(due.title, due.text)


def worded(title: str, text: str) -> str:
    """Both as one, whichever there are."""
    return f"{title}\n{text}" if title and text else text or title
