"""What `overheard sources add` writes into the configuration, and how it shows what it found."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from rich.table import Table
from rich.text import Text

import sources
from monitor.commands.trying import Tried, would_take
from monitor.config import Config, SourceEntry, loads
from monitor.config.editing import appended, lines_of_source, source_table
from monitor.config.keys import text_keys
from monitor.config.problems import did_you_mean
from monitor.config.tables import rooted
from monitor.config.times import duration
from monitor.errors import Refused
from monitor.faces.listening import sentence
from monitor.faces.show import console, counted, errors, plain
from monitor.faces.sourced import came, indented
from sources.base import SourceError
from sources.discover import Candidate, Found
from sources.presets import feed_address
from sources.reading.links import canonical

LONGEST_NAME = 150
SHOWN = 3
UNANSWERED = "Does the address open in a browser, and is this machine online? Else try again later."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person said beside the address."""

    name: str = ""
    about: str = ""
    every: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """A configuration with one source more, not yet written."""

    text: str
    """The whole file."""
    table: str
    """What is new in it."""
    config: Config
    entry: SourceEntry
    lines: tuple[int, int]
    waits_for_key: bool
    """It is paused until somebody puts its credential in."""
    next_steps: tuple[str, ...]


def check_options(config: Config, wanted: Wanted) -> None:
    """Raises Refused for what the configuration would not take."""
    if wanted.every:
        try:
            duration(wanted.every)
        except ValueError as error:
            raise Refused(f"--every: {error}") from error
    names = [brand.name for brand in config.brands]
    if wanted.about and wanted.about not in names:
        raise Refused(f'--about: there is no brand "{wanted.about}"{did_you_mean(wanted.about, names)}')
    if any(entry.name.casefold() == wanted.name.strip().casefold() for entry in config.sources):
        raise Refused(f'--name: there is a source "{wanted.name}" already; give it another name.')


def already(config: Config, candidate: Candidate) -> SourceEntry | None:
    """The source that reads the very same, where the configuration has one."""
    source = sources.load(candidate.kind)
    options = rooted(source.Config.model_validate(dict(candidate.config)), config.path.parent)
    address = _plain_address(feed_address(candidate.kind, options))
    for entry in config.sources:
        if entry.kind == candidate.kind and entry.config == options:
            return entry
        if address and _plain_address(feed_address(entry.kind, entry.config)) == address:
            return entry
    return None


