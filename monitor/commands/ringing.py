"""Rings at channels: sends each a test notice, now, past the store and its outbox, and says what came of it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from monitor.built import channel_of
from monitor.config import ChannelEntry, Config
from monitor.engine.telling import carry
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from monitor.notice import Notice, Outcome


async def ring(config: Config, entries: Iterable[ChannelEntry], now: datetime) -> AsyncIterator[tuple[str, Outcome]]:
    """The name of each channel, and how its try ended."""
    async with Net(allowed=parse_allowed(config.network.allow), contact=config.network.contact) as net:
        for entry in entries:
            delivery = channel_of(entry).deliver(notice(entry.name, config.web.url, now), (), now)
            yield entry.name, await carry(delivery, net.send)


def notice(name: str, base: str, now: datetime) -> Notice:
    text = f"The channel “{name}” works. Digests and alerts will come this way; nothing is to be done."
    content = {"text": text, "base": base}
    return Notice(f"msg_test_{uuid.uuid4().hex}", "test", "A test from overheard", now, content)
