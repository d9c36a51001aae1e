"""Scores what waits, in slices, off the event loop; without usable weights everything waits and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
        """Scorer to its version."""
        ...

    def answers(self, texts: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """For each (text, brand or empty) the answer as JSON."""
        ...


async def score_waiting(
    store: Store, scorer: Scorer, now: Callable[[], datetime], progress: Progress = lambda done, waiting: None
) -> int:
    """Score until nothing is due; how many were. A crash between slices repeats at most one slice's reading."""
    done = 0
    while slice_ := await store.read(opinions.due, SLICE):
        answers = await asyncio.to_thread(scorer.answers, [(text_of(due), due.brand) for due in slice_])
        answered = list(zip(slice_, answers, strict=True))
        settled = await store.write(pipeline.settle, answered, scorer.versions, now())
        done += settled
        progress(done, await store.read(opinions.waiting))
        if not settled:
            break
    return done


def text_of(due: Due) -> str:
    """What is judged: title and text as one."""
    return f"{due.title}\n{due.text}" if due.title and due.text else due.text or due.title
