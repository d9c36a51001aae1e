"""What is not usual is told once, with its cause, to whom it concerns; and not again before it is news again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor import pipeline, searches
from monitor.app import Service
from monitor.digest.asks import SCORED
from monitor.engine import theming
from monitor.pipeline import Origin
from monitor.searches import Search
from monitor.store import alerts, opinions, outbox, themes, watches
from sources.base import Item

NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
"""A Tuesday."""
BLOG = Origin("blog", "feed", "https://blog.example/feed")
CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
competitors = ["Bolt"]
[[brand]]
name = "Bolt"
query = "bolt"
[[source]]
kind = "feed"
name = "blog"
url = "https://blog.example/feed"
[[source]]
kind = "feed"
name = "forum"
every = "5m"
url = "https://forum.example/feed"
[[department]]
name = "Support"
query = "refund"
to = ["file:support"]
[[digest]]
brand = "Acme"
to = ["file:digests"]
[scoring]
enabled = false
[alerts]
to = ["file:alerts"]
timezone = "UTC"
"""


class Past:
    """Puts mentions into a service's store, and its clock where it must be."""

    def __init__(self, service: Service, clock: Any) -> None:
        self.service, self.clock, self.number = service, clock, 0
        self.draw = random.Random(4)

    def said(self, at: datetime, text: str, **more: Any) -> Item:
        self.number += 1
        words = f"{text} {self.draw.getrandbits(60):x} {self.number}"
        return Item(id=f"{self.number}", text=words, published=at, author=f"p{self.number}", **more)

    async def say(self, at: datetime, text: str, origin: Origin = BLOG, count: int = 1, **more: Any) -> None:
        """So many mentions within the hour from then on, or up to now."""
        room = min(3600, int((self.clock() - at).total_seconds()))
        items = [self.said(at + timedelta(seconds=self.draw.randrange(room)), text, **more) for _ in range(count)]
        await self.service.store.write(pipeline.take, items, (), None, origin, self.service.ear, self.clock())

    async def weeks(self, weeks: int, an_hour: float, text: str = "acme in a shop", origin: Origin = BLOG) -> None:
        """The usual, up to now: so many an hour, more by day than by night."""
        items, now = [], self.clock()
        for back in range(weeks * 168, 0, -1):
            at = (now - timedelta(hours=back)).replace(minute=0)
            mean = an_hour * (1.6 if 8 <= at.hour < 20 else 0.4)
            said = sum(self.draw.random() < mean / 20 for _ in range(20))
            items += [self.said(at + timedelta(seconds=self.draw.randrange(3600)), text) for _ in range(said)]
        items = [one for one in items if one.published and one.published < now]
        for start in range(0, len(items), 500):
            some = items[start : start + 500]
            await self.service.store.write(pipeline.take, some, (), None, origin, self.service.ear, now)
        await self.listening_since(now - timedelta(weeks=weeks))

    async def listening_since(self, at: datetime, *names: str) -> None:
        """Everything that the sources of these names (of all) show since then is known."""
        for name in names or ("blog", "forum"):
            await self.service.store.write(_began, name, at)


def _began(connection: Any, name: str, at: datetime) -> None:
    watches.keep_cursor(connection, name, {}, at)
    connection.execute(watches.WATCH.update().where(watches.WATCH.c.name == name).values(began=at, reaches_back=at))


Kept = list[alerts.Kept]


@pytest.fixture
def past(clock: Any) -> Callable[[Service], Past]:
    clock.now = NOW
    return lambda service: Past(service, clock)


async def told(service: Service) -> Kept:
    """The alerts that were made, the oldest first."""
    return list(reversed(await service.store.read(alerts.listed, 100)))


