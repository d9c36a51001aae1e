"""The shipped weights, read and proven: nothing of them is used before its sha256 agrees with the manifest."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

SHIPPED = Path(__file__).parent / "weights"
ENGLISH, MULTILINGUAL = "english", "multilingual"
MANIFEST = "manifest.json"
FILES = ("encoder.onnx", "tokenizer.json", "heads.npz")


class WeightsMissing(Exception):
    """A file of the weights is not there. The message says which, and how to have it back."""


class WeightsDamaged(Exception):
    """A file of the weights is not the one that was shipped. The message says which, and how to have it back."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of an encoder and its heads before they are read.

    `languages` are the ISO 639-1 codes that it reads well; `version` names the files themselves, so that it changes
    with any of them. `facts` is the whole file.
    """

    name: str
    version: str
    languages: frozenset[str]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Weights:
    """One encoder with its heads. `heads` maps "sentiment.weight" and the like to float32 arrays."""

    manifest: Mapping[str, Any]
    encoder: bytes
    tokenizer: str
    heads: Mapping[str, np.ndarray]

    @property
    def about(self) -> Manifest:
        """Name, version and languages."""
        return _manifest(self.manifest)

    @property
    def name(self) -> str:
        """What the encoder is called: "english"."""
        return self.about.name

    @property
    def version(self) -> str:
        """The version that every scorer over these weights carries."""
        return self.about.version

    def without_files(self) -> "Weights":
        """Manifest and heads alone: what is still needed once the encoder has been built."""
        return replace(self, encoder=b"", tokenizer="")


def homes(folder: Path) -> dict[str, Path]:
    """Where each encoder's weights lie: in folders of their names, or one encoder's in this folder itself."""
    inside = {name: folder / name for name in (ENGLISH, MULTILINGUAL)}
    return inside if any(home.is_dir() for home in inside.values()) else {"": folder}


def read_manifest(folder: Path, name: str = "") -> Manifest:
    """The manifest of the weights in `folder`. Raises WeightsMissing, or WeightsDamaged: also for another's `name`."""
    try:
        found = _manifest(json.loads(_bytes(folder / MANIFEST)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsDamaged(f"{folder / MANIFEST} cannot be read ({error!r}). {_mend(folder)}") from error
    if name and found.name != name:
        raise WeightsDamaged(f"{folder} holds the weights of the {found.name} encoder. {_mend(folder)}")
    return found


def read(folder: Path = SHIPPED / ENGLISH, name: str = "") -> Weights:
    """The weights in `folder`. Raises WeightsMissing or WeightsDamaged before any of their bytes are used."""
    manifest = read_manifest(folder, name).facts
    files = {name: _bytes(folder / name) for name in FILES}
    for name, content in files.items():
        found, expected = hashlib.sha256(content).hexdigest(), str(manifest["files"][name]["sha256"])
        if found != expected:
            raise WeightsDamaged(
                f"{folder / name} is not the file that was shipped: its sha256 begins {found[:12]}, "
                f"the manifest says {expected[:12]}. {_mend(folder)}"
            )
    return Weights(manifest, files["encoder.onnx"], files["tokenizer.json"].decode(), _arrays(files["heads.npz"]))


def _manifest(facts: Mapping[str, Any]) -> Manifest:
    hashes = "".join(str(facts["files"][name]["sha256"]) for name in FILES)
    return Manifest(
        str(facts.get("name", ENGLISH)),
        f"{facts['version']}.{hashlib.sha256(hashes.encode()).hexdigest()[:6]}",
        frozenset(facts.get("languages") or [facts.get("language", "en")]),
        facts,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsMissing(f"{path} cannot be read ({error.strerror}). {_mend(path.parent)}") from error


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, zipfile.BadZipFile) as error:
        raise WeightsDamaged(f"heads.npz cannot be read ({error}). Install overheard again.") from error


def _mend(folder: Path) -> str:
    return f"Restore {folder} (`git checkout -- {folder.name}` in its folder, or install overheard again)."
