"""What the program says of itself: lines for people, or JSON for machines, on standard error."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog


def set_up(level: str, format: Literal["text", "json"] = "text") -> None:
    """Say what is at least as grave as `level`. Other libraries' warnings are shown the same way."""
    threshold = getattr(logging, level.upper())
    shown = (
        structlog.processors.JSONRenderer()
        if format == "json"
        else structlog.dev.ConsoleRenderer(
            # Never the local variables of a traceback: they hold addresses that are secrets.
            colors=False,
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if format == "json" else _as_it_is,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # Standard error as it is when something is said, not as it was when this was set up.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that outlasts its second is no news
    # Other libraries say on standard error, without our help, what is a warning or worse.
    logging.getLogger().setLevel(max(threshold, logging.WARNING))


def _as_it_is(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
