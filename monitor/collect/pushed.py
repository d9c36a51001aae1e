"""Reads what a hub pushed with the source's own generator, as if it had asked: the same items, the same memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from monitor.collect.drive import Batch, Commit, Outcome, Reader, State, drive
from sources.base import Letters, LocalFile, Mailbox, Request, Response, SignIn, Source, SourceConfig, Unreachable


async def read_pushed(
    source: Source, config: SourceConfig, state: State, reply: Response, *, pool: Reader, commit: Commit
) -> Outcome:
    """The pushed reply answers the first request, and there is no further one. What the address itself last said of
    changes and moves stays as it was. Raises as `drive`."""

    async def keeping(batch: Batch) -> None:
        kept = replace(batch.state, validators=state.validators, moves=state.moves)
        await commit(replace(batch, state=kept))

    return await drive(source, config, state, net=_Given(_Answer(reply)), pool=pool, commit=keeping, budget=1)


@dataclass(frozen=True, slots=True)
class _Answer:
    response: Response
    validators: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    put_down: Callable[[], None] = lambda: None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class _Given:
    """A network in which there is one answer."""

    answer: _Answer

    async def fetch(
        self,
        request: Request,
        *,
        rate: str = "",
        validators: Mapping[str, str] | None = None,
        named_by: str = "",
    ) -> _Answer:
        return self.answer

    def hold(self, url: str, seconds: float) -> None:
        """Nobody was asked."""

    async def read_file(self, file: LocalFile) -> _Answer:
        raise Unreachable("what was pushed is no file")

    async def read_mailbox(self, box: Mailbox) -> Letters:
        raise Unreachable("what was pushed is no mail")

    async def sign_in(self, step: SignIn, *, rate: str = "") -> str:
        raise Unreachable("whoever pushes signs nobody in")
