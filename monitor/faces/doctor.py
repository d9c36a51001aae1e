"""`overheard doctor`: looks at everything the service stands on, and says of each trouble how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from rich.text import Text

from models.inventory import verify
from models.weights import SHIPPED
from monitor import queries
from monitor.app import utc_now
from monitor.built import scorer_for
from monitor.config import Config, load
from monitor.engine.judging import NotUsable
from monitor.errors import StoreUnusable
from monitor.faces import listening
from monitor.faces.show import console, counted
from monitor.store import index, opinions
from monitor.store.engine import Store
from monitor.store.lock import WriteLock

MARKS = {"good": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("bad ", "red")}
LITTLE_DISK = 500 * 1024 * 1024
SAFE_SQLITE = (3, 51, 3)
BUILT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    verdict: Literal["good", "note", "bad"]
    what: str
    mend: str = ""


def examine(path: Path) -> bool:
    """Print every finding; False when something is bad. A configuration that cannot be read raises Refused."""
    config = load(path, os.environ)
    sound = True
    for finding in _findings(config):
        mark, color = MARKS[finding.verdict]
        console.print(Text(mark, style=color), Text(finding.what), soft_wrap=True)
        if finding.mend:
            console.print(Text(f"       {finding.mend}"), soft_wrap=True)
        sound = sound and finding.verdict != "bad"
    return sound


def _findings(config: Config) -> Iterator[Finding]:
    yield from _configuration(config)
    yield _clock()
    yield _disk(config.database)
    yield _sqlite()
    yield from _scorers(config)
    yield from _channels(config)
    yield from _stored(config)


def _configuration(config: Config) -> Iterator[Finding]:
    brands, sources, digests = len(config.brands), len(config.sources), len(config.digests)
    held = f"{counted(brands, 'brand')}, {counted(sources, 'source')}, {counted(digests, 'digest')}"
    yield Finding("good", f"{config.path}: {held}")
    if not brands:
        yield Finding("bad", "no brand is configured", 'Add [[brand]] with name = "…".')
    if not sources:
        yield Finding("note", "no source is configured", 'Add a [[source]], such as kind = "google-news".')
    if not digests:
        yield Finding("note", "no digest goes anywhere", "Add a [[digest]] with at and to.")


def _clock() -> Finding:
    now = utc_now()
    if now < BUILT:
        return Finding("bad", f"the clock says {now:%d %b %Y}, before this program was made", "Set the clock (NTP).")
    return Finding("good", f"the clock says {now:%d %b %Y %H:%M} UTC")


def _disk(database: Path) -> Finding:
    folder = next(folder for folder in (database.parent, *database.parents) if folder.exists())
    free = shutil.disk_usage(folder).free
    if free < LITTLE_DISK:
        return Finding("bad", f"only {free // 2**20} MB are free at {folder}", "Make room, or move [store] database.")
    return Finding("good", f"{free / 2**30:.1f} GB are free at {folder}")


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        return Finding(
            "note",
            f"SQLite {sqlite3.sqlite_version} can damage a database that two programs write at the same instant",
            "overheard lets only one process write. Do not write to the file with other tools while it runs; "
            "SQLite 3.51.3 or newer mends it.",
        )
    return Finding("good", f"SQLite {sqlite3.sqlite_version}")


def _scorers(config: Config) -> Iterator[Finding]:
    """Whether mentions can be judged: every file of the encoders in use is whole, every other model can be loaded."""
    scoring = config.scoring
    others = {name: model for name, model in scoring.models if model}
    try:
        scorer = scorer_for(config)
    except NotUsable as reason:
        mend = "Mend [scoring.models], or take the line out to have our own scorer back." if others else ""
        verdict: Literal["note", "bad"] = "bad" if scoring.enabled else "note"
        yield Finding(verdict, f"mentions stay unscored: {reason}", mend if scoring.enabled else "")
        return
    yield Finding("good", f"the scorers work (sentiment {scorer.versions.get('sentiment', 'off')})")
    for name in others:
        yield Finding("good", f"{name} is judged by {scorer.versions[name]}")
    for proof in verify(SHIPPED):
        if not proof.right and scoring.encoder in ("auto", proof.path.parent.name):
            yield Finding("bad", f"{proof.path}: {proof.sentence}", "Install overheard again, or restore the file.")


def _channels(config: Config) -> Iterator[Finding]:
    """Whether every way to people can be gone. Only a test tells whether something arrives at its end."""
    lacking = [one.name for one in config.channels if one.kind == "apprise" and not find_spec("apprise")]
    for name in lacking:
        yield Finding("bad", f"channel {name}: Apprise is not installed", 'pip install "overheard[apprise]"')
    if config.channels and not lacking:
        tried = "`overheard channels test` sends each a test notice."
        yield Finding("good", f"{counted(len(config.channels), 'channel')} configured", tried)


def _stored(config: Config) -> Iterator[Finding]:
    if not config.database.exists():
        yield Finding("note", f"{config.database} is not there yet", "`overheard collect` makes it.")
        return
    with WriteLock(config.database) as lock:
        if lock.take():
            yield from _mended(config)
        else:
            yield Finding("good", f"overheard is at work on it (process {lock.holder()})")
    try:
        store = Store(config.database, write=False)
    except StoreUnusable as error:
        yield Finding("bad", str(error), "Restore the file from a backup, or move it away to start anew.")
        return
    try:
        verdict = store.reading(lambda connection: connection.exec_driver_sql("PRAGMA quick_check").scalar())
        yield (
            Finding("good", f"{config.database} is sound")
            if verdict == "ok"
            else Finding("bad", f"{config.database} is damaged: {verdict}", "Restore it from a backup.")
        )
        waiting = store.reading(queries.waiting)
        if waiting:
            yield Finding(
                "note", f"{counted(waiting, 'score')} due", "`overheard collect` or `overheard run` catches up."
            )
        now = utc_now()
        for row in listening.rows(config.sources, store.reading(queries.sources_health, now), now):
            if row.state in ("failing", "off"):
                yield Finding("bad", f"source {row.name}: {row.trouble}", row.advice)
        for channel, parcel in store.reading(queries.last_parcels).items():
            if parcel.state == "retry":
                yield Finding("note", f"channel {channel}: {parcel.answer}", "It is tried again by itself.")
        dead = store.reading(queries.parcels, ("dead", "held"))
        if dead:
            yield Finding(
                "bad", f"{counted(len(dead), 'notice')} given up", "`overheard outbox` shows them, --replay resends."
            )
    finally:
        store.close()


def _mended(config: Config) -> Iterator[Finding]:
    """What a doctor can do at once where nobody else is writing: find scores that nobody is waiting for any more, and
    make the index of searches anew where it says something else than the mentions do."""
    try:
        store = Store(config.database, write=True)
    except StoreUnusable:
        return  # said when it is opened for reading
    try:
        missing = store.writing(opinions.rebuild)
        if wrong := store.reading(index.faults):
            made = store.writing(index.rebuild)
            found = f"searches did not know {counted(len(wrong), 'mention')} as it is stored"
            yield Finding("note", found, f"Their index was made anew, of {counted(made, 'mention')}.")
    finally:
        store.close()
    if missing:
        yield Finding("note", f"{counted(missing, 'score')} missing and not due", "They are due again.")
    else:
        yield Finding("good", "no other overheard is writing; every mention is scored or due")
