"""Where somebody asks for a digest to go now: it means what a digest's `to` means, whoever reads it."""

from pathlib import Path

import pytest

from monitor.config import channel_for, whole_way
from monitor.errors import Refused

TEXT = """
[[brand]]
name = "Acme"
[email]
host = "smtp.example"
sender = "me@acme.example"
[[channel]]
name = "marketing"
kind = "slack"
webhook_url = "https://hooks.slack.com/services/T/B/x"
[[channel]]
name = "teams/eu"
kind = "file"
folder = "eu"
[[digest]]
to = ["marketing", "file:digests"]
"""
WAYS = [
    "marketing",
    "teams/eu",
    "file:digests",
    "./digests",
    "mailto:ann@acme.example",
    "bob@acme.example",
    "https://x.example/in",
]
SLIPS = ["marketting", "teamx", "exports", "team.x", "mialto:a@b.example", "mailto:nobody", "slack:hooks", "file:"]


@pytest.fixture
def config(read):
    return read(TEXT)


@pytest.mark.parametrize("written", WAYS)
def test_a_way_asked_for_is_the_channel_that_the_file_would_make_of_it(written, config, read):
    asked = channel_for(written, config)
    configured = read(TEXT.replace('"file:digests"]', f'"{written}"]'))
    assert asked == configured.channel(asked.name)
    assert asked.name in configured.digests[0].to


@pytest.mark.parametrize("written", SLIPS)
def test_what_the_file_refuses_is_refused_with_the_same_words(written, config, told):
    with pytest.raises(Refused) as refused:
        channel_for(written, config)
    words = str(refused.value).removeprefix("to: ")
    assert f'"to" in [[digest]]: {words}' in told(TEXT.replace('"file:digests"]', f'"{written}"]'))


def test_a_refused_address_is_not_shown(config):
    with pytest.raises(Refused, match="must not hold a user name or password") as refused:
        channel_for("https://ann:canary@x.example/", config)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "handed"),
    [
        ("file:out", "file:/home/ann/out"),
        ("file:digests", "file:/home/ann/digests"),  # also where a digest of the file says the same
        ("./out", "file:/home/ann/out"),
        ("../out/", "file:/home/out"),
        ("file:///var/out", "file:/var/out"),
        ("marketing", "marketing"),
        ("teams/eu", "teams/eu"),
        ("mailto:ann@acme.example", "mailto:ann@acme.example"),
    ],
)
def test_a_folder_is_handed_over_as_it_is_meant_where_it_was_asked_for(written, handed, config):
    assert whole_way(written, config, Path("/home/ann")) == handed
