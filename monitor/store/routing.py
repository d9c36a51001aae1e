"""Holds mentions against rules and departments, in the very transaction that stored, judged or corrected them.

A rule over facts decides when a mention is stored, one over opinions once it was scored: as each transaction ends
(Store.writing), `heed` looks at what it touched, before the index does. Nothing is decided for what still waits for its
scores, where a query asks for them: "not positive" would else be true of everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.own import Own
from monitor.query.conditions import asks_for_later
from monitor.query.document import Document
from monitor.query.fields import label
from monitor.query.matcher import Matcher
from monitor.query.queryset import QuerySet
from monitor.query.tree import Label, Query, walk
from monitor.store import rules, triage
from monitor.store.candidates import asked_brands
from monitor.store.documents import Seen, own_channels, seen
from monitor.store.facts import ALONE
from monitor.store.rules import Catch, of_department, of_rule
from monitor.store.slices import slices
from monitor.store.tables import DueRow, MentionRow
from monitor.store.touched import so_far
from monitor.store.triage import NEWS, Given

MENTION, DUE = MentionRow.__table__, DueRow.__table__

STANDING = frozenset({"team", "assignee", "status"})


@dataclass(frozen=True)
class Rule:
    """What people are told of as soon as it is heard."""

    name: str
    query: Query
    owner: str = ""
    """Who is given what it catches, where nobody has it."""

    @property
    def key(self) -> str:
        return of_rule(self.name)


@dataclass(frozen=True)
class Department:
    """Who answers what its query finds."""

    name: str
    query: Query
    owner: str = ""
    answer_within: timedelta | None = None

    @property
    def key(self) -> str:
        return of_department(self.name)


class _Asked:
    """A rule's or a department's query, ready to be asked of documents as a search would."""

    def __init__(self, of: Rule | Department) -> None:
        self.of = of
        self.matcher = Matcher(of.query)
        self.brands = asked_brands(of.query)
        self.later = asks_for_later(of.query)
        self.fields = frozenset(node.field for node in walk(of.query.root) if isinstance(node, Label))

    def finds(self, document: Document, felt: Mapping[str, str]) -> bool:
        if self.brands and "sentiment" in self.fields:
            towards = {one for brand, one in felt.items() if brand == ALONE or label(brand) in self.brands}
            document = replace(document, scores={**document.scores, "sentiment": tuple(sorted(towards))})
        return self.matcher.match(document) is not None


@dataclass(frozen=True)
class Routes:
    """All rules at work, and all departments in the order in which they are asked."""

    rules: tuple[Rule, ...] = ()
    departments: tuple[Department, ...] = ()
    brands: Mapping[str, int] = field(default_factory=dict)
    """Every brand's name to its id, and …"""
    own: frozenset[str] = frozenset()
    """… the names of those that are not only there to be compared with."""
    scored: bool = True
    """Mentions are scored: what asks for that waits for it."""

    def __bool__(self) -> bool:
        return bool(self.rules or self.departments)

    @property
    def keys(self) -> list[str]:
        """What the store knows them by."""
        return [*(one.key for one in self.rules), *(one.key for one in self.departments)]

    @cached_property
    def _rules(self) -> tuple[_Asked, ...]:
        return tuple(map(_Asked, self.rules))

    @cached_property
    def _departments(self) -> tuple[_Asked, ...]:
        return tuple(map(_Asked, self.departments))

    @cached_property
    def _by_words(self) -> QuerySet[int]:
        return QuerySet({number: one.query for number, one in enumerate(self.rules)})

    @cached_property
    def at_once(self) -> bool:
        """Whether anything can be decided before a mention is scored."""
        return any(not one.later for one in (*self._rules, *self._departments[:1]))

    @cached_property
    def ask_who_answers(self) -> bool:
        """Whether a rule asks for what a department's query has just set."""
        return any(STANDING & one.fields for one in self._rules)

    def department(self, document: Document, felt: Mapping[str, str], unscored: bool) -> Department | None:
        """The first whose query finds it; None while that cannot be told, and for what we wrote ourselves."""
        if "own" in document.marks:
            return None
        for one in self._departments:
            if one.later and unscored:
                return None
            if one.finds(document, felt):
                assert isinstance(one.of, Department)
                return one.of
        return None

    def catching(self, document: Document, felt: Mapping[str, str], unscored: bool) -> Iterable[Rule]:
        """The rules whose query finds it, as far as that can be told."""
        for number in self._by_words.candidates(document):
            one = self._rules[number]
            if not (one.later and unscored) and one.finds(document, felt):
                yield self.rules[number]

    def brand_of(self, rule: Rule, names: Collection[str]) -> int:
        """Of whose people a caught mention of these brands waits for an answer: 0 where it is of no brand."""
        asked = asked_brands(rule.query)
        ranked = sorted(names, key=lambda name: (label(name) not in asked, name not in self.own, name))
        return next((self.brands[name] for name in ranked if name in self.brands), 0)


