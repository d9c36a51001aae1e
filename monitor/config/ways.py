"""Reads the ways to people: the channels of `[[channel]]`, and those that a `to` writes out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from monitor import channels
from monitor.config.keys import keys
from monitor.config.lines import Place
from monitor.config.problems import Findings, did_you_mean
from monitor.config.shape import ChannelEntry, ChannelTable, Config, Email
from monitor.config.tables import Document, check_addresses, check_unique, parted, rooted
from monitor.config.targets import Target, options_of, seen_from, target
from monitor.errors import Refused

_COMMON = tuple(ChannelTable.model_fields)


def read(document: Document, email: Email | None) -> Ways:
    """Every channel of `[[channel]]`; what a `to` writes out is added to them as it is read."""
    tables = document.tables("channel")
    named = [_channel(document, place, table, email) for place, table in tables]
    check_unique(document, "channel", [channel.name if channel else "" for channel in named])
    found = {channel.name: channel for channel in named if channel}
    written = {document.text(table.get("name")) for _, table in tables} - {""}
    return Ways(found, written | set(found), email)


class Ways:
    """The channels so far: those of `[[channel]]`, and one more for each shorthand that a digest uses."""

    def __init__(
        self,
        found: dict[str, ChannelEntry],
        names: Collection[str],
        email: Email | None,
    ) -> None:
        self.found = found
        self.names = names
        """Every name that the file gives a channel, also where its table is wrong."""
        self.email = email

    def take_all(self, document: Document, place: Place, key: str, section: str, written: Sequence[str]) -> list[str]:
        """The names of the channels that the entries of a `to` mean, each once. What means none is noted."""
        said = f'"{key}" in {section}'
        named = (self.take(document, (*place, key, index), one, said) for index, one in enumerate(written))
        return [name for name in dict.fromkeys(named) if name]

    def take(self, document: Document, place: Place, written: str, section: str) -> str:
        """The name of the channel that an entry of `to` means; empty when it means none, which is then noted.

        `section` is what messages call the place.
        """
        try:
            meant = target(written, self.names)
        except ValueError as error:
            document.findings.add(place, f"{section}: {error}")
            return ""
        if isinstance(meant, str):
            return meant
        if meant.name not in self.found and (channel := self._spelled_out(document, place, meant, section)):
            self.found[meant.name] = channel
        return meant.name

    def _spelled_out(self, document: Document, place: Place, meant: Target, section: str) -> ChannelEntry | None:
        if meant.kind == "email" and self.email is None:
            if not isinstance(document.written.get("email"), dict):
                message = f"{section}: mail to {meant.value} needs an [email] section with host and sender"
                document.findings.add(place, message)
            return None
        model = channels.load(meant.kind).Options
        ready = {**_lent(self.email, model), **options_of(meant)} if meant.kind == "email" else options_of(meant)
        options = document.read({}, model, place, section, ready=ready)
        return (
            ChannelEntry(name=meant.name, kind=meant.kind, options=rooted(options, document.folder))
            if options
            else None
        )


def _channel(document: Document, place: Place, table: dict[str, Any], email: Email | None) -> ChannelEntry | None:
    """A `[[channel]]`: the keys that all have, and the options of its kind."""
    general, special = parted(table, _COMMON)
    common = document.read(general, ChannelTable, place, "[[channel]]")
    kind = document.text(table.get("kind"))
    if kind and kind not in channels.names():
        message = f'unknown kind of channel "{kind}"{did_you_mean(kind, channels.names())}'
        document.findings.add((*place, "kind"), message)
    if kind not in channels.names():
        return None
    model = channels.load(kind).Options
    ready = _lent(email, model) if kind == "email" else {}
    section = f'[[channel]] of kind "{kind}"'
    options = document.read(special, model, place, section, known=_COMMON, ready=ready)
    if options is not None:
        check_addresses(document, place, section, options)
    if common is None or options is None:
        return None
    return ChannelEntry(name=common.name, kind=kind, options=rooted(options, document.folder))


def _lent(email: Email | None, model: Any) -> dict[str, Any]:
    """What the `[email]` section gives to a channel that sends mail."""
    return {key: getattr(email, key) for key in keys(Email) if key in keys(model)} if email else {}


def channel_for(written: str, config: Config) -> ChannelEntry:
    """The channel that somebody asks for as a digest's `to` would. Raises Refused, saying what would be understood.

    A folder is found from that of the configuration, unless it is absolute: see `whole_way`.
    """
    document = Document({}, config.path.parent, {}, Findings({}))
    named = {channel.name: channel for channel in config.channels}
    ways = Ways(named, frozenset(named), config.email)
    name = ways.take(document, (), written, "to")
    if document.findings.found:
        raise Refused(document.findings.found[0].message)
    return ways.found[name]


def whole_way(written: str, config: Config, here: Path) -> str:
    """What to hand over to a process in another folder so that it reads what was meant in `here`. Raises Refused."""
    channel_for(written, config)
    return seen_from(here, written, [channel.name for channel in config.channels])


def told_through(config: Config, name: str) -> tuple[str, ...]:
    """What goes to this channel, in words: digests, rules, departments, alerts."""
    digests = (f'digest "{one.name}"' for one in config.digests if name in one.to)
    rules = (f'rule "{one.name}"' for one in config.rules if name in (*one.to, *one.escalate_to))
    departments = (f'department "{one.name}"' for one in config.departments if name in one.to)
    return (*digests, *rules, *departments, *(["alerts"] if name in config.alerts.to else []))
