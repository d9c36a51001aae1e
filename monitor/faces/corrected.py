"""How corrections, and what was learnt from them, look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from monitor.faces.show import console, counted, plain
from monitor.queries import correction_json
from monitor.store.corrections import Correction
from monitor.store.taught import LEAST_CORRECTIONS, Head, Lesson

SAID = 60
WORDS = {"brand_sentiment": "sentiment"}
COLORS = {"holds": "green", "undone": "dim"}


def corrected(result: Mapping[str, Any]) -> None:
    """What was written down, and how far it is to a lesson."""
    for one in result["corrections"]:
        line = Text(f"Correction {one['id']}: mention #{one['mention']}{_towards(one['brand'])}, ")
        console.print(line.append(_change(one["field"], one["before"], one["after"])), soft_wrap=True)
        if copies := one["near_duplicates"]:
            which = ", ".join(f"#{id_}" for id_ in copies[:8]) + (" …" if len(copies) > 8 else "")
            console.print(Text(f"  and {counted(len(copies), 'near-duplicate')} of it: {which}"), soft_wrap=True)
    if not result["corrections"]:
        console.print("That was said already: nothing changed.")
    for head in result["heads"]:
        console.print(Text(_progress(head, result["needed"]), style="dim"), soft_wrap=True)


def _progress(head: Mapping[str, Any], needed: int) -> str:
    name = _head_name(head["brand"], head["scorer"])
    if head["corrections"] < needed:
        return f"{name}: {counted(head['corrections'], 'correction')}; from {needed} on the scorer learns from them."
    return (
        f"{name}: {counted(head['corrections'], 'correction')}. `overheard run` and `overheard collect` learn from "
        "them; `overheard corrections --learn` does at once."
    )


def undone(result: Mapping[str, Any]) -> None:
    """What was taken back."""
    one, mentions = result["correction"], result["mentions"]
    more = f", and {counted(len(mentions) - 1, 'near-duplicate')} of it" if len(mentions) > 1 else ""
    what = (
        f"Undone: correction {one['id']} of mention #{one['mention']}{_towards(one['brand'])} ({one['field']}){more}."
    )
    console.print(Text(what), soft_wrap=True)


def _towards(brand: str) -> str:
    return f" towards {plain(brand)}" if brand else ""


def _change(field: str, before: Any, after: Any) -> str:
    if before == after:
        return f"{field} confirmed: {_worded(after)}"
    return f"{field}: {_worded(before)} → {_worded(after)}"


def _worded(value: Any) -> str:
    if value is None:
        return "not scored"
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)


def listed(corrections: Sequence[Correction], *, as_json: bool) -> None:
    """The newest corrections, one row each."""
    if as_json:
        for one in corrections:
            print(json.dumps(correction_json(one), ensure_ascii=False))
        return
    if not corrections:
        console.print("Nothing was corrected yet: `overheard correct MENTION --sentiment positive` does it.")
        return
    table = _table("no", "when", "by", "mention", "what", "copies", "state", right=("no", "copies"))
    for one in corrections:
        said = " ".join(plain(one.said).split())
        mention = f"#{one.mention_id} {said[:SAID]}{'…' if len(said) > SAID else ''}"
        what = _change(one.field, one.before, one.after) + (f" ({plain(one.brand)})" if one.brand else "")
        state = f"undone by {plain(one.undone_by)}" if one.undone else one.state
        row = (
            str(one.id),
            _when(one.at),
            plain(one.by),
            mention,
            what + (f"\n“{plain(one.note)}”" if one.note else ""),
        )
        table.add_row(
            *map(Text, row), str(len(one.followers) or ""), Text(state, style=COLORS.get(one.state, "yellow"))
        )
    console.print(table)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column == "head" or column in right)
    return table


def _when(at: datetime) -> str:
    return at.astimezone().strftime("%d %b %H:%M")


def learnt(heads: Sequence[tuple[Head, Sequence[Lesson]]], *, as_json: bool) -> None:
    """What was learnt of each head: figures on held-out corrections before and after, in use or not and why."""
    if as_json:
        for head, lessons in heads:
            print(json.dumps(_json(head, lessons), ensure_ascii=False))
        return
    if not heads:
        console.print("Nothing was corrected yet, so nothing was learnt.")
        return
    figures = ("of", "right", "macro-F1", "log-loss")
    table = _table("head", *figures, "used", right=figures)
    for head, lessons in heads:
        for lesson in lessons:
            table.add_row(*_row(head, lesson))
        if not lessons:
            name = _head_name(head.brand, head.scorer)
            table.add_row(Text(name), str(head.corrections), "", "", "", Text("no", style="dim"))
    console.print(table)
    for head, lessons in heads:
        for name, why in _unused(head, lessons):
            console.print(Text(f"{name}: {why}."), soft_wrap=True)
    console.print(
        Text("Learnt of so many corrections; figures are of those held out, before → after.", style="dim"),
        soft_wrap=True,
    )


def _unused(head: Head, lessons: Sequence[Lesson]) -> list[tuple[str, str]]:
    """Why what was learnt is not in use, by the head's name."""
    if not lessons:
        return [(_head_name(head.brand, head.scorer), _missing(head))]
    why = [
        (one, f"switched off by {plain(one.forgotten_by)}, {_when(one.forgotten)}" if one.forgotten else "")
        for one in lessons
    ]
    return [(_lesson_name(head, one), told or str(one.facts.get("why", ""))) for one, told in why if not one.in_use]


