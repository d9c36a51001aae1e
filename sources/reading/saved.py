"""What a source takes out of one saved reply: the first tool of whoever adds or mends a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from pydantic import ValidationError

from sources import load
from sources.base import BadShape, Decode, Item, Problem, Response, Source, SourceConfig, Tombstone, replay


def read_saved(
    kind: str, body: bytes, config: Mapping[str, Any] | None = None, *, path: str = ""
) -> Iterator[Item | Tombstone | Problem]:
    """Every item, tombstone and problem in `body`, in order. What the configuration lacks, the source's example gives.

    Of a stream, `body` holds one frame a line.

    A key that the source does not know is a `Problem`. Raises KeyError for an unknown kind, `BadShape` for a body of
    another form, ValueError for a configuration that cannot be used.
    """
    declared = load(kind)
    known, unknown = _sorted_keys(declared, config or {})
    for key in unknown:
        yield Problem(f"config.{key}", f"{kind} has no such key; it has: {', '.join(declared.Config.model_fields)}")
    settings = _settings(declared, known, path)
    if declared.accept:
        yield from declared.accept(settings, {}, body)
        return
    if declared.decode:
        yield from _frames(declared.decode, settings, body)
        return
    assert declared.fetch is not None
    # A feed's relative links are resolved against its own address: the example's would make up false ones.
    reply = Response(200, {}, body, str(known.get("url", "")))
    for step in replay(declared.fetch(settings, {}), [reply]):
        if isinstance(step, Item | Tombstone | Problem):
            yield step


def _frames(decode: Decode, settings: SourceConfig, body: bytes) -> Iterator[Item | Tombstone | Problem]:
    """As the runtime reads them: a frame that nobody understands is a problem, unless all of them are such."""
    understood, worst = 0, None
    for at, line in enumerate(body.decode("utf-8", errors="replace").splitlines(), 1):
        if line.strip():
            try:
                yield from decode(settings, line).things
                understood += 1
            except BadShape as error:
                worst = error
                yield Problem(f"line {at}, {error.path}", str(error.args[1]))
    if worst is not None and not understood:
        raise worst


def item_as_json(item: Item) -> dict[str, Any]:
    """The item as a JSON object: id url title text author published rating lang."""
    published = item.published.astimezone(UTC).isoformat().replace("+00:00", "Z") if item.published else None
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "text": item.text,
        "author": item.author,
        "published": published,
        "rating": item.rating,
        "lang": item.lang,
    }


def _sorted_keys(declared: Source, config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    names = set(declared.Config.model_fields)
    for field in declared.Config.model_fields.values():
        names |= {str(choice) for choice in getattr(field.validation_alias, "choices", [])}
    return {key: value for key, value in config.items() if key in names}, [key for key in config if key not in names]


def _settings(declared: Source, known: Mapping[str, Any], path: str) -> SourceConfig:
    given = dict(known)
    if path and "path" in declared.Config.model_fields:
        given.setdefault("path", path)
    try:
        return declared.Config.model_validate(given)
    except ValidationError as missing:
        absent = [error["loc"][0] for error in missing.errors() if error["type"] == "missing"]
    # By the name that the example uses, whatever alias the configuration uses for the others.
    lacking = {key: value for key, value in declared.example.items() if key in absent}
    return declared.Config.model_validate({**lacking, **given})
