"""From what somebody pastes (a page, a feed, a handle, a word) to a source: a pure generator like a source itself.

    found = yield from discover("acme.example")      # asks with Get and Read; an error of a request is thrown into it

It asks a handful of addresses at most, looks at what comes, and says in words what it saw.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

import sources
from sources.base import BadShape, Get, RateLimited, Read, Request, Response, Source, SourceError, Unreachable
from sources.feed import ACCEPT
from sources.reading.document import ParsedFeed, parse_feed
from sources.reading.links import canonical
from sources.reading.webpage import WebPage, read_page

USUAL = ("/feed", "/rss", "/atom.xml", "/feed.xml", "/index.xml")
"""Where many sites have a feed without saying so."""
MOST_READ = 3
"""Of several announced feeds, so many are read to say what is in them."""
SEARCHES = ("google-news", "hackernews", "bing-news", "reddit-search")
"""Kinds that search for words, the widest first."""
_LOOKUP = "https://itunes.apple.com/lookup"
_ABSENT = (400, 401, 403, 404, 405, 406, 410, 429, 451, 500, 501, 502, 503)
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?|localhost(?::\d+)?(?:/\S*)?", re.IGNORECASE)
_ADDRESS_OF_MACHINE = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/\S*)?|\[[0-9a-f:]+\](?::\d+)?(?:/\S*)?", re.IGNORECASE
)
_SUBREDDIT = re.compile(r"/?r/(\w{2,40})/?")
_FEDIVERSE = re.compile(r"@?(\w[\w.-]*)@((?:[\w-]+\.)+[a-z]{2,})", re.IGNORECASE)
_COMMUNITY = re.compile(r"!(\w+)@((?:[\w-]+\.)+[a-z]{2,})", re.IGNORECASE)
_TAG = re.compile(r"#(\w+)")
_PODCAST = re.compile(r"https?://(?:podcasts|itunes)\.apple\.com/.*?/id(\d+)|https?://podcasts\.apple\.com/.*?/id(\d+)")
_PLACES = ("server", "base_url", "url", "host", "instance", "forum", "site")
"""Keys under which kinds of sources want the address of a server."""

Looking = Generator[Request | Read, Any, "Found"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source that could be added."""

    kind: str
    config: Mapping[str, Any]
    why: str
    """How it was found: "announced by the page"; empty where it is the very address that was asked for."""
    title: str = ""
    """What it calls itself."""
    entries: int | None = None
    """In a feed that was read."""
    newest: datetime | None = None
    needs: str = ""
    """The credential without which it gives nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is, the best first, and in words what was seen on the way."""

    candidates: tuple[Candidate, ...] = ()
    seen: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    """What else can be done, where nothing was found."""


def discover(asked: str, words: str = "") -> Looking:
    """What source `asked` could be: an address, a domain, "@name@server", "r/name", "#tag", or words to search for.

    `words` are what to listen for at a service that wants to be told: one's own brand.
    """
    text = asked.strip()
    direct = _without_looking(text, words)
    if direct is not None:
        return direct
    yield from ()
    guessed = not re.match(r"https?://", text, re.IGNORECASE)
    address = _as_address(text)
    try:
        return (yield from _at(address, words))
    except Unreachable:
        if not guessed or not address.startswith("https://"):
            raise
    return (yield from _at("http://" + address.removeprefix("https://"), words))


def detected(address: str, words: str = "") -> list[Candidate]:
    """The kinds of sources that know this address, the special ones first, those that need no credential before.

    `words` are searched for where the address alone says too little.
    """
    found = []
    for kind in sources.names():
        declared = sources.load(kind)
        if declared.from_url is None or not any(re.search(pattern, address) for pattern in declared.detect):
            continue
        made = declared.from_url(address)
        config = next(
            (good for more in _fillings(words) if (good := _usable(kind, {**made, **more})) is not None), None
        )
        if config is not None:
            found.append(Candidate(kind, config, "", needs=_needs(declared)))
    return sorted(found, key=lambda one: (one.kind == "feed", bool(one.needs)))


