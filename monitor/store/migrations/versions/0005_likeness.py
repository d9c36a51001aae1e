"""What mentions mean: the embeddings of 256 mentions a row, so that mentions that are alike can be found."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What was scored before is scored again, in slices: its embedding was not kept (opinions.renew)."""
    op.create_table(
        "embeddings",
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("scales", sa.LargeBinary(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", "space"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("embeddings")
