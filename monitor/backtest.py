"""What another query would make of a brand's mentions: what of all that is stored it keeps, gains, loses. Only reads.

It tells what configuring the query would do (pipeline.rematch). A query is then tried on what was known of each text
when it came: not on labels that were found, or notes that people made, since. The index narrows by words alone here,
for the facts that it holds are those of today.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, select

from monitor.door import admit
from monitor.errors import Refused
from monitor.pipeline import Ear, Origin, document_of, document_of_stored
from monitor.query.document import Document
from monitor.query.explain import account
from monitor.query.fields import instant, label, nearest
from monitor.query.matcher import Matcher
from monitor.query.narrow import fts5, need
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from monitor.query.trace import told_spans, trace
from monitor.query.tree import Label, Query, walk
from monitor.store import mentions
from monitor.store.candidates import ANYTHING
from monitor.store.documents import own_channels
from monitor.store.index import COLUMNS, MENTION_ID, WORDS, first_place
from monitor.store.mentions import Candidate
from monitor.store.tables import BrandRow, CandidateRow, MatchRow, MentionRow

BRAND, MATCH, MENTION = BrandRow.__table__, MatchRow.__table__, MentionRow.__table__
CANDIDATE = CandidateRow.__table__

SLICE = 500
"""Texts that are tried between two reports of progress."""

Fate = Literal["kept", "gained", "lost"]
FATES: tuple[Fate, ...] = ("kept", "gained", "lost")
Progress = Callable[[str, int, int], None]
"""Told what is being tried, how many were, and of how many."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that the new query gains or loses, and why."""

    mention: int | None
    """Its number; None for what is stored as no mention yet."""
    title: str
    text: str
    author: str
    source: str
    url: str
    published: datetime
    spans: tuple[tuple[str, int, int], ...]
    """What the new query finds in it; of a lost one also what keeps it out."""
    why: tuple[str, ...]
    """In words, a line for each clause that decided."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would become of a brand's mentions."""

    brand: str
    before: str
    """The query as it is."""
    after: str
    """The query that was tried."""
    kept: int
    about: int
    """Of those that are kept: through a source that is about the brand, whatever they say."""
    gained: int
    from_candidates: int
    """Of those that are gained: what was collected, named no brand, and was put aside for a fortnight."""
    lost: int
    days: tuple[tuple[date, int, int, int], ...]
    """(UTC day, kept, gained, lost), ascending; days without any are left out."""
    gains: tuple[Sample, ...]
    losses: tuple[Sample, ...]
    unfinished: bool
    """The brand's query of now has not been tried on all that is stored yet."""

    @property
    def verdict(self) -> str:
        """One sentence for people."""
        of_them = f" ({self.from_candidates:,} of them from what no brand matched)" if self.from_candidates else ""
        return f"keeps {self.kept:,}, gains {self.gained:,}{of_them}, loses {self.lost:,}"


def backtest(
    connection: Connection,
    brand: str,
    query: str,
    *,
    since: datetime | None = None,
    samples: int = 3,
    language: Callable[[str], str] = lambda text: "",
    progress: Progress = lambda doing, done, total: None,
) -> Backtest:
    """Try `query` in the place of the brand's own, on what was published `since` then.

    `language` is what the service asks of texts that come without one. Raises QueryError for the query, Refused for a
    brand that is not there.
    """
    parsed = parse(query)
    row = _brand(connection, brand)
    language = language if _asks_language(parsed) else lambda text: ""
    ear = Ear(QuerySet({row.id: parsed}), {row.id: row.query_version}, language, own_channels(connection))
    tried = _Tried(connection, row.id, parsed, ear, since, samples, progress)
    tried.mentions()
    tried.candidates()
    return Backtest(
        brand=row.name,
        before=row.query,
        after=query,
        kept=tried.total("kept"),
        about=tried.about,
        gained=tried.total("gained"),
        from_candidates=tried.from_candidates,
        lost=tried.total("lost"),
        days=tried.days(),
        gains=tried.samples("gained"),
        losses=tried.samples("lost"),
        unfinished=row.rematched_to is not None,
    )


def _brand(connection: Connection, name: str) -> Row[Any]:
    rows = connection.execute(select(BRAND).where(BRAND.c.active)).all()
    for row in rows:
        if label(row.name) == label(name):
            return row
    names = [row.name for row in rows]
    guess = nearest(name, names)
    known = f'Did you mean "{guess}"?' if guess else f"Known: {', '.join(sorted(names)) or 'none'}."
    raise Refused(f'There is no brand "{name}". {known}')


def _asks_language(query: Query) -> bool:
    return any(isinstance(node, Label) and node.field == "lang" for node in walk(query.root))


