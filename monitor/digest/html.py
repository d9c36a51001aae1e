"""A digest as a web page and as the body of a letter: one template, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.digest import view


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.digest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"web": view.web_link, "host": view.host_of, "age": view.age, "arrow": view.arrow}
    return environment


def page(digest: Mapping[str, Any], base: str = "") -> str:
    """The digest (the form of digest.json) as a page of its own. `base` is where figures link to, such as
    "http://127.0.0.1:8765"; without it they are plain text."""
    return _render(digest, base, letter=False)


def letter(digest: Mapping[str, Any], base: str = "") -> str:
    """The same for e-mail: styles inlined, tables instead of drawings, dark mode where the reader's program has it."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
    return inliner.inline(_render(digest, base, letter=True))


def _render(digest: Mapping[str, Any], base: str, *, letter: bool) -> str:
    lead, rest = view.lead_and_rest(digest["sections"]["verdict"]["sentence"])
    return (
        _templates()
        .get_template("digest.html.j2")
        .render(
            digest=digest,
            sections=digest["sections"],
            letter=letter,
            link=partial(view.query_link, base),
            local=partial(view.local, digest),
            long_date=view.long_date(digest),
            window=view.window(digest),
            bars=view.bars(digest, 72),
            shares=view.shares(digest),
            verdict_lead=lead,
            verdict_rest=rest,
        )
    )
