"""What is pushed in: forms, names, repeats, and who may push."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import webhook
from sources.base import BadShape, Forged, Item, Problem, Tombstone

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SIGNED = webhook.Config(secret=SECRET)
BODY = b'{"text": "hello"}'


def push(body: Any, **config: Any) -> list[Item | Tombstone | Problem]:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return list(webhook.accept(webhook.Config(**config), {}, raw))


def signed(body: bytes = BODY, at: datetime = NOW, key: bytes = KEY, name: str = "msg_1") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "1", "text": "a"}',
        '[{"id": "1", "text": "a"}]',
        '{"mentions": [{"id": "1", "text": "a"}]}',
        '{"id": "1", "text": "a"}\n',
        '\ufeff{"external_id": 1, "message": "a"}',
    ],
)
def test_one_object_a_list_or_lines_are_taken(body: str) -> None:
    (item,) = push(body)
    assert isinstance(item, Item)
    assert (item.id, item.text) == ("1", "a")


def test_json_lines_are_taken_one_by_one() -> None:
    first, bad, second = push('{"text": "a"}\n{oops\n{"text": "b"}\n')
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert isinstance(bad, Problem)
    assert (first.text, bad.where, second.text) == ("a", "line 2", "b")


def test_the_same_push_twice_is_the_same_mention() -> None:
    (first,), (second,) = push({"text": "a", "author": "Jo"}), push('{"author": "Jo",   "text": "a"}')
    assert first == second


@pytest.mark.parametrize("record", [{"id": 0.5}, {"text": ["a", {"name": "b"}]}, {"text": "x", "rating": {"value": 4}}])
def test_odd_values_are_no_error(record: dict[str, Any]) -> None:
    assert len(push(record)) == 1


def test_a_map_finds_what_lies_deep() -> None:
    record = {"form_response": {"token": "t9", "answers": [{"text": "Too loud"}, {"number": 3}]}}
    paths = {
        "id": "$.form_response.token",
        "text": "form_response.answers[0].text",
        "rating": "$.form_response.answers[-1].number",
    }
    (item,) = push(record, map=paths, rating_max=10, mention="survey")
    assert isinstance(item, Item)
    assert (item.id, item.text, item.rating, item.rating_max, item.kind) == ("t9", "Too loud", 3.0, 10.0, "survey")


def test_a_map_to_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="fields are"):
        webhook.Config(map={"txt": "$.a"})


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2", b"3", b'"x"', b"\xff\xfe", b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_a_bad_shape(body: bytes) -> None:
    with pytest.raises(BadShape):
        push(body)


def test_a_signed_message_is_taken() -> None:
    webhook.verify(SIGNED, signed(), BODY, NOW)
    assert len(list(webhook.accept(SIGNED, signed(), BODY))) == 1


def test_several_signatures_are_tried_so_that_secrets_can_change() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1,{'A' * 44} v1a,xyz {headers['webhook-signature']}"
    webhook.verify(SIGNED, headers, BODY, NOW)


def test_a_plain_secret_signs_too() -> None:
    webhook.verify(webhook.Config(secret="letmein"), signed(key=b"letmein"), BODY, NOW)


def test_without_a_secret_anyone_may_push() -> None:
    webhook.verify(webhook.Config(), {}, BODY, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 3600, -86_400])
def test_a_message_from_another_time_is_refused(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    with pytest.raises(Forged, match="replayed"):
        webhook.verify(SIGNED, headers, BODY, NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    webhook.verify(SIGNED, signed(at=NOW + timedelta(seconds=seconds)), BODY, NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_an_unsigned_message_is_refused_before_it_is_read(missing: str) -> None:
    headers = {name: value for name, value in signed().items() if name != missing}
    with pytest.raises(Forged):
        webhook.accept(SIGNED, headers, b"not even json")


@given(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "body"]),
    st.integers(0, 10_000),
    st.integers(0, 7),
)
def test_a_message_with_any_bit_changed_is_refused(part: str, place: int, bit: int) -> None:
    headers, body = signed(), BODY
    raw = bytearray(body if part == "body" else headers[part].encode())
    raw[place % len(raw)] ^= 1 << bit
    if part == "body":
        body = bytes(raw)
    else:
        headers[part] = raw.decode("latin-1")
    with pytest.raises(Forged):
        webhook.verify(SIGNED, headers, body, NOW)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(SIGNED)


def test_the_standards_own_example_passes() -> None:
    config = webhook.Config(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    webhook.verify(config, headers, b'{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC))
