"""The shipped weights, read and proven: nothing of them is used before its sha256 agrees with the manifest."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SHIPPED = Path(__file__).parent / "weights" / "english"
MANIFEST = "manifest.json"
FILES = ("encoder.onnx", "tokenizer.json", "heads.npz")


class WeightsMissing(Exception):
    """A file of the weights is not there. The message says which, and how to have it back."""


class WeightsDamaged(Exception):
    """A file of the weights is not the one that was shipped. The message says which, and how to have it back."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One encoder with its heads. `heads` maps "sentiment.weight" and the like to float32 arrays."""

    manifest: Mapping[str, Any]
    encoder: bytes
    tokenizer: str
    heads: Mapping[str, np.ndarray]

    @property
    def version(self) -> str:
        """The version that every scorer over these weights carries."""
        return str(self.manifest["version"])


def read(folder: Path = SHIPPED) -> Weights:
    """The weights in `folder`. Raises WeightsMissing or WeightsDamaged before any of their bytes are used."""
    try:
        manifest = json.loads(_bytes(folder / MANIFEST))
        expected = {name: manifest["files"][name]["sha256"] for name in FILES}
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(f"{folder / MANIFEST} cannot be read ({error}). {_mend(folder)}") from error
    files = {name: _bytes(folder / name) for name in FILES}
    for name, content in files.items():
        found = hashlib.sha256(content).hexdigest()
        if found != expected[name]:
            raise WeightsDamaged(
                f"{folder / name} is not the file that was shipped: its sha256 begins {found[:12]}, "
                f"the manifest says {str(expected[name])[:12]}. {_mend(folder)}"
            )
    return Weights(manifest, files["encoder.onnx"], files["tokenizer.json"].decode(), _arrays(files["heads.npz"]))


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