def _needs(declared: Source) -> str:
    """The credential without which it gives nothing at all."""
    return "" if declared.needs.startswith("nothing") else declared.needs


# What needs no look ----------------------------------------------------------------------------------------------


def _fillings(words: str) -> list[dict[str, Any]]:
    """What an address may lack: nothing, words to search for, or a tag."""
    tag = re.sub(r"\W", "", words).lower()
    return [{}, *([{"query": _phrase(words)}] if words else []), *([{"tags": [tag]}] if tag else [])]


def _phrase(words: str) -> str:
    bare = " ".join(re.sub('["“”„‟«»]', " ", words).split())
    return f'"{bare}"' if bare else ""


def _without_looking(text: str, words: str) -> Found | None:
    tag = _TAG.fullmatch(text)
    if tag:
        tagged = _usable("mastodon", {"tags": [tag[1]]}) if "mastodon" in sources.names() else None
        made = (
            [Candidate("mastodon", tagged, "posts under this tag, as one Mastodon server knows them")] if tagged else []
        )
        return Found((*made, *_searches(tag[1])))
    if re.fullmatch(r"@\w[\w.-]*", text):
        name = text[1:]
        return Found(
            seen=(f"a handle without its network: {text}",),
            advice=(
                f"Name the network: @{name}@mastodon.social, youtube.com/@{name}, bsky.app/profile/{name} …",
                f'What others write of it is found by a search: overheard sources add "{name}"',
            ),
        )
    if _is_address(text):
        special = [one for one in detected(_as_address(text), words) if one.kind != "feed"]
        return Found(tuple(special)) if special and not special[0].needs else None
    if text in sources.names():
        return _of_kind(text)
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        return Found(advice=("Only addresses that begin with http:// or https:// can be read.",))
    return Found(tuple(_searches(text)), advice=() if text else ("Paste an address, or words to search for.",))


def _of_kind(kind: str) -> Found:
    """Somebody named a kind of source: it can be added where it needs to be told nothing."""
    declared = sources.load(kind)
    bare = _usable(kind, {})
    if bare is not None and not declared.example:
        return Found((Candidate(kind, bare, f"{declared.title}, a kind of source", needs=_needs(declared)),))
    return Found(
        seen=(f'"{kind}" is a kind of source ({declared.title}), which must be told what to read',),
        advice=(f'Copy its [[source]] table from config.example.toml (look for kind = "{kind}").',),
    )


def _searches(words: str) -> Iterator[Candidate]:
    phrase = _phrase(words)
    if not phrase:
        return
    for kind in SEARCHES:
        if kind in sources.names() and (config := _usable(kind, {"query": phrase})) is not None:
            yield Candidate(kind, config, "a search for these words")


def _is_address(text: str) -> bool:
    return bool(
        re.match(r"(?:https?|feed)://?[^\s]+$|feed:https?://\S+$", text, re.IGNORECASE)
        or any(form.fullmatch(text) for form in (_HOST, _ADDRESS_OF_MACHINE, _SUBREDDIT, _FEDIVERSE, _COMMUNITY))
    )


def _as_address(text: str) -> str:
    """Whole, with its scheme: of a domain, "r/name", "@name@server", "!community@server", "feed:…"."""
    if found := _SUBREDDIT.fullmatch(text):
        return f"https://www.reddit.com/r/{found[1]}/"
    if found := _COMMUNITY.fullmatch(text):
        return f"https://{found[2]}/c/{found[1]}"
    if found := _FEDIVERSE.fullmatch(text):
        return f"https://{found[2]}/@{found[1]}"
    text = re.sub(r"^feed:(?://)?(?=https?:)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^feed://", "http://", text, flags=re.IGNORECASE)
    if re.match(r"https?://", text, re.IGNORECASE):
        return text if urlsplit(text).path else f"{text}/"
    return f"https://{text}" if "/" in text else f"https://{text}/"


