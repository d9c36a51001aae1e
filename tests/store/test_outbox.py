"""The outbox: nothing told twice, nothing stuck behind another, nothing given up in silence."""

from __future__ import annotations

from datetime import timedelta

from monitor.notice import Notice
from monitor.store import outbox


def notice(house, id_="n1", subject="Digest"):
    return Notice(id_, "digest", subject, house.now, {"digest": {"a": 1}})


def put(house, id_="n1", channel="slack", period="2026-11-21", later=0):
    now = house.now + timedelta(seconds=later)
    return house.store.writing(outbox.put, notice(house, id_), channel=channel, subject="daily", period=period, now=now)


def ready(house, later=0):
    return [p.notice.id for p in house.store.reading(outbox.ready, house.now + timedelta(seconds=later))]


def test_the_same_news_for_the_same_channel_and_day_is_put_once(house):
    assert put(house, "n1")
    assert not put(house, "n2")
    assert ready(house) == ["n1"]


def test_a_channel_gets_its_oldest_notice_and_a_stuck_one_delays_no_other_channel(house):
    put(house, "n1", "slack", "1")
    put(house, "n2", "slack", "2", later=1)
    put(house, "n3", "mail", "1", later=2)
    assert sorted(ready(house, 5)) == ["n1", "n3"]


def test_a_notice_that_waits_for_its_retry_is_not_sent_early(house):
    put(house)
    number = house.store.writing(outbox.start, "n1", house.now)
    later = house.now + timedelta(minutes=5)
    house.store.writing(outbox.finish, "n1", number, state="retry", answer="429", next_at=later)
    assert ready(house, 299) == []
    assert ready(house, 300) == ["n1"]


def test_a_notice_is_claimed_by_one_sender_only(house):
    put(house)
    assert house.store.writing(outbox.start, "n1", house.now) == 1
    assert house.store.writing(outbox.start, "n1", house.now) is None


def test_a_crash_while_sending_leaves_an_unanswered_attempt_on_record(house):
    put(house)
    house.store.writing(outbox.start, "n1", house.now)
    assert ready(house) == []
    assert house.store.writing(outbox.recover, house.now) == 1
    (parcel,) = house.store.reading(outbox.ready, house.now)
    assert [attempt.answer for attempt in parcel.attempts] == [""]


def test_what_was_given_up_is_listed_and_can_be_sent_again(house):
    put(house)
    number = house.store.writing(outbox.start, "n1", house.now)
    house.store.writing(outbox.finish, "n1", number, state="dead", answer="410 gone")
    assert ready(house) == []
    (parcel,) = house.store.reading(outbox.listed, ["dead"])
    assert parcel.answer == "410 gone"
    assert house.store.writing(outbox.replay, "n1", house.now)
    assert ready(house) == ["n1"]
    assert not house.store.writing(outbox.replay, "unknown", house.now)


def test_the_content_of_a_notice_is_the_same_at_every_try(house):
    put(house)
    first = house.store.reading(outbox.ready, house.now)[0].notice
    house.store.writing(outbox.start, "n1", house.now)
    house.store.writing(outbox.recover, house.now)
    assert house.store.reading(outbox.ready, house.now)[0].notice == first == notice(house)
