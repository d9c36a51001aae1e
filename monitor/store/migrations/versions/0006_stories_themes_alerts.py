"""Stories, themes, alerts, rules, and the history of triage."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _stories()
    _themes()
    _alerts()
    _triage()


def _stories() -> None:
    op.create_table(
        "band",
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", "key", "mention_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), sa.ForeignKey("mention.id"), nullable=False),
        sa.Column("first", Instant(), nullable=False),
        sa.Column("last", Instant(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_last", "story", ["last"])
    op.create_table(
        "told",
        sa.Column("mention_id", sa.Integer(), sa.ForeignKey("mention.id"), primary_key=True),
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("story.id"), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("alike", sa.Float(), nullable=False),
        sa.Column("published", Instant(), nullable=False),
    )
    op.create_index("ix_told_story", "told", ["story_id", "published", "mention_id"])
    op.create_index("ix_told_person", "told", ["story_id"], sqlite_where=sa.text("how = 'person'"))
    op.drop_table("wording")


def _themes() -> None:
    op.create_table(
        "theme",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("brand_id", sa.Integer(), sa.ForeignKey("brand.id"), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("named", sa.String(), nullable=False),
        sa.Column("wordings", Json(), nullable=False),
        sa.Column("keys", Json(), nullable=False),
        sa.Column("telling", Json(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("centroid", sa.LargeBinary(), nullable=False),
        sa.Column("first", Instant(), nullable=False),
        sa.Column("last", Instant(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Integer(), sa.ForeignKey("theme.id"), nullable=True),
        sa.Column("created", Instant(), nullable=False),
    )
    op.create_index("ix_theme_brand_id", "theme", ["brand_id"])
    op.create_table(
        "in_theme",
        sa.Column("mention_id", sa.Integer(), sa.ForeignKey("mention.id"), nullable=False),
        sa.Column("theme_id", sa.Integer(), sa.ForeignKey("theme.id"), nullable=False),
        sa.Column("published", Instant(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", "theme_id"),
    )
    op.create_index("ix_in_theme_published", "in_theme", ["theme_id", "published"])
    op.create_table(
        "theme_due",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mention_id", sa.Integer(), nullable=False),
    )
    # What is stored already is sorted into themes bit by bit, the newest first, beside what comes.
    op.execute('INSERT INTO theme_due (mention_id) SELECT DISTINCT mention_id FROM "match" ORDER BY mention_id')
    op.create_table(
        "loose",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("published", Instant(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "side", "published", "mention_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_loose_fresh", "loose", ["brand_id", "side", "published"], sqlite_where=sa.text("fresh"))
    op.create_index("ix_loose_mention", "loose", ["mention_id"])
    op.create_table(
        "regrouped",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", Json(), nullable=False),
        sa.Column("after", Json(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone", Instant(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=False),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.UniqueConstraint("key", "slot"),
    )
    op.create_index("ix_alert_created", "alert", ["created"])
    op.create_table(
        "snooze",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "checked",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("kept", Json(), nullable=False),
    )
    op.create_table(
        "rule",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("created", Instant(), nullable=False),
    )
    op.create_table(
        "caught",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("told", Instant(), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("answer_by", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("rule", "mention_id"),
    )
    op.create_index("ix_caught_state", "caught", ["state", "rule"])
    op.create_index("ix_caught_told", "caught", ["rule", "told"])
    op.create_index("ix_caught_answer_by", "caught", ["answer_by"])


def _triage() -> None:
    with op.batch_alter_table("triage") as table:
        table.add_column(sa.Column("snoozed", Instant(), nullable=True))
    op.create_table(
        "triage_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("before", Json(), nullable=False),
        sa.Column("after", Json(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
    )
    op.create_index("ix_triage_change_mention", "triage_change", ["mention_id", "brand_id"])
    op.create_index("ix_triage_change_at", "triage_change", ["brand_id", "at"])


def downgrade() -> None:
    """Undo."""
    for name in ("triage_change", "caught", "rule", "checked", "snooze", "alert"):
        op.drop_table(name)
    with op.batch_alter_table("triage") as table:
        table.drop_column("snoozed")
    for name in ("regrouped", "loose", "theme_due", "in_theme", "theme", "told", "story", "band"):
        op.drop_table(name)
    op.create_table(
        "wording",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id"),
    )
    op.create_index("ix_wording_fingerprint", "wording", ["fingerprint"])
