"""What the program says of itself goes to where standard error is now, and tells no secret."""

from __future__ import annotations

import io
import json
import sys

import pytest
import structlog

from monitor.faces.logging import set_up


def test_a_stream_that_was_closed_meanwhile_is_not_written_to(monkeypatch):
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    log = structlog.get_logger()
    set_up("info")
    log.info("one")
    monkeypatch.setattr(sys, "stderr", second)
    first.close()
    log.info("two")
    assert "two" in second.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_shows_no_local_variable(monkeypatch, form):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    set_up("info", form)
    address = "https://hooks.example/SECRETCANARY"
    try:
        len(address) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("it failed")
    assert "ZeroDivisionError" in said.getvalue()
    assert "SECRETCANARY" not in said.getvalue()
    if form == "json":
        assert json.loads(said.getvalue())["event"] == "it failed"


def test_what_is_less_grave_than_asked_for_is_not_said(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    set_up("error")
    structlog.get_logger().warning("a trifle")
    assert said.getvalue() == ""
