"""The shape of a configuration: what each section of the file may hold, and what the program gets of it."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    SerializeAsAny,
    model_validator,
)

from monitor.config.times import clock, duration, false_alarm_rate, quiet_hours, weekdays, zone
from monitor.net.guard import parse_allowed
from sources.base import SourceConfig


class Section(BaseModel):
    """Frozen, closed to unknown keys, and silent about its values in errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True, validate_by_name=True
    )


# How single values are read ---------------------------------------------------------------------------------------

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LISTEN = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_ADDRESS = re.compile(r"[^@\s<>,;:\x00-\x1f]+@[^@\s<>,;:\x00-\x1f]+")
_WITH_NAME = re.compile(r"[^<>\x00-\x1f]*<(?P<address>[^<>]+)>")


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("holds a control character; remove it")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must stand on one line")
    return _plain(text)


def _listen(text: str) -> str:
    found = _LISTEN.fullmatch(text)
    if not found or int(found["port"]) > 65_535:
        raise ValueError(f'"{text}" is not a place to listen on; write host:port, such as "127.0.0.1:8765"')
    return text


def _allowed(text: str) -> str:
    parse_allowed([text])
    return text


def _web_address(text: str) -> str:
    if text and not re.match(r"https?://[^/\s]", text):
        raise ValueError("must be a web address such as https://mentions.example.com")
    return text.rstrip("/")


def email_address(text: str) -> str:
    """The text, when it is an e-mail address, alone or as `Name <address>`. Raises ValueError otherwise."""
    named = _WITH_NAME.fullmatch(text)
    if not _ADDRESS.fullmatch(named["address"].strip() if named else text):
        raise ValueError(f'"{text}" is not an e-mail address')
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def database_file(database: str, folder: Path) -> Path:
    """The SQLite file that `[store] database` means: a path relative to `folder`, or a sqlite:/// URL."""
    scheme, separator, rest = database.partition("://")
    if not separator:
        return folder / Path(database).expanduser()
    backend = scheme.partition("+")[0].lower()
    if backend in ("postgresql", "postgres"):
        raise ValueError('PostgreSQL comes in a later release; for now give a file name, such as "overheard.db"')
    if backend != "sqlite":
        raise ValueError(f'"{backend}" databases are not supported; give a file name, such as "overheard.db"')
    if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
        raise ValueError('write the file with three slashes and nothing after it: "sqlite:///overheard.db"')
    return folder / rest[1:]


def _database(database: str) -> str:
    database_file(database, Path())
    return database


Text = Annotated[str, AfterValidator(_plain)]
Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Named = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
"""A name that may be left out."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_list)]

Watched = Literal["volume", "negative", "themes", "new-themes", "sources", "competitors", "reviews", "silence"]
WATCHED: tuple[Watched, ...] = get_args(Watched)

# Sections that stand once -----------------------------------------------------------------------------------------


class Store(Section):
    """`[store]`: where mentions are kept."""

    database: Annotated[Name, AfterValidator(_database)] = "overheard.db"
    """A file relative to the configuration's folder, or a sqlite:/// URL."""


class Network(Section):
    """`[network]`: what may be reached, and who says so."""

    allow: tuple[Annotated[Name, AfterValidator(_allowed)], ...] = ()
    """Private hosts, addresses or networks that sources and channels may reach all the same."""
    contact: Line = ""
    """An address or page that goes into the User-Agent, for those who wonder who reads them."""


_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Email(Section):
    """`[email]`: the SMTP server that sends."""

    host: Name
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default_factory=lambda given: _PORTS[given.get("security", "starttls")]
    )
    username: Line = ""
    password: SecretStr = SecretStr("")
    sender: Annotated[Name, AfterValidator(email_address)]


class Web(Section):
    """`[web]`: where `run` serves its pages."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8765"
    url: Annotated[Line, AfterValidator(_web_address)] = Field(
        default_factory=lambda given: f"http://{given.get('listen', '')}"
    )
    """How it is reached from outside; links in digests begin with it. No slash at the end."""

    @property
    def host(self) -> str:
        """The address to bind, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to bind; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


class Replaced(Section):
    """`[scoring.models]`: classifiers of others that judge instead of the shipped scorers."""

    sentiment: Named = ""
    """A name on Hugging Face (with "@revision" to pin one), or a folder."""
    topics: Named = ""


class Scoring(Section):
    """`[scoring]`: whether and how fast mentions are judged."""

    enabled: bool = True
    threads: Annotated[int, Field(ge=0, le=256)] = 0
    """Processor cores to use; 0 for all."""
    encoder: Literal["auto", "english", "multilingual"] = "auto"
    """Which encoder reads a text: by its language, or always the same one."""
    models: Replaced = Replaced()


