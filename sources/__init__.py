"""What we listen to. The folder is the registry: every module here is a source, and so is every preset.

What sources share lies in the package `sources.reading`; packages are no sources.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from sources.base import Source

NOT_SOURCES = {"base", "opml", "presets"}


@cache
def names() -> tuple[str, ...]:
    """Every kind that a `[[source]]` table may name, modules first, then presets."""
    from sources import presets

    found = (module for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    modules = (module.name for module in found if module.name not in NOT_SOURCES)
    return (*sorted(modules), *presets.names())


@cache
def load(kind: str) -> Source:
    """The source of this kind. Raises KeyError with the known kinds for an unknown one."""
    from sources import presets

    if kind in presets.names():
        return presets.load(kind)
    if kind not in names():
        raise KeyError(f'no source of kind "{kind}"; known are: {", ".join(names())}')
    declared: Source = import_module(f"sources.{kind}").SOURCE
    return declared
