"""What somebody typed, as a search: shared by the command line and the pages, so that both mean the same."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitor import queries, searches
from monitor.config import Config
from monitor.config.days import stretch
from monitor.config.times import machine_timezone
from monitor.errors import Refused, TooSlow
from monitor.hindrance import hindrance
from monitor.query.conditions import asks_for_scores, both, condition
from monitor.query.explain import reading
from monitor.query.fields import label, nearest
from monitor.query.parse import parse
from monitor.query.tree import Between, Label
from monitor.searches import SORTS, Count, Facets, Search, Sort
from monitor.store import brands, saved
from monitor.store.saved import Saved

MOST_NOTES, MOST_TOLD, MOST_KNOWN = 3, 10, 200
"""Notes on a query that are told; values of a field that are told, and among which a misspelt one is looked for."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Typed:
    """A search as somebody typed it."""

    query: str = ""
    brand: str = ""
    since: str = ""
    until: str = ""
    """A day is searched to its end."""
    sort: str = ""
    limit: int = 50
    cursor: str = ""

    def over(self, kept: Saved) -> Typed:
        """A saved search, narrowed by what was typed beside its name. Raises QueryError."""
        query = both(kept.query, self.query)
        return replace(self, query=query, brand=self.brand or kept.brand, sort=self.sort or kept.sort)


def zone(config: Config, brand: str = "") -> ZoneInfo:
    """Where the readers of this brand's digest live, else of any; this machine's zone where there is no digest."""
    by_brand = sorted(config.digests, key=lambda one: one.brand != brand)
    return ZoneInfo(by_brand[0].timezone if by_brand else machine_timezone(os.environ))


def asked(typed: Typed, now: datetime, at: ZoneInfo) -> Search:
    """The search. Raises Refused for what cannot be read."""
    since = _stretch("since", typed.since, now, at)
    until = _stretch("until", typed.until, now, at)
    if since and until and until[1] <= since[0]:
        raise Refused(f"Nothing is since {typed.since} and until {typed.until}: write the earlier one first.")
    return Search(
        query=typed.query,
        brand=typed.brand,
        since=since[0].astimezone(UTC) if since else None,
        until=until[1].astimezone(UTC) if until else None,
        sort=_sort(typed.sort),
        limit=typed.limit,
        cursor=typed.cursor,
    )


def fixed(typed: Typed, search: Search) -> Typed:
    """The same search in words that mean the same tomorrow: "7d" is another moment then, and another search."""
    since = typed.since if _DAY.fullmatch(typed.since) else _written(search.since)
    until = typed.until if _DAY.fullmatch(typed.until) else _written(search.until)
    return replace(typed, since=since, until=until)


def _written(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment else ""


def _stretch(name: str, written: str, now: datetime, at: ZoneInfo) -> tuple[datetime, datetime] | None:
    if not written.strip():
        return None
    try:
        return stretch(written, now, at)
    except ValueError as error:
        raise Refused(f"{name}: {error}") from error


def _sort(written: str) -> Sort:
    for sort in SORTS:
        if sort == (written.strip().lower() or SORTS[0]):
            return sort
    guess = nearest(written, SORTS)
    hint = f'did you mean "{guess}"? There are' if guess else "there are"
    raise Refused(f'Nothing is sorted by "{written}"; {hint}: {", ".join(SORTS)}.')


def found_by(kept_name: str, typed: Typed, connection: Connection) -> Typed:
    """What was typed over the saved search of this name, if one was named. Raises Refused."""
    return typed.over(saved.get(connection, kept_name)) if kept_name else typed


# ---- what to say -----------------------------------------------------------------------------------------------------


def told(count: Count) -> str:
    """ "1 mention", "1,204 mentions", "more than 20,000 mentions"."""
    more = "" if count.exact else "more than "
    return f"{more}{count.n:,} mention{'' if count.n == 1 and count.exact else 's'}"


def counted(connection: Connection, search: Search, shown: int) -> Count:
    """How many there are; where nobody can count them in time, at least as many as are shown."""
    try:
        return searches.count(connection, search)
    except TooSlow:
        return Count(shown, exact=False)


def by_facets(connection: Connection, search: Search, shown: int, most: int) -> Facets:
    """What is found by its facets; none where nobody can tell them in time: a page is worth more than its margin."""
    try:
        return searches.facets(connection, search, most)
    except TooSlow:
        words = "There is too much to break it down in time: add a word, a brand or a date."
        return Facets(counted(connection, search, shown), {}, words)


def head(count: Count, shown: int, search: Search) -> str:
    """The line above a page: how many there are, and which are shown."""
    if shown == count.n and count.exact and not search.cursor:
        return told(count)
    if search.cursor:
        return f"{told(count)} · next {shown:,} shown"
    return f"{told(count)} · {_FIRST[search.sort].format(f'{shown:,}')} shown"


_FIRST: Mapping[Sort, str] = {"newest": "newest {}", "relevance": "{} most relevant", "reach": "{} of widest reach"}


def nothing_found(connection: Connection, search: Search) -> tuple[str, Search | None]:
    """Why nothing was found and what to change; and the search without what keeps the most away, if one thing does."""
    best = hindrance(connection, search)
    if best:
        return f"Nothing matches. Without {best.condition} there would be {_at_least(best.count)}.", best.without
    if not searches.count(connection, Search()).n:
        words = "Nothing is stored yet: `overheard collect` asks every source once, `overheard run` keeps listening."
        return words, None
    return _no_such(connection, search.query) or "Nothing matches: try another spelling, or fewer words.", None


def _no_such(connection: Connection, query: str) -> str:
    """Of a query that is one condition on a field: that no mention fulfils it, and which values there are."""
    root = parse(query, as_view=True).root if query.strip() else None
    if not isinstance(root, Label | Between) or searches.count(connection, Search(query)).n:
        return ""
    said = f"No mention has `{reading(root)}`."
    known = _known(connection, root.field) if isinstance(root, Label) else {}
    if not isinstance(root, Label) or not known:
        return said
    guess = nearest(root.value, known)
    if guess:
        return f"{said} Did you mean `{condition(root.field, known[guess])}`?"
    return f"{said} There are: {', '.join(list(known.values())[:MOST_TOLD])}{' …' if len(known) > MOST_TOLD else '.'}"


def _known(connection: Connection, field: str) -> Mapping[str, str]:
    """Values of a field, the most frequent first, by how they are compared; empty where nobody can tell in time."""
    if field == "brand":
        names: Iterable[str] = brands.names(connection).values()
    else:
        try:
            names = (name for name, _ in searches.facets(connection, Search(), MOST_KNOWN).by.get(field, ()))
        except TooSlow:
            return {}
    return {label(name): name for name in names}


def notes(query: str) -> tuple[str, ...]:
    """What its writer may not have meant: `or` in lower case, AND beside OR without brackets … Raises QueryError."""
    noted = parse(query, as_view=True).notes if query.strip() else ()
    return tuple(dict.fromkeys(f"{note.message.rstrip('.')}." for note in noted))[:MOST_NOTES]


def _at_least(count: Count) -> str:
    return f"{count.n:,}" if count.exact else f"more than {count.n:,}"


def unscored(connection: Connection, search: Search, *, anyway: bool = False) -> str:
    """What is missing because scoring has not come that far; empty where nothing that was asked for is."""
    if not (anyway or asks_for_scores(search.query)):
        return ""
    waiting = queries.waiting(connection)
    if not waiting:
        return ""
    return (
        f"Not everything is scored yet ({waiting:,} to go): sentiment, topics and stages leave those out. "
        "`overheard collect` scores them, and says why where it cannot."
    )
