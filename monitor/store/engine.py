"""Opens the database and runs each piece of work as one transaction: one writer thread, a few readers, no surprise.

SQLite from 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write or checkpoint at the same instant;
so exactly one connection of one process writes (see lock.py), and everybody else opens the file read-only.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from monitor.errors import StoreUnusable
from monitor.store import gathering, index, touched
from monitor.store.schema import HEAD, upgrade

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS = 30_000
READERS = 2
SEARCHERS = 2
SAID_FROM = 10_000
"""Mentions from which on it takes long enough to say so, when an update has to go through all of them."""
UNWRITABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _engine(path: Path, *, write: bool, immutable: bool = False) -> Engine:
    """A SQLAlchemy engine whose transactions begin when we say so (the driver's own idea of it is switched off)."""
    arguments: dict[str, Any] = {"check_same_thread": False, "timeout": BUSY_MS / 1000, "isolation_level": None}
    if write:
        url = URL.create("sqlite", database=str(path))
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        how = {"mode": "ro", "uri": "true"} | ({"immutable": "1"} if immutable else {})
        url = URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query=how)
        engine = create_engine(url, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        if write:
            cursor.execute("PRAGMA journal_mode = WAL")
            # FULL: an acknowledged commit survives a power cut (with NORMAL, 1,309 of 1,500 simulated cuts lost some).
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _schema(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _reader(path: Path) -> tuple[Engine, str | None]:
    """For reading, and the schema. Where no file can be made beside the database, as on a medium that cannot be
    written, it is read as it lies there: nobody can be writing, unless a log of writes stands beside it."""
    engine = _engine(path, write=False)
    try:
        return engine, _schema(engine)
    except OperationalError as error:
        engine.dispose()
        log = path.with_name(f"{path.name}-wal")
        if not isinstance(error.orig, sqlite3.Error) or error.orig.sqlite_errorcode & 0xFF not in UNWRITABLE:
            raise
        if log.exists() and log.stat().st_size:
            raise StoreUnusable(
                f"{path} was not closed, and its folder cannot be written: copy {path.name} and {log.name} to a folder "
                "that can be, or let who owns them run any command first."
            ) from error
        engine = _engine(path, write=False, immutable=True)
        return engine, _schema(engine)


def _nothing_follows(connection: Connection) -> None:
    """Without rules and departments."""


class Store:
    """A database that is open. `write` needs the lock of lock.py; without it open with `write=False`."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self.writable = write
        self.heed: Callable[[Connection], None] = _nothing_follows
        """What follows from what a transaction has touched, before it ends: departments and rules (routing.py)."""
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Its owner's alone: it holds what people said, and the addresses that notices go to.
            path.touch(mode=0o600)
        if not write and not path.exists():
            raise StoreUnusable(
                f"There is no database at {path} yet: run `overheard collect` or `overheard run` first."
            )
        try:
            self._writer = _engine(path, write=True) if write else None
            if self._writer is not None:
                upgrade(self._writer)
                self._make_ready(self._writer)
            self._reader, found = _reader(path)
        except DatabaseError as error:
            raise StoreUnusable(f"{path} cannot be used as overheard's database: {error.orig}") from error
        if found != HEAD:
            raise StoreUnusable(
                f"{path} has schema {found}, this program knows {HEAD}: start `overheard run` (or any command that "
                "writes) of the newer of the two versions once."
            )
        if not self.reading(index.is_current):
            raise StoreUnusable(
                f"{path} is being made ready for searching, which takes up to a quarter of an hour for a million "
                "mentions after an update: try again then. "
                "If nothing runs, start `overheard run` (or any command that writes)."
            )
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        # Of their own: a page that searches for seconds must not hold up what asks which source is due.
        self._search_threads = ThreadPoolExecutor(SEARCHERS, thread_name_prefix="store-search")

    @staticmethod
    def _make_ready(writer: Engine) -> None:
        """After an update: find the stories of what is stored, piece by piece, and then make the index anew. What is
        stopped meanwhile goes on at the next start."""
        with writer.begin() as connection:
            much = 0 if index.is_current(connection) else index.how_many(connection)
        if much >= SAID_FROM:
            log.warning(
                "making what is stored ready for this version: a quarter of an hour for a million", mentions=much
            )
        left = True
        while left:
            with writer.begin() as connection:
                left = not index.is_current(connection) and gathering.fill(connection)
        with writer.begin() as connection:
            if not index.is_current(connection):
                index.rebuild(connection)

    # Both forms run `work(connection, *args)` in one transaction, which is rolled back when it raises.

    def writing(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run in this thread and commit."""
        if self._writer is None:
            raise StoreUnusable(f"{self.path} is open for reading only")
        with self._writer.begin() as connection:
            touched.take(connection)  # what one that was rolled back had changed
            result = work(connection, *args, **named)
            self.heed(connection)
            index.settle(connection)
            return result

    def reading(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run in this thread against one consistent state of the database."""
        with self._reader.connect() as connection:
            return work(connection, *args, **named)

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run in the writer thread and commit; writers queue up in the order of their coming."""
        call = asyncio.get_running_loop().run_in_executor(
            self._write_thread, lambda: self.writing(work, *args, **named)
        )
        # A cancelled caller must not learn less than what was committed: the transaction runs to its end.
        return await asyncio.shield(call)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run in a reader thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._read_threads, lambda: self.reading(work, *args, **named)
        )

    async def search(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """As `read`, for what may take long: in threads that the engine does not wait for."""
        return await asyncio.get_running_loop().run_in_executor(
            self._search_threads, lambda: self.reading(work, *args, **named)
        )

    def close(self) -> None:
        """Finish what is queued, fold the write-ahead log back into the file, and let go."""
        self._write_thread.shutdown(wait=True)
        self._read_threads.shutdown(wait=True)
        self._search_threads.shutdown(wait=True)
        self._reader.dispose()
        if self._writer is not None:
            # What was committed stays in the log where a full disk leaves no room to fold it back.
            with suppress(OperationalError), self._writer.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA optimize")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            self._writer.dispose()
