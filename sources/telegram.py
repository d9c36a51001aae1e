"""Posts of a public Telegram channel, from the page on which it shows the newest to everybody; deleted ones are missed.

Written from what others published of the page; not yet seen live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NotFound,
    Problem,
    Read,
    Reading,
    Response,
    SourceConfig,
    Tombstone,
    source,
)
from sources.reading.dates import when
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title
from sources.reading.values import known, listed, several, whole

PAGES_A_POLL = 10
_BEGINNING = "2013-01-01T00:00:00+00:00"
_NAME = re.compile(r"[A-Za-z]\w{3,31}")
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t|telegram)\.(?:me|dog)/(?:s/)?(?!joinchat\b|addstickers\b|share\b)(\w+)"
)
_MOST_POSTS = 200
_MEDIA = ", ".join(
    f".tgme_widget_message_{shown}" for shown in ("photo_wrap", "video_player", "roundvideo_player", "voice_player")
)
_COUNT = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([KM]?)")


class Config(SourceConfig):
    """Which channel."""

    channel: str = Field(description="The channel's name, as in t.me/NAME.")
    base_url: str = Field("https://t.me", pattern=r"^https?://", description="Where the service answers.")

    @field_validator("channel", mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = _ADDRESS.match(value.strip())
        bare = found[1] if found else value.strip().lstrip("@")
        if not _NAME.fullmatch(bare):
            raise ValueError(f'"{value}" is no name of a public channel such as "durov"')
        return bare


def _from_url(url: str) -> dict[str, str]:
    found = _ADDRESS.match(url)
    return {"channel": found[1]} if found and _NAME.fullmatch(found[1]) else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"from": moment.astimezone(UTC).isoformat()}


@source(
    kind="telegram",
    title="Telegram channel (public preview)",
    every="30m",
    rate="1/5s",
    host="t.me",
    terms="public preview page; robots.txt is obeyed; what was deleted there is forgotten",
    example={"channel": "telegram"},
    detect=[r"^https?://(?:www\.)?(?:t|telegram)\.(?:me|dog)/(?:s/)?[A-Za-z]\w{3,}"],
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """From the newest page back to what is known; the first poll takes one page.

    Cursor: `since` (newest number read, raised at the old edge only), in the middle of a walk `newest` and `before`;
    `from`, a time to walk back to instead; `window`, the numbers that the last newest page showed; `missing`, those
    that were there before and not at the last poll.
    """
    since, start = whole(cursor.get("since")), when(cursor.get("from"))
    newest, before = max(since, whole(cursor.get("newest"))), whole(cursor.get("before"))
    window, missing = (
        [number for number in several(cursor.get(name)) if isinstance(number, int)] for name in ("window", "missing")
    )
    for _ in range(PAGES_A_POLL):
        posts = yield from _page(config, before)
        numbers = [post["number"] for post in posts]
        yield from _items(posts)
        if not before:
            missing = yield from _vanished(config, window, missing, numbers)
            window = numbers
        newest = max([newest, *numbers])
        oldest = min(numbers, default=0)
        times = [moment for post in posts if (moment := when(post["time"]))]
        walked = (start and times and min(times) < start) or (since and oldest <= since) or not (start or since)
        if not newest:  # in an empty channel all that comes is new, however much it is
            return {"from": _BEGINNING}
        if walked or oldest <= 1 or (before and oldest >= before):
            return known(since=newest, window=window, missing=missing)
        before = oldest
        yield Checkpoint(
            known(
                since=since or None, newest=newest, before=before, window=window, missing=missing,
                **{"from": cursor.get("from")},
            )
        )  # fmt: skip
    yield Again()
    return known(
        since=since or None, newest=newest, before=before, window=window, missing=missing,
        **{"from": cursor.get("from")},
    )  # fmt: skip


def _page(config: Config, before: int) -> Any:
    """The posts of one page, oldest first."""
    address = f"{config.base_url.rstrip('/')}/s/{config.channel}"
    query = {"before": before} if before else None
    reply: Response = yield Get(address, query, page=True, conditional=False)
    seen = yield Read(read_page, reply.text())
    if seen is None:
        raise NotFound(
            f"{config.channel} has no public preview: the name is mistyped, or it is a person, a group, or a channel "
            "that its owner or Telegram does not show on the web"
        )
    return [post for post in listed(seen, "$") if post["channel"].lower() == config.channel.lower()]


def read_page(html: str) -> list[dict[str, Any]] | None:
    """The posts of a preview page as plain values; None for the page of somebody who has none."""
    tree = LexborHTMLParser(html)
    nodes = tree.css("div.tgme_widget_message[data-post]")[:_MOST_POSTS]
    if not nodes and tree.css_first(".tgme_channel_history") is None:
        if tree.css_first(".tgme_page") is None:
            raise BadShape("$", "neither a channel's preview nor a profile")
        return None
    return [post for node in nodes if (post := _post(node))]


def _post(node: LexborNode) -> dict[str, Any] | None:
    channel, _, number = (node.attributes.get("data-post") or "").partition("/")
    if not number.isascii() or not number.isdigit() or len(number) > 12:
        return None
    # What is answered and what is forwarded stand in boxes of their own with texts of their own.
    written = node.css_first(".tgme_widget_message_text.js-message_text")
    question = node.css_first(".tgme_widget_message_poll_question")
    time = node.css_first("a.tgme_widget_message_date time")
    link = node.css_first("a.tgme_widget_message_link_preview")
    words = written or question
    return {
        "channel": channel,
        "number": int(number),
        "text": plain_text(words.html or "") if words is not None else "",
        "time": (time.attributes.get("datetime") or "") if time is not None else "",
        "author": _line(node, ".tgme_widget_message_owner_name"),
        "signed": _line(node, ".tgme_widget_message_from_author"),
        "forwarded": _line(node, ".tgme_widget_message_forwarded_from_name"),
        "views": _line(node, ".tgme_widget_message_views"),
        "edited": "edited" in _line(node, ".tgme_widget_message_meta").lower(),
        "media": node.css_first(_MEDIA) is not None,
        "link": (link.attributes.get("href") or "") if link is not None else "",
        "service": "service_message" in (node.attributes.get("class") or ""),
    }


def _line(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    return " ".join(found.text().split()) if found is not None else ""


def _items(posts: list[dict[str, Any]]) -> Iterator[Item]:
    """Those that say something: a picture without words, and "a channel was created", do not."""
    for post in posts:
        if post["text"] and not post["service"]:
            yield Item(
                id=_id(post["channel"], post["number"]),
                text=post["text"],
                url=f"https://t.me/{post['channel']}/{post['number']}",
                author=plain_title(post["author"]) or post["channel"],
                published=when(post["time"]),
                kind="post",
                extra=known(
                    views=_count(post["views"]),
                    signed=post["signed"],
                    forwarded_from=post["forwarded"],
                    link=web_link(post["link"]),
                    media=post["media"],
                    edited=post["edited"],
                ),
            )


def _id(channel: str, number: int) -> str:
    """Names are the same in small letters and capitals."""
    return f"{channel.lower()}/{number}"


def _count(written: str) -> int | None:
    """1.8K is 1800."""
    found = _COUNT.fullmatch(written)
    return round(float(found[1]) * {"": 1, "K": 1_000, "M": 1_000_000}[found[2]]) if found else None


def _vanished(config: Config, window: list[int], missing: list[int], shown: list[int]) -> Any:
    """What an earlier page showed and this one leaves out, within what it covers. What is newer than all it shows is
    covered as well: it begins with the newest. It is taken for deleted when it is missing a second time, for what is
    forgotten stays forgotten. Gives what is missing for the first time."""
    if not shown:
        return missing
    covered = [number for number in (*window, *missing) if number >= min(shown)]
    gone = [number for number in dict.fromkeys(covered) if number not in shown]
    if len(gone) * 2 > len(window):
        # Rather a page that came incomplete than an owner who deletes most of it.
        yield Problem("window", f"{len(gone)} posts are missing at once: not taken for deleted")
        return []
    yield from (Tombstone(_id(config.channel, number)) for number in gone if number in missing)
    return [number for number in gone if number not in missing]
