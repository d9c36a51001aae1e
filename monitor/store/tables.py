"""The rows (SQLModel). Facts are written once, opinions lie beside them, and what is to be done stands in rows too.

facts       mention, revision, match, candidate
opinions    opinion, due (what is still to be scored), embeddings (what mentions mean, as vectors), setting
counts      rollup (per brand, quarter of an hour and label; exact sums for a day in any time zone)
search      indexed (what the index of words and facts holds of a mention), tally (facets by day), wording, saved_search
people      triage, correction, taught (what heads learnt from corrections)
listening   watch (one a configured source), hub (who sends us a feed's news), evidence (replies in an unknown form),
            brand
telling     subscription, digest, outbox, attempt
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, LargeBinary, Table, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.store.columns import Instant, Json


class Row(SQLModel):
    """What every row has: the table that Core statements are written with."""

    __table__: ClassVar[Table]


class BrandRow(Row, table=True):
    """A brand as configured. Its id stays when its query changes; `query_version` counts the changes."""

    __tablename__ = "brand"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str = Field(sa_type=Text)
    query_version: int = 1
    rematched_to: int | None = None
    """The last mention id that the current query was tried on after a change; None when nothing is left to do."""
    active: bool = True
    """Configured now. One that comes back is tried on what was collected in between."""
    own: list[str] = Field(default_factory=list, sa_type=Json)
    """Its own channels, where it is one of ours: handles with @, and domains."""


class MentionRow(Row, table=True):
    """What somebody said. (scope, external_id) is its identity: the same item twice is one mention."""

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("scope", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    scope: str
    external_id: str
    source: str
    source_kind: str
    kind: str
    url: str = Field(default="", sa_type=Text)
    title: str = Field(default="", sa_type=Text)
    text: str = Field(default="", sa_type=Text)
    author: str = ""
    published: datetime = Field(sa_type=Instant, index=True)
    collected: datetime = Field(sa_type=Instant, index=True)
    lang: str = ""
    rating: float | None = None
    rating_max: float | None = None
    rating_kind: str | None = None
    revision: int = 1
    content_hash: str
    flags: list[str] = Field(default_factory=list, sa_type=Json)
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class RevisionRow(Row, table=True):
    """What a mention said before an edit."""

    __tablename__ = "revision"
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    revision: int = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    rating: float | None = None
    replaced: datetime = Field(sa_type=Instant)


class MatchRow(Row, table=True):
    """A mention is of a brand. Published is repeated here so that a brand's newest come from one index."""

    __tablename__ = "match"
    __table_args__ = (
        Index("ix_match_brand_published", "brand_id", "published"),
        Index("ix_match_brand_collected", "brand_id", "collected"),
        Index("ix_match_brand_sentiment", "brand_id", "sentiment", "published"),
    )
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    brand_id: int = Field(primary_key=True, foreign_key="brand.id")
    query_version: int
    spans: list[Any] = Field(default_factory=list, sa_type=Json)
    published: datetime = Field(sa_type=Instant)
    collected: datetime = Field(sa_type=Instant)
    relevance: float | None = None
    sentiment: str | None = None
    unsure: bool = False
    confidence: float = 0.0


class CandidateRow(Row, table=True):
    """Collected, but no brand's query matched: kept for 14 days so that a wider query can be tried on it."""

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("scope", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    scope: str
    external_id: str
    source: str
    source_kind: str
    collected: datetime = Field(sa_type=Instant, index=True)
    item: dict[str, Any] = Field(sa_type=Json)


class OpinionRow(Row, table=True):
    """What one scorer, in one version, thinks of one revision, towards a brand or (brand_id 0) of the text alone."""

    __tablename__ = "opinion"
    mention_id: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)
    scorer: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    label: str
    confidence: float
    detail: Any = Field(default=None, sa_type=Json)
    scored: datetime = Field(sa_type=Instant)
    """Versions have no order of their own: the latest opinion is the one that was formed last."""


class DueRow(Row, table=True):
    """Still to be scored: written with the mention or its edit, deleted with the score."""

    __tablename__ = "due"
    scorer: str = Field(primary_key=True)
    mention_id: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)


class RollupRow(Row, table=True):
    """How many: per brand, quarter of an hour (counted since 1970) and label ("mentions", "sentiment:negative")."""

    __tablename__ = "rollup"
    brand_id: int = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    label: str = Field(primary_key=True)
    n: int


