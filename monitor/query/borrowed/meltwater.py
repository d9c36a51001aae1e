"""Meltwater's queries: operators in any case, four words for a bare NEAR, a hat for what is shown first."""

from __future__ import annotations

from monitor.query.borrowed.countries import country
from monitor.query.borrowed.dialect import (
    SENTIMENTS,
    SITES,
    Dialect,
    Rule,
    handle,
    host,
    language,
    lost,
    number,
    one_of,
    tag,
)

_INGRESS = "is the whole text here: there is no first paragraph of its own"
_TO_US = "mentions here do not say it"

MELTWATER = Dialect(
    "meltwater",
    any_case=True,
    distance=4,
    fields={
        "title": Rule("title", words=True),
        "headline": Rule("title", words=True),
        "ingress": Rule("text", words=True, meaning=_INGRESS),
        "lead": Rule("text", words=True, meaning=_INGRESS),
        "body": Rule("text", words=True),
        "text": Rule("text", words=True),
        "author": Rule("author", words=True),
        "byline": Rule("author", words=True),
        "from": Rule("author", words=True),
        "url": Rule("url", words=True),
        "site": Rule("site", host),
        "domain": Rule("site", host),
        "source": Rule("", one_of(SITES)),
        "hashtag": Rule("", tag),
        "hashtags": Rule("", tag),
        "mention": Rule("", handle),
        "mentions": Rule("", handle),
        "lang": Rule("lang", language),
        "language": Rule("lang", language),
        "country": Rule("country", country),
        "sentiment": Rule("sentiment", one_of(SENTIMENTS)),
        "reach": Rule("reach", number),
        "engagement": Rule("engagement", number),
        "followers": Rule("followers", number),
        **lost(_TO_US, "bio", "location", "city", "region", "state", "gender", "entity", "topic", "tag", "influencer"),
    },
)
