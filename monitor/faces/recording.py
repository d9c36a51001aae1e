"""`overheard sources record`: one reply of a source as a fixture, without secrets and people."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

import sources
from monitor.commands import trying
from monitor.config import Config, SourceEntry
from monitor.errors import Refused
from monitor.faces.show import check_writable, console, counted, plain
from monitor.faces.sourced import trouble
from sources.base import SourceError
from sources.reading.fixture import Fixture, fixture_of


def recorded(config: Config, entry: SourceEntry, out: Path, *, force: bool) -> bool:
    """Fetch, scrub, prove and write; False where nothing was written. Raises Refused for what cannot be recorded."""
    if sources.load(entry.kind).fetch is None:
        raise Refused(f'"{entry.name}" is not asked, so there is no reply of it to record.')
    folder = out / entry.kind
    there = sorted(folder.glob("reply.*"))
    if there and not force:
        raise Refused(f"{there[0]} is there already. --force replaces it, --out writes elsewhere.")
    check_writable(out)
    try:
        kept = asyncio.run(trying.replies_of(config, entry.kind, entry.config))
        if not kept.replies:
            raise Refused(f'"{entry.name}" gave no reply that may be recorded.')
        fixture = fixture_of(entry.kind, kept.replies, entry.config, _kept_names(config))
    except SourceError as error:
        trouble(error)
        return False
    if not fixture.is_whole:
        console.print(
            f"Of {counted(len(fixture.before), 'record')} {len(fixture.taken):,} came out once scrubbed, and not "
            "the same: nothing was written."
        )
        return False
    for old in there:
        old.unlink()
    _write(folder, fixture)
    _tell(folder, fixture)
    return True


def _kept_names(config: Config) -> list[str]:
    """The brands' own names: they are no private persons."""
    return [
        name for brand in config.brands for name in (brand.name, *brand.aliases, *brand.handles, *brand.products)
    ]  # fmt: skip


def _write(folder: Path, fixture: Fixture) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"reply.{fixture.ending}").write_bytes(fixture.body)
    (folder / "items.json").write_text(_json(fixture.taken), encoding="utf-8")
    if fixture.config:
        (folder / "config.json").write_text(_json(fixture.config), encoding="utf-8")


def _json(value: Mapping[str, object] | tuple[object, ...]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _tell(folder: Path, fixture: Fixture) -> None:
    files = f"reply.{fixture.ending}, items.json" + (" and config.json" if fixture.config else "")
    console.print(Text(plain(f"Wrote {files} to {folder}: {counted(len(fixture.taken), 'record')}.")), soft_wrap=True)
    replaced = ", ".join(f"{counted(times, what)}" for what, times in fixture.replaced.items() if times)
    console.print(f"Replaced: {_plural(replaced)}." if replaced else "Nothing in it had to be replaced.")
    console.print("Read it before you hand it on: no program knows every way in which people can be told.")


def _plural(told: str) -> str:
    return told.replace("addresss", "addresses").replace("token in an addresses", "tokens in addresses")