# What is looked at -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Notes:
    """What was seen so far."""

    seen: list[str] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    def found(self, advice: Iterable[str] = ()) -> Found:
        once: dict[tuple[str, str], Candidate] = {}
        for one in self.candidates:
            once.setdefault((one.kind, repr(sorted(one.config.items()))), one)
        ready_first = sorted(once.values(), key=lambda one: bool(one.needs))
        return Found(tuple(ready_first), tuple(self.seen), tuple(advice) if not once else ())


def _at(address: str, words: str = "") -> Looking:
    """What is to be had at an address. Raises the SourceError of a server that cannot be reached at all."""
    notes = _Notes([], [one for one in detected(address, words) if one.kind != "feed"])
    podcast = _PODCAST.match(address)
    if podcast:
        notes.candidates += yield from _podcast(podcast[1] or podcast[2], notes)
        if notes.candidates:
            return notes.found()
    names_a_feed = any(one.kind == "feed" for one in detected(address))
    try:
        reply: Response = yield Get(
            address, headers={"accept": f"text/html, {ACCEPT}"}, page=not names_a_feed, conditional=False
        )
    except (Unreachable, RateLimited):
        raise  # whoever wants a pause is not asked at five more places
    except SourceError as error:
        notes.seen.append(str(error))
        notes.candidates += yield from _at_usual_places(address, notes)
        return notes.found(_advice(address))
    if _may_be_feed(reply):
        one = yield from _feed(reply, address, "")
        if one is not None:
            notes.candidates.insert(0, one)
            return notes.found()
    if not _is_page(reply):
        notes.seen.append(f"{_described(reply)}, which is no feed and no web page")
        return notes.found(_advice(address))
    page: WebPage = yield Read(read_page, reply.body, reply.url, reply.headers.get("content-type", ""))
    return (yield from _on(page, reply, notes, words))


def _on(page: WebPage, reply: Response, notes: _Notes, words: str) -> Looking:
    """What a page leads to: what its reviews and its software are, its feeds, else what lies at the usual places."""
    here = reply.url
    special = [one for one in detected(page.canonical) if one.kind != "feed"] if page.canonical else []
    notes.candidates += [replace(one, why="the page's own address") for one in special if not one.needs]
    if page.reviews:
        reviewed = f"{page.reviews} review{'' if page.reviews == 1 else 's'} marked up in the page"
        notes.candidates += _fitting("reviews-page", here, reviewed, page.title, words)
    if page.software:
        made_by = f"the page is made by {page.software.capitalize()}"
        notes.candidates += _fitting(page.software, here, made_by, page.title, words)
    for feed in page.feeds[:MOST_READ]:
        notes.candidates += yield from _read_feed(feed.url, "announced by the page", feed.title)
    notes.candidates += [
        Candidate("feed", {"url": feed.url}, "announced by the page", feed.title) for feed in page.feeds[MOST_READ:]
    ]
    if not page.feeds:
        for link in page.links:
            notes.candidates += yield from _read_feed(link, "linked in the page")
    for podcast in [] if notes.candidates else page.podcasts[:1]:
        number = _PODCAST.match(podcast)
        if number:
            notes.candidates += yield from _podcast(number[1] or number[2], notes)
    if not notes.candidates:
        title = f", “{page.title}”" if page.title else ""
        notes.seen.append(f"{_described(reply)}{title}, that announces no feed")
        notes.candidates += yield from _at_usual_places(here, notes)
    return notes.found(_advice(here))


def _at_usual_places(address: str, notes: _Notes) -> Generator[Request | Read, Any, list[Candidate]]:
    """The first feed among the places where many sites have theirs."""
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    for path in USUAL:
        found = yield from _read_feed(origin + path, f"found at {path}")
        if found:
            return found
    notes.seen.append(f"no feed at {', '.join(USUAL)} either")
    return []


def _read_feed(address: str, why: str, title: str = "") -> Generator[Request | Read, Any, list[Candidate]]:
    """The feed at an address, with what is in it; nothing where there is none."""
    special = [one for one in detected(address) if one.kind != "feed" and not one.needs]
    if special:
        return [replace(special[0], why=why, title=title)]
    try:
        reply: Response = yield Get(address, headers={"accept": ACCEPT}, conditional=False, answers=_ABSENT)
        one = (yield from _feed(reply, address, why)) if reply.status < 300 else None
    except SourceError:
        return []
    return [one] if one is not None else []


