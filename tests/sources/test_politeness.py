"""No source asks a service oftener than the service says it may be asked, as far as it says so."""

from __future__ import annotations

import re

import pytest

import sources

DAY = 86_400
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}
DOCUMENTED = {
    "appstore": (20, 60),
    "bluesky-search": (3000, 300),
    "devto": (30, 30),
    "discourse": (8, 60),
    "gdelt-articles": (1, 5),
    "github": (10, 60),
    "hackernews": (10_000, 3600),
    "lobsters": (1, 60),
    "mastodon": (300, 300),
    "mastodon-rss": (300, 300),
    "reddit": (100, 60),
    "reddit-search": (1, 60),
    "reddit-subreddit": (1, 60),
    "stack-exchange": (30, 1),
}
"""kind → so many requests within so many seconds, for those without a key, where there is a figure."""
DAILY = {"stack-exchange": 300, "bluesky-search": 300, "youtube": 100}
"""kind → polls a day that its quota allows: one request each (Stack Exchange), one sign-in (Bluesky), one search of
100 units out of 10,000 (YouTube)."""


def seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


@pytest.mark.parametrize("kind", sorted(DOCUMENTED))
def test_the_rate_of_a_source_is_within_what_its_service_allows(kind: str) -> None:
    count, within = re.fullmatch(r"(\d+)/(\d+)s", sources.load(kind).rate).groups()  # type: ignore[union-attr]
    most, window = DOCUMENTED[kind]
    assert int(count) / int(within) <= most / window


@pytest.mark.parametrize("kind", sorted(DAILY))
def test_the_polls_of_a_day_are_within_its_quota(kind: str) -> None:
    assert DAY / seconds(sources.load(kind).every) <= DAILY[kind] * 0.75


def test_a_host_that_gives_no_figure_is_asked_every_second_at_most() -> None:
    polled = [sources.load(kind) for kind in sources.names() if kind not in DOCUMENTED]
    rates = {one.kind: one.rate.removesuffix("s").split("/") for one in polled if one.fetch}
    assert [kind for kind, (count, within) in rates.items() if int(count) > int(within)] == []


def test_what_is_read_by_people_is_asked_as_a_page_so_that_robots_txt_is_heeded() -> None:
    from sources import reviews_page, telegram
    from sources.base import Request

    for module, example in (
        (reviews_page, reviews_page.SOURCE.example),  # type: ignore[attr-defined]
        (telegram, telegram.SOURCE.example),  # type: ignore[attr-defined]
    ):
        config = module.Config.model_validate(example)
        step = next(module.fetch(config, {}))
        assert isinstance(step, Request)
        assert step.page
