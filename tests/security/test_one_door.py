"""One door to the outside, one place that unpickles, nothing that evaluates: read off the program's own text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for part in ("monitor", "sources", "models")
    for path in (ROOT / part).rglob("*.py")
    if "train" not in path.relative_to(ROOT).parts  # makes the weights, and is no part of the service
)
NET = "monitor/net/"

CLIENTS = frozenset(
    {
        "requests", "urllib.request", "urllib3", "http.client", "httpx", "httpcore", "smtplib", "aiosmtplib", "ftplib",
        "imaplib", "poplib", "nntplib", "telnetlib", "xmlrpc.client", "websockets", "slack_sdk.webhook",
        "slack_sdk.web", "slack_sdk.http_retry", "pycurl", "httpx2", "aiodns",
    }
)  # fmt: skip
OPENERS = frozenset(
    {
        "ClientSession", "TCPConnector", "UnixConnector", "open_connection", "create_connection", "sock_connect",
        "connect_ex", "urlopen", "urlretrieve", "create_datagram_endpoint",
    }
)  # fmt: skip
UNPICKLERS = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "jsonpickle"})
EVALUATORS = frozenset({"eval", "exec", "compile", "__import__"})


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _called(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The last part of what is called, and the whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            yield whole.rpartition(".")[2], whole


def trespasses(text: str, name: str) -> list[str]:
    """What a module does that only others may do."""
    tree = ast.parse(text)
    found = []
    for module in _imports(tree):
        if not name.startswith(NET) and any(module == client or module.startswith(f"{client}.") for client in CLIENTS):
            found.append(f"{name} imports {module}: only {NET} speaks to the outside")
        if module.partition(".")[0] in UNPICKLERS and not name.startswith("monitor/collect/child"):
            found.append(f"{name} imports {module}: only monitor/collect/children.py and its child unpickle")
    for last, whole in _called(tree):
        if last in OPENERS and not name.startswith(NET):
            found.append(f"{name} calls {whole}: only {NET} opens connections")
        if whole in EVALUATORS or whole in ("builtins.eval", "builtins.exec"):
            found.append(f"{name} calls {whole}")
        if whole in ("yaml.load", "yaml.unsafe_load", "torch.load", "os.system", "os.popen"):
            found.append(f"{name} calls {whole}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_keeps_to_what_it_may_do(path: Path) -> None:
    assert trespasses(path.read_text(encoding="utf-8"), _name(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import requests",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s: ...",
        "from aiohttp import ClientSession as S, TCPConnector\nTCPConnector()",
        "import asyncio\nasync def f(): await asyncio.open_connection('x', 1)",
        "import socket\nsocket.create_connection(('x', 1))",
        "from slack_sdk.webhook import WebhookClient",
        "import pickle",
        "eval('1')",
        "import yaml\nyaml.load('a')",
    ],
)
def test_the_watchman_sees_a_trespass(text: str) -> None:
    assert trespasses(text, "monitor/channels/slack.py")


def test_there_is_exactly_one_client_session() -> None:
    sessions = [
        _name(path)
        for path in MODULES
        for last, _ in _called(ast.parse(path.read_text(encoding="utf-8")))
        if last == "ClientSession"
    ]
    assert sessions == ["monitor/net/connect.py"]