class IndexedRow(Row, table=True):
    """What the index of words and facts holds of a mention beside its words. Follows from the other rows."""

    __tablename__ = "indexed"
    mention_id: int = Field(primary_key=True)
    facts: str = Field(sa_type=Text)
    """Tokens with single spaces between, sorted: `brand:3 lang:en sentiment:negative topic:price`."""


class TallyRow(Row, table=True):
    """How many indexed mentions of a brand (0: all) have a fact, by UTC day and by blocks of 8 and 64 days."""

    __tablename__ = "tally"
    __table_args__ = {"sqlite_with_rowid": False}
    brand_id: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    """0: days, 1: blocks of 8, 2: blocks of 64."""
    number: int = Field(primary_key=True)
    """Of the day or block, counted since 1970."""
    value: str = Field(primary_key=True)
    n: int


class WordingRow(Row, table=True):
    """A text long enough that no two people write it by chance, as a fingerprint: equal ones are copies."""

    __tablename__ = "wording"
    mention_id: int = Field(primary_key=True)
    fingerprint: str = Field(index=True)


class SavedSearchRow(Row, table=True):
    """A search that somebody wants to come back to."""

    __tablename__ = "saved_search"
    name: str = Field(primary_key=True)
    query: str = Field(sa_type=Text)
    brand: str = ""
    """A brand's name, where it is asked of one alone."""
    sort: str = "newest"
    created: datetime = Field(sa_type=Instant)
    created_by: str = ""


class SettingRow(Row, table=True):
    """A fact about this database that outlives the process: which versions of the scorers everything was judged by."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=Json)


class TriageRow(Row, table=True):
    """Where a mention of a brand stands with the people who answer."""

    __tablename__ = "triage"
    mention_id: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)
    state: str = "new"
    assignee: str = ""
    note: str = Field(default="", sa_type=Text)
    team: str = ""
    """Who should answer: a department."""
    tags: list[str] = Field(default_factory=list, sa_type=Json)
    changed: datetime = Field(sa_type=Instant)
    changed_by: str = ""


class CorrectionRow(Row, table=True):
    """What a person said of one field of a mention, towards a brand or (brand_id 0) of the text alone. Never deleted.

    It holds while it is not undone, the mention still says what it said, and nobody said something else since.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_mention", "mention_id", "brand_id", "field"),)
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id")
    brand_id: int
    field: str
    before: Any = Field(default=None, sa_type=Json, nullable=True)
    """What was shown until then."""
    after: Any = Field(default=None, sa_type=Json)
    revision: int
    """Of the mention: raised with it where an edit leaves the words as good as they were."""
    fingerprint: str = Field(index=True)
    """Of the words, so that a copy that comes later is known."""
    follows: int | None = Field(default=None, foreign_key="correction.id", index=True)
    """The correction of a near-duplicate that this one came from."""
    by: str
    note: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    undone: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str = ""


class TaughtRow(Row, table=True):
    """What the corrections of a brand (0: of all) taught one head over one encoder, and how that was judged."""

    __tablename__ = "taught"
    brand_id: int = Field(primary_key=True)
    scorer: str = Field(primary_key=True)
    encoder: str = Field(primary_key=True)
    version: str
    """Of the weights that it was fitted for: of no use with others."""
    classes: list[str] = Field(default_factory=list, sa_type=Json)
    weights: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """float32, little-endian: a row for each class, its bias last. Empty where nothing was fitted."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Figures on held-out corrections before and after, and why it is used or not."""
    active: bool
    """Held-out corrections say that it helps."""
    fitted: datetime = Field(sa_type=Instant)
    forgotten: datetime | None = Field(default=None, sa_type=Instant)
    """A person switched it off, until a person switches it on."""
    forgotten_by: str = ""


