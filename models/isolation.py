"""Work on many at once that one bad text cannot stop: where it fails, each half is tried, down to the one to blame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Failed:
    """Why one of them has no answer, in a sentence."""

    why: str


def isolated(work: Callable[[Sequence[Asked]], Sequence[Answer]], asked: Sequence[Asked]) -> list[Answer | Failed]:
    """What `work` answers, in order; for those that it fails on even alone, the reason."""
    if not asked:
        return []
    try:
        return list(work(asked))
    # Tokenizer, runtime, scorers and other people's models may raise anything at all; no text may stop the others.
    except Exception as error:  # noqa: BLE001
        if len(asked) == 1:
            return [Failed(f"scoring this text failed ({type(error).__name__}: {str(error)[:200]})")]
        middle = len(asked) // 2
        return isolated(work, asked[:middle]) + isolated(work, asked[middle:])
