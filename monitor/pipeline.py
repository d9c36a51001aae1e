"""The path of a mention. Read this first.

    schedule     engine/clock.py          which sources are due: a question to the rows, not a timer
    sources/X    sources/                 a generator asks for replies and yields items; it never fetches
    fetch        net/, collect/drive.py   one runtime fetches, reads in killable children, and hands over batches
    stream       collect/streaming.py     or holds a connection open, and hands over what comes in the same way
    door         door.py                  every text, time and link made safe and uniform
    match        query/                   each item against every brand, once                            ┐
    dedupe       store/mentions.py        the same item twice is one mention; an edit is a revision      │ take(): one
    store        store/                   the mention, its matches, counts, what is due, and the cursor  │ transaction
    story        story/, store/gathering.py   the same news told again is one story                      ┘
    score        models/                  one forward pass for all heads                                 ┐ settle(): one
                 store/retelling.py       the same news in other words, once it is known what they mean  ┘ transaction
    theme        engine/theming.py        the same comment by many; what is to be sorted stands in rows (theme_due)
    route        store/routing.py         heed(): who answers it, and which rules catch it     ┐ as each transaction
    index        store/index.py           settle(): words and facts in order of time           ┘ ends
    alert        engine/watching.py       warn(): what is not usual, what a rule catches; the alert and its outbox rows
    digest       digest/                  announce(): the frozen digest and its outbox rows, one transaction
    deliver      channels/, net/          deliver(): each attempt written down before its first byte

A mention is stored before it is scored: a model that fails delays an opinion and never loses a mention. No step acts on
memory alone: after a crash at any point, the rows say what is still to be done.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from monitor.audience import Known, known_of
from monitor.door import Admitted, admit, identity
from monitor.mention import Mention, Opinion
from monitor.notice import Notice
from monitor.own import Own
from monitor.query.document import Document
from monitor.query.queryset import QuerySet
from monitor.store import (
    alerts,
    brands,
    corrections,
    digests,
    gathering,
    likeness,
    matches,
    mentions,
    opinions,
    outbox,
    retelling,
    standing,
    watches,
)
from monitor.store.alerts import Cause
from monitor.store.matches import Hit, Placed, verdict
from sources.base import Item, Keeps

REMATCH_SLICE = 500
CANDIDATES_KEPT = timedelta(days=14)

# The same cause gives the same notice id, also when its transaction is done again.
NOTICES = uuid.uuid5(uuid.NAMESPACE_DNS, "notices.overheard.example")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch comes from: what the store must know of the configured source."""

    name: str
    kind: str
    scope: str
    """The namespace of its ids."""
    keeps: Keeps = "matches"
    about: int | None = None
    """The brand that every item speaks of, where the configuration says so."""


@dataclass(frozen=True)
class Ear:
    """What every item is held against: all brands' queries, compiled together, and a language detector."""

    queries: QuerySet[int]
    versions: Mapping[int, int]
    """Brand id to the version of its query."""
    language: Callable[[str], str] = field(default=lambda text: "")
    own: Own = field(default_factory=Own)
    """What we write ourselves."""

    def known(self, said: Item | Mention) -> Known:
        """What is known of an item beside its texts, before anybody judged it."""
        known = known_of(said.title, said.text, said.kind, said.extra)
        return {**known, "marks": (*known["marks"], "own")} if self.own.wrote(said.author, said.url) else known

    def hits(self, document: Document, about: int | None = None) -> list[Hit]:
        """The brands that this document is a mention of."""
        found = {
            brand: Hit(brand, self.versions[brand], tuple((span.field, span.start, span.end) for span in match.spans))
            for brand, match in self.queries.match(document).items()
        }
        if about is not None and about not in found and about in self.versions:
            found[about] = Hit(about, self.versions[about])
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    new: int = 0
    edited: int = 0
    known: int = 0
    passed_over: int = 0
    """Items that name no brand: kept as candidates at most."""
    redacted: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


# match → dedupe → store ---------------------------------------------------------------------------------------------


