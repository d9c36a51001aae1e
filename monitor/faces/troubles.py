"""Words for the errors of the system and of heavy libraries, which would otherwise reach a person as a traceback."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def errors(module: str, name: str) -> tuple[type[Any], ...]:
    """An error class of a heavy module, to be caught; none where that was not imported, and so cannot have raised."""
    return (getattr(sys.modules[module], name),) if module in sys.modules else ()


def of_the_system(error: OSError) -> str:
    """Such as "digests/digest.html: No space left on device"."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"The system refused: {reason}."


def of_values(found: list[Mapping[str, Any]]) -> str:
    """What a pydantic error lists, a line each, without the values: there could be a secret among them."""
    return "\n".join(_of_a_value(one) for one in found)


def _of_a_value(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def of_the_database(reason: object) -> str:
    """What the database itself says, and where to look."""
    return f"The database could not do it: {reason}. `overheard doctor` says what is wrong with it."