class WatchRow(Row, table=True):
    """One configured source: where it stands, when it is due, how it does."""

    __tablename__ = "watch"
    name: str = Field(primary_key=True)
    kind: str
    fingerprint: str
    """Of the configuration: another address starts from an empty cursor."""
    cursor: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    began: datetime | None = Field(default=None, sa_type=Instant)
    """When it was first read to the end."""
    reaches_back: datetime | None = Field(default=None, sa_type=Instant)
    """The oldest entry that the first reading found: a feed shows all since then, and nothing of what was before."""
    state: str = "new"
    next_due: datetime | None = Field(default=None, sa_type=Instant, index=True)
    last_tried: datetime | None = Field(default=None, sa_type=Instant)
    last_good: datetime | None = Field(default=None, sa_type=Instant)
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    error: str = Field(default="", sa_type=Text)
    advice: str = Field(default="", sa_type=Text)
    gaps: list[str] = Field(default_factory=list, sa_type=Json)
    recent: list[int] = Field(default_factory=list, sa_type=Json)
    """Entries seen at each of the last polls, oldest first: what the silence alarm judges by."""
    interval: float | None = None
    """Seconds between polls where its window moves on faster than the configured interval."""
    held: datetime | None = Field(default=None, sa_type=Instant)
    """Since when a person has paused it."""
    moved_to: str = Field(default="", sa_type=Text)
    """Its address has long said that it moved there for good; it is asked there."""
    rechecked: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """How far the present round of asking what became of its mentions has come: `began`, `after` (a mention's id)."""


class HubRow(Row, table=True):
    """A feed's hub (WebSub) that was asked to send us what is new."""

    __tablename__ = "hub"
    source: str = Field(primary_key=True)
    hub: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    token: str = Field(unique=True)
    """The secret last part of our address."""
    callback: str = Field(sa_type=Text)
    """Our address as the hub was told it."""
    secret: str
    """What the hub signs with."""
    state: str
    """asked, subscribed, refused, left."""
    asked: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
    """When the lease ends."""
    next_try: datetime | None = Field(default=None, sa_type=Instant, index=True)
    failures: int = 0
    """Times that it was asked since it last came back to us."""
    forged: int = 0
    """Pushes in a row that it did not sign as agreed."""
    error: str = Field(default="", sa_type=Text)
    last_push: datetime | None = Field(default=None, sa_type=Instant)
    relied: bool = False
    """Pushes tell all that polls see: these can be rarer."""
    seen: list[list[Any]] = Field(default_factory=list, sa_type=Json)
    """[fingerprint, microseconds] of the last pushes, so that none is taken again."""


class EvidenceRow(Row, table=True):
    """A reply whose form a source did not know, kept so that somebody can mend the source."""

    __tablename__ = "evidence"
    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)
    url: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SubscriptionRow(Row, table=True):
    """A digest that somebody wants: when it was first asked for, so that older dates are never due."""

    __tablename__ = "subscription"
    key: str = Field(primary_key=True)
    created: datetime = Field(sa_type=Instant)


class DigestRow(Row, table=True):
    """A digest, frozen. One per subscription and local date, whatever happens."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("subscription", "local_date"),)
    id: int | None = Field(default=None, primary_key=True)
    subscription: str
    brand: str
    local_date: str
    until: datetime = Field(sa_type=Instant)
    """Where its window ended: where the next one's begins."""
    created: datetime = Field(sa_type=Instant)
    content: dict[str, Any] = Field(sa_type=Json)


class OutboxRow(Row, table=True):
    """A notice on its way through one channel: ready, sending, retry, held, delivered or dead."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("channel", "subject", "period"),
        Index("ix_outbox_state_next", "state", "next_at"),
    )
    id: str = Field(primary_key=True)
    channel: str
    subject: str
    period: str
    state: str = "ready"
    attempts: int = 0
    next_at: datetime = Field(sa_type=Instant)
    created: datetime = Field(sa_type=Instant)
    way: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """How to reach a channel that no configuration names: its kind and options, as they were asked for on the spot."""
    notice: dict[str, Any] = Field(sa_type=Json)
    answer: str = Field(default="", sa_type=Text)


class AttemptRow(Row, table=True):
    """One try at delivering: written before the first byte, its answer after it."""

    __tablename__ = "attempt"
    outbox_id: str = Field(primary_key=True, foreign_key="outbox.id")
    number: int = Field(primary_key=True)
    started: datetime = Field(sa_type=Instant)
    answer: str = Field(default="", sa_type=Text)


class EmbeddingsRow(Row, table=True):
    """What mentions mean, as one scorer's vectors, those of 256 mentions a row (store/likeness.py)."""

    __tablename__ = "embeddings"
    block: int = Field(primary_key=True)
    """Of the mentions whose id divided by 256 gives it."""
    space: str = Field(primary_key=True)
    """The version of the encoders: vectors of different ones are never compared."""
    scales: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """256 float32, little-endian; 0 for a mention without a vector."""
    vectors: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """256 vectors of 384 int8: each times its scale is a unit vector."""
