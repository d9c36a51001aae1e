"""One index of words and facts in order of time, what it holds of each mention, facets, copies and saved searches."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The index is empty then: who opens the database to write fills it (store/index.py)."""
    op.create_table(
        "indexed",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id"),
    )
    op.create_table(
        "tally",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "field", "level", "number", "value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wording",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id"),
    )
    op.create_index(op.f("ix_wording_fingerprint"), "wording", ["fingerprint"], unique=False)
    op.create_table(
        "saved_search",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("triage") as triage:
        triage.add_column(sa.Column("team", sa.String(), nullable=False, server_default=""))
        triage.add_column(sa.Column("tags", Json(), nullable=False, server_default="[]"))
    with op.batch_alter_table("brand") as brand:
        brand.add_column(sa.Column("own", Json(), nullable=False, server_default="[]"))
    op.execute("DROP TABLE mention_words")
    op.execute(
        "CREATE VIRTUAL TABLE mention_words USING fts5("
        "title, text, author, url, facts, content='', tokenize=\"ascii tokenchars '%_.@#/+~-:'\")"
    )
    op.execute("CREATE VIRTUAL TABLE mention_words_terms USING fts5vocab(mention_words, row)")


def downgrade() -> None:
    """Undo. The index of words is left empty."""
    op.execute("DROP TABLE mention_words_terms")
    op.execute("DROP TABLE mention_words")
    op.execute("CREATE VIRTUAL TABLE mention_words USING fts5(title, text, content='', tokenize='ascii')")
    with op.batch_alter_table("brand") as brand:
        brand.drop_column("own")
    with op.batch_alter_table("triage") as triage:
        triage.drop_column("tags")
        triage.drop_column("team")
    op.drop_table("saved_search")
    op.drop_index(op.f("ix_wording_fingerprint"), table_name="wording")
    op.drop_table("wording")
    op.drop_table("tally")
    op.drop_table("indexed")
