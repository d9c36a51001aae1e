"""What people corrected, and what that taught."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before", Json(), nullable=True),
        sa.Column("after", Json(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone", Instant(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["follows"], ["correction.id"]),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_correction_mention", "correction", ["mention_id", "brand_id", "field"], unique=False)
    op.create_index(op.f("ix_correction_fingerprint"), "correction", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_correction_follows"), "correction", ["follows"], unique=False)
    op.create_table(
        "taught",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("scorer", sa.String(), nullable=False),
        sa.Column("encoder", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("classes", Json(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fitted", Instant(), nullable=False),
        sa.Column("forgotten", Instant(), nullable=True),
        sa.Column("forgotten_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "scorer", "encoder"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("taught")
    op.drop_index(op.f("ix_correction_follows"), table_name="correction")
    op.drop_index(op.f("ix_correction_fingerprint"), table_name="correction")
    op.drop_index("ix_correction_mention", table_name="correction")
    op.drop_table("correction")
