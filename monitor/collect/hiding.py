"""Keeps credentials out of what is written down of an answer: services repeat in errors what they were sent. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from sources.base import Problem, Response, SourceError

SHORTEST = 4
"""Shorter ones are in every text by chance."""
HIDDEN = "…"
_TELLING = ("authorization", "key", "token", "secret", "password", "cookie")


def secrets_in(config: object) -> frozenset[str]:
    """Every credential in a source's configuration."""
    if isinstance(config, SecretStr):
        return frozenset({config.get_secret_value()})
    inner: Iterable[Any] = ()
    if isinstance(config, BaseModel):
        inner = vars(config).values()
    elif isinstance(config, Mapping):
        inner = config.values()
    elif isinstance(config, list | tuple | set | frozenset):
        inner = config
    return frozenset().union(*map(secrets_in, inner))


def sent_in(headers: Mapping[str, str]) -> frozenset[str]:
    """What of a request's headers nobody else may see: `Bearer …` and the like, without the first word."""
    telling = [value for name, value in headers.items() if any(word in name.lower() for word in _TELLING)]
    return frozenset(value.rpartition(" ")[2] for value in telling)


class Veil:
    """Hides credentials, in each form in which an answer may repeat them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        self.cover(secrets)

    def cover(self, secrets: Iterable[str]) -> None:
        """Hide these as well."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        if not forms <= set(self._forms):
            self._forms = tuple(sorted(forms | set(self._forms), key=len, reverse=True))

    def text(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def problem(self, problem: Problem) -> Problem:
        """The problem without them."""
        return Problem(self.text(problem.where), self.text(problem.why)) if self._forms else problem

    def reply(self, reply: Response) -> Response:
        """The reply without them, without its headers, too."""
        if not self._forms:
            return reply
        body = reply.body
        for form in self._forms:
            body = body.replace(form.encode(), HIDDEN.encode())
        headers = {name: self.text(value) for name, value in reply.headers.items()}
        return replace(reply, body=body, headers=headers, url=self.text(reply.url))

    def error(self, error: SourceError) -> None:
        """Takes them out of an error's words."""
        error.args = tuple(self.text(one) if isinstance(one, str) else one for one in error.args)
        if isinstance(path := getattr(error, "path", None), str):
            error.path = self.text(path)  # type: ignore[attr-defined]


def _forms(secret: str) -> set[str]:
    """As it is, as JSON and addresses write it, and in base64."""
    written = {secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")}
    return written | {base64.b64encode(secret.encode()).decode().rstrip("=")}
