"""Reads who is told, how and when: the channels and the digests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from monitor import channels
from monitor.config.brands import Brands
from monitor.config.keys import keys
from monitor.config.lines import Place
from monitor.config.problems import Findings, did_you_mean
from monitor.config.shape import ChannelEntry, ChannelTable, Config, DigestEntry, DigestTable, Email
from monitor.config.tables import Document, check_addresses, check_unique, parted, rooted
from monitor.config.targets import Target, options_of, seen_from, target
from monitor.config.times import machine_timezone
from monitor.errors import Refused

_COMMON = tuple(ChannelTable.model_fields)


def read(
    document: Document, brands: Brands, email: Email | None
) -> tuple[tuple[ChannelEntry, ...], tuple[DigestEntry, ...]]:
    """Every channel, those that digests write out in their `to` included, and every digest."""
    tables = document.tables("channel")
    named = [_channel(document, place, table, email) for place, table in tables]
    check_unique(document, "channel", [channel.name if channel else "" for channel in named])
    found = {channel.name: channel for channel in named if channel}
    written = {document.text(table.get("name")) for _, table in tables} - {""}
    ways = _Ways(found, written | set(found), email)
    digests = _digests(document, brands, ways)
    return tuple(ways.found.values()), digests


# Channels ---------------------------------------------------------------------------------------------------------


class _Ways:
    """The channels so far: those of `[[channel]]`, and one more for each shorthand that a digest uses."""

    def __init__(
        self,
        found: dict[str, ChannelEntry],
        names: Collection[str],
        email: Email | None,
        section: str = '"to" in [[digest]]',
    ) -> None:
        self.found = found
        self.names = names
        """Every name that the file gives a channel, also where its table is wrong."""
        self.email = email
        self.section = section
        """What messages call the place."""

    def take(self, document: Document, place: Place, written: str) -> str:
        """The name of the channel that an entry of `to` means; empty when it means none, which is then noted."""
        try:
            meant = target(written, self.names)
        except ValueError as error:
            document.findings.add(place, f"{self.section}: {error}")
            return ""
        if isinstance(meant, str):
            return meant
        if meant.name not in self.found and (channel := self._spelled_out(document, place, meant)):
            self.found[meant.name] = channel
        return meant.name

    def _spelled_out(self, document: Document, place: Place, meant: Target) -> ChannelEntry | None:
        if meant.kind == "email" and self.email is None:
            if not isinstance(document.written.get("email"), dict):
                message = f"{self.section}: mail to {meant.value} needs an [email] section with host and sender"
                document.findings.add(place, message)
            return None
        model = channels.load(meant.kind).Options
        ready = {**_lent(self.email, model), **options_of(meant)} if meant.kind == "email" else options_of(meant)
        options = document.read({}, model, place, self.section, ready=ready)
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
    ways = _Ways(named, frozenset(named), config.email, "to")
    name = ways.take(document, (), written)
    if document.findings.found:
        raise Refused(document.findings.found[0].message)
    return ways.found[name]


def whole_way(written: str, config: Config, here: Path) -> str:
    """What to hand over to a process in another folder so that it reads what was meant in `here`. Raises Refused."""
    channel_for(written, config)
    return seen_from(here, written, [channel.name for channel in config.channels])


# Digests ----------------------------------------------------------------------------------------------------------


def _digests(document: Document, brands: Brands, ways: _Ways) -> tuple[DigestEntry, ...]:
    tables = document.tables("digest")
    taken = {name.casefold() for _, table in tables if (name := document.text(table.get("name")))}
    digests = [_digest(document, place, table, brands, ways, taken) for place, table in tables]
    check_unique(document, "digest", [digest.name if digest else "" for digest in digests])
    return tuple(digest for digest in digests if digest is not None)


def _digest(
    document: Document, place: Place, table: Mapping[str, Any], brands: Brands, ways: _Ways, taken: set[str]
) -> DigestEntry | None:
    read = document.read(dict(table), DigestTable, place, "[[digest]]")
    if read is None:
        return None
    brand = _brand(document, place, read.brand, brands)
    if not read.to:
        message = '[[digest]] has nowhere to go; add to = "file:digests", a Slack web hook, or mailto: and an address'
        document.findings.add((*place, "to"), message)
    places = [(*place, "to", index) for index in range(len(read.to))]
    to = dict.fromkeys(ways.take(document, at, written) for at, written in zip(places, read.to, strict=True))
    if not brand or not all(to):
        return None
    return DigestEntry(
        name=read.name or _free_name(brand, taken),
        brand=brand,
        at=read.at,
        timezone=read.timezone or machine_timezone(document.environ),
        days=read.days,
        to=tuple(to),
    )


def _brand(document: Document, place: Place, chosen: str, brands: Brands) -> str:
    """The brand that a digest is about: the only one of one's own where none is named. Empty when that is unclear."""
    if chosen and brands.misses(chosen):
        message = f'"brand" in [[digest]]: there is no brand "{chosen}"{did_you_mean(chosen, brands.names)}'
        document.findings.add((*place, "brand"), message)
    elif not chosen and len(brands.own) > 1:
        choices = ", ".join(f'"{name}"' for name in brands.own)
        document.findings.add(place, f"[[digest]] does not say of which brand; add brand = one of {choices}")
    return chosen or (brands.own[0] if len(brands.own) == 1 else "")


def _free_name(brand: str, taken: set[str]) -> str:
    """The brand's name, numbered where several digests are about it."""
    for number in count(1):
        name = brand if number == 1 else f"{brand} ({number})"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
    raise AssertionError("counting does not end")