def take(
    connection: Connection,
    items: Iterable[Item],
    tombstones: Iterable[str],
    cursor: Mapping[str, Any] | None,
    origin: Origin,
    ear: Ear,
    now: datetime,
) -> Taken:
    """Store a batch together with the cursor that it reached: both, or neither."""
    # What has no name that can be kept is taken by none: two such would be one.
    arrived = [one for one in (admit(item, now) for item in items) if one.item.id]
    admitted = {one.item.id: one for one in arrived}
    known = mentions.known(connection, origin.scope, list(admitted))
    fresh: list[tuple[Admitted, list[Hit]]] = []
    passed_over: list[Admitted] = []
    edited, same = 0, len(arrived) - len(admitted)
    for external_id, one in admitted.items():
        already = known.get(external_id)
        if already is None:
            hits = ear.hits(document_of(one, origin, ear), origin.about)
            if hits or origin.keeps == "all":
                fresh.append((one, hits))
            else:
                passed_over.append(one)
        elif already.redacted:
            same += 1
        elif already.content_hash != one.content_hash:
            _store_edit(connection, already.id, one, origin, ear, now)
            edited += 1
        else:
            _claim(connection, already.id, one, origin, ear, now)
            same += 1
    _store_new(connection, fresh, origin, now)
    if origin.keeps == "matches":
        mentions.keep_candidates(
            connection, passed_over, scope=origin.scope, source=origin.name, source_kind=origin.kind, now=now
        )
    redacted = _redact(connection, origin.scope, [id_ for gone in tombstones if (id_ := identity(gone))])
    if cursor is not None:
        oldest = min((one.published for one in arrived), default=None)
        watches.keep_cursor(connection, origin.name, cursor, oldest)
    return Taken(len(fresh), edited, same, len(passed_over), redacted)


def document_of(one: Admitted, origin: Origin, ear: Ear) -> Document:
    """What a query sees of an admitted item."""
    item = one.item
    return Document(
        title=item.title,
        text=item.text,
        author=item.author,
        url=item.url,
        lang=item.lang or ear.language(item.text or item.title),
        source=origin.name,
        source_kind=origin.kind,
        kind=item.kind,
        rating=item.rating,
        published=one.published,
        **ear.known(item),
    )


def document_of_stored(mention: Mention, ear: Ear) -> Document:
    """What a query saw of a mention when it came: nothing of what was thought of it since."""
    return Document(
        title=mention.title,
        text=mention.text,
        author=mention.author,
        url=mention.url,
        lang=mention.lang,
        source=mention.source,
        source_kind=mention.source_kind,
        kind=mention.kind,
        rating=mention.rating,
        published=mention.published,
        **ear.known(mention),
    )


def _store_new(
    connection: Connection, fresh: Sequence[tuple[Admitted, Sequence[Hit]]], origin: Origin, now: datetime
) -> None:
    ids = mentions.write(
        connection,
        [one for one, _ in fresh],
        scope=origin.scope,
        source=origin.name,
        source_kind=origin.kind,
        now=now,
    )
    placed = (Placed(id_, one.published, now, origin.name) for id_, (one, _) in zip(ids, fresh, strict=True))
    new = [(place, one, hits) for place, (one, hits) in zip(placed, fresh, strict=True)]
    _match(connection, [(place, hits) for place, _, hits in new])
    said = [
        (place.mention_id, [hit.brand_id for hit in hits], one.item.title, one.item.text) for place, one, hits in new
    ]
    gathering.join(connection, ids)
    corrections.follow(connection, said, now)


def _match(connection: Connection, new: Sequence[tuple[Placed, Sequence[Hit]]]) -> None:
    """Mentions become mentions of brands, counted and due to be scored towards them; what people said of them holds."""
    matches.write(connection, new)
    opinions.ask(connection, [(placed.mention_id, [hit.brand_id for hit in hits]) for placed, hits in new])
    standing.uphold_known(connection, [placed.mention_id for placed, _ in new])


def _store_edit(
    connection: Connection, mention_id: int, one: Admitted, origin: Origin, ear: Ear, now: datetime
) -> None:
    """The old words become a revision; matches, counts and scores follow the new ones."""
    before = mentions.read(connection, [mention_id])[mention_id]
    matches.withdraw(connection, mention_id)
    opinions.drop(connection, mention_id)
    likeness.forget(connection, [mention_id])
    gathering.leave(connection, [mention_id], for_good=False)
    mentions.revise(connection, mention_id, one, now)
    gathering.follow_edits(connection, [mention_id])
    hits = ear.hits(document_of(one, origin, ear), origin.about)
    _match(connection, [(_placed(before), hits)])
    corrections.carry(connection, before)


