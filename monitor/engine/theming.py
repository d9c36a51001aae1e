"""Sorts what was said into themes, as it comes and off the event loop, and looks for new themes now and then.

What is to be sorted stands in rows: after a crash it goes on where it was, and doing a piece twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import structlog

from monitor.mention import Brand
from monitor.store import rethemed, themes, theming
from monitor.store.engine import Store
from monitor.store.themes import Known, Side, as_theme
from monitor.store.theming import Batch, Ignored, New, Pool, Sorted, Stretch, Sums, Unsorted
from monitor.story.themes import TWINS, Comment, Founded, Theme, Themes, akin, founded, same
from monitor.story.words import stems_of

SLICE = 500
SLICES = 4
"""So many slices are sorted a tick: a flood delays nothing else."""
LOOK_EVERY = timedelta(seconds=60)
STRETCHES = 8
"""Looked at a time."""
SLICES_TOLD = 40
STRETCHES_TOLD = 400
"""Before somebody is told: all that the first collection of a few brands brings."""

log = structlog.get_logger()


class Theming:
    """Keeps the themes of all brands."""

    def __init__(
        self, store: Store, ignored: Callable[[], Ignored], unscored: Callable[[], bool], now: Callable[[], datetime]
    ) -> None:
        """`ignored`: brand to the stems of its names. `unscored`: whether nothing is being scored for now."""
        self.store, self.ignored, self.unscored, self.now = store, ignored, unscored, now
        self._working = asyncio.Lock()
        self._looked: datetime | None = None

    async def tick(self) -> int:
        """Sort a few slices of what waits and, once a minute, look for new themes; how many were sorted."""
        if self._working.locked():
            return 0
        async with self._working:
            done = await self._sort(SLICES)
            if self._looked is None or self.now() - self._looked >= LOOK_EVERY:
                self._looked = self.now()
                await self._look(STRETCHES)
            return done

    async def whole(self) -> None:
        """Sort all that waits now, and look for new themes."""
        async with self._working:
            await self._sort(1 + await self.store.read(theming.waiting) // SLICE)
            await self._look(STRETCHES_TOLD)

    async def ready(self) -> None:
        """Sort what came last and look for new themes, before somebody is told of them. A long queue, as after an
        update, keeps nobody waiting."""
        async with self._working:
            await self._sort(SLICES_TOLD)
            await self._look(STRETCHES_TOLD)

    async def rebuild(self, progress: Callable[[int, int], None]) -> int:
        """Sort everything anew, and look for new themes; how many mentions. A mention stays in no theme that it would
        not join now."""
        async with self._working:
            whole = await self.store.write(theming.sort_all_again)
            done = 0
            while some := await self._sort(SLICES, anew=True):
                done += some
                progress(min(done, whole), whole)
            await self._look(STRETCHES_TOLD)
            return whole

    async def _sort(self, slices: int, *, anew: bool = False) -> int:
        done = 0
        for _ in range(slices):
            batch = await self.store.read(theming.batch, SLICE, self.ignored(), unscored=self.unscored())
            if not batch.due:
                break
            decided, sums = await asyncio.to_thread(sort, batch, anew=anew)
            await self.store.write(theming.settle, batch.due, decided, sums)
            done += len(batch.due)
        return done

    async def _look(self, most: int) -> None:
        """Look for new themes in so many stretches, the oldest of each side of a brand first."""
        while most > 0 and (waiting := await self.store.read(theming.stretches)):
            for one in waiting[:most]:
                await self._found(one)
            most -= len(waiting)

    async def _found(self, one: Stretch) -> None:
        pool = await self.store.read(theming.pool, one, self.ignored())
        new = await asyncio.to_thread(new_of, pool)
        made = await self.store.write(theming.keep, one, new, self.now())
        for theme in made:
            log.info("new theme", theme=theme, brand=one.brand_id, side=one.side)
        # Those just made, too: nobody is to be told the same under two names first.
        known = await self.store.read(themes.known, [one.brand_id])
        mine = [as_theme(theme) for theme in known if theme.side == one.side and theme.merged_into is None]
        for older, newer in akin(mine, TWINS):
            await self.store.write(rethemed.merge_twins, older, newer, self.now())


def names_in(brands: Iterable[Brand]) -> Ignored:
    """Brand to the stems of its names: they are in all that is said of it, and tell nothing."""
    return {
        brand.id: frozenset(stem for name in (brand.name, *brand.aliases) for stem in stems_of(name))
        for brand in brands
    }


def sort(batch: Batch, *, anew: bool = False) -> tuple[list[Sorted], Sums]:
    """What becomes of each mention of a batch, and what it adds to the themes that it joins. It stays in those of its
    side that it is in; `anew`: in those that it would join now."""
    of: dict[tuple[int, Side], list[Known]] = defaultdict(list)
    for theme in batch.known:
        of[theme.brand_id, theme.side].append(theme)
    sides = {theme.id: theme.side for theme in batch.known}
    spaces = {theme.id: theme.space for theme in batch.known}
    matchers: dict[tuple[int, Side, str], Themes] = {}
    decided, sums = [], Sums()
    for one in batch.unsorted:
        joins = _joins(one, of, matchers)
        stays = {id_ for id_ in one.present if sides[id_] == one.side and (id_ in joins or not anew)}
        for id_, how in joins.items():
            if how == "wording" and (id_ not in stays or spaces[id_] != one.space):
                sums.add(id_, one.space, one.comment.vector)
                spaces[id_] = one.space or spaces[id_]
        new = {id_: how for id_, how in joins.items() if id_ not in stays}
        leaves = tuple(id_ for id_ in one.present if id_ not in stays)
        loose = one.side is not None and not stays and not new
        decided.append(Sorted(one.comment, one.brand_id, one.side, new, leaves, loose))
    return decided, sums


def _joins(
    one: Unsorted, of: Mapping[tuple[int, Side], Sequence[Known]], matchers: dict[tuple[int, Side, str], Themes]
) -> dict[int, str]:
    if one.side is None:
        return {}
    key = (one.brand_id, one.side, one.space)
    if key not in matchers:
        matchers[key] = Themes(_in_space(theme, one.space) for theme in of.get((one.brand_id, one.side), ()))
    return matchers[key].joined(one.comment)


def _in_space(theme: Known, space: str) -> Theme:
    """A theme for comments whose vectors are of this space: vectors of different ones are never compared."""
    whole = as_theme(theme)
    return whole if theme.space == space else Theme(whole.id, whole.keys, whole.telling)


def new_of(pool: Pool) -> list[New]:
    """The themes that the comments of a pool make, with the older ones that say the same."""
    space = _commonest([space for _, space in pool.now if space])
    now = [_comparable(comment, of, space) for comment, of in pool.now]
    before = [_comparable(comment, of, space) for comment, of in pool.before]
    there = [_in_space(theme, space) for theme in pool.known]
    found = founded(now, frozenset(key for theme in there for key in theme.keys))
    made = {at: Theme(at, frozenset(one.keys), one.telling, one.centroid) for at, one in enumerate(found)}
    taken = {comment.id for one in found for comment in one.comments}
    joined: dict[int, dict[int, str]] = {at: {one.id: found[at].by for one in found[at].comments} for at in made}
    matcher = Themes(made.values())
    for comment in (*before, *now):
        if comment.id not in taken:
            for at, how in matcher.joined(comment).items():
                joined[at][comment.id] = how
    return [_new(one, same(one, there), joined[at], space) for at, one in enumerate(found)]


def _new(one: Founded, same_as: int | None, members: Mapping[int, str], space: str) -> New:
    vectors = [comment.vector for comment in one.comments if comment.vector is not None]
    total = np.sum(vectors, axis=0) if vectors else None
    return New(same_as, one.name, one.keys, one.wordings, one.telling, members, space if vectors else "", total)


def _comparable(comment: Comment, of: str, space: str) -> Comment:
    return comment if of == space or comment.vector is None else comment.without_vector()


def _commonest(spaces: Sequence[str]) -> str:
    return max(sorted(set(spaces)), key=spaces.count, default="")
