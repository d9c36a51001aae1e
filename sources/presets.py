"""Presets: feeds of well-known services as tables of presets.toml, an address and a few named operations, no code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote_plus, urlsplit

from pydantic import Field, create_model

from sources.base import Cursor, Fetch, Item, Reading, Source, SourceConfig
from sources.feed import Config as FeedConfig
from sources.feed import feed_at
from sources.reading.links import canonical, web_link

_PLACE = re.compile(r"\{(\w+)(:base)?\}")


class PresetConfig(SourceConfig):
    """The keys that every preset has beside its own parameters."""

    url: str | None = Field(None, pattern=r"^https?://", description="Read this address instead of the service's own.")


@cache
def names() -> tuple[str, ...]:
    """The kinds that presets.toml defines."""
    return tuple(_tables())


@cache
def load(kind: str) -> Source:
    """The preset as a source. Raises KeyError for an unknown one."""
    table = _tables()[kind]
    return Source(
        kind=kind,
        title=table["title"],
        Config=_config_model(kind, table),
        fetch=_fetch(table),
        every=table["every"],
        rate=table["rate"],
        terms=table["terms"],
        example=table["example"],
        host=table["host"],
        detect=tuple(table["detect"]),
        keeps=table.get("keeps", "matches"),
        product=table.get("product", False),
        scope=_scope(table),
        from_url=partial(_from_url, table["detect"]),
    )


def address(table: Mapping[str, Any], config: PresetConfig) -> str:
    """The feed's address for this configuration."""
    if config.url:
        return config.url
    given = config.model_dump()

    def filled(place: re.Match[str]) -> str:
        value = str(given[place[1]])
        return quote(value.partition("-")[0] if place[2] else value, safe="")

    return _PLACE.sub(filled, table["url"])


def feed_address(kind: str, config: SourceConfig) -> str:
    """The address of the feed that a source reads: of a preset, and of a feed; empty for all others."""
    if isinstance(config, PresetConfig):
        return address(_tables()[kind], config)
    return config.url if isinstance(config, FeedConfig) else ""


def _scope(table: Mapping[str, Any]) -> Callable[[Any], str] | None:
    match table.get("scope", "service"):
        case "service":
            return None
        case "feed":
            return lambda config: canonical(address(table, config))
        case shared:
            return lambda config: str(shared)


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("presets.toml").read_text("utf-8"))


def _config_model(kind: str, table: Mapping[str, Any]) -> type[SourceConfig]:
    def parameter(given: Mapping[str, Any]) -> Any:
        return (str, Field(given.get("default", ...), min_length=1, description=given["about"]))

    parameters = {name: parameter(given) for name, given in table["parameters"].items()}
    return create_model(f"{kind} config", __base__=PresetConfig, **parameters)


def _fetch(table: Mapping[str, Any]) -> Fetch:
    def fetch(config: PresetConfig, cursor: Cursor) -> Reading:
        return (
            yield from feed_at(
                address(table, config),
                cursor,
                wanted=table.get("take"),
                shape=partial(_shaped, table),
                own_ids=table.get("scope") != "feed",
            )
        )

    return fetch


def _from_url(patterns: list[str], url: str) -> dict[str, str]:
    found = next((match for pattern in patterns if (match := re.search(pattern, url))), None)
    return {name: unquote_plus(value) for name, value in found.groupdict().items()} if found else {}


def _shaped(table: Mapping[str, Any], item: Item) -> Item | None:
    """The item after every operation of the preset's map."""
    shaped = replace(item, kind=table["mention"])
    for step in table["map"]:
        arguments = {name: value for name, value in step.items() if name != "do"}
        shaped = OPERATIONS[step["do"]](shaped, **arguments)
    return shaped


# The operations that a map may name: an item in, an item out ------------------------------------------------------


def cut_tail(item: Item, field: str, tail: str) -> Item:
    """The field without this end, where it has it and something stands before it."""
    end, value = _filled(tail, item), getattr(item, field)
    return _with(item, field, value[: -len(end)]) if end and value.endswith(end) and value != end else item


def cut_head(item: Item, field: str, head: str) -> Item:
    """The field without this beginning."""
    return _with(item, field, getattr(item, field).removeprefix(head))


def clear_if_title(item: Item, tail: str) -> Item:
    """No text, where it only repeats the headline (and the tail)."""
    rest = " ".join(item.text.split()).removeprefix(item.title).strip()
    return replace(item, text="") if rest in ("", _filled(tail, item)) else item


def unwrap_link(item: Item, parameter: str) -> Item:
    """The address that a click counter carries in its query."""
    inner = parse_qs(urlsplit(item.url).query).get(parameter, [""])[0]
    return replace(item, url=web_link(inner) or item.url)


def id_from_link(item: Item) -> Item:
    """The article's address as its id; an item without a link keeps its own."""
    return replace(item, id=canonical(item.url)) if item.url else item


def text_from(item: Item, name: str) -> Item:
    """The text from what was taken under this name."""
    extra = dict(item.extra)
    taken = extra.pop(name, "")
    return replace(item, text=str(taken) or item.text, extra=extra)


def kind_by_id(item: Item, prefix: str, kind: str) -> Item:
    """Another kind for ids that begin so."""
    return replace(item, kind=kind) if item.id.startswith(prefix) else item  # type: ignore[arg-type]


def outlet_from_link(item: Item) -> Item:
    """The outlet's host, where the feed does not name the outlet."""
    host = (urlsplit(item.url).hostname or "").removeprefix("www.")
    return item if item.extra.get("outlet") or not host else replace(item, extra={**item.extra, "outlet": host})


def _with(item: Item, field: str, value: str) -> Item:
    changed: dict[str, Any] = {field: value}
    return replace(item, **changed)


def _filled(template: str, item: Item) -> str:
    """The template with what was taken; empty where that is missing."""
    missing = any(not item.extra.get(name) for name, _ in _PLACE.findall(template))
    return "" if missing else _PLACE.sub(lambda place: str(item.extra[place[1]]), template)


OPERATIONS: Mapping[str, Callable[..., Item]] = {
    operation.__name__: operation
    for operation in (
        cut_tail,
        cut_head,
        clear_if_title,
        unwrap_link,
        id_from_link,
        text_from,
        kind_by_id,
        outlet_from_link,
    )
}
