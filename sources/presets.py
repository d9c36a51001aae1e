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

from pydantic import Field, create_model, model_validator

from sources.base import Cursor, Fetch, Item, Reading, Source, SourceConfig
from sources.feed import Config as FeedConfig
from sources.feed import feed_at
from sources.reading.links import canonical, web_link
from sources.reading.text import tidy

_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")


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
    template = _template(table, given)
    if template is None:
        raise ValueError(_wanted(table))
    return _PLACE.sub(lambda place: _SPELLED[place[2] or "quoted"](str(given[place[1]])), template)


def _template(table: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """The first of its addresses for which everything is given."""
    templates = [table["url"]] if isinstance(table["url"], str) else table["url"]
    return next((one for one in templates if all(given.get(name) for name, _ in _PLACE.findall(one))), None)


def _wanted(table: Mapping[str, Any]) -> str:
    names = [name for name, about in table["parameters"].items() if about.get("default") == ""]
    return "name one of these: " + ", ".join(names)


_SPELLED: Mapping[str, Callable[[str], str]] = {
    "quoted": lambda value: quote(value, safe=""),
    "base": lambda value: quote(value.partition("-")[0], safe=""),
    "bare": lambda value: quote(value.lstrip("@#"), safe=""),
    "site": lambda value: value.rstrip("/"),
    "whole": lambda value: value,
}


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
        checks = {"min_length": 1, "pattern": given.get("pattern"), "description": given["about"]}
        return (str, Field(given.get("default", ...), **checks))

    def is_enough(config: PresetConfig) -> PresetConfig:
        if not config.url and _template(table, config.model_dump()) is None:
            raise ValueError(_wanted(table))
        return config

    parameters = {name: parameter(given) for name, given in table["parameters"].items()}
    checked: dict[str, Any] = {"is_enough": model_validator(mode="after")(is_enough)}
    return create_model(f"{kind} config", __base__=PresetConfig, __validators__=checked, **parameters)


def _fetch(table: Mapping[str, Any]) -> Fetch:
    def fetch(config: PresetConfig, cursor: Cursor) -> Reading:
        return (
            yield from feed_at(
                address(table, config),
                cursor,
                wanted=table.get("take"),
                shape=partial(_shaped, table),
                own_ids=table.get("scope") != "feed",
                at_times=table.get("at_times", ()),
            )
        )

    return fetch


def _from_url(patterns: list[str], url: str) -> dict[str, str]:
    found = next((match for pattern in patterns if (match := re.search(pattern, url))), None)
    return {name: unquote_plus(value) for name, value in found.groupdict().items() if value} if found else {}


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
    start = _filled(head, item)
    return _with(item, field, getattr(item, field).removeprefix(start)) if start else item


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
    return replace(item, text=tidy(str(taken)) or item.text, extra=extra)


def fill_text(item: Item, name: str) -> Item:
    """The text from what was taken under this name, where the feed gives none."""
    extra = dict(item.extra)
    taken = extra.pop(name, "")
    return replace(item, text=item.text or tidy(str(taken)), extra=extra)


def rewrite(item: Item, field: str, pattern: str, into: str, of: str = "") -> Item:
    r"""The field with what the pattern finds in it replaced; or, from what it finds in the field `of`, made anew.
    `into` may name the pattern's groups (`\1`)."""
    found = re.search(pattern, getattr(item, of or field))
    if not found:
        return item
    value, new = getattr(item, field), found.expand(into)
    return _with(item, field, new if of else value[: found.start()] + new + value[found.end() :])


def stars_from_text(item: Item, pattern: str, most: float) -> Item:
    """The rating that stands in the text, taken out of it. Nought is no rating."""
    found = re.search(pattern, item.text)
    if not found:
        return item
    rated = float(found["stars"])
    text = (item.text[: found.start()] + item.text[found.end() :]).strip()
    if not 0 < rated <= most:
        return replace(item, text=text)
    return replace(item, text=text, rating=rated, rating_max=float(most), rating_kind="stars")


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
    """The template with what was taken, or the item's own fields; empty where one is missing."""
    values = {name: item.extra.get(name) or getattr(item, name, "") for name, _ in _PLACE.findall(template)}
    return _PLACE.sub(lambda place: str(values[place[1]]), template) if all(values.values()) else ""


OPERATIONS: Mapping[str, Callable[..., Item]] = {
    operation.__name__: operation
    for operation in (
        cut_tail,
        cut_head,
        clear_if_title,
        unwrap_link,
        id_from_link,
        text_from,
        fill_text,
        rewrite,
        stars_from_text,
        kind_by_id,
        outlet_from_link,
    )
}
