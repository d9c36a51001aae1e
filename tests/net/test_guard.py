"""Which addresses may be connected to: a table, and what `[network] allow` opens."""

from __future__ import annotations

import ipaddress
import re

import pytest

from monitor.net.guard import MAIL_PORTS, NOTHING, Allowed, parse_allowed, refusal

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 168.63.129.16 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808
64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::
3ffe::1 3fff::1 4000::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.216.34 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 168.63.129.17
169.253.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.1.1 198.17.0.1 198.20.0.1 223.255.255.255
2001:200::1 2001:4860:4860::8888 2003::1 2400:cb00::1 2606:4700:4700::1111 2a00:1450::1 2c0f::1
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_what_is_not_a_public_host_is_refused_with_words(address: str) -> None:
    assert "[network] allow" in refusal(address, 80, "feeds.example")


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_hosts_are_let_through(address: str) -> None:
    assert refusal(address, 443, "feeds.example") == ""


def test_nothing_that_python_calls_private_or_multicast_is_let_through() -> None:
    for number in range(0, 2**32, 65_537 * 16):
        address = ipaddress.IPv4Address(number)
        if not address.is_global or address.is_multicast:
            assert refusal(str(address), 80, "feeds.example"), address


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 11211])
def test_other_ports_than_the_web_s_are_refused_on_public_hosts_too(port: int) -> None:
    assert str(port) in refusal("8.8.8.8", port, "feeds.example")
    assert refusal("8.8.8.8", port, "feeds.example", parse_allowed([f"feeds.example:{port}"])) == ""


def test_mail_has_its_own_ports() -> None:
    assert refusal("8.8.8.8", 587, "mail.example", NOTHING, MAIL_PORTS) == ""
    assert refusal("8.8.8.8", 80, "mail.example", NOTHING, MAIL_PORTS)


@pytest.mark.parametrize(
    ("entry", "address", "port", "host", "opened"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1", True),
        ("127.0.0.1:8080", "127.0.0.1", 8081, "127.0.0.1", False),
        ("127.0.0.1:8080", "127.0.0.2", 8080, "127.0.0.2", False),
        ("127.0.0.1", "127.0.0.1", 5000, "127.0.0.1", True),
        ("10.0.0.0/8", "10.9.8.7", 80, "intranet", True),
        ("10.0.0.0/8", "11.0.0.1", 8080, "intranet", False),
        ("[::1]:8080", "::1", 8080, "::1", True),
        ("::1", "::1", 80, "::1", True),
        ("fd00::/8", "fd12::1", 80, "intranet", True),
        ("localhost", "127.0.0.1", 3000, "localhost", True),
        ("localhost", "127.0.0.1", 80, "LOCALHOST.", True),
        ("localhost", "127.0.0.1", 80, "evil.example", False),
        ("intranet.example:8443", "10.0.0.5", 8443, "intranet.example", True),
        ("intranet.example:8443", "10.0.0.5", 443, "intranet.example", False),
        ("intranet.example:8443", "10.0.0.5", 8443, "sub.intranet.example", False),
        ("0.0.0.0/0", "::ffff:127.0.0.1", 80, "x", False),
    ],
)
def test_allow_opens_what_it_names_and_no_more(entry: str, address: str, port: int, host: str, opened: bool) -> None:
    assert (refusal(address, port, host, parse_allowed([entry])) == "") is opened


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "64:ff9b::a00:1", "fe80::1"])
def test_a_listed_name_cannot_be_pointed_at_a_metadata_service(address: str) -> None:
    assert refusal(address, 80, "intranet.example", parse_allowed(["intranet.example"]))
    assert refusal(address, 80, "x", parse_allowed([address])) == ""


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("http://localhost", "URL"),
        ("localhost:http", "port"),
        ("localhost:0", "port"),
        ("localhost:65536", "port"),
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("127.1", "127.1"),
        ("2130706433", "2130706433"),
        ("", "''"),
        ("*", "'*'"),
        ("*.example", "example"),
        ("two words", "two words"),
        ("::1/129", "::1/129"),
        ("[::1", "[::1"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused_by_name(entry: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_allowed([entry])


def test_nothing_is_allowed_by_default() -> None:
    assert parse_allowed([]) == Allowed() == NOTHING
