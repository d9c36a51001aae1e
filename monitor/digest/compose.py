"""What a digest says: the material in, the sections in reading order out. Pure and deterministic: the same material
gives the same digest."""

from __future__ import annotations

from monitor.digest.asks import SCORED, ask
from monitor.digest.changed import changed, history_start, net_figure, share_figure
from monitor.digest.coverage import coverage
from monitor.digest.form import Competitors, Digest, Experience, Figure, Line, Reviews, Sections, Sentence, say
from monitor.digest.material import Material
from monitor.digest.reply import is_low_review, reply
from monitor.digest.said import comments, stories
from monitor.digest.verdict import subject, verdict
from monitor.digest.wording import cite, day_name, grouped, is_weekly, many, occasion, plain_line, span, stars
from monitor.insight.counts import Counts, DayCount, count
from monitor.insight.intervals import mean
from monitor.insight.usual import usual_volume
from monitor.mention import Heard

MOST_REVIEWS = 5


def compose(material: Material) -> Digest:
    what_changed, who_waits = changed(material), reply(material)
    told, said, covered = stories(material), comments(material), coverage(material)
    judged = verdict(material, what_changed, who_waits, told, said, covered)
    sections = Sections(
        verdict=judged,
        reply=who_waits,
        changed=what_changed,
        stories=told,
        repeated=said,
        competitors=competitors(material),
        reviews=reviews(material),
        experience=Experience(say("Nothing of the customers' journey is known yet.")),
        coverage=covered,
    )
    gist = subject(judged, what_changed)
    return Digest(
        kind="weekly" if is_weekly(material) else "daily",
        department="",
        brand=plain_line(material.brand.name, 80),
        date=material.local_date,
        timezone=material.timezone,
        start=material.start,
        end=material.end,
        subject=f"{plain_line(material.brand.name, 60)}, {day_name(material.local_date)}: {gist}",
        sections=sections,
    )


def competitors(material: Material) -> Competitors:
    """The brand itself first, then its competitors by volume. No lines without competitors."""
    if not material.rivals:
        return Competitors(())
    whole = len(material.heard) + sum(rival.now.volume for rival in material.rivals)
    names = [material.brand.name, *(rival.name for rival in material.rivals)]
    everybody = ask(names, material.start, material.end)
    rows = [(rival.name, rival.now, rival.history) for rival in sorted(material.rivals, key=lambda r: -r.now.volume)]
    own = (material.brand.name, count(material.heard), material.history)
    return Competitors(tuple(_line(material, *row, whole, everybody) for row in [own, *rows]))


def _line(
    material: Material, name: str, now: Counts, history: tuple[DayCount, ...], whole: int, everybody: str
) -> Line:
    query = ask(name, material.start, material.end)
    usual = usual_volume({day.date: day.volume for day in history}, material.local_date)
    past = ask(name, history_start(material), material.start)
    low, high = int(usual.low), int(usual.high)
    band = None
    if usual.basis != "none":
        band = Figure(None, span(grouped(low), grouped(high)), past, low, high, usual.days)
    shown = plain_line(name, 60)
    worded = Figure(now.volume, many(now.volume, "mention"), query)
    net = net_figure(now, ask(name, material.start, material.end, SCORED))
    parts: list[str | Figure] = [f"{shown}: ", worded]
    parts += [", usual ", occasion(material, usual), " is ", band] if band else []
    parts += [", net sentiment ", net] if net else []
    return Line(
        name=shown,
        own=name == material.brand.name,
        volume=Figure(now.volume, grouped(now.volume), query),
        usual=band,
        place=usual.place(now.volume),
        net_sentiment=net,
        share_of_voice=share_figure(now.volume, whole, everybody),
        sentence=say(*parts, "."),
    )


def reviews(material: Material) -> Reviews:
    """Reviews with one to five stars (others, such as thumbs, are counted but have no mean)."""
    name, start, end = material.brand.name, material.start, material.end
    found = [one for one in material.heard if one.mention.kind == "review"]
    query = ask(name, start, end, "type:review")
    rated, before = _stars(found), _stars(material.previous)
    low = sorted(filter(is_low_review, found), key=lambda one: (one.mention.rating or 0, one.mention.published))
    low_count = Figure(len(low), grouped(len(low)), ask(name, start, end, "type:review", "rating:1..2"))
    total = Figure(len(found), grouped(len(found)), query)
    average = _mean(rated, ask(name, start, end, "type:review", "rating:1..5"))
    earlier = _mean(before, ask(name, start - (end - start), start, "type:review", "rating:1..5"))
    amounts = [(star, sum(round(value) == star for value in rated)) for star in range(1, 6)]
    per_star = tuple(
        Figure(n, grouped(n), ask(name, start, end, "type:review", f"rating:{star}")) for star, n in amounts
    )
    return Reviews(
        count=total,
        mean=average,
        previous_mean=earlier,
        stars=per_star if rated else (),
        low=tuple(cite(one.mention) for one in low[:MOST_REVIEWS]),
        low_count=low_count,
        sentence=_reviewed(found, total, average, earlier, low_count),
    )


def _reviewed(
    found: list[Heard], total: Figure, average: Figure | None, earlier: Figure | None, low: Figure
) -> Sentence:
    if not found:
        return say("No new reviews.")
    parts: list[str | Figure] = [Figure(total.value, many(len(found), "new review"), total.query)]
    if average:
        parts += [", mean ", average, f" of 5 (n = {average.n})"]
        parts += [" after ", earlier, f" (n = {earlier.n})"] if earlier else []
    parts += ["; ", low, " with one or two stars."] if low.value else ["."]
    return say(*parts, mentions=(one.mention.id for one in found))


def _stars(heard: tuple[Heard, ...] | list[Heard]) -> list[float]:
    """Ratings out of five, as given."""
    given = [one.mention for one in heard if one.mention.kind == "review" and one.mention.rating is not None]
    return [float(m.rating or 0) for m in given if (m.rating_max or 5) == 5 and 1 <= (m.rating or 0) <= 5]


def _mean(values: list[float], query: str) -> Figure | None:
    estimate = mean(values)
    if estimate is None:
        return None
    ends = max(1.0, round(estimate.low, 2)), min(5.0, round(estimate.high, 2))
    return Figure(round(estimate.value, 2), stars(estimate.value), query, *ends, estimate.n)
