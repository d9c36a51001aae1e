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
from monitor.demo.world import ALIAS, BRAND, DESCRIPTION, QUERY, RIVALS, SMALL, SMALL_DESCRIPTION, SMALL_QUERY

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
    local = until.astimezone(ZoneInfo(timezone))
    day = WEEKDAYS[local.weekday()]
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

[[brand]]
name = {_text(SMALL)}
query = {_text(SMALL_QUERY)}
description = {_text(SMALL_DESCRIPTION)}

{"".join(_digest(*digest, local, timezone, folder) for digest in _DIGESTS)}
{"".join(_digest(f"{name}, the week", name, local, timezone, folder, day) for name in (BRAND, SMALL))}
# Who answers what: a mention belongs to the first whose query finds it.

{"".join(_department(folder, *one) for one in _DEPARTMENTS)}
# Told as soon as it is heard.

[[rule]]
name = "Somebody leaves"
query = {_text(f"brand:{BRAND} need:churn")}
send = "batch"
to = {_text(f"file:{folder / 'alerts'}")}

[alerts]
to = {_text(f"file:{folder / 'alerts'}")}
false_alarms = "one a month"
timezone = {_text(timezone)}

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


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DIGESTS = ((BRAND, BRAND), ("All brands", "*"))
_DEPARTMENTS = (
    ("Returns", "refund OR refunded OR returns OR chargeback", "2h"),
    ("Orders", "topic:delivery OR (order NOT app)", "4h"),
    ("App", "app OR wifi OR touchpoint:app", "8h"),
    ("Support", "need:help OR need:question OR need:complaint", "8h"),
)
_FEEDS = (
    ("Quips (hashtag feed)", "/feeds/social.xml", "post"),
    ("Newsgather (press)", "/feeds/press.xml", "article"),
    ("Kitchen Table (forum)", "/feeds/forum.xml", "post"),
    ("Kettles Around (forum)", "/feeds/abroad.xml", "post"),
    ("Hob Notes (blog)", "/feeds/blog.json", "article"),
    ("Gadget Wire (broken on purpose)", BROKEN_FEED, "article"),
)


def _digest(name: str, brand: str, local: datetime, timezone: str, folder: Path, day: str = "daily") -> str:
    return f"""[[digest]]
name = {_text(name)}
brand = {_text(brand)}
at = "{local:%H:%M}"
timezone = {_text(timezone)}
days = {_text(day)}
to = {_text(f"file:{folder / 'digests'}")}

"""


def _department(folder: Path, name: str, query: str, within: str) -> str:
    return f"""[[department]]
name = {_text(name)}
query = {_text(query)}
to = {_text(f"file:{folder / 'alerts'}")}
answer_within = "{within}"

"""


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