def _feed(reply: Response, asked: str, why: str) -> Generator[Request | Read, Any, Candidate | None]:
    try:
        feed: ParsedFeed = yield Read(parse_feed, reply.body, reply.url, reply.headers.get("content-type", ""))
    except BadShape:
        return None
    dated = [item.published for item in feed.items if item.published]
    address = reply.url if reply.url and _site(reply.url) == _site(asked) else asked
    return Candidate("feed", {"url": address}, why, feed.title, len(feed.items), max(dated, default=None))


def _podcast(number: str, notes: _Notes) -> Generator[Request | Read, Any, list[Candidate]]:
    """A podcast's own feed, as Apple's directory names it."""
    try:
        reply: Response = yield Get(_LOOKUP, {"id": number, "entity": "podcast"}, conditional=False)
        results = reply.json("results")
    except SourceError as error:
        notes.seen.append(f"Apple's directory of podcasts could not be asked: {error}")
        return []
    feed = next((one["feedUrl"] for one in results if isinstance(one, dict) and one.get("feedUrl")), "")
    if not isinstance(feed, str) or not feed.startswith("http"):
        notes.seen.append("Apple's directory of podcasts names no feed for it")
        return []
    found = yield from _read_feed(feed, "the podcast's own feed, as Apple names it")
    return found or [Candidate("feed", {"url": feed}, "the podcast's own feed, as Apple names it")]


# Small answers ---------------------------------------------------------------------------------------------------


def _usable(kind: str, config: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The configuration, where the kind can work with it."""
    if config is None:
        return None
    try:
        sources.load(kind).Config.model_validate(dict(config))
    except ValidationError:
        return None
    return dict(config)


def _fitting(kind: str, address: str, why: str, title: str, words: str) -> list[Candidate]:
    """A kind known by what its pages look like: with what it makes of the address, else with the server's."""
    if kind not in sources.names():
        return []
    declared = sources.load(kind)
    parts = urlsplit(address)
    known = declared.from_url(address) if declared.from_url is not None else {}
    where = address if kind == "reviews-page" else f"{parts.scheme}://{parts.netloc}"
    for place in ({}, *({key: where} for key in _PLACES)):
        for more in _fillings(words):
            config = {**place, **known, **more}
            if (known or place) and (usable := _usable(kind, config)) is not None:
                return [Candidate(kind, usable, why, title, needs=_needs(declared))]
    return []


def _may_be_feed(reply: Response) -> bool:
    kind = reply.headers.get("content-type", "").lower()
    start = reply.body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n\0\xff\xfe").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return False
    said = re.search(r"rss|atom|rdf|feed\+json", kind) is not None
    return said or (b"<rss" in start or b"<feed" in start or b"<rdf:rdf" in start or b"jsonfeed.org/version" in start)


def _is_page(reply: Response) -> bool:
    kind = reply.headers.get("content-type", "").lower()
    start = reply.body[:1_000].lstrip().lower()
    return "html" in kind or (not kind and b"<" in start) or start.startswith((b"<!doctype html", b"<html"))


def _described(reply: Response) -> str:
    """ "a web page of 42 kB", "a file of 2.1 MB (image/png)"."""
    size = len(reply.body)
    much = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    return f"a web page of {much}" if _is_page(reply) else f"a file of {much}" + (f" ({kind})" if kind else "")


def _site(address: str) -> str:
    return (urlsplit(canonical(address)).hostname or "").removeprefix("www.")


def _advice(address: str) -> list[str]:
    site = _site(address)
    name = "" if _ADDRESS_OF_MACHINE.fullmatch(site) else unquote(site.rpartition(".")[0] or site)
    return [
        *([f'What others write of it is found by a search: overheard sources add "{name}"'] if name else []),
        'What you have as a file (CSV, JSON): overheard import FILE. What another program can send: kind = "webhook".',
    ]
