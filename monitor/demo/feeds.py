"""The invented world as feeds: RSS 2.0, RSS 1.0 (RDF), Atom and JSON Feed, as such sites really write them. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from monitor.demo.world import Said, World

RSS, ATOM, RDF, JSON = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")


def feeds(world: World) -> dict[str, tuple[str, bytes]]:
    """Every feed of the world: its file name, with the content type and the document."""
    return {name: (kind, write(world).encode("utf-8")) for name, (kind, write) in _WRITERS.items()}


def address_of(said: Said) -> str:
    """Where it stands, on a host that cannot exist."""
    slug = _slug(said.line.title) or "note"
    match said.line.channel:
        case "social":
            return f"https://quips.example/@{said.author}/{1_148_000 + said.number}"
        case "forum":
            return f"https://kitchentable.example/t/{slug}/{3_000 + said.number}"
        case "abroad":
            return f"https://kettlesaround.example/{said.line.lang}/{slug}-{said.number}"
        case "press":
            return f"https://{_slug(said.line.place)}.example/{said.published:%Y/%m/%d}/{slug}"
        case _:
            return f"https://hobnotes.example/{said.published:%Y/%m}/{slug}"


def _social(world: World) -> str:
    """A hashtag's feed of a small network: no titles, HTML in the description, the person as dc:creator."""
    return _rss(world, "social", "#kitchen on Quips (an invented network)", "https://quips.example/tags/kitchen", _post)


def _press(world: World) -> str:
    """A news search: the outlet as source, the guid no address, a teaser in HTML."""
    return _rss(
        world, "press", "kitchen - Newsgather (an invented search)", "https://newsgather.example/kitchen", _news
    )


def _rss(world: World, channel: str, title: str, link: str, entry: Callable[[Said], str]) -> str:
    items = "\n".join(entry(said) for said in world.on(channel))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{xml(title)}</title>
<link>{link}</link>
<description>Everything here is made up.</description>
<language>en</language>
<lastBuildDate>{format_datetime(world.until)}</lastBuildDate>
{items}
</channel>
</rss>
"""


def _post(said: Said) -> str:
    address = address_of(said)
    return f"""<item>
<guid isPermaLink="true">{address}</guid>
<link>{address}</link>
<pubDate>{format_datetime(said.published)}</pubDate>
<dc:creator>@{xml(said.author)}</dc:creator>
<description>{xml(_paragraph(said.text))}</description>
</item>"""


def _news(said: Said) -> str:
    home = f"https://{_slug(said.line.place)}.example"
    return f"""<item>
<title>{xml(said.line.title)}</title>
<link>{address_of(said)}</link>
<guid isPermaLink="false">newsgather-{said.number}</guid>
<pubDate>{format_datetime(said.published)}</pubDate>
<dc:creator>{xml(said.author)}</dc:creator>
<source url={quoteattr(home)}>{xml(said.line.place)}</source>
<description><![CDATA[{_paragraph(said.text)}]]></description>
</item>"""


def _forum(world: World) -> str:
    """A forum's Atom feed."""
    entries = "\n".join(_thread(said) for said in world.on("forum"))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>Kitchen Table (an invented forum)</title>
<id>tag:kitchentable.example,2026:latest</id>
<link rel="self" href="https://kitchentable.example/latest.atom"/>
<link href="https://kitchentable.example/"/>
<updated>{_iso(world.until)}</updated>
{entries}
</feed>
"""


def _thread(said: Said) -> str:
    return f"""<entry>
<id>tag:kitchentable.example,2026:topic-{said.number}</id>
<title>{xml(said.line.title)}</title>
<link rel="alternate" type="text/html" href={quoteattr(address_of(said))}/>
<author><name>{xml(said.author)}</name></author>
<published>{_iso(said.published)}</published>
<updated>{_iso(said.published)}</updated>
<content type="html">{xml(_paragraph(said.text))}</content>
</entry>"""


def _abroad(world: World) -> str:
    """An old forum that still speaks RSS 1.0, in three languages."""
    said = world.on("abroad")
    places = "\n".join(f"<rdf:li rdf:resource={quoteattr(address_of(one))}/>" for one in said)
    items = "\n".join(_rdf_item(one) for one in said)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://kettlesaround.example/">
<title>Kettles Around (an invented forum)</title>
<link>https://kettlesaround.example/</link>
<description>Everything here is made up.</description>
<items><rdf:Seq>
{places}
</rdf:Seq></items>
</channel>
{items}
</rdf:RDF>
"""


def _rdf_item(said: Said) -> str:
    return f"""<item rdf:about={quoteattr(address_of(said))}>
<title>{xml(said.line.title)}</title>
<link>{xml(address_of(said))}</link>
<description>{xml(said.text)}</description>
<dc:creator>{xml(said.author)}</dc:creator>
<dc:date>{_iso(said.published)}</dc:date>
<dc:language>{said.line.lang}</dc:language>
</item>"""


def _blog(world: World) -> str:
    """A household blog with a JSON Feed."""
    items = [
        {
            "id": address_of(said),
            "url": address_of(said),
            "title": said.line.title,
            "content_html": _paragraph(said.text),
            "date_published": _iso(said.published),
            "authors": [{"name": said.author}],
        }
        for said in world.on("blog")
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Hob Notes (an invented blog)",
        "home_page_url": "https://hobnotes.example/",
        "feed_url": "https://hobnotes.example/feed.json",
        "language": "en",
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


_WRITERS: Mapping[str, tuple[str, Callable[[World], str]]] = {
    "social.xml": (RSS, _social),
    "press.xml": (RSS, _press),
    "forum.xml": (ATOM, _forum),
    "abroad.xml": (RDF, _abroad),
    "blog.json": (JSON, _blog),
}


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain)[:9])
