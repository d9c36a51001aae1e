"""A recorded reply as a fixture pair: scrubbed, and read again to prove that nothing but people was lost. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from sources.base import BadShape, Item, Problem, Response, SourceConfig, Tombstone
from sources.reading.saved import item_as_json, read_saved
from sources.reading.scrub import Scrubber

_ENDINGS = (("json", "json"), ("xml", "xml"), ("rss", "xml"), ("atom", "xml"), ("html", "html"), ("csv", "csv"))
_CREDENTIAL = "REMOVED"
_PEOPLES_EXTRA = ("author", "handle", "user", "acct", "username", "author_handle", "author_name", "account", "by")


@dataclass(frozen=True, slots=True)
class Fixture:
    """What goes into a folder of tests/sources/fixtures."""

    body: bytes
    ending: str
    """Of the reply's file: xml, json …"""
    config: Mapping[str, Any]
    taken: tuple[Mapping[str, Any], ...]
    """Each item, tombstone and problem, as items.json lists them."""
    before: tuple[Mapping[str, Any], ...]
    """The same, before it was scrubbed."""
    replaced: Mapping[str, int]
    """What was replaced, and how often."""

    @property
    def is_whole(self) -> bool:
        """As much comes out as before, of the same sorts, times and ratings."""
        return [_form(one) for one in self.taken] == [_form(one) for one in self.before]


def fixture_of(kind: str, replies: Sequence[Response], options: SourceConfig, keep: Iterable[str] = ()) -> Fixture:
    """The first of these replies that holds something, as a fixture; `keep` are names that stay: the brands'.

    Raises BadShape where the source does not know its form.
    """
    given = _as_given(options)
    reply = next((reply for reply in replies if _items(kind, reply.body, given)), replies[0])
    taken = list(read_saved(kind, reply.body, given))
    people = [name for step in taken if isinstance(step, Item) for name in _people(step)]
    asked = [text for value in given.values() for text in ([value] if isinstance(value, str) else _texts(value))]
    scrubber = Scrubber(names=people, secrets=_secrets(options), keep=[*keep, *asked])
    body = scrubber.body(reply.body)
    config = scrubber.value(given)
    after = tuple(step_as_json(step) for step in read_saved(kind, body, config))
    before = tuple(step_as_json(step) for step in taken)
    return Fixture(body, _ending(reply), config, after, before, dict(scrubber.replaced))


def _texts(value: Any) -> list[str]:
    """What was asked for by name is nobody's secret: a channel, a server."""
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _form(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of a record stays, whoever it is about."""
    return tuple(key in one for key in ("id", "gone", "where")), one.get("published"), one.get("rating")


def step_as_json(step: Item | Tombstone | Problem) -> dict[str, Any]:
    """What was taken, as items.json has it."""
    if isinstance(step, Item):
        more = {"kind": step.kind, "rating_max": step.rating_max, "extra": json.loads(json.dumps(dict(step.extra)))}
        return {**item_as_json(step), **more}
    return {"gone": step.id} if isinstance(step, Tombstone) else {"where": step.where, "why": step.why}


def _items(kind: str, body: bytes, given: Mapping[str, Any]) -> int:
    try:
        return sum(isinstance(step, Item) for step in read_saved(kind, body, given))
    except BadShape:
        return 0


def _people(item: Item) -> list[str]:
    return [item.author, *(value for key in _PEOPLES_EXTRA if isinstance(value := item.extra.get(key), str))]


def _as_given(options: SourceConfig) -> dict[str, Any]:
    """The configuration as JSON values, without its secrets; of a file its name alone."""
    given: dict[str, Any] = options.model_dump(mode="json", exclude_defaults=True)
    for name in given:
        value = getattr(options, name)
        if isinstance(value, SecretStr):
            given[name] = _CREDENTIAL
        elif name == "path":
            given[name] = str(value).replace("\\", "/").rpartition("/")[2]
    return given


def _secrets(options: SourceConfig) -> list[str]:
    values = (getattr(options, name) for name in type(options).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def _ending(reply: Response) -> str:
    kind = reply.headers.get("content-type", "").lower()
    start = reply.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if reply.url.startswith("file:"):
        return reply.url.rpartition(".")[2] if "." in reply.url.rpartition("/")[2] else "txt"
    guessed = "xml" if start.startswith(b"<?xml") else "json" if start[:1] in (b"{", b"[") else "txt"
    return next((ending for word, ending in _ENDINGS if word in kind), guessed)
