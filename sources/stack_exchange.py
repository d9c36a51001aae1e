"""Questions and answers on sites of Stack Exchange that contain a query, with their edits; its back-off is obeyed.

Written from documentation; not yet seen live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    NotFound,
    Pause,
    Problem,
    RateLimited,
    Reading,
    Recheck,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title
from sources.reading.values import asked, known, listed, part, several, text_of, whole, words_of

PAGE = 100
PAGES_A_POLL = 10
OVERLAP = 3600
"""Seconds asked again at each poll: the index is late at times."""
_BEGINNING = 1
"""Where nothing was found yet, all that comes is new, however much it is."""
LOW_QUOTA = 10
"""With fewer requests left today, they are left to whoever else asks from here."""
_ITS_OWN_DOMAIN = ("stackoverflow", "serverfault", "superuser", "askubuntu", "stackapps")
_SITE = re.compile(r"(?:www\.)?((?:[\w-]+\.)*?(?:stackoverflow|serverfault|superuser|askubuntu|stackapps))\.com$")
_MORE_IN = re.compile(r"in (\d{1,6}) second")


class Config(SourceConfig):
    """What to search for, and where."""

    query: str = Field(min_length=1, description='Words to search; a phrase in "quotes", -word to leave out.')
    sites: tuple[str, ...] = Field(
        ("stackoverflow",),
        validation_alias=AliasChoices("sites", "site"),
        min_length=1,
        max_length=20,
        description="The sites, as their addresses name them: stackoverflow, serverfault, diy …",
    )
    key: SecretStr | None = Field(
        None, description="A free application key (stackapps.com): 10,000 requests a day instead of 300."
    )
    base_url: str = Field(
        "https://api.stackexchange.com/2.3", pattern=r"^https?://", description="Where the service answers."
    )

    @field_validator("sites", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        several = words_of(value)
        if not isinstance(several, list | tuple):
            return value
        bare = [_site_of(str(site)) or str(site).lower() for site in several]
        wrong = [site for site in bare if not re.fullmatch(r"[a-z0-9.-]+", site)]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is no site such as "stackoverflow"')
        return tuple(dict.fromkeys(bare))


def _site_of(address: str) -> str:
    """The service's name of a site, from its address; empty for another address."""
    host = (urlsplit(address).hostname or "") if "://" in address else address.lower()
    found = _SITE.fullmatch(host)
    if found:
        return found[1]
    return host.removesuffix(".stackexchange.com") if host.endswith(".stackexchange.com") else ""


def _from_url(url: str) -> dict[str, Any]:
    site = _site_of(url)
    tagged = re.search(r"/questions/tagged/([^/?#]+)", url)
    words = asked(url, "q") or (tagged[1].replace("+", " ") if tagged else "")
    return ({"sites": [site]} if site else {}) | ({"query": words} if words else {})


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"sites": {site: {"since": int(moment.timestamp()) + OVERLAP} for site in config.sites}}


def _ask_again(config: Config, ids: Sequence[str]) -> Reading:
    """What became of these posts: those that the service no longer gives are gone."""
    for site in config.sites:
        numbers = [number for at, _, number in (one.rpartition("/") for one in ids) if at == site and number.isdigit()]
        if numbers:
            posts = (yield from _posts(config, site, numbers))[0]
            yield from (item for number in numbers if (post := posts.get(number)) and (item := _item(site, post)).title)
            yield from (Tombstone(f"{site}/{one}", is_told=False) for one in numbers if one not in posts)
    return None


