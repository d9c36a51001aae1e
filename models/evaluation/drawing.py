"""A small writer of SVG: text, lines, tiles and dots in two colour schemes, light and dark as the reader's."""

from collections.abc import Sequence
from html import escape

# Colours by role, each (light, dark).
_COLOURS = {
    "card": ("#ffffff", "#0f141b"),
    "edge": ("#d9dee5", "#2b3440"),
    "ink": ("#1b2430", "#e8edf3"),
    "soft": ("#5d6b7c", "#93a1b2"),
    "grid": ("#e8ecf1", "#222b36"),
    "tile": ("#f3f5f8", "#19212b"),
    "right": ("#1f6feb", "#4c8dff"),
    "wrong": ("#d9480f", "#ff8a4c"),
    "on": ("#ffffff", "#0b1017"),
}
_STYLE = """
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.title{font-size:19px;font-weight:650}.panel{font-size:14px;font-weight:600}.figures{font-size:13px;font-weight:500}
.figures,.soft{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.soft,.tick{fill:var(--soft);font-size:12px}.tick{font-size:11px}
.number{font-size:14px}.strong{font-weight:650}.on{fill:var(--on)}
.grid{stroke:var(--grid)}.honest{stroke:var(--soft);stroke-dasharray:4 5}
.miss{stroke:var(--wrong);stroke-width:2;opacity:.75}
.between{stroke:var(--right);stroke-width:2;opacity:.45}
.curve{fill:none;stroke:var(--right);stroke-width:1.5;opacity:.55}
.dot{fill:var(--right);stroke:var(--card);stroke-width:1.5}
.hollow{fill:var(--card);stroke:var(--right);stroke-width:2}.bar{fill:var(--right);opacity:.35}
"""


def fitted(words: str, letter: float) -> float:
    """About how wide words are, in pixels."""
    return len(words) * letter


class Canvas:
    """One picture on a card. Positions are in pixels, from the upper left."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._size, self._title = (round(width), round(height)), title
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str, anchor: str = "start") -> None:
        """Words with their base line at y; `anchor` is start, middle or end."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def slanted(self, x: float, y: float, words: str, kind: str = "label") -> None:
        """Words that rise to the right."""
        turned = f'transform="translate({x:.1f} {y:.1f}) rotate(-45)"'
        self._parts.append(f'<text {turned} class="{kind}">{escape(words)}</text>')

    def upright(self, x: float, y: float, words: str) -> None:
        """Words along a vertical axis, their middle at the place."""
        turned = f'transform="translate({x:.1f} {y:.1f}) rotate(-90)"'
        self._parts.append(f'<text {turned} class="soft" text-anchor="middle">{escape(words)}</text>')

    def line(self, x: float, y: float, to_x: float, to_y: float, kind: str) -> None:
        """A straight line."""
        ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
        self._parts.append(f'<line {ends} class="{kind}"/>')

    def path(self, points: Sequence[tuple[float, float]]) -> None:
        """A line through points."""
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{way}" class="curve"/>')

    def dot(self, x: float, y: float, radius: float, said: str, kind: str = "dot") -> None:
        """A dot; `said` is shown where the pointer rests on it."""
        place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        self._parts.append(f'<circle {place} class="{kind}">{_said(said)}</circle>')

    def bar(self, x: float, y: float, width: float, height: float) -> None:
        """A bar of a histogram."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect {place} rx="2" class="bar"/>')

    def tile(self, x: float, y: float, size: float, share: float, right: bool, said: str) -> None:
        """A square of a table, as strong as its share: blue where it is right, orange where it is wrong."""
        place = f'x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="{size - 3:.1f}" height="{size - 3:.1f}" rx="4"'
        colour = "var(--right)" if right else "var(--wrong)"
        self._parts.append(f'<rect {place} fill="var(--tile)"/>')
        if share:
            self._parts.append(
                f'<rect {place} fill="{colour}" fill-opacity="{0.06 + 0.94 * share:.3f}">{_said(said)}</rect>'
            )

    def svg(self) -> str:
        """The whole picture."""
        width, height = self._size
        light, dark = (";".join(f"--{role}:{pair[which]}" for role, pair in _COLOURS.items()) for which in (0, 1))
        style = f"svg{{{light}}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}{_STYLE}"
        card = (
            f'x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="12" fill="var(--card)" stroke="var(--edge)"'
        )
        opened = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        )
        head = [f'{opened} role="img">', f"<title>{escape(self._title)}</title>", f"<style>{style}</style>"]
        return "\n".join([*head, f"<rect {card}/>", *self._parts, "</svg>", ""])


def _said(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""
