"""Commands around files: a new configuration, imports, saved replies, lines on standard input."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.config import load, loads
from monitor.config.editing import appended, source_table
from monitor.config.tables import holds_login
from monitor.errors import Refused
from monitor.faces import show
from monitor.faces.adding import free_name
from monitor.faces.sources import taken_in
from monitor.starter import starter
from sources import names, opml, table
from sources.base import BadShape, Item, Problem
from sources.presets import feed_address
from sources.reading.fields import FIELDS
from sources.reading.saved import item_as_json, read_saved

LARGEST_IMPORT = 512 * 1024 * 1024


def write_config(path: Path, brand: str, *, force: bool, **known: Any) -> None:
    """Write a starter configuration; an existing file only where that was asked for."""
    text = starter(brand, **known)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} is there already. --force replaces it, --config writes another file.") from None


def bring_in(
    file: Path,
    config: Path,
    *,
    about: str,
    columns: Sequence[str],
    dry_run: bool,
    perform: Callable[[Path, str, dict[str, Any]], Any],
) -> None:
    """Mentions from a table, or feeds from an OPML list."""
    body = _body(file)
    if file.suffix.lower() in (".opml", ".xml"):
        _bring_in_feeds(file, body, config, dry_run=dry_run)
        return
    options = {"columns": dict(_pair(column) for column in columns)} if columns else {}
    if dry_run:
        _show_preview(file, body, options)
        return
    arguments = {"name": file.name, "about": about, "options": options, "body": base64.b64encode(body).decode()}
    show.imported(perform(config, "import", arguments))


def _body(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_IMPORT:
            raise Refused(f"{file} is larger than 512 MB: split it and import the parts.")
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error


def _pair(column: str) -> tuple[str, str]:
    field, separator, name = column.partition("=")
    if not separator:
        raise Refused(f'"{column}" says not which column is what: write --column text=Comment.')
    if field not in FIELDS:
        raise Refused(f'--column {column}: there is no field "{field}"; there are: {", ".join(FIELDS)}.')
    return field, name


def _show_preview(file: Path, body: bytes, options: dict[str, Any]) -> None:
    try:
        seen = table.preview(body, table.Config.model_validate({"path": file.name, **options}))
    except BadShape as error:
        raise Refused(f"{file} cannot be read: {error}") from error
    show.preview(seen)


def _bring_in_feeds(file: Path, body: bytes, config: Path, *, dry_run: bool) -> None:
    """Add a [[source]] for each feed that the configuration does not have yet."""
    sources = load(config, os.environ).sources
    listened = {feed_address(entry.kind, entry.config) for entry in sources}
    try:
        found = opml.feeds_in_opml(body)
    except BadShape as error:
        raise Refused(f"{file} cannot be read: {error}") from error
    usable = [(title, url) for title, url, _ in found if not holds_login(url)]
    fresh = [(title, url) for title, url in usable if url not in listened]
    print(f"{show.counted(len(found), 'feed')} in {file}, {len(fresh)} of them new.")
    if len(usable) < len(found):
        print(f"{show.counted(len(found) - len(usable), 'feed')} left out: a user name or password in the address.")
    if dry_run or not fresh:
        return
    taken = {entry.name.casefold() for entry in sources}
    text = config.read_bytes().decode()
    for title, url in fresh:
        named = {} if title == url else {"name": free_name(title, taken)}  # it is named by its address then
        text = appended(text, source_table("", {"kind": "feed", **named, "url": url}))
    loads(text.removeprefix("\ufeff"), config, os.environ)
    config.write_bytes(text.encode())
    print(f"Added to {config}.")
    taken_in(load(config, os.environ), added=True)


def read_saved_reply(kind: str, file: Path, config: str) -> None:
    """Print what a source takes out of one saved reply; what could not be used is told on standard error."""
    if kind not in names():
        raise Refused(f'There is no source of kind "{kind}"; there are: {", ".join(names())}.')
    try:
        settings = json.loads(config) if config else None
    except ValueError as error:
        raise Refused(f"--config is not JSON: {error}") from error
    if settings is not None and not isinstance(settings, dict):
        raise Refused('--config must be a JSON object, such as {"query": "acme"}.')
    try:
        for step in read_saved(kind, _body(file), settings, path=str(file)):
            if isinstance(step, Item):
                print(json.dumps(item_as_json(step), ensure_ascii=False))
            elif isinstance(step, Problem):
                print(f"{step.where}: {step.why}", file=sys.stderr)
    except BadShape as error:
        raise Refused(f"{file} is not a reply that {kind} knows: {error}") from error
    except ValidationError as error:
        raise Refused(f"--config does not fit {kind}: {error.errors()[0]['msg']}") from error


def input_lines() -> Iterator[str]:
    """The lines of standard input as UTF-8, whatever the terminal's settings; damaged bytes are replaced."""
    return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace", newline="\n")
