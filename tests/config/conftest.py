"""A whole configuration that is right, and a way to change one place of it."""

from pathlib import Path

import pytest

from monitor.config import Config, ConfigError, loads

RIGHT = """\
[store]
database = "mentions.db"

[network]
allow = ["wiki.local"]
contact = "ann@acme.example"

[[brand]]
name = "Acme"
query = '"Acme" AND (anvil OR rocket)'
aliases = ["Acme Inc"]
handles = ["@acme"]
domains = ["acme.example"]
competitors = ["Globex", "Initech"]
description = "Makes anvils."

[[brand]]
name = "Globex"
query = '"Globex Corporation"'

[[source]]
kind = "hackernews"
query = '"Acme"'
every = "10m"

[[source]]
kind = "feed"
name = "Anvil Weekly"
url = "https://anvil.example/feed.xml"

[[source]]
kind = "appstore"
app = "310633997"
about = "Acme"

[email]
host = "smtp.acme.example"
port = 587
security = "starttls"
username = "ann"
password = "${SMTP_PASSWORD}"
sender = "Overheard <ann@acme.example>"

[[channel]]
name = "marketing"
kind = "slack"
webhook_url = "https://hooks.slack.com/services/T0/B0/zzz"

[[digest]]
brand = "Acme"
at = "08:00"
timezone = "Europe/Berlin"
days = "weekdays"
to = ["marketing", "mailto:bea@acme.example", "file:digests"]

[web]
listen = "127.0.0.1:8765"

[scoring]
enabled = true
threads = 2

[taxonomy]
defaults = true
packs = ["airlines"]
without = ["outage"]

[[topic]]
name = "weight"
description = "how heavy the anvils are"
words = ["heavy", "light"]

[[touchpoint]]
name = "test track"
description = "trying the skates on our track"

[log]
level = "info"
format = "text"
"""
ENVIRON = {"SMTP_PASSWORD": "s3cr3t-from-outside", "TZ": "Europe/Madrid"}


@pytest.fixture
def right() -> str:
    return RIGHT


@pytest.fixture
def read(tmp_path: Path):
    """Reads a configuration text as if it stood in config.toml of an empty folder."""

    def read(text: str, **environ: str) -> Config:
        return loads(text, tmp_path / "config.toml", {**ENVIRON, **environ})

    return read


@pytest.fixture
def told(tmp_path: Path):
    """What is told of a wrong configuration text, without the folder's name."""

    def told(text: str, **environ: str) -> str:
        with pytest.raises(ConfigError) as refused:
            loads(text, tmp_path / "config.toml", {**ENVIRON, **environ})
        return str(refused.value).replace(f"{tmp_path}/", "")

    return told
