"""Who waits for an answer: at most five, the ones that cost most to leave alone first, and why each was picked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from monitor.digest.asks import NEEDS, OPEN, ask
from monitor.digest.form import Figure, Reply, ToAnswer, say
from monitor.digest.material import Material
from monitor.digest.wording import cite, grouped, many
from monitor.insight.copies import copies
from monitor.mention import Heard

MOST = 5
REASONS = 2
"""So many reasons are shown for each."""
ANSWERED = ("replied", "resolved", "hidden")
WEIGHTS = (
    ("churn", 5, "threatens to leave"),
    ("complaint", 3, "complaint"),
    ("help", 3, "asks for help"),
    ("question", 2, "question"),
)


def is_low_review(heard: Heard) -> bool:
    """One or two stars. A thumb down is not a star."""
    mention = heard.mention
    stars = mention.kind == "review" and mention.rating is not None and (mention.rating_max or 5) > 1
    return stars and mention.rating is not None and 1 <= mention.rating <= 2


def reasons(heard: Heard) -> list[tuple[float, str]]:
    """(weight, in words), weightiest first; empty when nobody waits."""
    if heard.state in ANSWERED or heard.mention.kind in ("article", "survey"):
        return []
    found: list[tuple[float, str]] = [(weight, words) for need, weight, words in WEIGHTS if need in heard.needs]
    if is_low_review(heard):
        stars = round(heard.mention.rating or 0)
        found.append((5 - stars / 2, f"{stars}-star review"))
    if found and heard.state == "reopened":
        found.append((3, "reopened"))
    return sorted(found, key=lambda reason: -reason[0])


def waiting(heard: Sequence[Heard]) -> list[Heard]:
    """Everybody who waits, copies included: as many as the query gives."""
    return [one for one in heard if reasons(one)]


def reply(material: Material) -> Reply:
    everybody = waiting(material.heard)
    # asked for only where it makes a difference: the query language learns `status:` later than this was written
    answered = any(one.state in ANSWERED for one in material.heard)
    query = ask(
        material.brand.name,
        material.start,
        material.end,
        f"({NEEDS} OR (type:review rating:1..2))",
        "NOT type:(article OR survey)",
        OPEN if answered else "",
    )
    total = Figure(len(everybody), grouped(len(everybody)), query)
    late = waiting(material.late)
    ranked = sorted(_leads([*everybody, *late]), key=_urgency)
    items = tuple(_item(one, material) for one in ranked[:MOST])
    if not ranked:
        return Reply(say("Nobody waits for an answer."), total)
    waits = Figure(total.value, many(len(everybody), "mention"), query)
    older = f", and {many(len(late), 'older one')} found only now" if late else ""
    first = f"; these {len(items)} first" if len(everybody) + len(late) > MOST else ""
    verb = " waits" if len(everybody) == 1 else " wait"
    ids = [one.mention.id for one in ranked]
    return Reply(say(waits, verb, " for an answer", older, first, ".", mentions=ids), total, items)


def _leads(heard: list[Heard]) -> list[Heard]:
    return [heard[i] for i, lead in enumerate(copies(heard)) if i == lead]


def _urgency(heard: Heard) -> tuple[float, float, int]:
    """Weightiest first, then the oldest. The second reason counts half; a negative tone tips the balance."""
    weights = [weight for weight, _ in reasons(heard)]
    weight = weights[0] + 0.5 * sum(weights[1:]) + (1 if heard.sentiment == "negative" else 0)
    return -weight, heard.mention.published.timestamp(), heard.mention.id


def _item(heard: Heard, material: Material) -> ToAnswer:
    age = max(timedelta(0), material.end - heard.mention.published)
    why = tuple(words for _, words in reasons(heard)[:REASONS])
    return ToAnswer(cite(heard.mention), heard.assignee, int(age.total_seconds() // 3600), why)
