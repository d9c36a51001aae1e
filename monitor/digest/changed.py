"""What changed: volume, net sentiment and share of voice, each against the range that is usual for such a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from monitor.digest.asks import SCORED, ask
from monitor.digest.form import Changed, Day, Figure, Measure, Sentence, say
from monitor.digest.material import Material
from monitor.digest.wording import grouped, listed, many, occasion, percent, signed, span, too_early
from monitor.insight.counts import Counts, DayCount, count
from monitor.insight.intervals import net_sentiment, share
from monitor.insight.usual import Usual, sentiment_samples, share_samples, usual_mean, usual_volume

TREND = 28
"""So many past periods are drawn."""


def changed(material: Material) -> Changed:
    now = count(material.heard)
    measures = [volume(material, now), sentiment(material, now)]
    if material.rivals:
        measures.append(voice(material, now))
    days = tuple(_day(day) for day in material.days)
    parts = split(now, material.scope.ask)
    return Changed(tuple(measures), parts, trend(material, now), _unscored(material, now, parts["unscored"]), days)


def history_start(material: Material) -> datetime:
    """When the oldest past window began, so that the past can be asked for."""
    oldest = min((day.date for day in material.history), default=material.local_date)
    return material.start - timedelta(days=(material.local_date - oldest).days)


def ask_past(material: Material, *conditions: str) -> str:
    """The mentions of all past windows."""
    return material.scope.between(history_start(material), material.start, *conditions)


def volume(material: Material, now: Counts) -> Measure:
    usual = usual_volume({day.date: day.volume for day in material.history}, material.local_date)
    figure = Figure(now.volume, grouped(now.volume), material.scope.ask())
    band = volume_band(usual, ask_past(material))
    earlier = material.previous.all.volume
    before = Figure(earlier, grouped(earlier), material.scope.before())
    worded = Figure(now.volume, many(now.volume, "mention"), figure.query)
    sentence = _compare(material, usual, worded, band, before, mentions=[one.mention.id for one in material.heard])
    return Measure("volume", "Mentions", figure, band, None, usual.place(now.volume), before, sentence)


def volume_band(usual: Usual, query: str) -> Figure | None:
    """The usual range of a count; None with too little history."""
    return _band(usual, span(grouped(int(usual.low)), grouped(int(usual.high))), usual.low, usual.high, query)


def sentiment(material: Material, now: Counts) -> Measure:
    """In points from -100 to 100: per cent positive minus per cent negative, of what is scored."""
    past = sentiment_samples((d.date, d.negative, d.neutral, d.positive) for d in material.history)
    usual = usual_mean(past, material.local_date, now.scored)
    figure = net_figure(now, material.scope.ask(SCORED))
    before = net_figure(material.previous.all, material.scope.before(SCORED))
    if figure is None:
        why = f" ({material.scoring})" if material.scoring else ""
        words = f"Nothing is scored yet{why}" if now.volume else "Nothing to score"
        missing = Figure(None, "–", material.scope.ask(SCORED))
        return Measure("net_sentiment", "Net sentiment", missing, None, None, "unknown", before, say(words, "."))
    low, high = 100 * usual.low, 100 * usual.high
    band = _band(usual, span(signed(low), signed(high)), low, high, ask_past(material, SCORED))
    mentions = [one.mention.id for one in material.heard if one.sentiment in ("negative", "positive")]
    sentence = _compare(material, usual, figure, band, before, "Net sentiment ", mentions)
    place = usual.place(None if figure.value is None else figure.value / 100)
    return Measure("net_sentiment", "Net sentiment", figure, band, likely(figure, signed), place, before, sentence)


def net_figure(counts: Counts, query: str) -> Figure | None:
    estimate = net_sentiment(counts.negative, counts.neutral, counts.positive)
    if estimate is None:
        return None
    value = round(100 * estimate.value, 1)
    return Figure(value, signed(value), query, round(100 * estimate.low, 1), round(100 * estimate.high, 1), estimate.n)


def voice(material: Material, now: Counts) -> Measure:
    names = [material.brand.name, *(rival.name for rival in material.rivals)]
    whole = now.volume + sum(rival.now.all.volume for rival in material.rivals)
    everybody = ask(names, material.start, material.end)
    figure = share_figure(now.volume, whole, everybody) or Figure(None, "–", everybody)
    usual = usual_mean(share_samples(_shares(material)), material.local_date, whole, floor=0)
    past = ask(names, history_start(material), material.start)
    band = _band(usual, span(percent(usual.low), percent(usual.high)), 100 * usual.low, 100 * usual.high, past)
    earlier = material.previous.all.volume
    before_whole = earlier + sum(rival.previous.volume for rival in material.rivals)
    length = material.end - material.start
    before = share_figure(earlier, before_whole, ask(names, material.start - length, material.start))
    against = f"against {listed(names[1:])}"
    if figure.value is None:
        sentence = say(f"Nobody spoke of {material.brand.name} or its competitors.")
    else:
        sentence = _compare(
            material,
            usual,
            figure,
            band,
            before,
            f"Share of voice {against}: ",
            [one.mention.id for one in material.heard],
        )
    place = usual.place(now.volume / whole if whole else None)
    return Measure("share_of_voice", "Share of voice", figure, band, likely(figure, _per_cent), place, before, sentence)


def share_figure(part: int, whole: int, query: str) -> Figure | None:
    """In per cent."""
    estimate = share(part, whole)
    if estimate is None:
        return None
    ends = round(100 * estimate.low, 1), round(100 * estimate.high, 1)
    return Figure(round(100 * estimate.value, 1), percent(estimate.value), query, *ends, estimate.n)


def likely(figure: Figure, worded: Callable[[float], str]) -> Figure | None:
    """The confidence interval of an estimate, as a figure of its own."""
    if figure.low is None or figure.high is None:
        return None
    return Figure(None, span(worded(figure.low), worded(figure.high)), figure.query, figure.low, figure.high, figure.n)


def _per_cent(value: float) -> str:
    return percent(value / 100)


def _shares(material: Material) -> list[tuple[date, int, int]]:
    """(date, own, everybody's) of the days on which every competitor was listened to as well."""
    rivals = [{day.date: day.volume for day in rival.history} for rival in material.rivals]
    return [
        (day.date, day.volume, day.volume + sum(rival[day.date] for rival in rivals))
        for day in material.history
        if all(day.date in rival for rival in rivals)
    ]


def _band(usual: Usual, text: str, low: float, high: float, query: str) -> Figure | None:
    if usual.basis == "none":
        return None
    return Figure(None, text, query, round(low, 1), round(high, 1), usual.days)


def _compare(
    material: Material,
    usual: Usual,
    now: Figure,
    band: Figure | None,
    before: Figure | None,
    lead: str = "",
    mentions: Iterable[int] = (),
) -> Sentence:
    worded = signed if lead.startswith("Net") else _per_cent
    interval = likely(now, worded)
    estimate: list[str | Figure] = [now, " (", interval, ")"] if interval else [now]
    # of days the weekday's range says more than yesterday; weeks are compared with the one before
    estimate += [", ", before, " in the week before"] if material.is_weekly and before and material.history else []
    if band is None:
        return say(lead, *estimate, f"; {too_early(material, usual)}.", mentions=mentions)
    return say(lead, *estimate, "; usual ", occasion(material, usual), " is ", band, ".", mentions=mentions)


def split(counts: Counts, asked: Callable[[str], str]) -> dict[str, Figure]:
    """A count by sentiment; `asked` gives the query of it on a further condition."""
    parts = {"negative": counts.negative, "neutral": counts.neutral, "positive": counts.positive}
    figures = {label: Figure(n, grouped(n), asked(f"sentiment:{label}")) for label, n in parts.items()}
    return figures | {"unscored": Figure(counts.unscored, grouped(counts.unscored), asked(f"NOT {SCORED}"))}


def trend(material: Material, now: Counts) -> tuple[Day, ...]:
    today = DayCount(material.local_date, now.volume, now.negative, now.neutral, now.positive)
    past = sorted((d for d in material.history if d.date < material.local_date), key=lambda d: d.date)
    return tuple(_day(d) for d in [*past[-TREND:], today])


def _day(day: DayCount) -> Day:
    return Day(day.date, day.volume, day.negative, day.neutral, day.positive)


def _unscored(material: Material, now: Counts, missing: Figure) -> Sentence | None:
    if not now.unscored:
        return None
    why = f": {material.scoring}" if material.scoring else ""
    verb = "is" if now.unscored == 1 else "are"
    ids = (one.mention.id for one in material.heard if one.sentiment is None)
    return say(
        missing, f" of {grouped(now.volume)} {verb} not scored yet and left out of net sentiment{why}.", mentions=ids
    )
