"""What an answer means: one table for every channel. Arrived, try again (and when), or never (and what to do about
it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from monitor.notice import Later, Never, Outcome, Reply, Sent

LONGEST = timedelta(days=1).total_seconds()
"""A receiver may not put us off for longer than this."""
TEMPORARY = {408: "timed out", 409: "is busy", 423: "is locked", 425: "asked to wait", 429: "asked to slow down"}
BODY = 120


def judge(reply: Reply, now: datetime, final: Mapping[int, str]) -> Outcome:
    """The outcome of an HTTP answer. `final` are the statuses that no repetition will change, with what a person can
    do."""
    if 200 <= reply.status < 300:
        return Sent(str(reply.status))
    if reply.status == 0:
        return Later(None, reply.error or "no answer")
    if reply.status in final:
        return Never(f"answered {reply.status}: {final[reply.status]}")
    wait = retry_after(reply.headers, now)
    return Later(wait, f"answered {reply.status}{_said(reply)}")


def _said(reply: Reply) -> str:
    if reply.status in TEMPORARY:
        return f" ({TEMPORARY[reply.status]})"
    text = printable(reply.body)
    return f": {text}" if text else ""


def printable(body: bytes) -> str:
    """The beginning of a body in one harmless line, for a log or a page."""
    return re.sub(r"[^\x20-\x7e]+|\s+", " ", body[: 4 * BODY].decode("ascii", "replace")).strip()[:BODY]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait: 1 to a day. None where the header is absent or makes no sense (then the schedule decides)."""
    said = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if re.fullmatch(r"\d{1,12}(\.\d+)?", said, re.ASCII):
        return min(max(float(said), 1.0), LONGEST)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 1.0), LONGEST)


def judge_json(
    reply: Reply, now: datetime, final: Mapping[int, str], *, wait: object = None, why: object = ""
) -> Outcome:
    """As `judge`, of a service whose body says how many seconds to wait, and in words what is wrong."""
    outcome, words = judge(reply, now, final), printable(str(why or "").encode())
    if isinstance(outcome, Later):
        waits = [seconds for seconds in (outcome.seconds, clamped(wait)) if seconds is not None]
        outcome = replace(outcome, seconds=max(waits, default=None))
    if isinstance(outcome, Never) and words:
        return replace(outcome, why=f"{outcome.why} (it says: {words})")
    return outcome


def clamped(seconds: object) -> float | None:
    """Seconds that a body asks to wait: 1 to a day; None for what is no number of seconds."""
    # Compared before it is converted: an integer may be too large for a float. Not a number is not at least nought.
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        return None
    return max(float(min(seconds, LONGEST)), 1.0)


def said(reply: Reply) -> dict[str, Any]:
    """The JSON object of a body; empty where it is something else."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_json(reply: Reply) -> bool:
    """Whether the answer calls itself JSON, as a service's does and that of a network's sign-in page does not; also
    where the body was too long, or broke off."""
    kind = next((value for name, value in reply.headers.items() if name.lower() == "content-type"), "")
    return kind.partition(";")[0].strip().lower() == "application/json"


def judge_mail(reply: Reply) -> Outcome:
    """The outcome of handing over a letter or writing a file: 250 done, 4xx try again, 5xx never, 0 no answer."""
    text = reply.error or printable(reply.body)
    if 200 <= reply.status < 300:
        return Sent(f"{reply.status} {printable(reply.body)}".strip())
    if 500 <= reply.status < 600:
        return Never(f"refused ({reply.status}): {text}" if text else f"refused ({reply.status})")
    return Later(None, f"answered {reply.status}: {text}" if reply.status else text or "no answer")
