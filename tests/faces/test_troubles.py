"""Errors that nobody foresaw end as a sentence, and show no value that could be a secret."""

from __future__ import annotations

import sys

import pytest
from pydantic import BaseModel, Field, ValidationError

from monitor.faces import cli, troubles


class Options(BaseModel):
    count: int = Field(ge=1)
    names: list[str]


def given(error: Exception):
    """A program that ends with this error."""

    def program(**_: object) -> None:
        raise error

    return program


@pytest.fixture
def wrong() -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        Options.model_validate({"count": 0, "names": ["a", {"canary": 1}]})
    return refused.value


def test_values_that_do_not_fit_are_wrong_input_and_not_shown(wrong, monkeypatch, capsys):
    monkeypatch.setattr(cli, "app", given(wrong))
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert [line.partition(":")[0] for line in told.splitlines()] == ["count", "names.1"]
    assert "canary" not in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "d/digest.html"), "d/digest.html: Permission denied."),
        (OSError(28, "No space left on device"), "The system refused: No space left on device."),
        (TimeoutError(), "The system refused: TimeoutError."),
    ],
)
def test_what_the_system_refuses_ends_with_1(error, told, monkeypatch, capsys):
    monkeypatch.setattr(cli, "app", given(error))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (end.value.code, capsys.readouterr().err) == (1, told + "\n")


def test_a_library_that_was_never_imported_cannot_have_failed():
    assert "no_such_library" not in sys.modules
    assert troubles.errors("no_such_library", "Error") == ()
