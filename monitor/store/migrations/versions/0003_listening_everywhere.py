"""What listening everywhere needs of a source's row, hubs that push, and ids that two kinds of sources share."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("watch") as watch:
        watch.add_column(sa.Column("interval", sa.Float(), nullable=True))
        watch.add_column(sa.Column("held", Instant(), nullable=True))
        watch.add_column(sa.Column("moved_to", sa.Text(), nullable=False, server_default=""))
        watch.add_column(sa.Column("rechecked", Json(), nullable=False, server_default="{}"))
    op.create_table(
        "hub",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("next_try", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("forged", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("last_push", Instant(), nullable=True),
        sa.Column("relied", sa.Boolean(), nullable=False),
        sa.Column("seen", Json(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_hub_next_try"), "hub", ["next_try"], unique=False)
    for table in ("mention", "candidate"):
        for kind, shared in (("reddit-search", "reddit"), ("youtube-channel", "youtube")):
            op.execute(sa.text(f"UPDATE {table} SET scope = '{shared}' WHERE scope = '{kind}'"))


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_hub_next_try"), table_name="hub")
    op.drop_table("hub")
    with op.batch_alter_table("watch") as watch:
        for column in ("rechecked", "moved_to", "held", "interval"):
            watch.drop_column(column)
