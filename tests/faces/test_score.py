"""`overheard score` on whatever is piped into it: one line out for each line in, and the encoder that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LINES = [
    b'{"text": "Acme is lovely", "brand": "Acme"}',
    b"",
    b"not JSON",
    b'{"text": ""}',
    b'{"text": "\\ud83d\\ude21"}',
    b'{"text": "half \\ud83d of a character", "brand": "Acme"}',
    b'{"text": "a\\u0000b"}',
    b'{"text": "fine", "brand": 5}',
    b'{"text": "' + b"a" * 10_000_000 + b'"}',
    '{"text": "El servicio es malo y la sopa estaba fría"}'.encode(),
    '{"text": "Ég er mjög ánægður með nýja símann minn og rafhlöðuna"}'.encode(),
    b'{"text": "\xff\xfe not UTF-8"}',
    b'{"text": "the last one is fine"}',
]


def score(lines: list[bytes], *options: str) -> list[dict]:
    command = [sys.executable, "-m", "monitor.faces.cli", "score", *options]
    done = subprocess.run(command, input=b"\n".join(lines) + b"\n", capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("encoder", ["auto", "english"])
def test_every_line_comes_out_scored_or_with_a_reason(encoder):
    answers = score(LINES, "--encoder", encoder)
    assert len(answers) == len(LINES)
    assert [("skipped" in answer) != ("sentiment" in answer) for answer in answers] == [True] * len(LINES)
    assert answers[0]["brand_sentiment"]["label"] == "positive"
    assert answers[10]["sentiment"]["unsure"]
    assert answers[9]["sentiment"]["unsure"] or encoder == "auto"
    assert answers[-1]["sentiment"]


def test_an_encoder_that_does_not_exist_is_refused():
    command = [sys.executable, "-m", "monitor.faces.cli", "score", "--encoder", "klingon"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=100, check=False)
    assert done.returncode == 2
    assert b"multilingual" in done.stderr
