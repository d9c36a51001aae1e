"""The configuration of the demonstration: an ordinary one, as a brand manager would write it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.demo.handed_in import SURVEY_FILE
from monitor.demo.server import BROKEN_FEED
from monitor.demo.services import APP, RIVAL_APP, STOREFRONTS
from monitor.demo.world import ALIAS, BRAND, DESCRIPTION, QUERY, RIVALS

SUPPORT_DESK = "Support desk"
"""The webhook source into which the support desk's tickets are pushed."""


def demo_config(
    hosts: Sequence[str], folder: Path, *, until: datetime, timezone: str = "UTC", listen: str = "127.0.0.1:0"
) -> str:
    """The TOML text for a world that ended at `until` (aware), the digest's hour, and is served at `hosts`, in turns.

    `folder` holds the survey's file, the database and the digests. `timezone` is the reader's; `listen` is where `run`
    will serve.
    """
    host = cycle(hosts)
    allowed = sorted({urlsplit(url).hostname or "" for url in hosts})
    return f"""# Written by `overheard demo`. {BRAND}, its customers and its competitors are invented.

[store]
database = {_text(folder / "demo.db")}

[network]
allow = [{_texts(allowed)}]  # the demonstration's own server on this machine

[web]
listen = {_text(listen)}

[[brand]]
name = {_text(BRAND)}
aliases = [{_text(ALIAS)}]
query = {_text(QUERY)}
competitors = [{_texts(RIVALS)}]
description = {_text(DESCRIPTION)}

[[digest]]
brand = {_text(BRAND)}
at = "{until.astimezone(ZoneInfo(timezone)):%H:%M}"
timezone = {_text(timezone)}
to = {_text(f"file:{folder / 'digests'}")}

{"".join(_feed(next(host), *feed) for feed in _FEEDS)}
{"".join(_search(next(host), name) for name in (BRAND, *RIVALS))}
{"".join(_reviews(next(host), BRAND, APP, country) for country in STOREFRONTS)}
{_reviews(next(host), RIVALS[0], RIVAL_APP, "us")}
[[source]]
kind = "table"
name = "Survey after purchase"
path = {_text(folder / SURVEY_FILE)}
mention = "survey"
rating_max = 5
about = {_text(BRAND)}
every = "1m"

[[source]]
kind = "webhook"
name = {_text(SUPPORT_DESK)}
mention = "comment"
about = {_text(BRAND)}
"""


_FEEDS = (
    ("Quips (hashtag feed)", "/feeds/social.xml", "post"),
    ("Newsgather (press)", "/feeds/press.xml", "article"),
    ("Kitchen Table (forum)", "/feeds/forum.xml", "post"),
    ("Kettles Around (forum)", "/feeds/abroad.xml", "post"),
    ("Hob Notes (blog)", "/feeds/blog.json", "article"),
    ("Gadget Wire (broken on purpose)", BROKEN_FEED, "article"),
)


def _feed(base_url: str, name: str, path: str, mention: str) -> str:
    return f"""[[source]]
kind = "feed"
name = {_text(name)}
url = {_text(base_url + path)}
mention = "{mention}"
every = "30s"

"""


def _search(base_url: str, brand: str) -> str:
    return f"""[[source]]
kind = "hackernews"
name = {_text(f"Hacker News: {brand}")}
base_url = {_text(f"{base_url}/hn")}
query = {_text(brand)}
every = "1m"

"""


def _reviews(base_url: str, brand: str, app: str, country: str) -> str:
    return f"""[[source]]
kind = "appstore"
name = {_text(f"App Store {country.upper()}: {brand}")}
base_url = {_text(f"{base_url}/appstore")}
app = "{app}"
country = "{country}"
about = {_text(brand)}
every = "1m"

"""


def _text(value: object) -> str:
    """A TOML string: what JSON writes of a string without surrogates is one."""
    return json.dumps(str(value), ensure_ascii=False)


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(_text, values))