class Taxonomy(Section):
    """`[taxonomy]`: which of the labels that come with the program mentions are sorted into."""

    defaults: bool = True
    """Keep the starting taxonomy beside the packs and one's own labels."""
    packs: Names = ()
    """Labels of a trade: "airlines", "games" …"""
    without: Names = ()
    """Names of labels to leave out."""


class Alerts(Section):
    """`[alerts]`: what is told at once, because it is not usual."""

    to: Names = ()
    """Channels, as in a digest's `to`; empty: nobody is told, and alerts stand in `overheard alerts` alone."""
    brands: Names = ()
    """Whose; empty: all that are not only there to be compared with."""
    false_alarms: Annotated[float, BeforeValidator(false_alarm_rate)] = 28 * 86_400.0
    """Seconds in which, on average, one false alarm a brand is allowed: "one a month" is 28 days."""
    watch: tuple[Watched, ...] = WATCHED
    cooldown: Annotated[float, BeforeValidator(duration)] = 6 * 3600.0
    """Seconds for which the same is not told again, unless it has doubled."""
    quiet: Annotated[tuple[time, time] | None, BeforeValidator(quiet_hours)] = None
    """Local hours in which nothing is sent; it is sent when they end."""
    timezone: Annotated[Name, AfterValidator(zone)] | None = None


class Summary(Section):
    """`[summary]`: who words the verdict and the stories anew. What cannot be proved by the cited mentions is refused,
    and the extracted sentences stand."""

    by: Literal["extract", "model", "endpoint"] = "extract"
    model: Named = ""
    """A summarisation model on Hugging Face or a folder (by = "model"), or the endpoint's name for its model."""
    url: Annotated[Line, AfterValidator(_web_address)] = ""
    """An OpenAI-compatible endpoint, up to /v1 (by = "endpoint")."""
    key: SecretStr = SecretStr("")
    timeout: Annotated[float, BeforeValidator(duration)] = 60.0
    """Seconds for all summaries of a digest together."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.by == "endpoint" and not (self.url and self.model):
            raise ValueError('by = "endpoint" needs url (its address up to /v1) and model (its name there)')
        if self.by == "model" and not self.model:
            raise ValueError('by = "model" needs model: a name on Hugging Face, or a folder')
        return self


class Log(Section):
    """`[log]`: what the program says of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


# Sections that repeat, as they stand in the file -------------------------------------------------------------------


class BrandTable(Section):
    """`[[brand]]`: a name, and what counts as a mention of it."""

    name: Name
    query: Text = ""
    aliases: Names = ()
    handles: Names = ()
    domains: Names = ()
    products: Names = ()
    competitors: Names = ()
    description: Text = ""


class SourceTable(Section):
    """`[[source]]`: what every kind of source may say; the rest belongs to the kind."""

    kind: Name
    name: Named = ""
    every: Annotated[float, BeforeValidator(duration)] | None = None
    about: Named = ""
    paused: bool = False


class DigestTable(Section):
    """`[[digest]]`: who gets which brand's digest, and when. On one weekday alone it covers a week."""

    brand: Named = ""
    """"*" for all of one's own brands in one digest."""
    department: Named = ""
    """Only what is this department's."""
    name: Named = ""
    at: Annotated[time, BeforeValidator(clock)] = time(8)
    timezone: Annotated[Name, AfterValidator(zone)] | None = None
    days: Annotated[tuple[int, ...], BeforeValidator(weekdays)] = tuple(range(7))
    to: Names = ()


class ChannelTable(Section):
    """`[[channel]]`: a named way to people; the rest belongs to the kind."""

    name: Name
    kind: Name


class DepartmentTable(Section):
    """`[[department]]`: who answers what. A mention belongs to the first department whose query finds it."""

    name: Name
    query: Text
    to: Names = ()
    """Channels for its alerts, where a rule names none."""
    owner: Named = ""
    """Who is given what nobody has."""
    answer_within: Annotated[float, BeforeValidator(duration)] | None = None
    """Seconds: its target."""