@dataclass
class _Tried:
    """A query on its way through what is stored, and what came of it so far."""

    connection: Connection
    brand_id: int
    query: Query
    ear: Ear
    since: datetime | None
    most: int
    """Samples of each fate."""
    progress: Progress
    about: int = 0
    from_candidates: int = 0
    _days: Counter[tuple[date, Fate]] = field(default_factory=Counter)
    _newest: dict[Fate, list[_Place]] = field(default_factory=lambda: {fate: [] for fate in FATES})

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.query)

    def mentions(self) -> None:
        """Those that hold the query's words are held against it; of the brand's others only the match can go."""
        kept = self._with_its_words()
        question = select(MATCH.c.mention_id, MATCH.c.published, func.json_array_length(MATCH.c.spans).label("spans"))
        for row in self.connection.execute(question.where(MATCH.c.brand_id == self.brand_id)):
            if row.mention_id in kept or not self._in_time(row.published):
                continue
            if row.spans:
                self._count("lost", row.published, row.mention_id)
            else:  # its source is about the brand, whatever it says
                self.about += 1
                self._count("kept", row.published, row.mention_id)

    def _with_its_words(self) -> Collection[int]:
        """Try what the index finds; the mentions of the brand that stay."""
        wanted = need(self.query, COLUMNS)
        words = ANYTHING if wanted is None else fts5(wanted, (*COLUMNS, "facts"))
        where: list[ColumnElement[bool]] = [WORDS.c.mention_words.op("MATCH")(words)]
        if self.since is not None:
            where.append(WORDS.c.rowid <= first_place(int(instant(self.since))))
        total = self.connection.execute(select(func.count()).select_from(WORDS).where(*where)).scalar_one()
        mine = (MATCH.c.mention_id == MENTION.c.id) & (MATCH.c.brand_id == self.brand_id)
        question = (
            select(MENTION, MATCH.c.mention_id.label("matched"))
            .select_from(WORDS.join(MENTION, MENTION.c.id == MENTION_ID).outerjoin(MATCH, mine))
            .where(*where)
        )
        kept: set[int] = set()
        done = 0
        with self.connection.execute(question) as rows:
            for some in rows.partitions(SLICE):
                for row in some:
                    self._try(row, kept)
                done += len(some)
                self.progress("mentions tried", done, total)
        return kept

    def _try(self, row: Row[Any], kept: set[int]) -> None:
        mention = mentions.as_mention(row)
        # The index has narrowed already: the ear's own narrowing would cost as much as the matcher.
        if not self._in_time(mention.published) or not self.matcher.match(document_of_stored(mention, self.ear)):
            return
        if row.matched is None:
            self._count("gained", mention.published, mention.id)
        else:
            kept.add(mention.id)
            self._count("kept", mention.published, mention.id)

    def candidates(self) -> None:
        """What was put aside becomes a mention where it matches, unless it came in meanwhile by another way."""
        total = self.connection.execute(select(func.count()).select_from(CANDIDATE)).scalar_one()
        after = done = 0
        while some := mentions.candidates(self.connection, after, SLICE):
            for one in some:
                self._try_candidate(one)
            after, done = some[-1].id, done + len(some)
            self.progress("rejected texts tried", done, total)

    def _try_candidate(self, one: Candidate) -> None:
        admitted = admit(one.item, one.collected)
        document = document_of(admitted, Origin(one.source, one.source_kind, one.scope), self.ear)
        if not self._in_time(admitted.published) or not self.ear.hits(document):
            return
        if not mentions.known(self.connection, one.scope, [one.item.id]):
            self.from_candidates += 1
            self._count("gained", admitted.published, -one.id, document)

    def _in_time(self, published: datetime) -> bool:
        return self.since is None or published >= self.since

    # ---- what came of it ----

    def _count(self, fate: Fate, published: datetime, number: int, document: Document | None = None) -> None:
        self._days[published.astimezone(UTC).date(), fate] += 1
        newest = self._newest[fate]
        heapq.heappush(newest, _Place(published, number, document))
        if len(newest) > self.most:
            heapq.heappop(newest)

    def total(self, fate: Fate) -> int:
        return sum(n for (_, of), n in self._days.items() if of == fate)

    def days(self) -> tuple[tuple[date, int, int, int], ...]:
        seen = sorted({day for day, _ in self._days})
        return tuple((day, *(self._days[day, fate] for fate in FATES)) for day in seen)  # type: ignore[misc]

    def samples(self, fate: Fate) -> tuple[Sample, ...]:
        """The newest first."""
        places = sorted(self._newest[fate], reverse=True)
        stored = mentions.read(self.connection, [place.number for place in places if place.document is None])
        return tuple(
            _sample(None, place.document, self.query)
            if place.document
            else _sample(place.number, document_of_stored(stored[place.number], self.ear), self.query)
            for place in places
        )


@dataclass(frozen=True, order=True, slots=True)
class _Place:
    """A text in the order of time."""

    published: datetime
    number: int
    """Of the mention; below nought: of what was put aside."""
    document: Document | None = field(compare=False)
    """Of what is no mention yet."""


def _sample(mention: int | None, document: Document, query: Query) -> Sample:
    told = trace(query, document)
    _, *why = account(told, document).splitlines()
    decided = why[: why.index(_HOLDS)] if _HOLDS in why else why
    assert document.published is not None, "whatever is stored has its time"
    return Sample(
        mention=mention,
        title=document.title,
        text=document.text,
        author=document.author,
        source=document.source,
        url=document.url,
        published=document.published,
        spans=tuple((span.field, span.start, span.end) for span in told_spans(told)),
        why=tuple(line.strip() for line in decided),
    )


_HOLDS = "What holds:"
"""Where an account goes on with what did not decide."""