def _claim(connection: Connection, mention_id: int, one: Admitted, origin: Origin, ear: Ear, now: datetime) -> None:
    """A mention seen again through a source that says whom it is about becomes a mention of that brand too."""
    about = origin.about
    if about is not None and about in ear.versions and matches.of(connection, mention_id, about) is None:
        hit = Hit(about, ear.versions[about])
        _match(connection, [(Placed(mention_id, one.published, now, origin.name), [hit])])


def _placed(mention: Mention) -> Placed:
    return Placed(mention.id, mention.published, mention.collected, mention.source)


def _redact(connection: Connection, scope: str, external_ids: Sequence[str]) -> int:
    known = mentions.known(connection, scope, external_ids)
    gone = [one.id for one in known.values() if not one.redacted]
    gathering.leave(connection, gone, for_good=True)
    for mention_id in gone:
        matches.withdraw(connection, mention_id)
        opinions.forget(connection, mention_id)
        mentions.redact(connection, mention_id)
    likeness.forget(connection, gone)
    mentions.forget_candidates(connection, scope, external_ids)
    return len(gone)


def rematch(connection: Connection, brand_id: int, after: int, ear: Ear, now: datetime) -> int | None:
    """Try a brand's changed query on the next slice of what is stored, mentions first and then candidates.

    `after` is the last mention tried, or below nought the last candidate; what comes back goes on, or is None when
    everything was tried. An ear that does not know the query as it is now (a new configuration came meanwhile) tries
    nothing, and leaves it to the one that does.
    """
    if brands.query_version(connection, brand_id) != ear.versions.get(brand_id):
        return None
    tried = _rematch_mentions if after >= 0 else _rematch_candidates
    reached = tried(connection, brand_id, after, ear, now)
    brands.rematched(connection, brand_id, reached)
    return reached


FIRST_CANDIDATE = -1


def _rematch_mentions(connection: Connection, brand_id: int, after: int, ear: Ear, now: datetime) -> int | None:
    slice_ = mentions.after(connection, after, REMATCH_SLICE)
    for mention in slice_:
        wanted = [hit for hit in ear.hits(document_of_stored(mention, ear)) if hit.brand_id == brand_id]
        present = matches.of(connection, mention.id, brand_id)
        if wanted and present is None:
            _match(connection, [(_placed(mention), wanted)])
        elif not wanted and present is not None and present.spans:
            matches.withdraw(connection, mention.id, brand_id)
            opinions.drop(connection, mention.id, brand_id)
    return slice_[-1].id if len(slice_) == REMATCH_SLICE else FIRST_CANDIDATE


def _rematch_candidates(connection: Connection, brand_id: int, after: int, ear: Ear, now: datetime) -> int | None:
    slice_ = mentions.candidates(connection, FIRST_CANDIDATE - after, REMATCH_SLICE)
    for one in slice_:
        origin = Origin(one.source, one.source_kind, one.scope)
        admitted = admit(one.item, one.collected)
        hits = ear.hits(document_of(admitted, origin, ear))
        if any(hit.brand_id == brand_id for hit in hits):
            if not mentions.known(connection, one.scope, [one.item.id]):
                _store_new(connection, [(admitted, hits)], origin, now)
            mentions.drop_candidate(connection, one.id)
    return FIRST_CANDIDATE - slice_[-1].id if len(slice_) == REMATCH_SLICE else None


# score --------------------------------------------------------------------------------------------------------------


Answered = tuple[opinions.Due, Mapping[str, Any]]
"""A due text, and the scorers' answer: JSON values and, as `embedding`, the vector of what it means."""


def settle(connection: Connection, answered: Sequence[Answered], versions: Mapping[str, str], now: datetime) -> int:
    """Store what the scorers said of due texts, and what follows from it for the brands' counts; of how many.

    A text that was edited between question and answer stays due; one that was deleted is forgotten.
    """
    still = opinions.still_due(connection, [due for due, _ in answered])
    current = [(due, reading) for due, reading in answered if due in still]
    opinions.settle(connection, [(due, opinions_in(reading, versions)) for due, reading in current], now)
    meant = {due.mention_id: reading.get(likeness.EMBEDDING) for due, reading in current}
    likeness.keep(connection, versions.get(likeness.EMBEDDING, ""), meant)
    retelling.retell(connection, versions.get(likeness.EMBEDDING, ""), meant)
    languages = {due.mention_id: str(reading.get("language", "und")) for due, reading in current}
    mentions.set_languages(connection, {id_: lang for id_, lang in languages.items() if lang != "und"})
    thought = [one for due, reading in current if (one := verdict(due.mention_id, due.brand_id, reading))]
    said = standing.standing(connection, {one.mention_id for one in thought})
    matches.judge(connection, standing.upheld(thought, said))
    return len(current)


