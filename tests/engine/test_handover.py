"""While one process owns the database, others hand their work to it and see it done."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from monitor.engine.handover import Step, hand_over, listen, socket_path
from monitor.errors import Refused, StoreBusy


async def test_a_command_is_done_by_the_owner_with_progress_and_result(tmp_path):
    async def count(arguments, say):
        for number in range(arguments["to"]):
            say(f"at {number}")
            say(Step("counted", number, arguments["to"]))
        return {"counted": arguments["to"]}

    server = await listen(tmp_path / "o.db", {"count": count})
    said: list[str | Step] = []
    try:
        assert await hand_over(tmp_path / "o.db", "count", {"to": 2}, said.append) == {"counted": 2}
        assert said == ["at 0", Step("counted", 0, 2), "at 1", Step("counted", 1, 2)]
    finally:
        server.close()


async def test_wrong_input_is_refused_by_the_owner_as_it_would_be_here(tmp_path):
    async def refuse(arguments, say):
        raise Refused("there is no brand Acne")

    server = await listen(tmp_path / "o.db", {"x": refuse})
    try:
        with pytest.raises(Refused, match="no brand Acne"):
            await hand_over(tmp_path / "o.db", "x", {}, print)
    finally:
        server.close()


async def test_an_owner_that_fails_says_so_and_goes_on(tmp_path):
    async def fail(arguments, say):
        raise ZeroDivisionError("by nought")

    async def good(arguments, say):
        return 1

    server = await listen(tmp_path / "o.db", {"fail": fail, "good": good})
    try:
        with pytest.raises(StoreBusy, match="by nought"):
            await hand_over(tmp_path / "o.db", "fail", {}, print)
        assert await hand_over(tmp_path / "o.db", "good", {}, print) == 1
    finally:
        server.close()


async def test_only_the_same_user_can_speak_to_the_owner(tmp_path):
    server = await listen(tmp_path / "o.db", {})
    try:
        assert stat.S_IMODE(socket_path(tmp_path / "o.db").stat().st_mode) == 0o600
    finally:
        server.close()


async def test_an_owner_that_does_not_listen_is_told_about(tmp_path):
    with pytest.raises(StoreBusy, match="does not answer"):
        await hand_over(tmp_path / "o.db", "x", {}, print)


def test_a_database_deep_in_folders_still_gets_a_socket():
    deep = Path("/" + "/".join(["a-long-folder-name"] * 12)) / "overheard.db"
    assert len(str(socket_path(deep))) < 104
