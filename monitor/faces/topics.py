"""`overheard topics`: what mentions are sorted into and where each label comes from; how one text would be sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from models import taxonomy
from models.taxonomy import KINDS
from monitor.errors import Refused
from monitor.faces.show import console, plain

if TYPE_CHECKING:
    from models.reasons import Reason
    from monitor.config import Config

# Beside the labels that a text gets, so many that it nearly got.
NEARLY = 3
SIGNS = {"topics": "[[topic]]", "touchpoints": "[[touchpoint]]", "stages": "[[stage]]"}


def listed(config: Config | None) -> None:
    """Every label with its origin and description; and the packs that are not chosen."""
    from monitor.built import taxonomy_in

    chosen = taxonomy_in(config) if config else taxonomy.shipped()
    for kind in KINDS:
        labels = getattr(chosen, kind)
        table = Table(title=f"{kind} ({len(labels)})", box=None, title_justify="left", pad_edge=False)
        table.add_column("name", no_wrap=True)
        table.add_column("from", no_wrap=True, style="dim")
        table.add_column("description")
        for label in labels:
            table.add_row(*(Text(plain(one)) for one in (label.name, label.origin, label.sayings[0])))
        console.print(table)
        console.print()
    taken = {*taxonomy.START, *(config.taxonomy.packs if config else ())}
    for name, about in taxonomy.packs().items():
        if name not in taken:
            console.print(Text(f'Not chosen: packs = ["{name}"]  {about}', style="dim"))
    console.print(f"Your own go into the configuration as {', '.join(SIGNS.values())}.")


def tried(config: Config | None, texts: Sequence[str]) -> None:
    """How each text would be sorted, and why. Raises Refused when the encoder cannot be used."""
    from models.judge import Judge
    from models.reasons import reasons
    from models.weights import WeightsDamaged, WeightsMissing
    from monitor.built import taxonomy_in

    chosen = taxonomy_in(config) if config else taxonomy.shipped()
    try:
        judge = Judge.open(taxonomy=chosen, encoder=config.scoring.encoder if config else "auto")
    except (WeightsDamaged, WeightsMissing) as error:
        raise Refused(str(error)) from error
    for text in texts:
        console.print(Text(f"“{plain(text)}”", style="bold"))
        found = reasons(judge, text)
        if not found:
            console.print("  cannot be read")
        for scorer, every in found.items():
            _shown(scorer, every)
        console.print()


def _shown(scorer: str, every: Sequence[Reason]) -> None:
    given = [one for one in every if one.given]
    console.print(f"  {scorer}: {', '.join(plain(one.label.name) for one in given) or 'none'}", markup=False)
    for one in (*given, *[one for one in every if not one.given][:NEARLY]):
        line = Text(f"    {'✓' if one.given else ' '} {one.chance:4.0%} {plain(one.label.name)}: ")
        line.append(f"near to “{plain(one.saying)}” ({one.cosine:.2f})")
        for said, words in (("its word", one.words), ("shares", [f"{word}…" for word in one.keywords])):
            if words:
                line.append(f"; {said} {', '.join(plain(word) for word in words)}")
        line.stylize("" if one.given else "dim")
        console.print(line)
