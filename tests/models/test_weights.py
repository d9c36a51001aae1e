"""Damaged, swapped or missing weights are refused before a byte is used, and the message says how to mend it."""

import json
import shutil
from pathlib import Path

import pytest

from models.judge import Judge
from models.weights import FILES, WeightsDamaged, WeightsMissing, read


@pytest.fixture
def copy(weights_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(weights_folder, tmp_path / "weights"))


@pytest.mark.parametrize("name", FILES)
def test_a_single_changed_byte_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(WeightsDamaged, match=name) as refused:
        Judge.open(copy)
    assert "Restore" in str(refused.value)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(WeightsMissing, match=name):
        Judge.open(copy)


def test_a_half_written_file_is_refused(copy: Path) -> None:
    content = (copy / "encoder.onnx").read_bytes()
    (copy / "encoder.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsDamaged, match="encoder"):
        read(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"files": 3}', '{"files": {"encoder.onnx": {}}}'])
def test_a_broken_manifest_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    with pytest.raises(WeightsDamaged, match="manifest"):
        read(copy)


def test_the_manifest_tells_where_the_weights_come_from(weights_folder: Path) -> None:
    manifest = json.loads((weights_folder / "manifest.json").read_text())
    assert manifest["licence"] == "Apache-2.0"
    assert {"base", "data", "made_by", "scores", "heads", "version"} <= set(manifest)


def test_the_weights_stay_small_enough_to_ship(weights_folder: Path) -> None:
    assert sum(path.stat().st_size for path in weights_folder.iterdir()) < 26_000_000
