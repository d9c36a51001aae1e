"""What every renderer of digest.json needs: links that cannot bite, times by the reader's clock, and the trend in
blocks and in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from monitor.digest.inert import inert
from monitor.digest.wording import MONTHS, WEEKDAYS, day_name

SENTIMENTS = ("negative", "neutral", "positive")
NAMES = {"unscored": "not scored yet"}
CITED = 4
"""So many mentions are named behind a summary."""
FEWEST = {"daily": 7, "weekly": 4}
"""A trend of fewer days, or weeks, is not drawn."""
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A trend as text: a block a day."""

    past: str
    now: str
    usual: str
    """The usual range, as two blocks; empty where it is not known."""


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


def period(digest: Mapping[str, Any]) -> str:
    """The date of a day; of a week, its end."""
    return f"Week to {long_date(digest)}" if digest.get("kind") == "weekly" else long_date(digest)


def weekday(day: str) -> str:
    return WEEKDAYS[date.fromisoformat(day).weekday()][:3]


def first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def whose(item: Mapping[str, Any]) -> str:
    """Who answers: a person, else a department, else nobody yet."""
    return item["owner"] or (f"for {item['team']}" if item.get("team") else "nobody yet")


def team(one: Mapping[str, Any]) -> str:
    return one["name"] or "No department"


def has_experience(experience: Mapping[str, Any]) -> bool:
    return any(experience[part] for part in ("stages", "wants", "teams", "channels"))


def why_shown(shown: Mapping[str, Any]) -> str:
    """What a mention of an alert is, and why it is worth reading."""
    return first_upper(", ".join(filter(None, [shown["sentiment"], *shown["why"]])))


def spell(alert: Mapping[str, Any]) -> str:
    """The time that an alert is about, and whom."""
    when = f"{local(alert, alert['started'])} to {local(alert, alert['until'])} ({alert['timezone']})"
    return " · ".join(filter(None, [alert["brand"], alert["department"], when]))


EXACT = frozenset(
    ("query", "url", "level", "date", "published", "kind", "place", "timezone", "start", "end", "since", "last_good",
     "started", "until", "state", "version")
)  # fmt: skip


def inert_texts(value: Any, key: str = "") -> Any:
    """The same JSON with its words made inert, for programs that look for links, names and numbers in any text."""
    if isinstance(value, str):
        return value if key in EXACT else inert(value)
    if isinstance(value, list):
        return [inert_texts(one, key) for one in value]
    if isinstance(value, dict):
        return {name: inert_texts(one, name) for name, one in value.items()}
    return value


def named(summary: Mapping[str, Any]) -> str:
    """The mentions behind a summary whose text names none itself, as quotes do: "#12 #15"."""
    ids = summary["mentions"][:CITED]
    return "" if any(f"(#{id_})" in summary["text"] for id_ in ids) else " ".join(f"#{id_}" for id_ in ids)


def quote_of(story: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A story's quote, where its summary has not said it already."""
    quote, summary = story["quote"], story["summary"]
    return None if quote and summary and quote["text"] in summary["text"] else quote


def summary_of(comment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A comment's summary, where it says more than the quotes."""
    summary = comment["summary"]
    return None if summary and any(quote["text"] in summary["text"] for quote in comment["quotes"]) else summary


def preheader(frozen: Mapping[str, Any]) -> str:
    """What a list of letters shows beside the subject, which is the verdict already."""
    if "brands" in frozen:
        return " ".join(line["sentence"]["text"] for line in frozen["overview"]["lines"])
    verdict, reply = frozen["sections"]["verdict"], frozen["sections"]["reply"]
    summary = verdict.get("summary")
    return f"{reply['sentence']['text'] if reply['items'] else ''} {summary['text'] if summary else ''}".strip()


def brands_of(frozen: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The digests in it: of several brands, or itself."""
    return list(frozen["brands"]) if "brands" in frozen else [frozen]


def window(digest: Mapping[str, Any]) -> str:
    return (
        f"{local(digest, digest['window']['start'])} to {local(digest, digest['window']['end'])} ({digest['timezone']})"
    )


def age(hours: int) -> str:
    if hours < 1:
        return "under 1 h"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def top_of(trend: Sequence[Mapping[str, Any]], usual: Mapping[str, Any] | None) -> float:
    """The count that a chart's full height stands for."""
    return float(max([day["volume"] for day in trend] + [usual["high"] if usual else 0, 1]))


def enough(digest: Mapping[str, Any]) -> bool:
    return len(digest["sections"]["changed"]["trend"]) >= FEWEST[digest["kind"]]


def sparkline(digest: Mapping[str, Any]) -> Sparkline:
    """The trend in blocks, and the usual range on the same scale; empty for so few days that bars say nothing."""
    changed = digest["sections"]["changed"]
    trend, usual = changed["trend"], changed["measures"][0]["usual"]
    if not enough(digest):
        return Sparkline("", "", "")
    top = top_of(trend, usual)
    blocks = "".join(_block(day["volume"], top) for day in trend)
    low, high = (_block(usual[end], top) for end in ("low", "high")) if usual else ("", "")
    return Sparkline(blocks[:-1], blocks[-1], f"{low}–{high}" if usual else "")


def _block(value: float, top: float) -> str:
    return BLOCKS[min(len(BLOCKS) - 1, int(value / top * (len(BLOCKS) - 1) + 0.5))]


def trend_in_words(digest: Mapping[str, Any]) -> str:
    """What the chart of the trend shows, for those who do not see it."""
    changed = digest["sections"]["changed"]
    *past, now = changed["trend"]
    usual = changed["measures"][0]["usual"]
    before = [day["volume"] for day in past]
    negative = f", {now['negative']:,} of them negative" if now["negative"] else ""
    span = f"In the {len(past)} weeks" if digest.get("kind") == "weekly" else f"On the {len(past)} days"
    earlier = f" {span} before between {min(before):,} and {max(before):,}." if before else ""
    band = f" Usual: {usual['text']}." if usual else ""
    return f"{day_name(date.fromisoformat(now['date']))}: {now['volume']:,} mentions{negative}.{earlier}{band}"


def days_in_words(digest: Mapping[str, Any]) -> str:
    """What the chart of a week's days shows."""
    return (
        "Mentions: "
        + ", ".join(
            f"{weekday(day['date'])} {day['volume']:,} ({day['negative']:,} negative)"
            for day in digest["sections"]["changed"]["days"]
        )
        + "."
    )


def shares(digest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sentiment split of all mentions; see `percents`."""
    return percents(digest["sections"]["changed"]["split"])


def percents(split: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A sentiment split as whole per cents of the volume that sum to 100; empty parts left out."""
    labels = [label for label in (*SENTIMENTS, "unscored") if split[label]["value"]]
    whole = sum(split[label]["value"] for label in labels)
    rest, found = 100, []
    for label in labels:
        part = rest if label == labels[-1] else max(1, round(100 * split[label]["value"] / whole))
        found.append({"label": label, "name": NAMES.get(label, label), "percent": part, "figure": split[label]})
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
