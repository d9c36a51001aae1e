"""Alembic's entry: runs on the connection that schema.upgrade hands over."""

from alembic import context
from sqlmodel import SQLModel

from monitor.store import tables  # noqa: F401  (fills the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
