"""What can be fetched by name, and what is refused: with a small hub on loopback, and without torch."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from models.hub import Named, Unloadable, checked, fetch, open_classifier
from models.hub_scorers import polarities_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"architectures": ["BertForSequenceClassification"]}',
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"a pickle",
    "modeling_own.py": b"print('code')",
    "tokenizer.json": b"{}",
    "tokenizer_trick.py": b"print('code')",
    "onnx/model.onnx": b"more weights",
}


@dataclass
class Hub:
    """The few answers of Hugging Face that fetching a model takes."""

    address: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path.startswith("/api/models/acme/locked"):
            return 403, {"X-Error-Code": "GatedRepo"}, b""
        if not path.startswith(("/api/models/acme/mood", "/acme/mood/")):
            return 401, {"X-Error-Code": "RepoNotFound"}, b""
        if "/tree/" in path:
            listed = [{"type": "file", "path": name, "size": len(body), "oid": name} for name, body in FILES.items()]
            return 200, {"Content-Type": "application/json"}, json.dumps(listed).encode()
        if "/resolve/" in path:
            name = path.partition("/resolve/")[2].partition("/")[2]
            return 200, {"ETag": f'"{name}"', "X-Repo-Commit": COMMIT}, FILES[name]
        if path.partition("/revision/")[2] in ("", "main", "v1"):
            return 200, {"Content-Type": "application/json"}, json.dumps({"id": "acme/mood", "sha": COMMIT}).encode()
        return 404, {"X-Error-Code": "RevisionNotFound"}, b""


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = found.answer(urlsplit(self.path).path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_only_data_is_fetched_never_code_or_pickles(hub: Hub, tmp_path: Path) -> None:
    folder = fetch(Named.of("acme/mood"), tmp_path, hub.address)
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}
    assert folder.name == COMMIT


def test_a_pinned_revision_is_the_one_asked_for(hub: Hub, tmp_path: Path) -> None:
    fetch(Named.of("acme/mood@v1"), tmp_path, hub.address)
    assert any(path.endswith("/revision/v1") for path in hub.asked)


def test_without_a_network_what_was_fetched_is_used_again(hub: Hub, tmp_path: Path) -> None:
    first = fetch(Named.of("acme/mood"), tmp_path, hub.address)
    assert fetch(Named.of("acme/mood"), tmp_path, "http://127.0.0.1:9") == first


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("acme/mod", "knows no model of this name"),
        ("acme/locked", "asks readers to agree to terms"),
        ("acme/mood@v9", 'no revision "v9"'),
        ("a/b/c", "neither a model's name"),
        ("./mood", "no such folder"),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_the_reason(hub: Hub, tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(Unloadable, match=sentence):
        fetch(Named.of(name, tmp_path), tmp_path / "cache", hub.address)


def test_no_network_and_nothing_fetched_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unloadable, match="no way to Hugging Face"):
        fetch(Named.of("acme/mood"), tmp_path, "http://127.0.0.1:9")


def test_a_name_is_of_the_hub_unless_there_is_such_a_folder(tmp_path: Path) -> None:
    assert Named.of("acme/mood@v1") == Named("acme/mood", "v1")
    (tmp_path / "acme" / "mood").mkdir(parents=True)
    assert Named.of("acme/mood", tmp_path).folder == tmp_path / "acme" / "mood"


@pytest.mark.parametrize(
    ("config", "files", "sentence"),
    [
        (None, ["model.safetensors"], "no config.json"),
        ("{", ["model.safetensors"], "config.json cannot be read"),
        ({"architectures": ["BertForMaskedLM"]}, ["model.safetensors"], "made as BertForMaskedLM"),
        ({}, ["model.safetensors"], "names no architecture"),
        ({"architectures": ["XForSequenceClassification"]}, ["pytorch_model.bin"], "pickles .* can run code"),
        (
            {"architectures": ["XForSequenceClassification"], "auto_map": {"AutoConfig": "x.X"}},
            ["model.safetensors"],
            "code of its own",
        ),
    ],
)
def test_what_is_no_safe_classifier_is_refused(tmp_path: Path, config: object, files: list[str], sentence: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(Unloadable, match=sentence):
        checked("acme/mood", tmp_path)


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed: what it says without is not to be seen")
def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(Unloadable, match=r'pip install "overheard\[torch\]"'):
        open_classifier(Named.of("acme/mood"))


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        (["negative", "neutral", "positive"], ["negative", "neutral", "positive"]),
        (["POSITIVE", "NEGATIVE"], ["positive", "negative"]),
        (["LABEL_0", "LABEL_1", "LABEL_2"], ["negative", "neutral", "positive"]),
        (["LABEL_0", "LABEL_1"], ["negative", "positive"]),
        (
            ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
        (
            ["Very Negative", "Negative", "Neutral", "Positive", "Very_Positive"],
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
    ],
)
def test_classes_are_read_as_polarities_whatever_they_are_called(labels: list[str], meant: list[str]) -> None:
    assert list(polarities_of("acme/mood", labels)) == meant


@pytest.mark.parametrize(
    "labels",
    [["sports", "politics"], ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"], ["neutral", "negative"], ["joy", "anger"]],
)
def test_classes_that_are_no_polarities_are_refused_by_name(labels: list[str]) -> None:
    with pytest.raises(Unloadable, match=f'"{labels[0]}"'):
        polarities_of("acme/mood", labels)
