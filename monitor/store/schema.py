"""Brings a database to the newest schema (Alembic), quickly when it already is there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from monitor.errors import StoreUnusable

HEAD = "0006"
MIGRATIONS = Path(__file__).with_name("migrations")


def version(engine: Engine) -> str | None:
    """The revision that the database says it has; None for an empty one."""
    with engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except OperationalError as error:
            if "no such table" in str(error):
                return None
            raise


def upgrade(engine: Engine) -> None:
    """Run the missing migrations, all in one transaction. Raises StoreUnusable for a database of a newer program."""
    found = version(engine)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise StoreUnusable(f"The database has schema {found}, newer than this program ({HEAD}): update overheard.")
    # Alembic takes a quarter of a second to import: only when there is something to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
