"""Names the keys that a table of some model may hold, as a person writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, SecretStr
from pydantic.fields import FieldInfo


def spellings(name: str, field: FieldInfo, model: type[BaseModel]) -> tuple[str, ...]:
    """Every way in which a field may be written, the one to show first."""
    choices = field.validation_alias
    aliases: tuple[str | AliasPath, ...] = (
        tuple(choices.choices) if isinstance(choices, AliasChoices) else (choices,) if choices else ()
    )
    words = [alias if isinstance(alias, str) else str(alias.path[0]) for alias in aliases]
    by_name = model.model_config.get("populate_by_name") or model.model_config.get("validate_by_name")
    return tuple(dict.fromkeys([*words, name] if by_name or not words else words))


def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Every key that a table of this model may hold."""
    fields = model.model_fields.items()
    return tuple(key for name, field in fields for key in spellings(name, field, model))


def text_keys(model: type[BaseModel], kinds: tuple[type, ...] = (str, SecretStr)) -> tuple[str, ...]:
    """Those keys that hold text, secret or not: the ones that may also be read from a file."""
    fields = model.model_fields.items()
    return tuple(
        key for name, field in fields if _holds(field.annotation, kinds) for key in spellings(name, field, model)
    )


def main_value(model: type[BaseModel], table: Mapping[str, Any]) -> str:
    """What the table says under the first of the model's open text keys that it holds, else in its first list of words;
    empty when it holds none."""
    given = (str(table[key]) for key in text_keys(model, (str,)) if isinstance(table.get(key), str | int))
    lists = (table[key] for key in keys(model) if isinstance(table.get(key), list))
    listed = (", ".join(one) for one in lists if one and all(isinstance(word, str) for word in one))
    return next(given, "") or next(listed, "")


def _holds(annotation: Any, kinds: tuple[type, ...]) -> bool:
    """True for one of the kinds, and an optional or annotated one; not for a list of them."""
    if annotation in kinds:
        return True
    is_collection = get_origin(annotation) in (list, tuple, dict, set, frozenset) or isinstance(annotation, type)
    return not is_collection and any(_holds(part, kinds) for part in get_args(annotation))
