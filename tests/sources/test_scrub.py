"""What a recorded reply keeps, and what nobody must find in it any more."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest

import sources
from sources.base import Response
from sources.reading.fixture import fixture_of
from sources.reading.scrub import Scrubber

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "s3cr3t/tok+en=="


def scrubbed(text: str, *names: str, keep: tuple[str, ...] = ()) -> str:
    return Scrubber(names=names, secrets=[SECRET], keep=keep).body(text.encode()).decode()


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET, safe=""),
        html.escape(SECRET),
        json.dumps({"x": SECRET}),
        "czNjcjN0L3Rvaytlbj09",
        "https://a.example/x?access_token=abcdef123&y=1",
        "https://a.example/x?y=1&amp;api_key=abcdef123",
        '"https:\\/\\/a.example\\/x?y=1\\u0026sig=abcdef123"',
        "https%3A%2F%2Fa.example%2Fx%3Ftoken%3Dabcdef123",
    ],
)
def test_a_secret_is_gone_however_it_is_written(written: str) -> None:
    text = scrubbed(f"before {written} after")
    for trace in ("s3cr3t", "czNj", "abcdef123"):
        assert trace not in text
    assert "REMOVED" in text
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize(
    "written",
    [
        "Jürgen Müller",
        html.escape("Jürgen Müller"),
        "J&#252;rgen M&#252;ller",
        "J&#xFC;rgen M&#xFC;ller",
        "J\\u00fcrgen M\\u00fcller",
        quote("Jürgen Müller"),
        "J%C3%BCrgen+M%C3%BCller",
        "Thanks\\nJürgen, and Müller too",
    ],
)
def test_a_person_is_somebody_else_however_the_name_is_written(written: str) -> None:
    text = scrubbed(f'<author>Jürgen Müller</author> "{written}"', "Jürgen Müller")
    assert not re.search(r"rgen|ller", text)
    assert "Robin" in text


def test_the_same_person_is_the_same_everywhere_and_others_are_others() -> None:
    text = scrubbed("Ann Lee wrote to Bob Moe. Ann Lee: hi @annlee", "Ann Lee", "Bob Moe")
    first, second = re.findall(r"(?:Robin|Kim) Ash", text)[:2]
    assert first != second
    assert text.startswith(f"{first} wrote to {second}. {first}: hi @")
    assert "annlee" not in text


def test_addresses_numbers_pictures_and_accounts_are_invented() -> None:
    before = (
        "mail ann.lee+x@corp.co.uk or ann.lee%40corp.example, call +49 (170) 123-4567 or 555-867-5309, from 85.12.3.4 "
        "and 2001:470:1f0b:9ff::2, did:plc:ewvi7nxzyoun6zhxrhs64oiz, "
        "https://www.gravatar.com/avatar/0bc83cb571cd1c50ba6f3e8a78ef1346?s=80 "
        '{"avatar_url": "https://cdn.example/u/77.png"} "https:\\/\\/x.example\\/profile_images\\/9\\/ann.jpg" '
        "see https://x.example/@ann_l"
    )
    after = scrubbed(before)
    for trace in ("corp", "170", "867", "85.12", "470:", "ewvi7", "0bc83", "77.png", "ann.jpg", "ann_l"):
        assert trace not in after, trace
    assert "person1@people.example" in after
    assert after.count("https://people.example/picture.png") == 3


@pytest.mark.parametrize(
    "text",
    [
        "Sat, 21 Nov 2026 10:00:00 +0000",
        "Wed Oct 10 20:19:24 +0000 2018",
        "2026-11-21T10:00:00.123456+01:00",
        '{"id": 1234567890123, "@type": "Review", "@context": "https://schema.org"}',
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "version 148.0.7778.60, aiohttp@3.9.0, std::string, 12:30:45",
        "@media print { a { color: red } }",
        "Acme says @acme and acme@acme.example",
        "https://a.example/key/x?keyword=1&page=2",
    ],
)
def test_what_is_nobody_stays(text: str) -> None:
    assert scrubbed(text, "Acme", keep=("@acme", "Acme", "acme@acme.example")) == text


@pytest.mark.parametrize("name", ["title", "item", "id", "link", "div"])
def test_a_person_who_is_called_like_a_part_of_the_form_does_not_break_it(name: str) -> None:
    text = scrubbed(f"<item><title>x</title><author>{name}</author><link>y</link><id>z</id><div/></item>", name)
    assert re.findall(r"<(\w+)", text) == ["item", "title", "author", "link", "id", "div"]
    assert f">{name}<" not in text


def test_people_are_found_where_json_says_who_somebody_is() -> None:
    reply = {
        "posts": [
            {"author": {"name": {"label": "Zoe Quirk"}}, "text": "Zoe Quirk here", "app": {"name": "Anvil"}},
            {"user": "hammerfan", "by": "smith_77", "display_name": "Old Smith", "text": "I am hammerfan, smith_77"},
        ]
    }
    text = scrubbed(json.dumps(reply))
    for trace in ("Zoe", "Quirk", "hammerfan", "smith_77", "Old Smith"):
        assert trace not in text
    assert json.loads(text)["posts"][0]["app"] == {"name": "Anvil"}


def test_a_reply_in_another_encoding_keeps_it() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-1"?><a><author>Jürgen Groß</author>Grüße von Jürgen Groß</a>'.encode(
        "latin-1"
    )
    after = Scrubber(names=["Jürgen Groß"]).body(body).decode("latin-1")
    assert "rgen" not in after
    assert "Grüße von Robin Ash" in after


def replies(kind: str) -> list[Path]:
    """A letter is encoded in ways of its own; mailboxes are not recorded."""
    return [path for path in (FIXTURES / kind).glob("reply.*") if path.suffix != ".eml"]


@pytest.mark.parametrize("kind", [kind for kind in sources.names() if replies(kind)])
def test_of_every_kind_as_much_comes_out_of_a_scrubbed_reply(kind: str) -> None:
    (path,) = replies(kind)
    given = FIXTURES / kind / "config.json"
    options = json.loads(given.read_text()) if given.exists() else {}
    declared = sources.load(kind)
    try:
        config = declared.Config.model_validate({**declared.example, **options})
    except ValueError:
        pytest.skip("its fixture needs more than a configuration")
    reply = Response(200, {}, path.read_bytes(), "https://a.example/")
    fixture = fixture_of(kind, [reply], config)
    assert fixture.is_whole
    before = fixture.before
    asked = json.dumps({**declared.example, **options}).casefold()
    authors = {one["author"] for one in before if len(one.get("author", "")) > 4} - {""}
    authors = {author for author in authors if author.casefold() not in asked}
    assert not [one["author"] for one in fixture.taken if one.get("author") in authors]


def test_a_credential_of_the_configuration_is_in_no_file_of_a_fixture() -> None:
    declared = sources.load("mastodon")
    config = declared.Config.model_validate({"tags": ["acme"], "token": "canary-canary"})
    body = json.dumps([{"canary": "canary-canary"}]).encode()
    fixture = fixture_of("mastodon", [Response(200, {}, body, "https://a.example/")], config)
    assert b"canary-canary" not in fixture.body
    assert "canary-canary" not in json.dumps([fixture.config, fixture.taken])
