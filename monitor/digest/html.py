"""A digest as a web page and as the body of a letter: no script, and nothing loaded from anywhere. The page has its
pictures within, the letter names those that travel with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.digest import pictures, view
from monitor.digest.older import as_now
from monitor.digest.pictures import Picture
from monitor.digest.wording import signed

MOST_LETTER = 100_000
"""Gmail cuts a letter off after 102 kB."""
BRIEFER = (5, 3, 1, 0)
"""A letter of several brands that would be longer has the first screen of so many, those that need somebody most."""
CID = "digest.overheard"
"""The domain of the ids by which a letter names its pictures."""


class Shown:
    """One brand's digest, with what its templates ask for."""

    def __init__(self, digest: Mapping[str, Any], number: int) -> None:
        self.digest, self.number = digest, number
        self.sections = digest["sections"]
        self.lead, self.rest = view.lead_and_rest(self.sections["verdict"]["sentence"])
        self.when, self.window = view.period(digest), view.window(digest)
        self.shares = view.shares(digest)
        self.local = partial(view.local, digest)

    @cached_property
    def pictures(self) -> dict[str, Picture | None]:
        return {name: draw(self.digest) for name, draw in DRAWN.items()}

    def cid(self, name: str) -> str:
        return cid(name, self.number)

    # Small ones beside the numbers that say the same: they need no words of their own.

    def share(self, figure: Mapping[str, Any], of: Mapping[str, Any]) -> Picture:
        return pictures.share(figure, "own" if of.get("own", True) else "rival")

    def part(self, figure: Mapping[str, Any], all_parts: Sequence[Mapping[str, Any]]) -> Picture:
        whole = sum(one["value"] for one in all_parts) or 1
        return pictures.share({"value": 100 * figure["value"] / whole}, "own")

    def mixture(self, stage: Mapping[str, Any]) -> Picture:
        return pictures.mixture(stage["split"])

    def spark(self, comment: Mapping[str, Any]) -> Picture:
        return pictures.spark(comment["trend"])


DRAWN = {"volume": pictures.volume, "days": pictures.days, "sentiment": pictures.split, "voice": pictures.voice}


def cid(name: str, number: int) -> str:
    """The id of a picture within a letter; the number is the brand's place in it."""
    return f"{name}-{number}@{CID}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.digest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "web": view.web_link,
        "host": view.host_of,
        "age": view.age,
        "arrow": view.arrow,
        "weekday": view.weekday,
        "period": view.period,
        "percents": view.percents,
        "named": view.named,
        "why_shown": view.why_shown,
        "quote_of": view.quote_of,
        "summary_of": view.summary_of,
        "lead_and_rest": view.lead_and_rest,
        "signed": signed,
        "first_upper": view.first_upper,
    }
    return environment


def page(frozen: Mapping[str, Any], base: str = "") -> str:
    """The digest (the form of digest.json) as a page of its own. `base` is where figures link to, such as
    "http://127.0.0.1:8765"; without it they are plain text."""
    return _render("page.html.j2", frozen, base)


def letter(frozen: Mapping[str, Any], base: str = "") -> str:
    """The same for e-mail: styles inlined, tables for places, dark mode where the reader's program has it. Its pictures
    are those of `attached`. Several brands are told of as fully as Gmail shows it."""
    shown = view.inert_texts(frozen)
    html = inlined(_render("letter.html.j2", shown, base))
    for brief in BRIEFER if "brands" in frozen else ():
        if len(html.encode()) <= MOST_LETTER:
            break
        html = inlined(_render("letter.html.j2", shown, base, brief=brief))
    return html


def attached(frozen: Mapping[str, Any], html: str) -> list[tuple[str, Picture]]:
    """(id, picture) of what this letter of a digest shows, in the order in which it does."""
    return [
        (one.cid(name), picture)
        for one in _shown(frozen)
        for name, picture in one.pictures.items()
        if picture and f"cid:{one.cid(name)}" in html
    ]  # fmt: skip


def inlined(html: str) -> str:
    """A letter with its styles at each element, for the programs that read no style sheet."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
    return str(inliner.inline(html))


def render(template: str, **given: Any) -> str:
    return _templates().get_template(template).render(**given)


def _shown(frozen: Mapping[str, Any]) -> list[Shown]:
    return [Shown(as_now(one), number) for number, one in enumerate(view.brands_of(frozen))]


def _render(template: str, frozen: Mapping[str, Any], base: str, *, brief: int | None = None) -> str:
    shown = _shown(frozen)
    return render(
        template,
        brief=brief is not None,
        left=len(shown[brief:]) if brief is not None else 0,
        whole=view.web_link(base),
        subject=frozen["subject"],
        preheader=view.preheader(frozen),
        overview=frozen if "brands" in frozen else None,
        shown=shown[:brief],
        link=partial(view.query_link, base),
    )
