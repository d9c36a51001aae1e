"""The first tables."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "brand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("query_version", sa.Integer(), nullable=False),
        sa.Column("rematched_to", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("collected", Instant(), nullable=False),
        sa.Column("item", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scope", "external_id"),
    )
    op.create_index(op.f("ix_candidate_collected"), "candidate", ["collected"], unique=False)
    op.create_table(
        "digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("local_date", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subscription", "local_date"),
    )
    op.create_table(
        "due",
        sa.Column("scorer", sa.String(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scorer", "mention_id", "brand_id"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_evidence_source"), "evidence", ["source"], unique=False)
    op.create_table(
        "mention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("published", Instant(), nullable=False),
        sa.Column("collected", Instant(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("rating_max", sa.Float(), nullable=True),
        sa.Column("rating_kind", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("flags", Json(), nullable=False),
        sa.Column("extra", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scope", "external_id"),
    )
    op.create_index(op.f("ix_mention_collected"), "mention", ["collected"], unique=False)
    op.create_index(op.f("ix_mention_published"), "mention", ["published"], unique=False)
    op.create_table(
        "opinion",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("scorer", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("scored", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", "revision", "brand_id", "scorer", "version"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("way", Json(), nullable=True),
        sa.Column("notice", Json(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "subject", "period"),
    )
    op.create_index("ix_outbox_state_next", "outbox", ["state", "next_at"], unique=False)
    op.create_table(
        "rollup",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "slot", "label"),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "subscription",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "triage",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", "brand_id"),
    )
    op.create_table(
        "watch",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("cursor", Json(), nullable=False),
        sa.Column("began", Instant(), nullable=True),
        sa.Column("reaches_back", Instant(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_due", Instant(), nullable=True),
        sa.Column("last_tried", Instant(), nullable=True),
        sa.Column("last_good", Instant(), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("gaps", Json(), nullable=False),
        sa.Column("recent", Json(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(op.f("ix_watch_next_due"), "watch", ["next_due"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"],
            ["outbox.id"],
        ),
        sa.PrimaryKeyConstraint("outbox_id", "number"),
    )
    op.create_table(
        "match",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("query_version", sa.Integer(), nullable=False),
        sa.Column("spans", Json(), nullable=False),
        sa.Column("published", Instant(), nullable=False),
        sa.Column("collected", Instant(), nullable=False),
        sa.Column("relevance", sa.Float(), nullable=True),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.id"],
        ),
        sa.ForeignKeyConstraint(
            ["mention_id"],
            ["mention.id"],
        ),
        sa.PrimaryKeyConstraint("mention_id", "brand_id"),
    )
    op.create_index("ix_match_brand_collected", "match", ["brand_id", "collected"], unique=False)
    op.create_index("ix_match_brand_published", "match", ["brand_id", "published"], unique=False)
    op.create_index("ix_match_brand_sentiment", "match", ["brand_id", "sentiment", "published"], unique=False)
    op.create_table(
        "revision",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("replaced", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"],
            ["mention.id"],
        ),
        sa.PrimaryKeyConstraint("mention_id", "revision"),
    )
    # Holds folded words only (monitor/query/text.py), so the plainest tokeniser gives the matcher's own words.
    op.execute("CREATE VIRTUAL TABLE mention_words USING fts5(title, text, content='', tokenize='ascii')")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TABLE mention_words")
    op.drop_table("revision")
    op.drop_index("ix_match_brand_sentiment", table_name="match")
    op.drop_index("ix_match_brand_published", table_name="match")
    op.drop_index("ix_match_brand_collected", table_name="match")
    op.drop_table("match")
    op.drop_table("attempt")
    op.drop_index(op.f("ix_watch_next_due"), table_name="watch")
    op.drop_table("watch")
    op.drop_table("triage")
    op.drop_table("subscription")
    op.drop_table("setting")
    op.drop_table("rollup")
    op.drop_index("ix_outbox_state_next", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("opinion")
    op.drop_index(op.f("ix_mention_published"), table_name="mention")
    op.drop_index(op.f("ix_mention_collected"), table_name="mention")
    op.drop_table("mention")
    op.drop_index(op.f("ix_evidence_source"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_table("due")
    op.drop_table("digest")
    op.drop_index(op.f("ix_candidate_collected"), table_name="candidate")
    op.drop_table("candidate")
    op.drop_table("brand")
