"""Notices to deliver, and the real network layer to deliver them with, to loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from monitor import channels
from monitor.digest.alert import Alert, Shown
from monitor.digest.alert import content as content_of_alert
from monitor.digest.compose import compose
from monitor.digest.content import content
from monitor.digest.form import Figure, say
from monitor.digest.material import Material, Silent
from monitor.digest.wording import cite
from monitor.mention import Brand, Heard, Mention, SourceHealth
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from monitor.notice import Attempt, Delivery, Notice, Outcome

NOW = datetime(2026, 11, 24, 7, 0, 5, tzinfo=UTC)
END = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
Deliver = Callable[..., Awaitable[Outcome]]


def heard(number: int, text: str, *, needs: tuple[str, ...] = (), sentiment: str = "negative") -> Heard:
    when = END - timedelta(hours=number + 1)
    mention = Mention(
        number, "Forum", "feed", "comment", f"https://forum.example/{number}", text[:40], text, f"user {number}", when,
        when, "en"
    )  # fmt: skip
    return Heard(mention, "Acme", sentiment=sentiment, needs=needs)  # type: ignore[arg-type]


def material(texts: Sequence[str]) -> Material:
    return Material(
        brand=Brand(1, "Acme", '"acme"'),
        local_date=date(2026, 11, 24),
        timezone="Europe/Berlin",
        start=END - timedelta(days=1),
        end=END,
        heard=tuple(heard(number, text, needs=("complaint",)) for number, text in enumerate(texts)),
        coverage=(SourceHealth("Forum", "feed", "ok"), SourceHealth("News", "feed", "failing", error=texts[0])),
        networks=(Silent("TikTok", "no public interface"),),
    )


def digest_of(texts: Sequence[str], id_: str = "msg_2026-11-24-acme") -> Notice:
    digest = compose(material(texts))
    return Notice(id_, "digest", digest.subject, NOW, content(digest, "http://127.0.0.1:8765"))


@pytest.fixture
def make_digest() -> Callable[..., Notice]:
    return digest_of


@pytest.fixture
def notice() -> Notice:
    return digest_of(
        ["Acme parcel arrived broken", "my acme parcel arrived broken too", "parcel arrived broken, thanks acme", "hm"]
    )


def alert_of(texts: Sequence[str], id_: str = "msg_alert") -> Notice:
    """An alert about mentions of these texts, which also stand in every other place that takes foreign words."""
    query = 'brand:"Acme" after:2026-11-24T06:00:00Z before:2026-11-24T07:00:00Z'
    shown = tuple(
        Shown(cite(heard(number, text).mention), "negative", ("12,000 followers",), "ann")
        for number, text in enumerate(texts[:5])
    )
    told = Alert(
        kind="volume",
        brand="Acme",
        department="Support",
        subject=f"Acme: 12 mentions in an hour, {texts[0]}",
        sentence=say(Figure(12, "12 mentions", query), " in an hour, usual on a Tuesday morning is 1–4."),
        cause=say(f"9 of them one story, “{texts[-1]}”."),
        total=Figure(12, "12 mentions", query),
        mentions=shown,
        advice=say("`overheard alerts ack 12` when you are at it."),
        started=END - timedelta(hours=1),
        until=END,
        timezone="Europe/Berlin",
        details=(say(f"Also: {texts[0]}"),),
    )
    return Notice(id_, "alert", told.subject, NOW, {**content_of_alert(told, "http://127.0.0.1:8765"), "id": 12})


@pytest.fixture
def make_alert() -> Callable[..., Notice]:
    return alert_of


@pytest.fixture
def alert() -> Notice:
    return Notice("msg_alert", "alert", "Acme: <!channel> & a spike", NOW, {"text": "Twelve in an hour <!here>."})


@pytest.fixture
def alarm() -> Notice:
    return alert_of(["<!channel> & a spike", "it broke", "broke too", "again", "my parcel broke", "one too many"])


@pytest.fixture
def trial() -> Notice:
    return Notice("msg_test", "test", "A test", NOW, {"text": "It works.", "base": "http://127.0.0.1:8765"})


@pytest.fixture
def lost() -> list[Attempt]:
    """An earlier try whose answer was never written down."""
    return [Attempt(NOW - timedelta(minutes=1))]


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with Net(allowed=parse_allowed(["127.0.0.1"])) as opened:
        yield opened


@pytest.fixture
def deliver(net: Net) -> Deliver:
    """`await deliver("slack", notice, {options}, earlier)` with the real channel over the real network layer."""

    async def run(kind: str, notice: Notice, options: dict[str, Any], earlier: Sequence[Attempt] = ()) -> Outcome:
        channel = channels.load(kind)
        delivery: Delivery = channel.deliver(notice, channel.Options(**options), earlier, NOW)
        try:
            ask = next(delivery)
            while True:
                ask = delivery.send(await net.send(ask, rate="1000/1s"))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome

    return run