def _row(head: Head, lesson: Lesson) -> tuple[Text | str, ...]:
    facts = lesson.facts
    before, after = facts.get("before"), facts.get("after")
    shown = [
        f"{form % (before[name] * factor)} → {form % (after[name] * factor)}" if before and after else ""
        for name, form, factor in (("accuracy", "%.0f %%", 100), ("macro_f1", "%.2f", 1), ("log_loss", "%.2f", 1))
    ]
    state = Text("yes", style="green") if lesson.in_use else Text("no", style="dim")
    return Text(_lesson_name(head, lesson)), str(facts.get("corrections", head.corrections)), *shown, state


def _lesson_name(head: Head, lesson: Lesson) -> str:
    return _head_name(head.brand, head.scorer) + (f" ({lesson.encoder})" if lesson.encoder else "")


def _missing(head: Head) -> str:
    if head.corrections < LEAST_CORRECTIONS:
        return f"it takes {LEAST_CORRECTIONS} corrections"
    return "not learnt from yet"


def _head_name(brand: str, scorer: str) -> str:
    name = WORDS.get(scorer, scorer)
    return f"{plain(brand)}/{name}" if brand else name


def _json(head: Head, lessons: Sequence[Lesson]) -> dict[str, Any]:
    return {
        "head": _head_name(head.brand, head.scorer),
        "brand": head.brand,
        "scorer": head.scorer,
        "corrections": head.corrections,
        "lessons": [
            {
                "encoder": one.encoder,
                "in_use": one.in_use,
                "fitted": one.fitted.isoformat().replace("+00:00", "Z"),
                "switched_off_by": one.forgotten_by,
                **one.facts,
            }
            for one in lessons
        ],
    }


def learning_done(result: Mapping[str, Any]) -> None:
    """What came of learning on demand."""
    if result["unscored"]:
        console.print(Text(f"Not possible now: {result['unscored']}", style="yellow"))
    elif not result["learnt"]:
        console.print("There is nothing new to learn from.")
    else:
        console.print(f"Learnt from corrections; {counted(result['scored'], 'mention')} judged anew.")


def switched(head: str, result: Mapping[str, Any], *, on: bool) -> None:
    """What came of switching."""
    told = f"What {plain(head)} learnt is {'used again' if on else 'no longer used'}; "
    console.print(Text(f"{told}{counted(result['scored'], 'mention')} judged anew."), soft_wrap=True)
