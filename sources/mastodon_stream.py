"""Posts under one tag on a Mastodon server, the moment they are posted, edited or deleted. This takes a token.

Written from documentation and the server's own source; not yet seen live. A stream knows no past: what is posted while
nobody is connected is missing, unless a `mastodon` source reads the same tag beside it (a post is the same in both).
When a post is deleted, the server tells its own number of it and no more: it is found among the last thousand posts
that came this way; older ones are left to the `mastodon` source, too.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field, SecretStr, field_validator

from sources.base import BadShape, Connection, Cursor, Decoded, NeedsAuth, SourceConfig, Tombstone, source
from sources.reading.toots import address_of, id_of, item_of, may_be_kept, uri_of


class Config(SourceConfig):
    """Which tag, and where."""

    server: str = Field(
        "https://mastodon.social",
        pattern=r"^https?://[^/]+$",
        description="The server to listen to. It knows what its people wrote, follow and boost.",
    )
    tag: str = Field(pattern=r"^[\w·]+$", description="The tag, with or without the #.")
    token: SecretStr | None = Field(
        None, description="An access token of your account on that server, with the right read:statuses."
    )
    streaming_server: str = Field(
        "",
        pattern=r"^(https?://[^/]+)?$",
        description="Where the server streams, if that is another address; it says so when it is asked.",
    )

    @field_validator("server", "streaming_server", mode="before")
    @classmethod
    def _server_as_address(cls, value: object) -> object:
        return address_of(value) if isinstance(value, str) and value else value

    @field_validator("tag", mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        return value.strip().lstrip("#").lower() if isinstance(value, str) else value


def connect(config: Config, cursor: Cursor) -> Connection:
    """What is posted from now on."""
    if config.token is None:
        raise NeedsAuth(
            f"a stream needs an access token: on {config.server} open Preferences, Development, New application, give "
            "it read:statuses, and put its token here; a `mastodon` source reads tags without one"
        )
    where = config.streaming_server or config.server
    headers = {"authorization": f"Bearer {config.token.get_secret_value()}"}
    return Connection(f"{where}/api/v1/streaming/hashtag?{urlencode({'tag': config.tag})}", headers)


@source(
    kind="mastodon-stream",
    title="Mastodon (a tag, as it is posted)",
    every="1m",
    rate="1/1s",
    terms="public stream for those with a token; posts of accounts that allow indexing only",
    example={"server": "https://mastodon.social", "tag": "opensource"},
    needs="an access token",
    scope=lambda config: "mastodon",
    connect=connect,
)
def decode(config: Config, frame: str) -> Decoded:
    """One event: a post written or edited is an item, a deleted one a tombstone by the number that the server has for
    it; anything else is passed over."""
    event = _object(frame, "$")
    kind, data = event.get("event"), event.get("data")
    if not isinstance(kind, str) or not isinstance(data, str):
        raise BadShape("$", "an event without a name or data")
    if kind == "delete":
        return Decoded((Tombstone(data.strip()),) if data.strip() else ())
    if kind not in ("update", "status.update"):
        return Decoded()
    post = _object(data, "$.data")
    if not uri_of(post) or not id_of(post):
        raise BadShape("$.data", "a post without id or uri")
    if not may_be_kept(post):
        return Decoded()
    item = item_of(post, urlsplit(config.server).netloc)
    return Decoded((item,), names={id_of(post): item.id})


def _object(text: str, path: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadShape(path, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadShape(path, "not an object")
    return value
