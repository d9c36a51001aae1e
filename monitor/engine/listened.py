"""What is listened to, and how one poll of it went."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.pipeline import Origin, Taken
from monitor.store import watches
from sources.base import Source, SourceConfig, SourceError


@dataclass(frozen=True, slots=True)
class Listened:
    """A configured source, ready to be polled."""

    name: str
    source: Source
    config: SourceConfig
    every: timedelta
    about: int | None = None
    paused: bool = False
    recheck_within: timedelta | None = None
    """Everything stored of it is asked about once in this time."""

    @property
    def origin(self) -> Origin:
        """What the store must know of it."""
        scope = self.source.scope_of(self.config)
        if self.source.accept is not None:
            scope = f"{scope}:{self.name}"  # whoever pushes counts its own ids
        return Origin(self.name, self.source.kind, scope, self.source.keeps, self.about)

    @property
    def configured(self) -> watches.Configured:
        """What its row follows."""
        fingerprint = hashlib.sha256(f"{self.source.kind} {self.config.model_dump_json()}".encode()).hexdigest()[:16]
        return watches.Configured(self.name, self.source.kind, fingerprint, self.paused, not self.source.is_pushed)

    @property
    def connection(self) -> Hashable | None:
        """What it is connected to, where it is a stream: one connection is enough for all who name the same."""
        if self.source.connect is None:
            return None
        try:
            to = self.source.connect(self.config, {})
        except SourceError:
            return None
        return self.source.kind, to.url, tuple(sorted(to.headers.items()))


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll went."""

    name: str
    taken: Taken = field(default_factory=Taken)
    error: str = ""
    advice: str = ""
    gaps: tuple[str, ...] = ()
