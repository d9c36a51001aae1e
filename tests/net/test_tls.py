"""TLS is checked, and says in words what is wrong with it."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sources.base import Blocked, Get, Unreachable

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the openssl command to make certificates"
)


def _certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's self-signed certificate for a name."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def _hello(request: web.Request) -> web.Response:
    if request.path == "/down":
        return web.Response(status=302, headers={"Location": f"http://{request.host}/"})
    return web.Response(text="hello")


async def test_a_certificate_must_be_trusted_and_for_this_name(make_net: Any, loopback: Any, tmp_path: Path) -> None:
    server = _certificate(tmp_path, "feeds.example")
    port = (await loopback({"/": _hello, "/down": _hello}, ssl_context=server)).rpartition(":")[2]
    knows = await make_net(resolve=_here, tls=_trusting(tmp_path / "feeds.example.pem"))
    assert (await knows.fetch(Get(f"https://feeds.example:{port}/"), rate="9/1s")).response.body == b"hello"
    with pytest.raises(Blocked, match="https to plain http"):
        await knows.fetch(Get(f"https://feeds.example:{port}/down"), rate="9/1s")
    with pytest.raises(Unreachable, match=r"not trusted.*mismatch"):
        await knows.fetch(Get(f"https://other.example:{port}/"), rate="9/1s")
    stranger = await make_net(resolve=_here)
    with pytest.raises(Unreachable, match=r"not trusted.*self"):
        await stranger.fetch(Get(f"https://feeds.example:{port}/"), rate="9/1s")


async def test_a_server_that_does_not_speak_tls_is_said_so(make_net: Any, raw_server: Any) -> None:
    async def plain(reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    async def rude(reader: Any, writer: Any) -> None:
        writer.transport.abort()

    net = await make_net(resolve=_here)
    for handler in (plain, rude):
        port = (await raw_server(handler, first=b"\x16\x03")).rpartition(":")[2]
        with pytest.raises(Unreachable):
            await net.fetch(Get(f"https://feeds.example:{port}/"))