def heed(connection: Connection, routes: Routes, now: datetime) -> None:
    """Give what the transaction touched to departments, and write down what rules catch of it."""
    if not routes:
        return
    since = rules.created(connection)
    own = own_channels(connection)
    for some in slices(sorted(so_far(connection))):
        _heed(connection, some, routes, since, own, now)


def _heed(
    connection: Connection, ids: Sequence[int], routes: Routes, since: Mapping[str, datetime], own: Own, now: datetime
) -> None:
    unscored = set(connection.scalars(select(DUE.c.mention_id).where(DUE.c.mention_id.in_(ids))))
    unscored = unscored if routes.scored else set()
    decided = ids if routes.at_once else [id_ for id_ in ids if id_ not in unscored]
    rows = _rows(connection, decided, routes, since, now)
    if not rows:
        return
    views = seen(connection, rows, own)
    moved = _give(connection, views, routes, since, unscored, now) if routes.departments else set()
    if moved and routes.ask_who_answers:
        views |= seen(connection, [row for row in rows if row.id in moved], own)
    if routes.rules:
        published = {row.id: row.published for row in rows if row.published >= now - NEWS}
        _catch(connection, {id_: views[id_] for id_ in published}, published, routes, since, unscored, now)


def _rows(
    connection: Connection, ids: Sequence[int], routes: Routes, since: Mapping[str, datetime], now: datetime
) -> Sequence[Row[Any]]:
    """The mentions that anything may be decided of; rules tell nothing of the past."""
    wanted = select(MENTION).where(MENTION.c.id.in_(ids), MENTION.c.content_hash != "")
    if not routes.departments:
        first = min(since.values(), default=now)
        wanted = wanted.where(MENTION.c.published >= max(first, now - NEWS))
    return connection.execute(wanted).all()


def _give(
    connection: Connection, views: Mapping[int, Seen], routes: Routes, since: Mapping[str, datetime],
    unscored: Collection[int], now: datetime,
) -> set[int]:  # fmt: skip
    """Give mentions of one's own brands to their departments; those of which something changed. To the past nobody owes
    an answer: it has a department, but no owner and no target."""
    given: list[Given] = []
    promised: dict[str, list[Catch]] = {}
    for id_, view in views.items():
        brands = [routes.brands[name] for name in view.document.brands if name in routes.own]
        department = routes.department(view.document, view.felt, id_ in unscored) if brands else None
        if department is None:
            continue
        is_news = view.document.published and view.document.published >= max(now - NEWS, since.get(department.key, now))
        owner = department.owner if is_news else ""
        given += [Given(id_, brand, department.name, owner) for brand in brands]
        if is_news:
            promised.setdefault(department.name, []).append(Catch(id_, brands[0]))
    changed = {one.mention_id for one in triage.give(connection, given, now)}
    for name, catches in promised.items():
        promise(connection, routes, name, [one for one in catches if one.mention_id in changed], now)
    return changed


def promise(connection: Connection, routes: Routes, team: str, catches: Sequence[Catch], now: datetime) -> None:
    """A department that has a target for its first answer is to answer these; another team has none."""
    department = next((one for one in routes.departments if label(one.name) == label(team)), None)
    if department is not None and department.answer_within and catches:
        rules.promise(connection, department.key, catches, now, now + department.answer_within)


def _catch(
    connection: Connection, views: Mapping[int, Seen], published: Mapping[int, datetime], routes: Routes,
    since: Mapping[str, datetime], unscored: Collection[int], now: datetime,
) -> None:  # fmt: skip
    found: dict[str, list[Catch]] = {}
    for id_, view in views.items():
        for rule in routes.catching(view.document, view.felt, id_ in unscored):
            if published[id_] >= since.get(rule.key, now):
                brand = routes.brand_of(rule, view.document.brands)
                found.setdefault(rule.name, []).append(Catch(id_, brand))
    for rule in routes.rules:
        fresh = rules.catch(connection, rule.key, found.get(rule.name, ()), now)
        if rule.owner:
            mine = [Given(one.mention_id, one.brand_id, owner=rule.owner) for one in fresh if one.brand_id]
            triage.give(connection, mine, now)
