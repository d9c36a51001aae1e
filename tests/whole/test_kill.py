"""Killed with -9 at three places of the path: nothing is lost and nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter

from aiohttp import web

HEAD = """
[network]
allow = ["127.0.0.1"]

[web]
listen = "127.0.0.1:0"

[[brand]]
name = "Acme"
"""


async def test_killed_between_two_pages_of_a_source(program, loopback):
    """Place 1: the first page is committed with its cursor, the second is on its way."""
    everything = [
        {
            "objectID": str(number), "created_at_i": 1_795_000_000 - number, "author": "ann", "_tags": ["comment"],
            "created_at": "2026-11-18T00:00:00Z", "comment_text": f"Acme comment {number}", "story_id": 1,
            "story_title": "Kettles",
        }
        for number in range(2300)
    ]  # fmt: skip
    killed = []
    asked = Counter()

    async def search(request: web.Request) -> web.Response:
        wanted = [hit for hit in everything if all(_holds(hit, one) for one in _filters(request))]
        size = int(request.query.get("hitsPerPage", 20))
        page = int(request.query.get("page", 0))
        asked["pages"] += 1
        if asked["pages"] == 3 and not killed:
            killed.append(True)
            process.kill()
            await process.wait()
        capped = wanted[:1000]
        return web.json_response(
            {
                "hits": capped[page * size : (page + 1) * size], "page": page, "hitsPerPage": size,
                "nbPages": -(-len(capped) // size), "nbHits": len(wanted),
            }
        )  # fmt: skip

    url = await loopback({"/api/v1/search_by_date": search})
    (program.folder / "config.toml").write_text(
        HEAD + f'[scoring]\nenabled = false\n[[source]]\nkind = "hackernews"\nquery = "acme"\nbase_url = "{url}"\n'
    )
    process = await program.start("collect")
    await process.wait()
    assert killed
    partly = program.count("mention")
    assert 0 < partly < len(everything)
    await program("collect")
    found = await program.mentions()
    assert sorted(one["text"] for one in found) == sorted(hit["comment_text"] for hit in everything)
    assert program.count("match") == len(everything)


def _filters(request: web.Request) -> list[str]:
    return [one for one in request.query.get("numericFilters", "").split(",") if one]


def _holds(hit: dict, condition: str) -> bool:
    for sign in ("<=", ">=", "<", ">", "="):
        name, found, value = condition.partition(sign)
        if found:
            at, edge = hit[name], int(value)
            return {"<=": at <= edge, ">=": at >= edge, "<": at < edge, ">": at > edge, "=": at == edge}[sign]
    return True


async def test_killed_between_storing_and_scoring(program, until):
    """Place 2: the mentions are committed, their scores are not."""
    rows = "".join(json.dumps({"id": str(n), "text": f"Acme lost my parcel number {n}"}) + "\n" for n in range(1500))
    (program.folder / "rows.jsonl").write_text(rows)
    (program.folder / "config.toml").write_text(HEAD)
    process = await program.start("import", "rows.jsonl")

    async def stored_but_not_scored() -> bool:
        return program.count("mention") == 1500 and program.count("due") > 0

    await until(stored_but_not_scored)
    process.kill()
    await process.wait()
    left = program.count("due")
    assert 0 < left <= 1500
    await program("import", "rows.jsonl")
    assert program.count("mention") == 1500
    assert program.count("due") == 0
    assert len(await program.mentions('brand:"Acme" sentiment:(negative OR neutral OR positive)')) == 1500


async def test_killed_after_the_message_left_and_before_the_answer_was_written(program, loopback, until):
    """Place 3: the receiver has it, the sender does not know. It is sent again under the same id, so it counts once."""
    got: list[tuple[str, bytes]] = []
    process: asyncio.subprocess.Process

    async def hook(request: web.Request) -> web.Response:
        got.append((request.headers["webhook-id"], await request.read()))
        if len(got) == 1:
            process.kill()
            await process.wait()
        return web.Response(text="ok")

    url = await loopback({"/hook": hook})
    (program.folder / "config.toml").write_text(
        HEAD + f'[[channel]]\nname = "team"\nkind = "webhook"\nurl = "{url}/hook"\n[[digest]]\nto = "team"\n'
    )
    process = await program.start("digest", "--to", "team")
    await process.wait()
    assert len(got) == 1
    await program.serve()

    async def again() -> bool:
        return len(got) == 2

    await until(again)
    assert got[0] == got[1], "the same id and the same bytes"

    async def delivered() -> bool:
        return "delivered" in await program("outbox")

    await until(delivered)
    assert len(got) == 2


async def test_stopped_politely_it_waits_for_the_answer_to_what_it_sent(program, loopback, until):
    got: list[str] = []

    async def slow_hook(request: web.Request) -> web.Response:
        got.append(request.headers["webhook-id"])
        service.send_signal(signal.SIGTERM)
        await asyncio.sleep(2)
        return web.Response(text="ok")

    url = await loopback({"/hook": slow_hook})
    (program.folder / "config.toml").write_text(
        HEAD + f'[[channel]]\nname = "team"\nkind = "webhook"\nurl = "{url}/hook"\n[[digest]]\nto = "team"\n'
    )
    service, _ = await program.serve()
    asking = await program.start("digest", "--to", "team")
    assert await service.wait() == 0
    await asking.wait()
    assert service.stderr is not None
    assert b"Traceback" not in await service.stderr.read()
    assert "delivered" in await program("outbox")
    assert len(got) == 1


async def test_a_command_is_not_done_by_a_service_with_an_older_configuration(program):
    path = program.folder / "config.toml"
    path.write_text(HEAD)
    service, _ = await program.serve()
    path.write_text(HEAD + '[[brand]]\nname = "Bolt"\n')
    asked = await program.start("collect")
    _, errors = await asked.communicate()
    assert asked.returncode == 2
    assert b"overheard reload" in errors
    service.send_signal(signal.SIGTERM)
    assert await service.wait() == 0
    await program("collect")
