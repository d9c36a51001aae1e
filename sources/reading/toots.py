"""A post of Mastodon, and of what speaks like it, as every answer of a server has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sources.base import Item
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.links import web_link
from sources.reading.text import language, plain_text, plain_title
from sources.reading.values import known, part, several, text_of, whole


def address_of(server: str) -> str:
    """A server's address, also where only its name is given."""
    bare = server.strip().rstrip("/")
    return bare if "://" in bare else f"https://{bare}"


def id_of(post: object) -> str:
    """Its id on the server that was asked; empty where it has none."""
    return text_of(post.get("id")) if isinstance(post, dict) else ""


def uri_of(post: Mapping[str, Any]) -> str:
    """Its id everywhere."""
    return text_of(post.get("uri"))


def may_be_kept(post: Mapping[str, Any]) -> bool:
    """Said in public, by somebody who does not mind being found, and said here rather than boosted."""
    account = part(post, "account")
    unwilling = account.get("noindex") is True or False in (account.get("indexable"), account.get("discoverable"))
    # A search with a token also finds one's own letters.
    return post.get("visibility", "public") == "public" and not post.get("reblog") and not unwilling


def item_of(post: Mapping[str, Any], host: str) -> Item:
    """`host` is the server that was asked: the post is known by its `uri`, whichever server that is."""
    account, card = part(post, "account"), part(post, "card")
    handle = text_of(account.get("acct"))
    edited = when(post.get("edited_at"))
    return Item(
        id=bounded(uri_of(post)),
        title=plain_title(text_of(post.get("spoiler_text"))),
        text=plain_text(text_of(post.get("content"))),
        url=web_link(post.get("url")) or web_link(uri_of(post)),
        author=text_of(account.get("display_name")) or text_of(account.get("username")),
        published=when(post.get("created_at")),
        lang=language(post.get("language")),
        kind="comment" if post.get("in_reply_to_id") else "post",
        extra=known(
            account=f"@{handle}" if "@" in handle or not handle else f"@{handle}@{host}",
            link=web_link(card.get("url")),
            boosts=whole(post.get("reblogs_count")),
            favourites=whole(post.get("favourites_count")),
            replies=whole(post.get("replies_count")),
            followers=account.get("followers_count") if isinstance(account.get("followers_count"), int) else None,
            media=bool(several(post.get("media_attachments"))),
            edited=edited.isoformat() if edited else None,
            automated=account.get("bot") is True,
            local_id=id_of(post),
            server=host,
        ),
    )