class RuleTable(Section):
    """`[[rule]]`: what people are told of as soon as it is heard."""

    name: Name
    query: Text
    to: Names = ()
    """Channels; empty: those of its department."""
    department: Named = ""
    owner: Named = ""
    """Who is given what it catches, where nobody has it."""
    send: Literal["each", "batch", "hourly"] = "each"
    """A message for each mention, for what came within ten minutes, or once an hour."""
    quiet: Annotated[tuple[time, time] | None, BeforeValidator(quiet_hours)] = None
    """Local hours in which nothing is sent; it is sent when they end."""
    timezone: Annotated[Name, AfterValidator(zone)] | None = None
    escalate_after: Annotated[float, BeforeValidator(duration)] | None = None
    """Seconds without an answer, after which `escalate_to` is told."""
    escalate_to: Names = ()
    paused: bool = False


class OwnLabel(Section):
    """`[[topic]]`, `[[touchpoint]]`, `[[stage]]`: a label of one's own, known by a description, words or examples."""

    name: Name
    description: Text = ""
    words: Names = ()
    examples: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = ()


ONCE: dict[str, type[Section]] = {
    "store": Store,
    "network": Network,
    "email": Email,
    "web": Web,
    "scoring": Scoring,
    "taxonomy": Taxonomy,
    "alerts": Alerts,
    "summary": Summary,
    "log": Log,
}
REPEATED: dict[str, type[Section]] = {
    "brand": BrandTable,
    "source": SourceTable,
    "digest": DigestTable,
    "channel": ChannelTable,
    "department": DepartmentTable,
    "rule": RuleTable,
    "topic": OwnLabel,
    "touchpoint": OwnLabel,
    "stage": OwnLabel,
}

# What the program gets ----------------------------------------------------------------------------------------------


class BrandEntry(BrandTable):
    """A brand with its query filled in."""

    is_competitor: bool = False
    """True when it is only there to be compared with."""


class SourceEntry(Section):
    """One source to listen to."""

    name: str
    """Unique; the store knows the source by it."""
    kind: str
    every: float
    """Seconds between polls; 0 for a source that is only pushed to."""
    about: str = ""
    """A brand's name: every item is a mention of that brand. Empty: what the brands' queries match."""
    paused: bool = False
    config: SerializeAsAny[SourceConfig]


class ChannelEntry(Section):
    """One way to people, named in `[[channel]]` or written out in a digest's `to`."""

    name: str
    """Unique, the same from one start to the next, and free of secrets."""
    kind: str
    options: SerializeAsAny[BaseModel]


class DigestEntry(Section):
    """One subscription: a brand's digest, at an hour, to some channels."""

    name: str
    """Unique: the key that the store counts its digests by."""
    brand: str
    """A brand's name, or "*" for all of one's own."""
    department: str = ""
    at: time
    timezone: str
    days: tuple[int, ...]
    """As date.weekday() counts, from 0 for Monday."""
    to: tuple[str, ...]
    """Names of channels, at least one."""


class Config(Section):
    """A whole configuration, checked."""

    path: Path
    """The file it was read from, absolute."""
    store: Store = Store()
    network: Network = Network()
    brands: tuple[BrandEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    digests: tuple[DigestEntry, ...] = ()
    channels: tuple[ChannelEntry, ...] = ()
    """Those of `[[channel]]`, and one for each shorthand in any `to`."""
    departments: tuple[DepartmentTable, ...] = ()
    rules: tuple[RuleTable, ...] = ()
    """In departments, rules and alerts `to` and `escalate_to` are names of channels; times without a zone have got the
    machine's."""
    alerts: Alerts = Alerts()
    summary: Summary = Summary()
    email: Email | None = None
    web: Web = Web()
    scoring: Scoring = Scoring()
    topics: tuple[OwnLabel, ...] = ()
    touchpoints: tuple[OwnLabel, ...] = ()
    stages: tuple[OwnLabel, ...] = ()
    taxonomy: Taxonomy = Taxonomy()
    log: Log = Log()

    @property
    def database(self) -> Path:
        """The SQLite file, absolute."""
        return database_file(self.store.database, self.path.parent)

    @property
    def own_brands(self) -> tuple[BrandEntry, ...]:
        """The brands that are not only there to be compared with."""
        return tuple(brand for brand in self.brands if not brand.is_competitor)

    def brand(self, name: str) -> BrandEntry:
        """The brand of this name. Raises KeyError."""
        return self._named(self.brands, name)

    def source(self, name: str) -> SourceEntry:
        """The source of this name. Raises KeyError."""
        return self._named(self.sources, name)

    def channel(self, name: str) -> ChannelEntry:
        """The channel of this name. Raises KeyError."""
        return self._named(self.channels, name)

    @staticmethod
    def _named(entries: tuple[Any, ...], name: str) -> Any:
        for entry in entries:
            if entry.name == name:
                return entry
        raise KeyError(name)
