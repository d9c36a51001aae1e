"""The month that the demonstration promises: its numbers, its story, and that it can be told again."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest

from monitor.demo.voices import Line, read_lines, read_voices
from monitor.demo.world import (
    BRAND,
    NORMAL,
    QUERY,
    QUIET,
    RIVALS,
    SMALL,
    SMALL_QUERY,
    Said,
    World,
    build_world,
    dated,
)
from monitor.query import Document, compile, parse
from monitor.story.copies import alike
from monitor.story.wording import Wording


def worded(said: Said) -> Wording:
    return Wording.of(said.line.title, said.text)


def told_by(world: World, window: int) -> int:
    return len(world.of(BRAND, window))


def test_the_same_moment_and_seed_give_the_same_world(world: World) -> None:
    assert build_world(world.until) == world
    assert build_world(world.until, seed=7) != world


def test_another_moment_gives_the_same_month_later(world: World) -> None:
    later = build_world(world.until + timedelta(days=90, hours=5))

    assert [told_by(later, window) for window in range(30)] == [told_by(world, window) for window in range(30)]
    assert {said.line for said in later.said} == {said.line for said in world.said}


def test_a_moment_of_another_zone_is_the_same_moment(world: World) -> None:
    elsewhere = world.until.astimezone(timezone(timedelta(hours=-8))) + timedelta(seconds=41)

    assert build_world(elsewhere) == world


def test_it_is_made_in_less_than_half_a_second() -> None:
    started = time.perf_counter()
    build_world(datetime(2027, 2, 28, 23, 59, tzinfo=UTC))
    assert time.perf_counter() - started < 0.5


def test_it_holds_some_hundred_mentions_on_every_channel(world: World) -> None:
    assert 400 <= len(world.said) <= 700
    channels = Counter(said.line.channel for said in world.said)
    assert channels.keys() == {
        *("social", "forum", "hackernews", "appstore", "survey", "webhook", "press", "blog", "abroad")
    }
    assert min(channels.values()) >= 10


def test_a_normal_day_has_nine_to_twenty_one_mentions(world: World) -> None:
    few, many = NORMAL
    assert all(few <= told_by(world, window) <= many for window in range(1, 30) if window not in QUIET)


def test_one_week_is_quiet(world: World) -> None:
    days = [told_by(world, window) for window in QUIET]
    assert (len(days), sum(days)) == (7, 40)
    assert max(days) < NORMAL[0]


def test_the_last_day_has_forty_eight_of_which_thirty_one_are_about_refunds(world: World) -> None:
    last = world.of(BRAND, 0)
    about_refunds = [said for said in last if "refund" in f"{said.line.title} {said.text}".casefold()]

    assert len(last) == 48
    assert len(about_refunds) == 31
    assert Counter(said.line.channel == "press" for said in about_refunds) == {True: 8, False: 23}


def test_the_refund_wave_was_to_be_seen_coming(world: World) -> None:
    early = [said.window for said in world.said if said.line.phase == "early"]
    assert sorted(early) == [1, 1, 2, 3, 4, 5, 6]


def test_orders_come_late_by_and_by(world: World) -> None:
    late = Counter(said.window for said in world.said if said.line.phase == "late")
    days = [late[window] for window in range(10, 0, -1)]
    assert days == sorted(days)
    assert (days[0], days[-1], late[0]) == (1, 6, 0)
    people = {said.author for said in world.said if "preparing" in f"{said.line.title} {said.text}"}
    assert len(people) >= 8


def test_a_competitor_launches_something_while_the_brand_is_quiet(world: World) -> None:
    launch = [said for said in world.said if said.line.phase == "unveil"]
    assert Counter(said.window for said in launch) == {16: 12, 15: 6, 14: 4}
    assert all(said.brands == (RIVALS[0],) for said in launch)
    assert 16 in QUIET


def test_four_customers_of_the_small_brand_miss_the_same_refund(world: World) -> None:
    weeks = [sum(len(world.of(SMALL, window)) for window in range(start, start + 7)) for start in range(0, 28, 7)]
    assert all(8 <= week <= 10 for week in weeks)
    missed = [said for said in world.of(SMALL) if "refund" in f"{said.line.title} {said.text}".casefold()]
    assert len({said.author for said in missed}) == len(missed) == 4
    assert max(said.window for said in missed) <= 6


def test_one_outlet_breaks_the_story_and_seven_follow(world: World) -> None:
    story = [said for said in world.said if said.line.phase == "refund" and said.line.channel == "press"]

    assert story[0].author == "The Harbour Ledger"
    assert len({said.author for said in story}) == 8
    assert len({said.text for said in story}) == 8
    first, *others = map(worded, story)
    assert all(alike(first, other) for other in others)


def test_nothing_else_is_taken_for_a_copy(world: World) -> None:
    others = [worded(said) for said in world.said if (said.line.phase, said.line.channel) != ("refund", "press")]
    assert not [pair for pair in combinations(others, 2) if alike(*pair)]


def test_the_crash_is_complained_of_before_it_is_mended(world: World) -> None:
    windows = {phase: {said.window for said in world.said if said.line.phase == phase} for phase in ("crash", "fixed")}
    assert min(windows["crash"]) > max(windows["fixed"])


def test_everything_lies_in_its_window_and_before_the_end(world: World) -> None:
    for said in world.said:
        age = world.until - said.published
        assert timedelta(minutes=5) <= age
        assert said.window == age // timedelta(days=1)


def test_no_sentence_is_said_twice(world: World) -> None:
    texts = Counter(said.text for said in world.said)
    assert texts.most_common(1)[0][1] == 1


def test_people_complain_praise_and_write_in_four_languages(world: World) -> None:
    own = world.of(BRAND)
    stars = Counter(said.line.stars for said in own if said.line.channel == "appstore")
    languages = Counter(said.line.lang for said in own)

    assert stars.keys() == {1, 2, 3, 4, 5}
    assert stars[1] >= 15
    assert stars[5] >= 15
    assert languages["de"] >= 20
    assert languages["es"] >= 8
    assert languages["fr"] >= 8
    assert sum(not said.text.isascii() and said.line.channel == "social" for said in own) >= 15


def test_competitors_are_spoken_of_alone_and_beside_the_brand(world: World) -> None:
    for rival in RIVALS:
        said = world.of(rival)
        assert any(BRAND in one.brands for one in said)
        assert sum(BRAND not in one.brands for one in said) >= 15


def test_a_story_told_in_parts_is_one_persons_and_in_order(world: World) -> None:
    first, then = (
        next(said for said in world.said if said.text.startswith(words))
        for words in ("Kettlewick One after 14 months: rust", "update on the rust")
    )
    assert first.author == then.author
    assert first.published < then.published


def test_the_brands_query_takes_what_is_meant_and_leaves_the_village(world: World) -> None:
    brand = compile(parse(QUERY))
    found = [
        said
        for said in world.said
        if said.line.channel not in ("appstore", "survey", "webhook")
        and brand.match(Document(title=said.line.title, text=said.text))
    ]
    meant = [said for said in world.of(BRAND) if said.line.channel not in ("appstore", "survey", "webhook")]
    assert found == meant
    village = [said for said in world.said if BRAND in f"{said.line.title} {said.text}" and not said.brands]
    assert len(village) >= 8


def test_the_small_brands_query_takes_what_is_meant(world: World) -> None:
    query = compile(parse(SMALL_QUERY))
    found = [said for said in world.said if query.match(Document(title=said.line.title, text=said.text))]
    assert found == list(world.of(SMALL))


def test_the_names_of_competitors_find_what_is_meant_of_them(world: World) -> None:
    for rival in RIVALS:
        query = compile(parse(rival))
        found = [said for said in world.said if query.match(Document(title=said.line.title, text=said.text))]
        assert found == [said for said in world.of(rival) if said.line.channel != "appstore"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sent on [20 days ago]", "sent on the 1st"),
        ("by [in 1 day]", "by the 22nd"),
        ("since [8 days ago], [in 2 days]", "since the 13th, the 23rd"),
    ],
)
def test_days_of_the_month_fit_the_day_of_writing(written: str, read: str) -> None:
    assert dated(written, datetime(2026, 11, 21, 12, tzinfo=UTC)) == read


def test_no_mark_of_the_voices_files_is_left_in_what_is_said(world: World) -> None:
    assert not [said for said in world.said if set("[]{}|") & set(said.text + said.line.title)]


def test_too_few_voices_for_the_month_are_refused() -> None:
    lines = [line for line in read_voices() if line.phase != "usual"]
    with pytest.raises(ValueError, match="window 1 wants 16 mentions"):
        build_world(datetime(2026, 11, 21, tzinfo=UTC), lines=lines)


def test_a_line_is_read_with_its_heading_and_thread() -> None:
    content = "# why\n\n== late\n{lost} 2 | delivery | Never came | really.\n"
    assert list(read_lines("survey", content)) == [
        Line("survey", "late", 4, "Never came | really.", stars=2, place="delivery", thread="lost")
    ]


def test_a_german_storefront_speaks_german() -> None:
    [line] = read_lines("appstore", "== usual\nde | 5 | Gut | Läuft.\n")
    assert replace(line, number=0) == Line("appstore", "usual", 0, "Läuft.", "Gut", "de", 5, "de")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("== usual\nonly a title\n", r"forum.txt:2: write title \| text"),
        ("== someday\na | b\n", "forum.txt:1: a heading is one of usual"),
        ("a | b\n", "forum.txt:1: a heading is one of usual"),
    ],
)
def test_a_line_of_a_wrong_form_is_named(content: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(read_lines("forum", content))
