"""A credential goes to its service and nowhere else, even where the service repeats all that it was sent."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from aiohttp import web

import sources

CANARY = "canary-5f0c/+secret"
PASSING = "passing-canary-token"
KEYED: dict[str, dict[str, Any]] = {
    "reddit": {"query": "kettle", "client_id": "app-id", "client_secret": CANARY, "sign_in_url": "{}/sign-in"},
    "bluesky-search": {"query": "kettle", "user": "you.bsky.example", "password": CANARY},
    "youtube": {"query": "kettle", "key": CANARY},
    "x": {"query": "kettle", "token": CANARY},
    "mastodon": {"query": "kettle", "token": CANARY},
    "github": {"query": "kettle", "token": CANARY},
    "stack-exchange": {"query": "kettle", "key": CANARY},
    "discourse": {"query": "kettle", "key": CANARY},
}
STATUSES = [200, 201, 301, 400, 401, 402, 403, 404, 410, 422, 429, 500, 502, 503]


def test_every_source_with_a_credential_is_tried() -> None:
    secret = {
        kind
        for kind in sources.names()
        for source in [sources.load(kind)]
        if source.fetch and "SecretStr" in str([one.annotation for one in source.Config.model_fields.values()])
    }
    assert secret - KEYED.keys() <= {"newsletter"}  # no HTTP: its own test sees to it


@pytest.mark.parametrize("kind", sorted(KEYED))
@pytest.mark.parametrize("form", ["text", "error", "list", "deep"])
async def test_nothing_that_is_written_down_holds_it(
    kind: str, form: str, loopback: Any, polled: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    status = 200

    async def echo(request: web.Request) -> web.Response:
        sent = f"{request.path_qs} {dict(request.headers)} {(await request.read()).decode()}"
        if "sign-in" in request.path or "createSession" in request.path:
            return web.json_response({"access_token": PASSING, "accessJwt": PASSING})
        echoed: dict[str, Any] = {
            "text": {"message": sent, "error": sent, "error_message": sent, "errors": [{"message": sent}]},
            "error": {"error": {"message": sent, "errors": [{"reason": "forbidden", "message": sent}]}, "data": sent},
            "list": [{"id": sent, "error": sent}],
            "deep": {"data": {"children": [{"kind": "t3", "data": {"name": sent}}]}, "items": [{"kind": sent}],
                     "statuses": [sent], "posts": [{"uri": sent}], "meta": {}},
        }  # fmt: skip
        return web.json_response(echoed[form], status=status, headers={"location": "/elsewhere", "x-echo": "ok"})

    base = await loopback({"/{path:.*}": echo})
    config = {key: value.format(base) for key, value in KEYED[kind].items()}
    name = "server" if kind == "mastodon" else "url" if kind == "discourse" else "base_url"
    for status in STATUSES:
        done = await polled(kind, {**config, name: base}, budget=5)
        evidence = getattr(done.error, "evidence", None)
        written = [
            done.error.words if done.error else "", str(done.problems), json.dumps(done.state.as_json()),
            f"{evidence.url} {dict(evidence.headers)} {evidence.body.decode()}" if evidence else "", caplog.text,
        ]  # fmt: skip
        for text in written:
            for secret in (CANARY, json.dumps(CANARY), "canary-5f0c%2F", PASSING, "YXBwLWlkOmNhbmFy"):
                assert secret not in text, f"{status}: {text[:300]}"
