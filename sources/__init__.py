"""What we listen to. The folder is the registry: every module here is a source, and so is every preset.

What sources share lies in the package `sources.reading`; packages are no sources.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from sources.base import Source

NOT_SOURCES = {"base", "discover", "opml", "presets"}


@cache
def module_names() -> tuple[str, ...]:
    """The kinds that have a module of their own: `stack_exchange.py` is "stack-exchange"."""
    found = (module for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return tuple(sorted(module.name.replace("_", "-") for module in found if module.name not in NOT_SOURCES))


@cache
def names() -> tuple[str, ...]:
    """Every kind that a `[[source]]` table may name, modules first, then presets."""
    from sources.presets import names as preset_names  # it reads feeds, whose parsers take their time to import

    return (*module_names(), *preset_names())


@cache
def load(kind: str) -> Source:
    """The source of this kind. Raises KeyError with the known kinds for an unknown one."""
    if kind not in names():
        raise KeyError(f'no source of kind "{kind}"; known are: {", ".join(names())}')
    if kind not in module_names():
        from sources.presets import load as load_preset

        return load_preset(kind)
    declared: Source = import_module(f"sources.{kind.replace('-', '_')}").SOURCE
    return declared
