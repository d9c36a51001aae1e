"""What an HTTP status or a broken connection means: typed errors, in words that a person understands. Pure.

No message holds a secret: addresses are shown without user name, query and fragment.
"""

from __future__ import annotations

import math
import os
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from yarl import URL

from sources.base import Blocked, Gone, NeedsAuth, NotFound, RateLimited, SourceError, Unreachable

LEAST_WAIT, LONGEST_WAIT = 1.0, 86_400.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})


def shown(url: URL) -> str:
    """An address as it may stand in a message or a log: no user name, password, query or fragment."""
    return str(url.with_user(None).with_query(None).with_fragment(None)) if url.host else "the address"


def shown_host(url: URL) -> str:
    """Where to, and no more: a webhook's path is a secret."""
    return str(url.with_user(None).origin()) + "/…" if url.host else "the address"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a reply asks to wait, clamped to 1 s … 1 day; None where it does not say, or not readably.

    A date is held against the reply's own Date where there is one, so that a wrong clock here does no harm.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", value):
        seconds = float(value)
    else:
        until = _date(value)
        if until is None:
            return None
        seconds = (until - (_date(headers.get("date", "")) or now)).total_seconds()
    return min(max(seconds, LEAST_WAIT), LONGEST_WAIT)


def _date(value: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _span(seconds: float) -> str:
    """ "90 s", "15 min", "2 h", rounded up: never less than what was asked for."""
    for length, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{math.ceil(seconds / length)} {name}"
    return f"{math.ceil(seconds)} s"


def error_for(status: int, headers: Mapping[str, str], where: str, now: datetime) -> SourceError:
    """The error that a reply of another status than 2xx, 304 or a redirect stands for."""
    wait = retry_after(headers, now)
    said = f"{where} answered {status} {_phrase(status)}".rstrip()
    spent = status == 403 and headers.get("x-ratelimit-remaining") == "0"
    if status == 429 or spent or (status in (403, 503) and wait is not None):
        return RateLimited(f"{said}: asked too often" + (f", it wants a pause of {_span(wait)}" if wait else ""), wait)
    kinds: dict[int, type[SourceError]] = {
        401: NeedsAuth, 402: NeedsAuth, 403: Blocked, 404: NotFound, 410: Gone, 451: Blocked,
    }  # fmt: skip
    return kinds.get(status, Unreachable)(said)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def broken(error: Exception, where: str) -> Unreachable:
    """A connection that failed, in words. The words of the library are not used: they can hold the whole address."""
    return Unreachable(f"{where}: {_words(error)}")


def _words(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host name cannot be found"
        case aiohttp.ClientConnectorCertificateError():
            return f"its TLS certificate is not trusted ({_why_untrusted(error.certificate_error)})"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "no secure connection could be agreed on (TLS)"
        case aiohttp.ClientConnectorError():
            return f"no connection ({system_words(error.os_error)})"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed before an answer"
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return "no connection in time"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case aiohttp.ClientOSError() | OSError():
            return f"the connection broke ({system_words(error)})"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP that can be read"
        case _:
            return f"no usable answer ({type(error).__name__})"


def _why_untrusted(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else "unknown reason"


def system_words(error: OSError) -> str:
    """What the system calls an error."""
    # By number: what libraries write into the text holds addresses and ports.
    return os.strerror(error.errno).lower() if error.errno and error.errno > 0 else "refused or unreachable"
