"""Where notices go. The folder is the registry: a module with TITLE, Options and deliver is a channel, one file
each.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import cast

from monitor.channels.base import Channel

NOT_CHANNELS = {"base", "answers", "schedule", "slack_blocks"}


@cache
def names() -> tuple[str, ...]:
    """Every kind of channel that a `to` may name."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in NOT_CHANNELS))


@cache
def load(kind: str) -> Channel:
    """The channel of this kind. Raises KeyError with the known kinds for an unknown one."""
    if kind not in names():
        raise KeyError(f'no channel of kind "{kind}"; known are: {", ".join(names())}')
    return cast(Channel, import_module(f"monitor.channels.{kind}"))
