"""What several people say in their own words: complaints and praise apart, against what is usual for each."""

from __future__ import annotations

from monitor.digest.changed import ask_past, volume_band
from monitor.digest.form import Comment, Figure, Quoted, Repeated, say
from monitor.digest.material import Material
from monitor.digest.wording import cite, grouped, many, occasion, plain_line
from monitor.insight.usual import usual_volume
from monitor.mention import ThemeHeard

MOST = 5
"""Of each side."""
TREND = 28
FEW = 15
"""Where so few mentions were heard at most, a comment is told of also where one person alone repeats it today."""


def shown(material: Material) -> tuple[ThemeHeard, ...]:
    """The themes that a digest tells of. A pinned one is always there, as long as somebody said it."""
    return tuple(theme for side in ("negative", "positive", "") for theme in _of(material, side))


def _of(material: Material, side: str) -> list[ThemeHeard]:
    few = len(material.heard) <= FEW
    mine = [theme for theme in material.themes if theme.side == side and (theme.people > 1 or theme.pinned or few)]
    return sorted(mine, key=lambda theme: not theme.pinned)[:MOST]


def comments(material: Material) -> Repeated:
    """Most people first, behind what is pinned."""
    complaints, praise, unsorted = (
        tuple(_comment(material, theme) for theme in _of(material, side)) for side in ("negative", "positive", "")
    )
    judged = any(one.sentiment for one in material.heard)
    note = (
        say("Complaints and praise are told apart once the mentions are scored.") if unsorted and not judged else None
    )
    return Repeated(complaints, praise, unsorted, note)


def quoted(material: Material, theme: ThemeHeard) -> frozenset[int]:
    """The mentions that a theme is told in the words of."""
    return frozenset(one.mention for one in material.quotes.get(theme.id, ()))


def _comment(material: Material, theme: ThemeHeard) -> Comment:
    scope, asked = material.scope, f"theme:{theme.id}"
    n = len(theme.members)
    count = Figure(n, grouped(n), scope.ask(asked))
    before = Figure(theme.previous, grouped(theme.previous), scope.before(asked))
    usual = usual_volume(dict(theme.past), material.local_date)
    band = volume_band(usual, ask_past(material, asked))
    name = plain_line(theme.name, 80)
    is_new = theme.first is not None and theme.first >= material.start
    compared: list[str | Figure] = [", ", before, " in the period before"]
    if is_new:
        compared = [", new"]
    elif band:
        compared += ["; usual ", occasion(material, usual), " is ", band]
    worded = Figure(n, many(n, "mention"), count.query)
    said = {mention.id: mention for mention in material.mentions(quoted(material, theme))}
    quotes = tuple(
        Quoted(cite(said[one.mention]), plain_line(one.text))
        for one in material.quotes.get(theme.id, ())
        if one.mention in said
    )
    return Comment(
        id=theme.id,
        phrase=name,
        people=theme.people,
        count=count,
        previous=before,
        change=n - theme.previous,
        quotes=quotes,
        sentence=say(
            f"{many(theme.people, 'person', 'people')}: “{name}” in ", worded, *compared, ".", mentions=theme.members
        ),
        usual=band,
        place=usual.place(n),
        new=is_new,
        trend=(*(counted for _, counted in sorted(theme.past)[-TREND:]), n),
        pinned=theme.pinned,
    )
