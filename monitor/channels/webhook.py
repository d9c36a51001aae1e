"""Posts a notice as JSON to the user's own address, signed as Standard Webhooks says: the id stays the same through
retries, the time and with it the signature are of this try.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr, field_validator

from monitor.channels.answers import judge
from monitor.channels.base import ChannelOptions
from monitor.notice import Attempt, Delivery, Http, Notice

PREFIX = "whsec_"
FINAL = {
    401: "the receiver refuses the signature: compare the secret on both sides",
    403: "the receiver forbids it: compare the secret and the rights on both sides",
    404: "there is nothing at this address: correct `url`",
    405: "this address takes no POST: correct `url`",
    410: "the receiver wants no more notices: remove this channel, or ask for a new address",
    413: "the digest is larger than the receiver takes: raise its limit",
}

TITLE = "Signed webhook"


class Options(ChannelOptions):
    url: SecretStr
    """The whole address counts as a secret: many receivers put a key into it."""
    secrets: tuple[SecretStr, ...] = ()
    """`whsec_` and base64, one while all is quiet, two while the secret changes; without one, nothing is signed."""

    @field_validator("secrets")
    @classmethod
    def readable(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            key(secret)
        return secrets


def deliver(notice: Notice, options: Options, earlier: Sequence[Attempt], now: datetime) -> Delivery:
    body = payload(notice)
    headers = {
        "content-type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if options.secrets:
        signed = (sign(secret, notice.id, int(now.timestamp()), body) for secret in options.secrets)
        headers["webhook-signature"] = " ".join(signed)
    reply = yield Http("POST", options.url.get_secret_value(), headers=headers, body=body)
    return judge(reply, now, FINAL)


def payload(notice: Notice) -> bytes:
    """{"type": "overheard.digest" or "overheard.alert", "timestamp", "data"}. The data are digest.json or alert.json,
    the subject, and as `base` where its queries can be looked at: BASE/mentions?q=QUERY."""
    created = notice.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "type": f"overheard.{notice.kind}",
        "timestamp": created,
        "data": {"subject": notice.subject, **_data(notice)},
    }
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode()


def _data(notice: Notice) -> dict[str, Any]:
    content = notice.content
    whole = content.get(notice.kind)
    if not isinstance(whole, Mapping):
        return dict(content)
    return {"base": content.get("base", "")} | ({"id": content["id"]} if "id" in content else {}) | dict(whole)


def key(secret: SecretStr) -> bytes:
    try:
        return base64.b64decode(secret.get_secret_value().removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is whsec_ followed by base64") from None


def sign(secret: SecretStr, notice_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id.timestamp.body in base64."""
    content = f"{notice_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key(secret), content, hashlib.sha256).digest()).decode()}"
