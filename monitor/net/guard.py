"""Which addresses may be connected to. Pure: an address, a port and the name asked for go in, a reason comes out.

Only global unicast addresses are public, by the table below and not by `ipaddress.is_global`, which lets through NAT64,
6to4, `::127.0.0.1` and multicast (Python 3.11 and 3.12). Whatever else is to be reached stands in `[network] allow`.
The verdict is asked for in the socket factory, on the very address about to be connected to: after name resolution, so
that neither an odd spelling of an address nor a name whose answer changes gets around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443})
MAIL_PORTS = frozenset({25, 465, 587, 2525})

LOOPBACK, PRIVATE, SHARED = "this machine", "a private network", "a carrier's or overlay network"

# The IANA special-purpose registries (RFC 6890 and successors), read as "not a public host".
_IPV4 = (
    ("0.0.0.0/8", "no host"),
    ("10.0.0.0/8", PRIVATE),
    ("100.64.0.0/10", SHARED),
    ("127.0.0.0/8", LOOPBACK),
    ("168.63.129.16/32", "a cloud provider's metadata service"),
    ("169.254.0.0/16", "link-local, where cloud metadata services live"),
    ("172.16.0.0/12", PRIVATE),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "reserved for documentation"),
    ("192.31.196.0/24", "reserved for protocols"),
    ("192.52.193.0/24", "reserved for protocols"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", PRIVATE),
    ("192.175.48.0/24", "reserved for protocols"),
    ("198.18.0.0/15", "reserved for benchmarks"),
    ("198.51.100.0/24", "reserved for documentation"),
    ("203.0.113.0/24", "reserved for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_IPV6 = (
    ("::1/128", LOOPBACK),
    ("::ffff:0:0/96", "an IPv4 address in IPv6 clothes"),
    ("::/96", "an IPv4 address in IPv6 clothes"),
    ("64:ff9b::/96", "a NAT64 translation"),
    ("64:ff9b:1::/48", "a NAT64 translation"),
    ("fc00::/7", PRIVATE),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
    ("2001:0::/32", "a Teredo tunnel"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "reserved for documentation"),
    ("2002::/16", "a 6to4 tunnel"),
    ("3ffe::/16", "a network that was given back"),
    ("3fff::/20", "reserved for documentation"),
)
_IPV6_UNICAST = ip_network("2000::/3")
_SPECIAL: tuple[tuple[Network, str], ...] = tuple((ip_network(net), what) for net, what in (*_IPV4, *_IPV6))

_OPENED_BY_NAME = frozenset({LOOPBACK, PRIVATE, SHARED})
_NAME = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*")


@dataclass(frozen=True, slots=True)
class Allowed:
    """`[network] allow`, understood. A port of None is every port."""

    networks: tuple[tuple[Network, int | None], ...] = ()
    names: frozenset[tuple[str, int | None]] = frozenset()

    def opens(self, address: Address, port: int) -> bool:
        """Is this address listed itself, or within a listed network?"""
        return any(_within(address, network) and at in (None, port) for network, at in self.networks)

    def trusts(self, host: str, port: int) -> bool:
        """Is this name listed?"""
        name = plain(host)
        return (name, None) in self.names or (name, port) in self.names

    def knows(self, host: str, port: int) -> bool:
        """Is this name listed, or this address, itself or within a listed network?"""
        try:
            return self.opens(ip_address(plain(host).strip("[]")), port)
        except ValueError:
            return self.trusts(host, port)

    def singles_out(self, host: str, port: int) -> bool:
        """Is this very name or address listed, not only a network that it lies in?"""
        try:
            address = ip_address(plain(host).strip("[]"))
        except ValueError:
            return self.trusts(host, port)
        alone = (network for network, at in self.networks if network.num_addresses == 1 and at in (None, port))
        return any(_within(address, network) for network in alone)


NOTHING = Allowed()


def plain(host: str) -> str:
    """A host name as it is compared: lower case, without the dot at its end."""
    return host.lower().rstrip(".")


def _within(address: Address, network: Network) -> bool:
    return network.version == address.version and address in network


def special(address: Address) -> str:
    """What an address is, in words, when it is not a public host; empty when it is."""
    for network, what in _SPECIAL:
        if _within(address, network):
            return what
    if address.version == 6 and address not in _IPV6_UNICAST:
        return "not a public IPv6 address"
    return ""


def refusal(address: str, port: int, host: str, allowed: Allowed = NOTHING, ports: frozenset[int] = WEB_PORTS) -> str:
    """Why `address` must not be connected to, in words; empty when it may be.

    `host` is what the URL names: the address itself, or the name that was resolved to it. A listed name opens this
    machine and private networks, for that name only; link-local, multicast and the like must be listed as addresses.
    """
    try:
        target = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an address"
    named = allowed.trusts(host, port)
    listed = allowed.opens(target, port)
    what = special(target)
    if what and not listed and not (named and what in _OPENED_BY_NAME):
        return f"{target} is {what}; name it in [network] allow if this program may connect to it"
    if port not in ports and not listed and not named:
        return f"port {port} is not one for this; name {host}:{port} in [network] allow if it may be used"
    return ""


def parse_allowed(entries: Iterable[str]) -> Allowed:
    """Understand `[network] allow`: "10.0.0.0/8", "127.0.0.1:8080", "[::1]:8080", "localhost", "intranet.example:8443".

    Raises ValueError naming the entry and what is wrong with it.
    """
    networks: list[tuple[Network, int | None]] = []
    names: set[tuple[str, int | None]] = set()
    for entry in entries:
        host, port = _split(entry)
        network = _network(entry, host)
        if network is not None:
            networks.append((network, port))
        elif _NAME.fullmatch(plain(host)) and not plain(host).replace(".", "").isdigit():
            names.add((plain(host), port))
        else:
            raise ValueError(f"{entry!r} is no address, network (10.0.0.0/8) or host name, with or without :port")
    return Allowed(tuple(networks), frozenset(names))


def _split(entry: str) -> tuple[str, int | None]:
    if "://" in entry:
        raise ValueError(f"{entry!r} is a URL: give only its host, or host:port")
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", entry)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    else:
        host, port = entry, None
    if port is None:
        return host, None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError(f"{entry!r}: {port!r} is not a port (1 to 65535)")
    return host, int(port)


def _network(entry: str, host: str) -> Network | None:
    try:
        return ip_network(host)
    except ValueError as error:
        if "has host bits set" in str(error):
            raise ValueError(f"{entry!r}: as a network it would be {ip_network(host, strict=False)}") from error
        return None
