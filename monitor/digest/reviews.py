"""Reviews: how many, the mean of their stars, and the new ones with one or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.digest.asks import any_of
from monitor.digest.form import Figure, Reviews, Sentence, say
from monitor.digest.material import Material
from monitor.digest.wording import cite, grouped, many, stars
from monitor.insight.counts import stars_of
from monitor.insight.intervals import mean
from monitor.mention import Heard

MOST = 5
STARS = range(1, 6)


def is_low(heard: Heard) -> bool:
    """One or two stars. A thumb down is not a star."""
    given = stars_of(heard)
    return given is not None and given <= 2


def lowest(material: Material) -> list[Heard]:
    """The reviews with one or two stars, worst first, then the oldest."""
    return sorted(filter(is_low, material.heard), key=lambda one: (one.mention.rating or 0, one.mention.published))


def rated(material: Material, stars_given: str) -> str:
    """A condition: reviews with so many stars. Who rates otherwise (thumbs, out of ten) is left out by name."""
    return " ".join(["type:review", f"rating:{stars_given}", *_no_stars(material)])


def _no_stars(material: Material) -> list[str]:
    everyone = (*material.heard, *material.late)
    given = [one for one in everyone if one.mention.kind == "review" and one.mention.rating is not None]
    others = sorted(
        {one.mention.source for one in given if stars_of(one) is None and 1 <= (one.mention.rating or 0) <= 5}
    )
    return [f"NOT source:{any_of(others)}"] if others else []


def reviews(material: Material) -> Reviews:
    """Reviews with one to five stars (others, such as thumbs, are counted but have no mean)."""
    scope = material.scope
    found = [one for one in material.heard if one.mention.kind == "review"]
    given = [value for value in map(stars_of, found) if value is not None]
    low = lowest(material)
    low_count = Figure(len(low), grouped(len(low)), scope.ask(rated(material, "1..2")))
    total = Figure(len(found), grouped(len(found)), scope.ask("type:review"))
    average = _mean(given, scope.ask(rated(material, "1..5")))
    earlier = _mean(material.previous.ratings, scope.before(rated(material, "1..5")))
    return Reviews(
        count=total,
        mean=average,
        previous_mean=earlier,
        stars=tuple(_per_star(material, given)) if given else (),
        low=tuple(cite(material.worded(one.mention)) for one in low[:MOST]),
        low_count=low_count,
        sentence=_sentence(found, total, average, earlier, low_count),
    )


def _per_star(material: Material, given: Sequence[float]) -> Iterable[Figure]:
    """Four and a half stars count among those with four."""
    whole = all(value == int(value) for value in given)
    for star in STARS:
        n = sum(int(value) == star for value in given)
        wanted = f"{star}" if whole or star == STARS[-1] else f">={star} rating:<{star + 1}"
        yield Figure(n, grouped(n), material.scope.ask(rated(material, wanted)))


def _sentence(
    found: Sequence[Heard], total: Figure, average: Figure | None, earlier: Figure | None, low: Figure
) -> Sentence:
    if not found:
        return say("No new reviews.")
    parts: list[str | Figure] = [Figure(total.value, many(len(found), "new review"), total.query)]
    if average:
        parts += [", mean ", average, f" of 5 (n = {average.n})"]
        parts += [" after ", earlier, f" (n = {earlier.n})"] if earlier else []
    parts += ["; ", low, " with one or two stars."] if low.value else ["."]
    return say(*parts, mentions=(one.mention.id for one in found))


def _mean(values: Sequence[float], query: str) -> Figure | None:
    estimate = mean(list(values))
    if estimate is None:
        return None
    ends = max(1.0, round(estimate.low, 2)), min(5.0, round(estimate.high, 2))
    return Figure(round(estimate.value, 2), stars(estimate.value), query, *ends, estimate.n)
