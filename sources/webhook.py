"""Mentions that other programs push in: one object, a list, or JSON lines, signed as Standard Webhooks if wanted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr, field_validator

from sources.base import BadShape, Forged, Item, MentionKind, Problem, SourceConfig, Tombstone, source
from sources.reading import fields
from sources.reading.dates import when
from sources.reading.identity import bounded, content_hash
from sources.reading.links import web_link
from sources.reading.text import language, tidy

TOLERANCE = 300
"""Seconds that a signed message's time may differ from ours, either way."""
_LISTS = ("mentions", "items", "data", "results", "records")
_KINDS = ("post", "comment", "review", "article", "survey")


class Config(SourceConfig):
    """Who may push, and where in their objects things stand."""

    token: SecretStr | None = Field(
        None, description="The last part of the address to push to, /in/TOKEN; the source's name where left out."
    )
    secret: SecretStr | None = Field(
        None, description='What the sender signs with ("whsec_…"); without it anyone may push.'
    )
    map: dict[str, str] = Field(
        default_factory=dict, description='Field to path, e.g. { text = "$.answer.text", rating = "$.score" }.'
    )
    mention: MentionKind = Field("post", description="What is pushed, where the objects do not say it.")
    rating_max: float | None = Field(None, gt=0, description="The best rating possible; guessed where left out.")

    @field_validator("map")
    @classmethod
    def _known_fields(cls, paths: dict[str, str]) -> dict[str, str]:
        for name in paths:
            if name not in fields.FIELDS:
                raise ValueError(f'"{name}" is no field; fields are: {", ".join(fields.FIELDS)}')
        return paths


@source(
    kind="webhook",
    title="Webhook (pushed in)",
    every="1h",
    terms="your own data",
    example={},
    keeps="all",
)
def accept(config: Config, headers: Mapping[str, str], body: bytes) -> Iterator[Item | Tombstone | Problem]:
    """What one request brings. Raises `BadShape` for a body that is no JSON, `Forged` for a wrong signature.

    The time of a signature needs a clock: whoever has one calls `verify` first.
    """
    if config.secret is not None:
        _check_signature(config.secret.get_secret_value(), headers, body)
    return _records_to_items(config, _records(body))


def verify(config: Config, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises `Forged` unless the request is signed with the secret and at most five minutes from `now` (aware).

    Standard Webhooks: HMAC-SHA256 over "id.timestamp.body". Without a configured secret everything passes.
    """
    if config.secret is None:
        return
    signed_at = _check_signature(config.secret.get_secret_value(), headers, body)
    if abs(now.timestamp() - signed_at) > TOLERANCE:
        raise Forged(f"signed more than {TOLERANCE} seconds from now: a replayed message, or a wrong clock")


def _check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> int:
    """The time of signing, in seconds since 1970, of a request with a right signature."""
    identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not (identifier and stamp and signatures):
        raise Forged("not signed: webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Forged("webhook-timestamp is no number of seconds")
    content = f"{identifier}.{stamp}.".encode("utf-8", errors="surrogateescape") + body
    expected = base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest())
    given = [part.partition(",")[2] for part in signatures.split() if part.startswith("v1,")]
    matches = [hmac.compare_digest(expected, one.encode("utf-8", errors="replace")) for one in given[:20]]
    if not any(matches):
        raise Forged("the signature does not fit the message and the secret")
    return int(stamp)


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Forged("the configured secret is no base64 after whsec_") from error


def _records(body: bytes) -> list[tuple[str, object]]:
    """(place, record) of each record in the body; one that cannot be read is its `Problem`."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadShape("$", f"not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or text.lstrip().startswith("["):
            raise BadShape("$", f"not JSON: {error}") from error
        return [(f"line {at}", _line(at, line)) for at, line in lines]
    if isinstance(value, dict):
        inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        value = [value] if inner is None else inner
    if not isinstance(value, list):
        raise BadShape("$", "neither an object nor a list of objects")
    return [(f"$[{at}]", record) for at, record in enumerate(value)]


def _line(at: int, line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem(f"line {at}", f"not JSON: {error}")


def _records_to_items(config: Config, records: Iterable[tuple[str, object]]) -> Iterator[Item | Tombstone | Problem]:
    for place, record in records:
        if isinstance(record, Problem):
            yield record
        elif isinstance(record, dict):
            yield _item(config, place, record)
        else:
            yield Problem(place, "not an object")


def _item(config: Config, place: str, record: Mapping[str, Any]) -> Item | Tombstone | Problem:
    found: dict[str, Any] = {str(field): value for field, value in fields.fields_of(record).items()}
    found |= {field: value for field, path in config.map.items() if (value := at_path(record, path)) is not None}
    get = {name: _text(value) for name, value in found.items()}.get
    identifier = get("id", "")
    if record.get("deleted") is True and identifier:
        return Tombstone(bounded(identifier))
    text, title = tidy(get("text", "") or ""), " ".join((get("title", "") or "").split())
    best = fields.rating_of(found.get("rating_max"))
    names = " ".join(record)
    rating = fields.rating_of(found.get("rating"), best.value if best else config.rating_max, names)
    if not text and not title and rating is None:
        return Problem(
            place, "no text, title or rating in it; known keys: text, comment, body, message …, or set `map`"
        )
    kind = get("kind", "")
    return Item(
        id=bounded(identifier) if identifier else content_hash(json.dumps(record, sort_keys=True)),
        text=text,
        title=title,
        url=web_link(get("url", "")),
        author=fields.person(get("author", "") or ""),
        published=when(found.get("published")),
        lang=language(get("lang", "")),
        rating=rating.value if rating else None,
        rating_max=rating.best if rating else None,
        rating_kind=rating.kind if rating else None,
        kind=kind if kind in _KINDS else config.mention,  # type: ignore[arg-type]
        extra=_extra(record, found),
    )


def at_path(record: Any, path: str) -> Any:
    """The value at a simple path such as "$.answers[0].text" or "answer.text"; None where there is none."""
    for step in path.removeprefix("$").replace("[", ".").replace("]", "").split("."):
        if not step:
            continue
        if isinstance(record, dict):
            record = record.get(step.strip("\"'"))
        elif isinstance(record, list) and step.lstrip("-").isdigit() and -len(record) <= int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record


def _text(value: object) -> str:
    """What an object or list says, too: its name or text, the list's parts one after the other."""
    if isinstance(value, dict):
        return next((_text(value[key]) for key in ("name", "text", "value", "label", "id") if key in value), "")
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _extra(record: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The small plain facts beside the known fields; personal ones are not taken."""
    used = [value for value in found.values() if not isinstance(value, bool)]
    left = {name: value for name, value in record.items() if isinstance(value, str | int | float) and value not in used}
    kept = [(name, value) for name, value in left.items() if value != "" and not fields.is_personal(name)]
    kept = [(name, value) for name, value in kept if not fields.reaches_somebody(value)]
    return {name: value[:500] if isinstance(value, str) else value for name, value in kept[:30]}