@source(
    kind="stack-exchange",
    title="Stack Exchange (Stack Overflow and its sister sites)",
    every="30m",
    rate="1/2s",
    host="api.stackexchange.com",
    terms="CC BY-SA: name the author and link to the post; 300 requests a day without key; its backoff is obeyed",
    example={"query": "aiohttp", "sites": ["stackoverflow"]},
    detect=[r"^https?://(?:[\w-]+\.)*(?:stackexchange|stackoverflow|serverfault|superuser|askubuntu|stackapps)\.com\b"],
    from_url=_from_url,
    cursor_at=_cursor_at,
    recheck=Recheck(_ask_again, within="30d"),
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """Each site from what was active last back to where the last poll began; the first poll takes one page.

    Searching finds questions and answers, but tells neither author nor link: these, and the whole text, are asked for
    in a second request a page. By activity, because that shows edits as well as new posts.

    Cursor, by site: `since`, and in the middle of a walk `newest`, `until` and `page`; `last`: the site that a poll
    which had to stop was at.
    """
    sites = {site: dict(part(part(cursor, "sites"), site)) for site in config.sites}
    state: dict[str, Any] = {"sites": sites}
    begin = config.sites.index(cursor["last"]) if cursor.get("last") in config.sites else 0
    pages = PAGES_A_POLL
    order = (*config.sites[begin:], *config.sites[:begin])
    for site, following in zip(order, (*order[1:], ""), strict=True):
        while pages:
            finished, rest, spread = yield from _page(config, site, sites)
            pages -= 1
            yield Pause(spread)
            yield Checkpoint(state | {"last": site})
            if rest:
                yield Pause(rest, host=True)
                left = following if finished else site
                if not left:
                    return state
                yield Again()
                return state | {"last": left}
            if finished:
                break
        else:
            yield Again()
            return state | {"last": site}
    return state


def _page(config: Config, site: str, sites: dict[str, dict[str, Any]]) -> Any:
    """One page of one site, and where that leads: whether the site is finished, the seconds of rest that the
    service asks for, and those after which another page is within our share of the day's requests."""
    here = sites[site]
    since, until, page = (whole(here.get(name)) for name in ("since", "until", "page"))
    query: dict[str, str | int] = {
        "site": site, "q": config.query, "sort": "activity", "order": "desc", "pagesize": PAGE, "page": page or 1,
    }  # fmt: skip
    bounds = {"min": since - OVERLAP if since else 0, "max": until}
    query |= {name: bound for name, bound in bounds.items() if bound > 0}
    answer = yield from _ask(config, "/search/excerpts", query)
    found = listed(answer.get("items"), "$.items")
    rest = _rest(answer)
    yield from _as_found(site, found)
    numbers = [number for one in found if (number := _number(one))]
    if numbers:
        posts, more_rest = yield from _posts(config, site, numbers)
        rest = max(rest, more_rest)
        titles = {_number(one): one.get("title") for one in found if isinstance(one, dict)}
        yield from (_item(site, {"title": titles.get(number), **post}) for number, post in posts.items())
        # The others of the same request came: an answer with nothing in it says nothing of anybody.
        missing = [number for number in dict.fromkeys(numbers) if number not in posts]
        yield from (Tombstone(f"{site}/{number}", is_told=bool(posts)) for number in missing)
    times = [moment for one in found if isinstance(one, dict) and (moment := whole(one.get("last_activity_date")))]
    newest = max([since, whole(here.get("newest")), *times])
    if not since or not times or answer.get("has_more") is not True:
        sites[site] = {"since": newest or _BEGINNING}
        return True, rest, _spread(answer)
    further = min(times)
    sites[site] = known(since=since, newest=newest, until=further, page=(page or 1) + 1 if further == until else None)
    return False, rest, _spread(answer)


def _posts(config: Config, site: str, numbers: Sequence[str]) -> Any:
    """These posts, whole, by their numbers, and the seconds of rest asked for."""
    query: dict[str, str | int] = {"site": site, "filter": "withbody", "pagesize": PAGE}
    answer = yield from _ask(config, f"/posts/{';'.join(dict.fromkeys(numbers))}", query)
    items = listed(answer.get("items"), "$.items")
    return {number: post for post in items if (number := _number(post))}, _rest(answer)


def _ask(config: Config, path: str, query: Mapping[str, str | int]) -> Any:
    # The key stands in the address because the service takes it nowhere else; by its terms it is no secret.
    key = {"key": config.key.get_secret_value()} if config.key else {}
    address = f"{config.base_url.rstrip('/')}{path}"
    reply: Response = yield Get(address, {**query, **key}, conditional=False, answers=(400,))
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadShape("$", "not an object")
    if reply.status == 400 or "error_id" in answer:
        raise _refusal(answer, str(query["site"]))
    return answer | {"at": reply.headers.get("date")}


def _refusal(answer: Mapping[str, Any], site: str) -> Exception:
    message, name = text_of(answer.get("error_message"))[:200], text_of(answer.get("error_name"))
    if answer.get("error_id") == 502 or name == "throttle_violation":
        more = _MORE_IN.search(message)
        return RateLimited(f"Stack Exchange says: {message}", float(more[1]) if more else None)
    if "site" in message.lower():
        return NotFound(f'Stack Exchange knows no site "{site}": {message}')
    if "key" in message.lower():
        return NeedsAuth(f"Stack Exchange refuses the key: {message}")
    return BadShape("$.error_message", message or "an error without a message")


def _rest(answer: Mapping[str, Any]) -> float:
    """Seconds of rest that the service asks for, or that its allowance of the day makes us take."""
    left = answer.get("quota_remaining")
    spent = _until_midnight(answer) if isinstance(left, int) and left < LOW_QUOTA else 0.0
    return max(float(whole(answer.get("backoff"))), spent, 0.0)


def _spread(answer: Mapping[str, Any]) -> float:
    """Seconds after which the next page comes, were the rest of the allowance spread over the rest of the day: several
    sources that share it slow down together, instead of falling silent in the afternoon."""
    left = answer.get("quota_remaining")
    return _until_midnight(answer) * 2 / left if isinstance(left, int) and left > 0 else 0.0


def _until_midnight(answer: Mapping[str, Any]) -> float:
    """Seconds, by the service's own clock: its allowance is one of a day in UTC."""
    now = when(answer.get("at"))
    return (now.replace(hour=0, minute=0, second=0) + timedelta(days=1) - now).total_seconds() if now else 3600.0


def _number(post: object) -> str:
    """A post's number: questions and answers of one site are counted together."""
    if not isinstance(post, dict):
        return ""
    number = post.get("post_id") or post.get("answer_id") or post.get("question_id")
    return text_of(number) if isinstance(number, int) else ""


def _as_found(site: str, found: list[Any]) -> Iterator[Item | Problem]:
    """What the search says of them: what a person sees who tries a configuration; the posts themselves come after."""
    for at, one in enumerate(found):
        if _number(one):
            yield _item(site, one)
        else:
            yield Problem(f"$.items[{at}]", "a post without a number")


def _item(site: str, post: Mapping[str, Any]) -> Item:
    number, owner = _number(post), part(post, "owner")
    is_answer = text_of(post.get("post_type") or post.get("item_type")) == "answer"
    edited = when(post.get("last_edit_date"))
    return Item(
        id=f"{site}/{number}",
        title=plain_title(text_of(post.get("title"))),
        text=plain_text(text_of(post.get("body")) or text_of(post.get("excerpt"))),
        url=web_link(post.get("link")) or f"https://{_domain(site)}/{'a' if is_answer else 'q'}/{number}",
        author=plain_title(text_of(owner.get("display_name"))),
        published=when(post.get("creation_date")),
        kind="comment" if is_answer else "post",
        extra=known(
            site=site,
            score=whole(post.get("score")),
            views=post.get("view_count") if isinstance(post.get("view_count"), int) else None,
            answers=post.get("answer_count") if isinstance(post.get("answer_count"), int) else None,
            accepted=post.get("is_accepted") is True,
            tags=[tag for tag in several(post.get("tags")) if isinstance(tag, str)],
            author_link=web_link(owner.get("link")),
            licence=text_of(post.get("content_license")) or "CC BY-SA",
            edited=edited.isoformat() if edited else None,
        ),
    )


def _domain(site: str) -> str:
    own = site.rpartition(".")[2] in _ITS_OWN_DOMAIN
    return f"{site}.com" if own else site if site.endswith(".net") else f"{site}.stackexchange.com"