async def test_a_spike_is_told_once_with_the_numbers_that_its_query_finds(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        assert await told(service) == []
        await there.say(NOW - timedelta(minutes=65), "acme is everywhere", count=15)
        assert await service.watching.tick() >= 1
        again = await service.watching.tick()
        assert again == 0
        (one,) = [alert for alert in await told(service) if alert.told]
        assert one.kind == "volume"
        content = one.content
        assert content["sentence"]["text"].startswith("Acme: ")
        assert "on a Tuesday afternoon is" in content["sentence"]["text"]
        figure = next(part for part in content["sentence"]["parts"] if isinstance(part, dict))
        count = await service.store.read(searches.count, Search(figure["query"]))
        assert (count.n, count.exact) == (figure["value"], True)
        assert content["sentence"]["mentions"]
        assert content["mentions"]
        assert f"overheard alerts ack {one.id}" in content["advice"]["text"]
        parcels = await service.store.read(outbox.listed)
        assert [parcel.notice.kind for parcel in parcels] == ["alert"]


STORY = "Refund trouble at acme: hundreds of customers wait for weeks and nobody at the company answers their letters"
"""Long enough to be known again wherever it is told."""
FORUM = Origin("forum", "feed", "https://forum.example/feed")


async def test_an_alert_names_the_story_behind_it_and_goes_to_the_department_that_answers(
    open_service: Any, past: Any
) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        for number in range(12):
            at = NOW - timedelta(minutes=12 - number)
            said = Item(id=f"s{number}", text=STORY, author=f"a{number}", published=at)
            await service.store.write(pipeline.take, [said], (), None, FORUM, service.ear, NOW)
        await service.watching.tick()
        (one,) = [alert for alert in await told(service) if alert.told]
        assert one.department == "Support"
        assert "12 of them tell one story: “Refund trouble at acme" in one.content["cause"]["text"]
        assert {shown["mention"]["text"] for shown in one.content["mentions"]} == {STORY}
        assert any("at forum" in detail["text"] for detail in one.content["details"])
        (parcel,) = await service.store.read(outbox.listed)
        assert parcel.channel == "file:support"
        figure = next(part for part in one.content["cause"]["parts"] if isinstance(part, dict))
        assert (await service.store.read(searches.count, Search(figure["query"]))).n == figure["value"] == 12


async def test_a_new_complaint_of_several_people_is_told_once(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.theming.whole()
        await service.watching.tick()
        words = ("still waiting for my refund", "waiting for my refund since May", "Waiting for my refund, again!")
        for number, text in enumerate((*words, "why am I waiting for my refund?")):
            said = Item(id=f"w{number}", text=f"acme {text}", author=f"w{number}", published=NOW - timedelta(minutes=9))
            await service.store.write(pipeline.take, [said], (), None, BLOG, service.ear, NOW)
        clock.pass_(minutes=1)
        await service.theming.whole()
        await service.watching.tick()
        await service.watching.tick()
        (one,) = [alert for alert in await told(service) if alert.kind == "new-theme"]
        assert "by 4 people, say “" in one.content["sentence"]["text"]
        assert "refund" in one.content["sentence"]["text"]
        assert one.department == "Support"
        figure = next(part for part in one.content["sentence"]["parts"] if isinstance(part, dict))
        assert (await service.store.read(searches.count, Search(figure["query"]))).n == figure["value"]


async def test_what_goes_on_is_not_told_again_but_what_doubles_is(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=15)
        await service.watching.tick()
        clock.pass_(hours=1)
        await there.say(clock() - timedelta(minutes=50), "acme", count=6)
        await service.watching.tick()
        assert [alert.told for alert in await told(service) if alert.kind == "volume"] == [True]
        clock.pass_(hours=1)
        await there.say(clock() - timedelta(minutes=50), "acme", count=60)
        await service.watching.tick()
        assert [alert.told for alert in await told(service) if alert.kind == "volume"] == [True, True]


async def test_an_alert_is_over_when_it_is_usual_again_and_the_next_rise_is_told(
    open_service: Any, past: Any, clock: Any
) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=10)
        assert await service.watching.tick()
        for _ in range(30):
            clock.pass_(hours=1)
            await service.watching.tick()
        (first,) = [alert for alert in await told(service) if alert.kind == "volume"]
        assert first.state == "over"
        await there.say(clock() - timedelta(minutes=9), "acme", count=10)
        await service.watching.tick()
        volume = [alert for alert in await told(service) if alert.kind == "volume"]
        assert [alert.state for alert in volume] == ["over", "open"]


async def test_nobody_is_told_of_the_past_and_a_long_downtime_gives_one_alert_a_key(
    open_service: Any, past: Any, clock: Any
) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await there.say(NOW - timedelta(hours=20), "acme", count=30)
        await service.watching.tick()
        assert not [alert for alert in await told(service) if alert.started > NOW - timedelta(hours=8)]
        before = len(await told(service))
        clock.pass_(days=4)
        for hours in (70, 50, 30):
            await there.say(clock() - timedelta(hours=hours), "acme", count=60)
        await service.watching.tick()
        keys = [alert.key for alert in (await told(service))[before:]]
        assert "volume/1" in keys
        assert len(keys) == len(set(keys))


async def test_looks_go_on_where_they_were_after_a_restart(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=15)
        assert await service.watching.tick()
    async with open_service(CONFIG) as service:
        assert await service.watching.tick() == 0
        clock.pass_(hours=2)
        there = Past(service, clock)
        there.number = 10_000
        await there.say(clock() - timedelta(minutes=100), "bolt", count=3)
        await service.watching.tick()
        assert len([alert for alert in await told(service) if alert.kind == "volume"]) == 1


async def test_what_is_snoozed_is_kept_and_sent_to_nobody(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        for key in ("volume", "source/1"):
            await service.store.write(alerts.snooze, key, NOW + timedelta(days=1), "ann", NOW)
        await there.say(NOW - timedelta(minutes=9), "acme", count=15)
        assert await service.watching.tick()
        assert {alert.told for alert in await told(service)} == {False}
        assert await service.store.read(outbox.listed) == []


async def test_in_quiet_hours_an_alert_waits_for_their_end(open_service: Any, past: Any) -> None:
    async with open_service(f'{CONFIG}quiet = "14:00-18:00"\n') as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=15)
        await service.watching.tick()
        (parcel,) = await service.store.read(outbox.listed)
        assert parcel.next_at == NOW.replace(hour=18, minute=0)


async def test_a_new_source_is_no_spike(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.listening_since(NOW - timedelta(days=2), "forum")
        for hours in range(2, 40):
            await there.say(NOW - timedelta(hours=hours), "acme", FORUM, count=3)
        await there.say(NOW - timedelta(minutes=9), "acme", FORUM, count=30)
        assert await service.watching.tick() == 0


async def test_a_brand_that_was_never_heard_of_before_is_not_guessed_at(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(2, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=50)
        assert await service.watching.tick() == 0


async def test_more_anger_among_as_many_mentions_is_an_alert(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG.replace("enabled = false", "enabled = true")) as service:
        there = past(service)
        await there.weeks(4, 2.0)
        await feel(service, lambda number: "negative" if number % 5 == 0 else "positive")
        await service.watching.tick()
        usual = len(await told(service))
        await there.say(NOW - timedelta(minutes=130), "acme", count=4)
        await there.say(NOW - timedelta(minutes=69), "acme", count=4)
        await there.say(NOW - timedelta(minutes=69), "acme", count=4)
        await feel(service, lambda number: "negative")
        await service.watching.tick()
        (one,) = [alert for alert in (await told(service))[usual:] if alert.kind == "negative"]
        assert "negative of" in one.content["sentence"]["text"]
        for part in one.content["sentence"]["parts"]:
            if isinstance(part, dict):
                query = part["query"] + ("" if "sentiment" in part["query"] else f" {SCORED}")
                assert (await service.store.read(searches.count, Search(query))).n == part["value"]


async def feel(service: Service, how: Callable[[int], str]) -> None:
    """Everything that is due is judged so, by its number."""
    due = await service.store.read(opinions.due, 100_000)
    answered = []
    for one in due:
        label = how(one.mention_id)
        shares = {"negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8}
        mood = {"label": label, **shares, "unsure": False}
        answered.append((one, {"language": "en", "sentiment": mood, "brand_sentiment": mood}))
    versions = dict.fromkeys(("language", "sentiment", "brand_sentiment"), "1")
    await service.store.write(pipeline.settle, answered, versions, service.now())


async def test_silence_where_there_was_always_something_is_told(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 1.5)
        await service.watching.tick()
        for _ in range(30):
            clock.pass_(hours=1)
            await service.watching.tick()
        (one,) = [alert for alert in await told(service) if alert.kind == "silence"]
        assert one.content["sentence"]["text"].startswith("Acme: ")
        await there.say(clock() - timedelta(minutes=9), "acme", count=2)
        clock.pass_(hours=1)
        await service.watching.tick()
        assert [alert.state for alert in await told(service) if alert.kind == "silence"] == ["over"]


async def test_a_source_that_fails_for_hours_is_told_once_and_over_when_it_is_heard_again(
    open_service: Any, clock: Any
) -> None:
    clock.now = NOW
    async with open_service(CONFIG) as service:
        trouble = {"next_due": None, "error": "the server says 500", "advice": "wait"}
        await service.store.write(watches.failed, "blog", now=NOW, **trouble)
        await service.watching.tick()
        clock.pass_(hours=7)
        assert await service.watching.tick() == 1
        assert await service.watching.tick() == 0
        (one,) = await told(service)
        assert "blog has failed since 15:10 on 24 Nov: the server says 500." in one.content["sentence"]["text"]
        await service.store.write(watches.succeeded, "blog", now=clock(), next_due=None, seen=3, gaps=())
        await service.watching.tick()
        assert [alert.state for alert in await told(service)] == ["over"]


async def test_hostile_names_and_texts_stay_words(open_service: Any, past: Any) -> None:
    bad = "acme <!channel> <script>alert(1)</script> \u202e @everyone [x](https://evil.example) refund now please"
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        for number in range(12):
            said = Item(id=f"h{number}", text=f"{bad}", author="\u202e<b>", published=NOW - timedelta(minutes=2))
            await service.store.write(pipeline.take, [said], (), None, FORUM, service.ear, NOW)
        await service.watching.tick()
        (one,) = [alert for alert in await told(service) if alert.told]
        assert "\u202e" not in str(one.content)


async def test_what_was_said_for_weeks_is_not_new_because_it_is_sorted_late(
    open_service: Any, past: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theming, "SLICES", 1)
    words = ("still waiting for my refund", "waiting for my refund since May", "Waiting for my refund, again!")
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.2)
        await service.theming.whole()
        await service.watching.tick()
        times = (NOW - timedelta(minutes=15 * back) for back in range(14 * 96, 0, -1))
        said = [there.said(at, f"acme {words[number % 3]}") for number, at in enumerate(times)]
        await service.store.write(pipeline.take, said, (), None, BLOG, service.ear, NOW)
        clock.pass_(minutes=1)
        while await service.theming.tick():
            await service.watching.tick()
            clock.pass_(minutes=1)
        await service.watching.tick()
        (theme,) = await service.store.read(themes.known)
        assert theme.first < NOW - timedelta(days=13)
        assert [alert.content for alert in await told(service) if alert.kind == "new-theme"] == []


async def test_an_alert_on_what_is_watched_no_more_is_over(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        await service.watching.tick()
        await there.say(NOW - timedelta(minutes=9), "acme", count=15)
        await service.watching.tick()
        assert {alert.state for alert in await told(service)} == {alerts.OPEN}
        service.watching.use(replace(service.watching.settings, watch=frozenset({"silence"})), "")
        clock.pass_(hours=1)
        await service.watching.tick()
        found = await told(service)
        assert {alert.state for alert in found} == {alerts.OVER}
        assert {alert.until for alert in found} == {NOW}


async def test_a_clock_that_was_ahead_silences_nothing(open_service: Any, past: Any, clock: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(4, 0.8)
        clock.pass_(days=300)
        await service.watching.tick()
        clock.pass_(days=-300)
        await service.watching.tick()
        words = ("still waiting for my refund", "waiting for my refund since May", "Waiting for my refund, again!")
        clock.pass_(hours=1)
        said = [there.said(clock() - timedelta(minutes=at), f"acme {words[at % 3]}") for at in range(30, 9, -1)]
        await service.store.write(pipeline.take, said, (), None, BLOG, service.ear, clock())
        await service.theming.whole()
        await service.watching.tick()
        assert {"volume", "new-theme"} <= {alert.kind for alert in await told(service)}