def opinions_in(reading: Mapping[str, Any], versions: Mapping[str, str]) -> list[Opinion]:
    """A reading taken apart: one opinion a scorer, its whole answer kept as the detail."""
    if "skipped" in reading:
        return [Opinion("skipped", "", str(reading["skipped"]), 1.0)]
    scorers = [scorer for scorer in versions if scorer in reading and scorer != likeness.EMBEDDING]
    return [_opinion(scorer, versions[scorer], reading[scorer]) for scorer in scorers]


def _opinion(scorer: str, version: str, answer: Any) -> Opinion:
    if isinstance(answer, str):
        return Opinion(scorer, version, answer, 1.0)
    if isinstance(answer, list):
        best: Mapping[str, Any] = answer[0] if answer else {"label": "none", "score": 1.0}
        return Opinion(scorer, version, best["label"], float(best["score"]), {"all": answer})
    label = str(answer.get("label", ""))
    return Opinion(scorer, version, label, float(answer.get("score", answer.get(label, 1.0))), answer)


# digest → outbox ----------------------------------------------------------------------------------------------------


def announce(
    connection: Connection,
    *,
    subscription: str,
    brand: str,
    local_date: date,
    until: datetime,
    content: Mapping[str, Any],
    ways: Mapping[str, str | None],
    now: datetime,
) -> int | None:
    """Freeze a digest and put one notice a channel into the outbox, in one transaction; the digest's id.

    `content` is what digest/content.py gives; `until` is where its window ends; `ways` are its channels, with how
    they were written where no configuration names them. None, and nothing written, when the subscription has a
    digest of this date: that question is asked of the unique row, so that no restart, second process or change of the
    clocks tells anything twice.
    """
    digest_id = digests.freeze(
        connection,
        subscription=subscription,
        brand=brand,
        local_date=local_date,
        until=until,
        content=content["digest"],
        now=now,
    )
    if digest_id is None:
        return None
    for channel, written in ways.items():
        notice = Notice(
            id=f"msg_{uuid.uuid5(NOTICES, f'{subscription}/{local_date}/{channel}').hex}",
            kind="digest",
            subject=content["digest"]["subject"],
            created=now,
            content=content,
        )
        way = {"to": written} if written else None
        outbox.put(
            connection,
            notice,
            channel=channel,
            subject=subscription,
            period=local_date.isoformat(),
            now=now,
            way=way,
        )
    return digest_id


# alert → outbox -----------------------------------------------------------------------------------------------------


def warn(
    connection: Connection,
    cause: Cause,
    content: Mapping[str, Any],
    channels: Sequence[str],
    now: datetime,
    not_before: datetime | None = None,
) -> int | None:
    """Keep an alert and put one notice a channel into the outbox, in the transaction that found its cause; its id.

    `content` is what digest/alert.py gives. None, and nothing written, when this key has an alert of this slot: what is
    found again after a crash is told once. Without channels, or where somebody has snoozed its key, it is kept and sent
    to nobody. `not_before`: the end of quiet hours.
    """
    if alerts.sleeps(cause.key, alerts.snoozed(connection, now)):
        channels = ()
    alert_id = alerts.keep(connection, cause, content["alert"], told=bool(channels), now=now)
    if alert_id is None:
        return None
    for channel in channels:
        notice = Notice(
            id=f"msg_{uuid.uuid5(NOTICES, f'alert/{cause.key}/{cause.slot}/{channel}').hex}",
            kind="alert",
            subject=content["alert"]["subject"],
            created=now,
            content={**content, "id": alert_id},
        )
        subject = f"alert/{cause.key}"
        outbox.put(
            connection, notice, channel=channel, subject=subject, period=cause.slot, now=now, not_before=not_before
        )
    return alert_id
