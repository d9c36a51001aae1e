"""The database file: migrated, durable, written by one process, refused politely when it cannot be used."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from monitor.errors import StoreUnusable
from monitor.store.engine import Store
from monitor.store.lock import WriteLock
from monitor.store.schema import HEAD, MIGRATIONS


def test_the_migrations_make_exactly_the_tables_of_the_program(house):
    def difference(connection):
        ignored = {"mention_words"}
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: name is None or name.partition("_words")[1] == ""}
        )
        return [change for change in compare_metadata(context, SQLModel.metadata) if str(change[1]) not in ignored]

    assert house.store.writing(difference) == []


def test_a_commit_survives_a_power_cut_by_asking_for_it(house):
    def settings(connection):
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert house.store.writing(settings) == ["wal", 2]


def test_a_reader_cannot_write(house, database):
    reader = Store(database, write=False)
    try:
        with pytest.raises(StoreUnusable):
            reader.writing(lambda connection: None)
        with pytest.raises(Exception, match="readonly"):
            reader.reading(lambda connection: connection.exec_driver_sql("DELETE FROM mention"))
    finally:
        reader.close()


def test_a_reader_sees_what_was_committed_while_the_writer_is_open(house, database, item):
    reader = Store(database, write=False)
    try:
        house.take(item("1", "Acme one"))
        count = reader.reading(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM mention").scalar())
        assert count == 1
    finally:
        reader.close()


def test_reading_before_there_is_anything_says_what_to_do(tmp_path):
    with pytest.raises(StoreUnusable, match="overheard collect"):
        Store(tmp_path / "none.db", write=False)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("These are my notes, not a database. " * 100)
    with pytest.raises(StoreUnusable, match="cannot be used"):
        Store(path, write=True)
    assert path.read_text().startswith("These are my notes")


def test_a_database_of_a_newer_program_is_refused(house, database):
    house.store.writing(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num='9999'"))
    house.store.close()
    with pytest.raises(StoreUnusable, match="newer"):
        Store(database, write=True)


def test_an_open_database_is_of_the_newest_schema(house):
    version = house.store.reading(
        lambda connection: connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    )
    assert version == HEAD


@pytest.mark.parametrize("name", ["what? now", "50%20 off", "#1", "über & ' \" ;"])
def test_a_folder_may_have_any_name(tmp_path, migrated, name):
    path = tmp_path / name / "over?heard #1.db"
    path.parent.mkdir()
    shutil.copy(migrated, path)
    for write in (True, False):
        store = Store(path, write=write)
        assert store.reading(_count) == 0
        store.close()
    assert {one.name.removesuffix("-wal").removesuffix("-shm") for one in path.parent.iterdir()} == {path.name}
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.fixture
def shelf(migrated):
    """A folder that others may look into, with a database in it; its files cannot be changed by `nobody`."""
    folder = Path(tempfile.mkdtemp())
    shutil.copy(migrated, folder / "overheard.db")
    (folder / "overheard.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder / "overheard.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def unprivileged():
    """As somebody who is not root: permissions do not count for root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_database_on_a_medium_that_cannot_be_written_is_read(shelf):
    with unprivileged():
        store = Store(shelf, write=False)
        assert store.reading(_count) == 0
        store.close()
    assert [one.name for one in shelf.parent.iterdir()] == [shelf.name]


def test_one_that_was_not_closed_there_is_refused_with_what_to_do(shelf):
    shelf.with_name("overheard.db-wal").write_bytes(b"what was written last")
    with unprivileged(), pytest.raises(StoreUnusable, match=r"copy overheard\.db and overheard\.db-wal"):
        Store(shelf, write=False)


def test_a_disk_that_is_full_at_the_end_loses_nothing(database, open_house, item):
    store = Store(database, write=True)
    house = open_house(store)
    house.take(*(item(str(number), f"Acme {number} " * 50) for number in range(500)))
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (database.stat().st_size, was[1]))
    try:
        store.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
    again = Store(database, write=True)
    assert again.reading(_count) == 500
    again.close()


async def test_searches_that_take_long_hold_up_nobody_else(house):
    free = threading.Event()
    searches = [asyncio.ensure_future(house.store.search(lambda connection: free.wait(10))) for _ in range(5)]
    assert await asyncio.wait_for(house.store.read(_count), 5) == 0
    free.set()
    assert all(await asyncio.gather(*searches))


def _count(connection):
    return connection.exec_driver_sql("SELECT count(*) FROM mention").scalar()


def test_only_one_process_takes_the_write_lock_and_a_killed_one_lets_go(database):
    program = f"""
import sys, time
from pathlib import Path
from monitor.store.lock import WriteLock
lock = WriteLock(Path({str(database)!r}))
print(lock.take(), flush=True)
time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        lock = WriteLock(database)
        assert not lock.take()
        assert lock.holder() == other.pid
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert lock.take()
        lock.release()
    finally:
        other.kill()
        other.wait()
        if other.stdout:
            other.stdout.close()


def test_a_new_database_is_its_owners_alone(tmp_path):
    path = tmp_path / "new.db"
    store = Store(path, write=True)
    try:
        files = [one for one in tmp_path.iterdir() if one.name.startswith("new.db")]
        assert files
        assert all(one.stat().st_mode & 0o077 == 0 for one in files)
    finally:
        store.close()


def test_a_database_of_the_first_schema_upgrades_itself_and_keeps_what_it_holds(tmp_path):
    path = tmp_path / "old.db"
    _made_by_the_first_program(path)
    with pytest.raises(StoreUnusable, match="has schema 0001"):
        Store(path, write=False)
    store = Store(path, write=True)
    try:
        assert store.reading(lambda c: c.exec_driver_sql("SELECT name FROM brand").scalar()) == "Acme"
        assert store.reading(lambda c: c.exec_driver_sql("SELECT count(*) FROM correction").scalar()) == 0
        assert store.reading(lambda c: c.exec_driver_sql("SELECT count(*) FROM taught").scalar()) == 0
    finally:
        store.close()
    Store(path, write=False).close()


def _made_by_the_first_program(path):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO brand VALUES (1, 'Acme', 'acme', 1, NULL, 1)")
    engine.dispose()
