"""The configuration of the demonstration: an ordinary one, as a brand manager would write it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.demo.handed_in import SURVEY_FILE
from monitor.demo.server import BROKEN_FEED
from monitor.demo.services import APP, RIVAL_APP, STOREFRONTS
from monitor.demo.world import BRAND, DESCRIPTION, QUERY, RIVALS

SUPPORT_DESK = "Support desk"
"""The webhook source into which the support desk's tickets are pushed."""


def demo_config(
    base_url: str, folder: Path, *, until: datetime, timezone: str = "UTC", listen: str = "127.0.0.1:0"
) -> str:
    """The TOML text for a world served at `base_url` that ended at `until` (aware): the digest's hour.

    `folder` holds the survey's file, the database and the digests. `timezone` is the reader's; `listen` is where `run`
    will serve.
    """
    host = base_url.partition("://")[2].rpartition(":")[0]
    return f"""# Written by `overheard demo`. {BRAND}, its customers and its competitors are invented.

[store]
database = {_text(folder / "demo.db")}

[network]
allow = [{_text(host)}]  # the demonstration's own server on this machine

[web]
listen = {_text(listen)}

[[brand]]
name = {_text(BRAND)}
query = {_text(QUERY)}
competitors = [{", ".join(map(_text, RIVALS))}]
description = {_text(DESCRIPTION)}

[[digest]]
brand = {_text(BRAND)}
at = "{until.astimezone(ZoneInfo(timezone)):%H:%M}"
timezone = {_text(timezone)}
to = {_text(f"file:{folder / 'digests'}")}

{"".join(_feed(base_url, *feed) for feed in _FEEDS)}
{"".join(_search(base_url, name) for name in (BRAND, *RIVALS))}
[[source]]
kind = "appstore"
name = "App Store: {BRAND}"
base_url = {_text(f"{base_url}/appstore")}
app = "{APP}"
countries = [{", ".join(map(_text, STOREFRONTS))}]
about = {_text(BRAND)}
every = "1m"

[[source]]
kind = "appstore"
name = "App Store: {RIVALS[0]}"
base_url = {_text(f"{base_url}/appstore")}
app = "{RIVAL_APP}"
about = {_text(RIVALS[0])}
every = "1m"

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


def _text(value: object) -> str:
    """A TOML string: what JSON writes of a string without surrogates is one."""
    return json.dumps(str(value), ensure_ascii=False)
