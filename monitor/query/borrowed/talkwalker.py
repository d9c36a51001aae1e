"""Talkwalker's queries: + and ++ for words as written, sites by host and domain, times in milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

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

_SOURCE_TYPES = {
    "review": "type:review",
    "reviews": "type:review",
    "survey": "type:survey",
    "onlinenews": "type:article",
    "blog": "type:article",
    "press_release": "type:article",
    "forum": "type:post",
    "message_board": "type:post",
    "socialmedia": "(type:post OR type:comment)",
    **{f"socialmedia_{name}": site for name, site in SITES.items()},
}
_MILLISECONDS = re.compile(r"(<=|>=|<|>|=)?(\d{12,13})")
_TO_US = "mentions here do not say it"
_IMAGES = "pictures are not looked into here"


def _published(value: str) -> str | None:
    """Days stay; milliseconds since 1970 become the minute."""
    since = _MILLISECONDS.fullmatch(value)
    if not since:
        return number(value)
    moment = datetime.fromtimestamp(int(since[2]) / 1000, UTC)
    return f"{since[1] or ''}{moment:%Y-%m-%dT%H:%M}"


TALKWALKER = Dialect(
    "talkwalker",
    plus_is_exact=True,
    fields={
        "title": Rule("title", words=True),
        "content": Rule("text", words=True),
        "text": Rule("text", words=True),
        "author": Rule("author", words=True),
        "author_name": Rule("author", words=True),
        "url": Rule("url", words=True),
        "site": Rule("site", host),
        "domain_url": Rule("site", host),
        "root_url": Rule("site", host),
        "host_url": Rule("site", host, meaning="finds the subdomains of the host too"),
        "lang": Rule("lang", language),
        "language": Rule("lang", language),
        "sourcecountry": Rule("country", country),
        "country": Rule("country", country),
        "sourcegeo": Rule("country", country),
        "authorcountry": Rule("country", country, meaning="is the mention's country, of its source or of its author"),
        "sourcetype": Rule("", one_of(_SOURCE_TYPES)),
        "hashtags": Rule("", tag),
        "mentions": Rule("", handle),
        "sentiment": Rule("sentiment", one_of(SENTIMENTS)),
        "engagement": Rule("engagement", number),
        "reach": Rule("reach", number),
        "followers": Rule("followers", number),
        "twitter_followers": Rule("followers", number),
        "rating": Rule("rating", number),
        "published": Rule("published", _published),
        "is": Rule("", one_of({"question": "is:question", "reply": "is:reply", "comment": "type:comment"})),
        **lost(_IMAGES, "image", "image_url", "images", "logo", "brand", "scene", "object"),
        **lost(
            _TO_US,
            *("gender", "authorgender", "author_gender", "authorage", "occupation", "interest", "family_status"),
            *("entity", "sourcecity", "sourceregion", "authorcity", "search_indexed", "indexed", "porn_level"),
            *("fluency_level", "noise_level", "trending_score", "virality", "words", "provider", "topic", "tag"),
            *("facebook_likes", "facebook_shares", "twitter_retweets", "twitter_likes", "youtube_views"),
            *("pageviews", "parent_url", "source"),
        ),
    },
)