def _plain_address(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", canonical(address)).rstrip("/")


def prepared(
    path: Path, config: Config, candidate: Candidate, wanted: Wanted, asked: str, *, waits_for_key: bool = False
) -> Addition:
    """The configuration with this source at its end, read as the service would read it. Raises Refused."""
    source = sources.load(candidate.kind)
    secrets = text_keys(source.Config, (SecretStr,))
    waits_for_key = waits_for_key or bool(candidate.needs and secrets)
    taken = {entry.name.casefold() for entry in config.sources}
    name = wanted.name.strip() or (free_name(candidate.title, taken) if candidate.title else "")
    values = {
        "kind": candidate.kind,
        **({"name": name} if name else {}),
        **candidate.config,
        **({"every": wanted.every} if wanted.every else {}),
        **({"about": wanted.about} if wanted.about else {}),
        **({"paused": True} if waits_for_key else {}),
    }
    keys = "".join(f'#{key} = "${{{_variable(candidate.kind, key)}}}"\n' for key in secrets if waits_for_key)
    table = source_table(_comment(candidate, source.title, asked), values, keys)
    text = appended(path.read_bytes().decode(), table)
    after = loads(text.removeprefix("\ufeff"), path, os.environ)
    lines = lines_of_source(text, len(after.sources) - 1)
    steps: list[str] = []
    if waits_for_key:
        steps.append(f"It is paused, for it needs {candidate.needs or 'a credential'}:")
        steps.append("  put it in (the commented lines), take out `paused = true`, then overheard reload.")
    return Addition(text, table, after, after.sources[-1], lines, waits_for_key, tuple(steps))


def takes_a_key(kind: str) -> bool:
    """Whether a credential can be given to sources of this kind."""
    return bool(text_keys(sources.load(kind).Config, (SecretStr,)))


def _comment(candidate: Candidate, title: str, asked: str) -> str:
    where = urlsplit(asked).netloc.rpartition("@")[2] or asked[:60]
    what = ", ".join(filter(None, (title if candidate.kind != "feed" else "", candidate.why))) or title
    # Nothing that looks like a key or a rule: by these it is known what belongs to which table (config/editing.py).
    return re.sub(r"[=#*]|[-–—]{2,}", "-", f"{what[:1].upper()}{what[1:]} (added for {where}).")[:110]


def _variable(kind: str, key: str) -> str:
    return re.sub(r"\W+", "_", f"{kind}_{key}").upper()


def free_name(title: str, taken: set[str]) -> str:
    """The title on one line, numbered where another source has it already; it is taken from then on."""
    shown = " ".join(_CONTROL.sub(" ", title).split())[:LONGEST_NAME] or "feed"
    numbered = (f"{shown} ({number})" for number in count(2))
    name = next(name for name in chain([shown], numbered) if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


# How it is shown ---------------------------------------------------------------------------------------------------


def nothing(found: Found, asked: str) -> None:
    """What was seen instead of a source, and what can be done."""
    errors.print(Text(plain(f"No source was found for {asked}."), style="red"), soft_wrap=True)
    for line in found.seen:
        errors.print(indented(f"It is {line}." if line.startswith("a ") else sentence(line)))
    for line in found.advice:
        errors.print(indented(line))


def several(found: Found, *, taken: bool) -> None:
    """All that was found, numbered."""
    console.print(f"{counted(len(found.candidates), 'source')} found{'; the first is taken' if taken else ''}:")
    listed = Table.grid(padding=(0, 1))
    for number, one in enumerate(found.candidates, 1):
        listed.add_row(f" {number}", Text(plain(_told(one))))
    console.print(listed)
    for line in found.seen:
        console.print(indented(Text(plain(sentence(line)), style="dim")))


def shown(addition: Addition, candidate: Candidate, tried: Tried | None) -> None:
    """What it is, and the first things in it."""
    console.print(Text(plain(f"Found: {_told(candidate)}.")))
    if tried is None:
        return
    if tried.error:
        console.print(Text(plain(tried.error), style="red"), soft_wrap=True)
        # What is not added yet is not tried again either.
        console.print(indented(UNANSWERED if tried.advice == SourceError.advice else tried.advice))
        return
    console.print(sentence(tried.unasked or came(tried)))
    would = would_take(addition.config, addition.entry, tried.items, datetime.now(UTC))
    for one in would[:SHOWN]:
        mark = f"  → {', '.join(one.brands)}" if one.brands else ""
        text = " ".join((one.item.title or one.item.text).split())
        width = max(20, console.width - len(mark) - 5)
        line = Text(plain(text if len(text) <= width else text[: width - 1] + "…"))
        console.print(indented(line.append(mark, style="green")))
    named = sum(bool(one.brands) for one in would)
    if would:
        console.print(f"{named:,} of {counted(len(would), 'item')} would be a mention of a brand.")


def _told(one: Candidate) -> str:
    """ "Acme Blog, a feed at https://acme.example/feed with 10 entries, announced by the page"."""
    kind = sources.load(one.kind).title
    told = ", ".join(
        f"{key} {value if not isinstance(value, list | tuple) else ', '.join(map(str, value))}"
        for key, value in one.config.items()
    )
    if one.kind == "feed":
        title = f"“{one.title}”, " if one.title else ""
        entries = "" if one.entries is None else f", {one.entries} entr{'y' if one.entries == 1 else 'ies'}"
        newest = f", the newest of {one.newest:%d %b %Y}" if one.newest else ""
        why = f"; {one.why}" if one.why else ""
        return f"{title}a feed at {one.config['url']}{entries}{newest}{why}"
    needs = f"; it needs {one.needs}" if one.needs else ""
    return f"{kind} ({told})" + (f": {one.why}" if told and one.why else "") + needs
