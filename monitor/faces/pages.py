"""What all pages have in common: the service behind them, their headers, and how a template becomes an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.app import Service
from monitor.faces.highlight import marked

SERVICE: web.AppKey[Service] = web.AppKey("service", Service)

# Nothing from elsewhere, no script at all; the one style sheet of a page stands in it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["marked"] = marked


def html(template: str, status: int = 200, **values: Any) -> web.Response:
    """A page."""
    text = _templates.get_template(template).render(**values)
    return web.Response(text=text, content_type="text/html", status=status)
