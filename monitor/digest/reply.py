"""Who waits for an answer: at most five, the ones that cost most to leave alone first, and why each was picked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from monitor.digest.asks import NEEDS, OPEN
from monitor.digest.form import Figure, Reply, ToAnswer, say
from monitor.digest.material import Material
from monitor.digest.reviews import is_low, rated
from monitor.digest.wording import cite, grouped, many
from monitor.mention import Heard

MOST = 5
REASONS = 2
"""So many reasons are shown for each."""
ANSWERED = ("replied", "resolved", "hidden")
UNANSWERABLE = ("article", "survey")
WEIGHTS = (
    ("churn", 10, "threatens to leave"),  # one bad experience, and half of those who had it leave: always first
    ("complaint", 3, "complaint"),
    ("help", 3, "asks for help"),
    ("question", 2, "question"),
)


def reasons(heard: Heard) -> list[tuple[float, str]]:
    """(weight, in words), weightiest first; empty when nobody waits."""
    if heard.state in ANSWERED or heard.mention.kind in UNANSWERABLE:
        return []
    if not heard.needs and heard.mention.kind != "review":
        return []  # most of them
    found: list[tuple[float, str]] = [(weight, words) for need, weight, words in WEIGHTS if need in heard.needs]
    if is_low(heard):
        stars = round(heard.mention.rating or 0)
        found.append((5 - stars / 2, f"{stars}-star review"))
    if found and heard.state == "reopened":
        found.append((3, "reopened"))
    return sorted(found, key=lambda reason: -reason[0])


def waiting(heard: Iterable[Heard]) -> list[Heard]:
    """Everybody who waits, copies included: as many as the query gives."""
    return [one for one in heard if reasons(one)]


def waiting_query(material: Material, *conditions: str) -> str:
    """Who waits, and fulfils these conditions too."""
    # asked for only where it makes a difference: most people never say what they have answered
    answered = any(one.state in ANSWERED for one in material.heard)
    return material.scope.ask(
        *conditions,
        f"({NEEDS} OR ({rated(material, '1..2')}))",
        f"NOT type:({' OR '.join(UNANSWERABLE)})",
        OPEN if answered else "",
    )


def first(material: Material) -> list[Heard]:
    """Those to answer first: of a story its first teller alone, nobody who is to be left alone for now."""
    ranked = sorted(waiting([*material.heard, *material.late]), key=_urgency)
    story_of = {id_: story.id for story in material.stories for id_ in story.members}
    told: set[int] = set()
    found = []
    for one in ranked:
        story = story_of.get(one.mention.id)
        if is_snoozed(one, material) or story in told:
            continue
        told |= {story} if story is not None else set()
        found.append(one)
    return found


def is_snoozed(one: Heard, material: Material) -> bool:
    """Somebody wants to hear of it later."""
    return one.snoozed is not None and one.snoozed > material.end


def reply(material: Material) -> Reply:
    everybody, late = waiting(material.heard), waiting(material.late)
    query = waiting_query(material)
    total = Figure(len(everybody), grouped(len(everybody)), query)
    ranked = first(material)
    items = tuple(_item(one, material) for one in ranked[:MOST])
    if not everybody and not late:
        return Reply(say("Nobody waits for an answer."), total)
    waits = Figure(total.value, many(len(everybody), "mention"), query)
    older = f", and {many(len(late), 'older one')} found only now" if late else ""
    later = sum(is_snoozed(one, material) for one in everybody)
    snoozed = f", {grouped(later)} of them snoozed" if later else ""
    these = f"; these {len(items)} first" if 0 < len(items) < len(everybody) + len(late) else ""
    verb = " waits" if len(everybody) == 1 else " wait"
    ids = (one.mention.id for one in ranked or everybody)
    return Reply(say(waits, verb, " for an answer", older, snoozed, these, ".", mentions=ids), total, items)


def _urgency(heard: Heard) -> tuple[float, float, int]:
    """Weightiest first, then the oldest. The second reason counts half; a negative tone tips the balance."""
    weights = [weight for weight, _ in reasons(heard)]
    weight = weights[0] + 0.5 * sum(weights[1:]) + (1 if heard.sentiment == "negative" else 0)
    return -weight, heard.mention.published.timestamp(), heard.mention.id


def _item(heard: Heard, material: Material) -> ToAnswer:
    age = max(timedelta(0), material.end - heard.mention.published)
    why = tuple(words for _, words in reasons(heard)[:REASONS])
    return ToAnswer(
        cite(material.worded(heard.mention)),
        heard.assignee,
        int(age.total_seconds() // 3600),
        why,
        ", ".join(heard.teams),
    )
