"""Hands a message to Apprise, which sends by itself, in a process of its own: it can hang, leak or crash without harm,
and is ended when its time is up.

Its connections are held against the same guard as ours, by an audit hook of that process. That keeps honest code from
straying inside (a redirect, a name that leads to a private address); it is no prison for code that means harm.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from ipaddress import ip_network
from typing import Any

from monitor.net.guard import MAIL_PORTS, WEB_PORTS, Allowed, refusal
from monitor.notice import Relayed, Reply

SECONDS = 90.0
"""Some services are asked several times for one message."""
_REFUSED = re.compile(r"error[=: ]+\s*(\d{3})\b")
_FINAL = frozenset({"400", "401", "402", "403", "404", "405", "410", "413"})
_WORD = re.compile(r"[\w.~+-]{5,}")


async def relay(ask: Relayed, allowed: Allowed, seconds: float = SECONDS) -> Reply:
    """250 when the service took it, 550 when it never will, 451 when it may later, 0 when there was no answer."""
    # Without the proxies of the environment, as everything here connects.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor.net.relay", env=environment, start_new_session=True,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        # By a pipe: an argument could be read by everybody on this machine.
        answer, _ = await asyncio.wait_for(child.communicate(written(ask, allowed)), seconds)
    except TimeoutError:
        return Reply(0, error=f"the service gave no answer within {seconds:.0f} s")
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    try:
        said = json.loads(answer.splitlines()[-1])
    except (ValueError, IndexError):
        return Reply(0, error=f"Apprise ended without an answer (exit code {child.returncode})")
    return Reply(said["status"], error=said["why"])


def written(ask: Relayed, allowed: Allowed) -> bytes:
    networks = [[str(network), port] for network, port in allowed.networks]
    return json.dumps({"ask": asdict(ask), "networks": networks, "names": sorted(allowed.names, key=str)}).encode()


def read(body: bytes) -> tuple[Relayed, Allowed]:
    said = json.loads(body)
    networks = tuple((ip_network(network), port) for network, port in said["networks"])
    names = frozenset((name, port) for name, port in said["names"])
    return Relayed(**said["ask"] | {"texts": tuple(said["ask"]["texts"])}), Allowed(networks, names)


# In the process of its own ----------------------------------------------------------------------------------------


def guarded(allowed: Allowed, refused: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that lets connections only go where the guard does; what it refused, in words."""
    asked: dict[int, str] = {}
    """The host name that a port was last looked up for: which name an address stands for."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            asked[_port(arguments[1])] = str(arguments[0])
        if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            return
        address = arguments[1]
        if not isinstance(address, tuple) or len(address) < 2:
            return  # a socket of this machine, or one that is connected already
        why = refusal(str(address[0]), address[1], asked.get(address[1], ""), allowed, WEB_PORTS | MAIL_PORTS)
        if why:
            refused.append(why)
            raise PermissionError(why)

    return hook


def _port(port: object) -> int:
    return int(port) if isinstance(port, int | str) and str(port).isdigit() else 0


def hand_over(ask: Relayed, refused: list[str]) -> Mapping[str, Any]:
    """Send it, here and now; {"status", "why"} as in `relay`."""
    try:
        import apprise  # an extra, and slow to load
    except ImportError:
        return {"status": 550, "why": 'Apprise is not installed: pip install "overheard[apprise]"'}
    # Nothing of it leads to pictures elsewhere, and no answer sends a message on to another address.
    asset = apprise.AppriseAsset(
        app_id="overheard", app_desc="overheard", app_url="", image_url_mask="", image_url_logo="", http_redirects=False
    )
    service = apprise.Apprise.instantiate(ask.service, asset=asset)
    if service:
        return _notified(apprise, service, ask, refused)
    return {"status": 550, "why": "Apprise does not know an address such as this one: see its list of services"}


def _notified(apprise: Any, service: Any, ask: Relayed, refused: list[str]) -> Mapping[str, Any]:
    sender, heard = apprise.Apprise(), list[str]()
    sender.add(service)
    taken = sender.notify(
        body=longest(service, ask),
        title=ask.title,
        notify_type=apprise.NotifyType.WARNING if ask.urgent else apprise.NotifyType.INFO,
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
        log_callback=lambda entry, _: heard.append(str(entry.message)),
    )
    if taken:
        return {"status": 250, "why": ""}
    if refused:
        return {"status": 0, "why": refused[-1]}
    words = " ".join(without_secrets(" ".join(heard), ask.service).split())[:200]
    codes = _REFUSED.findall(words)
    final = bool(codes) and codes[-1] in _FINAL
    return {"status": 550 if final else 451, "why": words or "the service did not take it"}


def longest(service: Any, ask: Relayed) -> str:
    """The longest text that this service takes; the shortest, which it cuts, where it takes none."""
    # Without a title of its own, it stands above the text.
    room = service.body_maxlen - (0 if service.title_maxlen else len(ask.title) + 2)
    return next((text for text in ask.texts if len(text) <= room), ask.texts[-1])


def without_secrets(words: str, address: str) -> str:
    """What Apprise says of a failure, without any part of the address that could be a key."""
    for secret in sorted(set(_WORD.findall(address)), key=len, reverse=True):
        words = words.replace(secret, "…")
    return words


def main() -> None:
    ask, allowed = read(sys.stdin.buffer.read())
    refused: list[str] = []
    sys.addaudithook(guarded(allowed, refused))
    answer, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(hand_over(ask, refused)), file=answer, flush=True)


if __name__ == "__main__":
    main()
