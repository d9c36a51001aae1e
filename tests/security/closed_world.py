"""A world of loopback only, in a network namespace of its own: a public host, private services, and our own door.

Run as `unshare -rn python closed_world.py < URLS.json`. In here a public address really answers and so does a cloud's
metadata address, yet not a byte leaves the machine. Prints as JSON what the private services got to hear.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net
from monitor.notice import Http
from sources.base import Get, SourceError

PUBLIC = "93.184.216.34"
PRIVATE = ("10.0.0.1", "100.64.0.1", "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.168.0.1", "192.0.0.192")
PRIVATE_IPV6 = ("fd00::1", "fd00:ec2::254", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1")
PORTS = (80, 443, 8080)
ANY_RATE = "100000/1s"


class World:
    """Counts who was connected to, by address."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The public host redirects wherever it is told to; everybody else gives away a secret."""
        address = writer.get_extra_info("sockname")[0]
        self.heard[address] += 1
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        asked = parse_qs(urlsplit(head.split(" ")[1]).query)
        if "to" in asked:
            location = asked["to"][0].replace("\r", "").replace("\n", "")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            said = b"public" if PUBLIC in address else b"secret"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + said)
        await writer.drain()
        writer.close()

    def private(self) -> dict[str, int]:
        """Connections to others than the public host, since the last call."""
        found = {address: times for address, times in self.heard.items() if PUBLIC not in address}
        self.heard.clear()
        return found


async def main(urls: list[str]) -> dict[str, Any]:
    """Every URL in every way in which one comes to us."""
    world = World()
    await _serve(world)
    report: dict[str, Any] = {}
    async with Net(limits=Limits(seconds=5)) as net:
        report["public"] = (await net.fetch(Get(f"http://{PUBLIC}/"), rate=ANY_RATE)).response.body.decode()
        report["unguarded"] = await _unguarded(world)
        report["direct"] = [await _fetched(net, Get(url)) for url in urls], world.private()
        report["redirect"] = (
            [await _fetched(net, Get(f"http://{PUBLIC}/", {"to": url})) for url in urls],
            world.private(),
        )
        report["page"] = [await _fetched(net, Get(url, page=True)) for url in urls[::7]], world.private()
        report["webhook"] = [(await net.send(Http("POST", url, json={}), rate=ANY_RATE)).status for url in urls]
        report["webhook"] = report["webhook"], world.private()
    async with Net(resolve=_rebinding()) as net:
        asked = [Get(f"http://name{n}.example/") for n in range(4 * len(PRIVATE + PRIVATE_IPV6))]
        report["rebinding"] = [await _fetched(net, get) for get in asked], world.private()
    async with Net(allowed=parse_allowed(["127.0.0.1:8080", "10.0.0.0/8"])) as net:
        inside = "http://127.0.0.1:8080/"
        report["allowed"] = (
            [await _fetched(net, Get(inside)), await _fetched(net, Get("http://10.0.0.1/"))],
            world.private(),
        )
        report["allowed within"] = [await _fetched(net, Get(inside, {"to": "http://10.0.0.1/"}))], world.private()
        by_stranger = [await _fetched(net, Get(f"http://{PUBLIC}/", {"to": to})) for to in (inside, "http://10.0.0.1/")]
        report["allowed, but by a stranger"] = by_stranger, world.private()
    return report


async def _fetched(net: Net, request: Get) -> str:  # type: ignore[valid-type]
    try:
        return (await net.fetch(request, rate=ANY_RATE)).response.body.decode("latin-1")
    except SourceError as error:
        return error.kind


async def _unguarded(world: World) -> int:
    """What anybody without a guard reaches: the services are really there."""
    for address in ("127.0.0.1", *PRIVATE, "::1", *PRIVATE_IPV6):
        _, writer = await asyncio.open_connection(address, 80)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.01)
        writer.close()
    return len(world.private())


def _rebinding() -> Any:
    addresses = [*PRIVATE, *PRIVATE_IPV6, "127.0.0.1", "::1", "::ffff:10.0.0.1"]

    async def resolve(host: str, port: int) -> list[str]:
        number = int(host.removeprefix("name").removesuffix(".example"))
        return [addresses[(number + step) % len(addresses)] for step in range(1 + number % 3)]

    return resolve


async def _serve(world: World) -> None:
    run = lambda *words: subprocess.run(["ip", *words], check=True)  # noqa: E731
    run("link", "set", "lo", "up")
    for address in (PUBLIC, *PRIVATE):
        run("addr", "add", f"{address}/32", "dev", "lo")
    for address in PRIVATE_IPV6:
        run("-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad")
    for port in PORTS:
        for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            listening = socket.socket(family)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind((anywhere, port))
            await asyncio.start_server(world.answer, sock=listening)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
