"""What every renderer of digest.json needs: links that cannot bite, times by the reader's clock, and the bars of the
trend.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from monitor.digest.wording import MONTHS, WEEKDAYS, day_name

SENTIMENTS = ("negative", "neutral", "positive")


def query_link(base: str, query: str) -> str:
    """The page of the mentions behind a number; empty without a base or a query."""
    return f"{base.rstrip('/')}/mentions?q={quote(query, safe='', errors='replace')}" if base and query else ""


def web_link(url: str) -> str:
    """The address of a mention where it is a web address, with everything that could end an attribute, a Markdown
    link or a Slack link percent-encoded; else empty."""
    try:
        split = urlsplit(url.strip())
    except ValueError:
        return ""
    if split.scheme.lower() not in ("http", "https") or not split.hostname:
        return ""
    return quote(url.strip(), safe="!#$%&*+,-./:;=?@_~", errors="replace")


def host_of(url: str) -> str:
    """The host that a link leads to, as it will really be asked for."""
    host = urlsplit(web_link(url)).hostname or ""
    return host.removeprefix("www.")


def local(digest: Mapping[str, Any], when: str | None) -> str:
    """Mon 23 Nov 13:05, by the reader's clock."""
    if not when:
        return ""
    there = datetime.fromisoformat(when).astimezone(ZoneInfo(digest["timezone"]))
    return f"{day_name(there.date())} {there:%H:%M}"


def long_date(digest: Mapping[str, Any]) -> str:
    """Tuesday 24 November 2026."""
    day = date.fromisoformat(digest["date"])
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def window(digest: Mapping[str, Any]) -> str:
    return (
        f"{local(digest, digest['window']['start'])} to {local(digest, digest['window']['end'])} ({digest['timezone']})"
    )


def age(hours: int) -> str:
    if hours < 1:
        return "under 1 h"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def bars(digest: Mapping[str, Any], height: int) -> dict[str, Any]:
    """The trend as bars of whole pixels, and the usual range as a band: {"days": [{"height", "negative", "today",
    "text"}], "band": {"low", "high"} or None, "height"}, all measured from the floor."""
    changed = digest["sections"]["changed"]
    usual = changed["measures"][0]["usual"]
    top = max([day["volume"] for day in changed["trend"]] + [usual["high"] if usual else 0, 1])
    days = [
        {
            "height": _scaled(day["volume"], top, height),
            "negative": _scaled(day["negative"], top, height),
            "today": index == len(changed["trend"]) - 1,
            "text": f"{day_name(date.fromisoformat(day['date']))}: {day['volume']}, {day['negative']} negative",
        }
        for index, day in enumerate(changed["trend"])
    ]
    band = {"low": round(usual["low"] / top * height), "high": round(usual["high"] / top * height)} if usual else None
    return {"days": days, "band": band, "height": height, "top": top}


def _scaled(value: int, top: float, height: int) -> int:
    return max(1, round(value / top * height)) if value else 0


def shares(digest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sentiment split as whole per cents of the volume that sum to 100; empty parts left out."""
    split = digest["sections"]["changed"]["split"]
    labels = [label for label in (*SENTIMENTS, "unscored") if split[label]["value"]]
    whole = sum(split[label]["value"] for label in labels)
    rest, found = 100, []
    for label in labels:
        part = rest if label == labels[-1] else max(1, round(100 * split[label]["value"] / whole))
        found.append({"label": label, "percent": part, "figure": split[label]})
        rest -= part
    return found


def arrow(place: str) -> str:
    return {"above": "▲", "below": "▼"}.get(place, "")


def lead_and_rest(sentence: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The verdict's first word ("Unusual:") apart from the rest, so that it can be coloured; "" where there is none."""
    first, *others = sentence["parts"]
    lead, colon, rest = first.partition(": ") if isinstance(first, str) else ("", "", "")
    if not colon:
        return "", dict(sentence)
    return f"{lead}:", {**sentence, "parts": [rest, *others] if rest else others}
