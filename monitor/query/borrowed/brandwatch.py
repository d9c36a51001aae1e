"""Brandwatch's queries: case in braces, ranges in square brackets, many fields, countries by three letters."""

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

_KINDS = {"comment": "type:comment", "reply": "is:reply"}
_TO_US = "mentions here do not say it"
_PLACES = "places smaller or larger than a country are not known here; name countries: country:(de OR fr)"
_IMAGES = "pictures are not looked into here"
_IDS = "posts and pages have no such number here; site: and url: find them by their address"

BRANDWATCH = Dialect(
    "brandwatch",
    comments=True,
    accents_count=True,
    signs=frozenset("$€£%"),
    fields={
        "title": Rule("title", words=True),
        "author": Rule("author", words=True),
        "weblogtitle": Rule("author", words=True),
        "url": Rule("url", words=True),
        "site": Rule("site", host),
        "blogname": Rule("site", lambda name: f"{name}.tumblr.com"),
        "topleveldomain": Rule("site", lambda ending: ending.lstrip(".")),
        "language": Rule("lang", language),
        "lang": Rule("lang", language),
        "country": Rule("country", country),
        "sentiment": Rule("sentiment", one_of(SENTIMENTS)),
        "rating": Rule("rating", number),
        "authorfollowers": Rule("followers", number),
        "links": Rule("", host, meaning="finds the address where the text shows it, not behind a shortened link"),
        "raw": Rule("", lambda value: f"{{{value}}}"),
        "hashtags": Rule("", tag),
        "tags": Rule("", tag, meaning="finds the tag where the text shows it"),
        "at_mentions": Rule("", handle),
        "mentions": Rule("", handle),
        "engagingwith": Rule("", handle, meaning="finds posts that name the handle or are by it, replies or not"),
        "subreddit": Rule("", lambda name: f'(site:reddit.com AND url:"r/{name}")'),
        "engagementtype": Rule("", one_of(_KINDS)),
        "pagetype": Rule("", one_of(SITES | {"review": "type:review"})),
        "imagetype": Rule("has", lambda value: "media"),
        "publishersubtype": Rule("has", one_of({"image": "media", "video": "media"})),
        **lost(_PLACES, "continent", "region", "city", "latitude", "longitude"),
        **lost(_IMAGES, "brandids", "objects", "images", "logos"),
        **lost(
            _IDS,
            *("channelid", "guid", "engagingwithguid", "parentpostid", "rootpostid", "parentblogname", "rootblogname"),
        ),
        **lost(
            _TO_US,
            *("authorgender", "authorverified", "authorverifiedtype", "itemreview", "publication", "pubtype"),
            *("minuteofday", "redditauthorflair", "redditpostflair", "redditspoiler", "sensitivecontent"),
            *("subredditnsfw", "subreddittopics", "entityname", "entityid"),
        ),
    },
)
