"""What an answer means, and when a notice is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import channels
from monitor.channels.answers import clamped, judge, judge_mail, retry_after
from monitor.channels.schedule import WAITS, next_attempt
from monitor.notice import Later, Never, Outcome, Reply, Sent

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("0", 1),
        ("1.5", 1.5),
        ("1000000000", 86_400),
        ("Tue, 24 Nov 2026 07:02:00 GMT", 120),
        ("Tue, 24 Nov 2020 07:02:00 GMT", 1),
        ("Tue, 24 Nov 2099 07:02:00 GMT", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣٠", None),
        ("99999999999999999999", None),
        ("Tue, 99 Nov 2026 99:02:00 GMT", None),
    ],
)
def test_every_form_of_retry_after(said: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": said}, NOW) == seconds


def test_without_a_retry_after_the_schedule_decides() -> None:
    assert judge(Reply(429), NOW, {}) == Later(None, "answered 429 (asked to slow down)")


@given(st.text(max_size=40))
def test_no_retry_after_is_misread(said: str) -> None:
    seconds = retry_after({"retry-after": said}, NOW)
    assert seconds is None or 1 <= seconds <= 86_400


@pytest.mark.parametrize("status", [301, 302, 400, 408, 409, 418, 425, 429, 500, 502, 503, 504, 521])
def test_what_is_not_final_is_tried_again(status: int) -> None:
    assert isinstance(judge(Reply(status), NOW, {410: "gone"}), Later)


def test_no_answer_is_tried_again_and_says_why() -> None:
    assert judge(Reply(0, error="connection reset"), NOW, {}) == Later(None, "connection reset")


def test_what_a_foreign_server_says_is_shown_in_one_harmless_line() -> None:
    outcome = judge(Reply(500, body=b"<b>\x1b[31mno\n\nway\xff" + b"x" * 9999), NOW, {})
    assert isinstance(outcome, Later)
    assert "\x1b" not in outcome.why
    assert "\n" not in outcome.why
    assert len(outcome.why) < 160


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(Reply(250), Sent), (Reply(451), Later), (Reply(421), Later), (Reply(550), Never), (Reply(0, error="x"), Later)],
)
def test_letters_and_files_are_done_again_or_never(reply: Reply, kind: type) -> None:
    assert isinstance(judge_mail(reply), kind)


def test_a_notice_is_tried_for_three_days_and_then_given_up() -> None:
    at, number = NOW, 1
    while (then := next_attempt(number, Later(None, "x"), at)) is not None:
        assert then > at
        at, number = then, number + 1
    assert timedelta(days=3) < at - NOW < timedelta(days=4)
    assert number == len(WAITS) + 1 == 10


@pytest.mark.parametrize("outcome", [Sent(), Never("x")])
def test_what_is_over_is_over(outcome: Outcome) -> None:
    assert next_attempt(1, outcome, NOW) is None


def test_a_receiver_may_ask_for_more_time_but_not_for_less() -> None:
    assert next_attempt(1, Later(600, "x"), NOW) == NOW + timedelta(minutes=10)
    assert next_attempt(4, Later(1, "x"), NOW) == NOW + WAITS[3]


KINDS = ("apprise", "discord", "email", "file", "ntfy", "slack", "teams", "telegram", "webhook")


def test_the_folder_is_the_registry() -> None:
    assert channels.names() == KINDS
    for kind in channels.names():
        channel = channels.load(kind)
        assert channel.TITLE
        assert "additionalProperties" in channel.Options.model_json_schema()
    with pytest.raises(KeyError, match="known are: apprise, discord, email"):
        channels.load("pigeon")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(30, 30), (0.65, 1), (0, 1), (-1, None), (10**9, 86_400), (10**400, 86_400), (float("nan"), None),
     (float("inf"), 86_400), (True, None), ("30", None), (None, None), ([], None)],
)  # fmt: skip
def test_seconds_in_a_body_are_kept_within_a_day(said: object, seconds: float | None) -> None:
    assert clamped(said) == seconds
