"""Another configuration while at work: what is new is heard, what is gone goes, what is wrong changes nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor import queries, searches
from monitor.app import Service, opened
from monitor.commands.handlers import handlers, seal_of
from monitor.config import load
from monitor.engine.judging import NotUsable
from monitor.errors import Refused
from monitor.faces.cli import reload
from monitor.faces.serving import serve
from monitor.store import watches
from tests.engine.test_collecting import feed, rss, source, until

NETWORK = '[network]\nallow = ["127.0.0.1"]\n'
ACME = NETWORK + '[[brand]]\nname = "Acme"\n'


def no_scorer():
    raise NotUsable("no weights in this test")


@dataclass
class Running:
    """A service over a real file."""

    service: Service
    path: Path
    do: dict[str, Any]

    async def reload(self, text: str) -> dict[str, Any]:
        self.path.write_text(text, encoding="utf-8")
        self.said: list[str] = []
        return await self.do["reload"]({}, lambda news: self.said.append(str(news)))

    async def poll(self) -> None:
        await self.service.collector.poll_due()
        await self.service.collector.stop(10)

    async def found(self, query: str = "") -> set[str]:
        return {one.mention.title for one in await self.service.store.read(searches.find, query, 100)}

    async def health(self) -> dict[str, Any]:
        rows = await self.service.store.read(queries.sources_health, self.service.now())
        return {one.name: one for one in rows}


@pytest.fixture
def running(tmp_path: Path, clock) -> Callable[..., Any]:
    @asynccontextmanager
    async def run(text: str, scorer: Any = no_scorer) -> AsyncIterator[Running]:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        async with opened(load(path, os.environ), now=clock, open_scorer=scorer) as service:
            yield Running(service, path, dict(handlers(service)))

    return run


async def test_a_source_that_is_added_is_polled_at_once_and_the_others_keep_their_place(running, loopback, clock):
    asked = []

    async def old(request: web.Request) -> web.Response:
        asked.append("old")
        return await feed("Acme old")(request)

    here = await loopback({"/old": old, "/new": feed("Acme new")})
    async with running(ACME + source("old", f"{here}/old")) as at_work:
        await at_work.poll()
        told = await at_work.reload(ACME + source("old", f"{here}/old") + source("new", f"{here}/new"))
        assert (told["brands"], told["sources"]) == (1, 2)
        assert (told["added"], told["gone"], told["changed"], told["restart"]) == (["new"], [], [], [])
        await at_work.poll()
        assert await at_work.found() == {"Acme old", "Acme new"}
        assert asked == ["old"]


async def test_a_source_that_is_to_be_asked_oftener_does_not_wait_as_long_as_before(running, loopback, clock):
    here = await loopback({"/": feed("Acme one")})
    async with running(ACME + source("s", here, 'every = "1d"')) as at_work:
        await at_work.poll()
        clock.pass_(minutes=4)
        await at_work.reload(ACME + source("s", here, 'every = "5m"'))
        assert ((await at_work.health())["s"].next_due - clock()).total_seconds() == 60
        await at_work.reload(ACME + source("s", here, 'every = "2d"'))
        assert ((await at_work.health())["s"].next_due - clock()).total_seconds() == 60


async def test_a_source_that_is_taken_out_is_polled_no_more(running, loopback, clock):
    asked = []

    async def counts(request: web.Request) -> web.Response:
        asked.append(request.path)
        return await feed("Acme")(request)

    here = await loopback({"/a": counts, "/b": counts})
    async with running(ACME + source("a", f"{here}/a") + source("b", f"{here}/b")) as at_work:
        assert (await at_work.reload(ACME + source("a", f"{here}/a")))["gone"] == ["b"]
        clock.pass_(hours=1)
        await at_work.poll()
        assert asked == ["/a"]
        assert set(await at_work.health()) == {"a"}


async def test_a_file_with_a_mistake_changes_nothing_and_says_what_is_wrong(running, loopback):
    here = await loopback({"/": feed("Acme one")})
    async with running(ACME + source("s", here)) as at_work:
        before = at_work.service.config
        with pytest.raises(Refused, match=r"config\.toml:\d+: unknown key \"urll\"(.|\n)*goes on as before"):
            await at_work.reload(ACME + source("s", here) + f'[[source]]\nkind = "feed"\nurll = "{here}"\n')
        assert at_work.service.config is before
        await at_work.poll()
        assert await at_work.found() == {"Acme one"}


async def test_a_changed_query_is_tried_on_what_is_stored(running, loopback):
    here = await loopback({"/": feed("Acme one", "Globex two")})
    async with running(ACME + source("s", here)) as at_work:
        await at_work.poll()
        assert await at_work.found('brand:"Acme"') == {"Acme one"}
        await at_work.reload(ACME + 'query = "Globex"\n' + source("s", here))
        await at_work.service.rematch()
        assert await at_work.found('brand:"Acme"') == {"Globex two"}


async def test_rematching_by_the_old_query_does_not_end_what_the_new_one_must_do(running, loopback):
    here = await loopback({"/": feed("Acme one", "Globex two")})
    async with running(ACME + source("s", here)) as at_work:
        await at_work.poll()
        old = at_work.service.ear
        await at_work.reload(ACME + 'query = "Globex"\n' + source("s", here))
        new, at_work.service.ear = at_work.service.ear, old
        await at_work.service.rematch()  # as one that was on its way would
        at_work.service.ear = new
        await at_work.service.rematch()
        assert await at_work.found('brand:"Acme"') == {"Globex two"}


@pytest.mark.parametrize(("after", "state"), [("paused = true", "paused"), ("mention = 'article'", "new")])
async def test_what_is_being_polled_ends_without_writing_into_what_the_source_is_now(running, loopback, after, state):
    go, asked = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        asked.set()
        await go.wait()
        return web.Response(text=rss("Acme one"), content_type="application/rss+xml")

    here = await loopback({"/": slow})
    async with running(ACME + source("s", here)) as at_work:
        await at_work.service.collector.poll_due()
        await asyncio.wait_for(asked.wait(), 10)
        await at_work.reload(ACME + source("s", here, after))
        go.set()
        await at_work.service.collector.stop(10)
        assert await at_work.found() == {"Acme one"}
        assert (await at_work.health())["s"].state == state
        assert await at_work.service.store.read(watches.cursor, "s") == {}


async def test_commands_go_by_the_file_that_was_last_read(running, loopback):
    async with running(ACME) as at_work:
        old = seal_of(at_work.service.config)
        at_work.path.write_text(ACME + "# a remark\n", encoding="utf-8")
        fresh = seal_of(at_work.service.config)
        with pytest.raises(Refused, match="has changed"):
            await at_work.do["collect"]({"configuration": fresh}, print)
        await at_work.do["reload"]({"configuration": fresh}, print)
        await at_work.do["collect"]({"configuration": fresh}, print)
        with pytest.raises(Refused, match="has changed"):
            await at_work.do["collect"]({"configuration": old}, print)


async def test_what_is_made_once_waits_for_a_restart_and_the_rest_is_heeded(running, loopback):
    here = await loopback({"/": feed("Acme one")})
    async with running(ACME + source("s", here)) as at_work:
        told = await at_work.reload(
            '[network]\nallow = ["127.0.0.1"]\ncontact = "me@example.com"\n[store]\ndatabase = "other.db"\n'
            '[web]\nlisten = "127.0.0.1:1"\n[[brand]]\nname = "Acme"\n[[brand]]\nname = "Globex"\n' + source("s", here)
        )
        assert set(told["restart"]) == {"[store]", "[network]", "[web]"}
        assert "restart to change [web]" in at_work.said
        config = at_work.service.config
        assert (config.database.name, config.web.listen) == ("overheard.db", "127.0.0.1:8765")
        assert set(at_work.service.brands) == {"Acme", "Globex"}
        assert (await at_work.reload(ACME + '[web]\nurl = "https://o.example"\n'))["restart"] == []
        assert at_work.service.teller.base_url == "https://o.example"


async def test_scorers_are_made_anew_only_where_what_they_are_made_from_has_changed(running, certain):
    made = []

    def scorer():
        made.append(1)
        return certain()

    async with running(ACME, scorer) as at_work:
        await at_work.service.judging.scorer()
        await at_work.reload(ACME + '[[brand]]\nname = "Globex"\n')
        await at_work.service.judging.scorer()
        await at_work.reload(ACME + '[[brand]]\nname = "Globex"\n# no more\n')
        await at_work.service.judging.scorer()
        assert len(made) == 2


async def test_a_new_digest_is_told_to_its_new_channel(running, tmp_path, clock):
    async with running(ACME) as at_work:
        await at_work.reload(
            ACME + '[[digest]]\nbrand = "Acme"\nat = "12:30"\ntimezone = "UTC"\nto = ["file:digests"]\n'
        )
        clock.pass_(hours=1)
        assert await at_work.service.tell_due() == 1
        assert await at_work.service.teller.deliver_ready() == 1
        assert list((tmp_path / "digests").iterdir())


async def test_twenty_reloads_leave_nothing_behind(running, loopback):
    here = await loopback({"/": feed("Acme one")})

    def standing() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())

    async with running(ACME + source("s", here)) as at_work:
        await at_work.poll()
        await at_work.reload(ACME)
        before, ears = standing(), []
        for number in range(20):
            await at_work.reload(f'{ACME}query = "Acme{number}"\n' + source(f"s{number}", here))
            ears.append(weakref.ref(at_work.service.ear))
        assert standing() == before
        assert set(await at_work.health()) == {"s19"}
        assert sum(ear() is not None for ear in ears) == 1


async def test_a_person_may_ask_for_it_while_it_runs_and_is_told_what_changed(tmp_path, capsys):
    path = tmp_path / "config.toml"
    listen = '[web]\nlisten = "127.0.0.1:0"\n[scoring]\nenabled = false\n'
    path.write_text(ACME + listen + source("old", "https://a.example/feed", "paused = true"), encoding="utf-8")
    stop, started = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(load(path, os.environ), lambda *_: started.set(), stop))
    try:
        await asyncio.wait_for(started.wait(), 20)
        changed = ACME.replace("[network]\n", '[network]\ncontact = "me@example.com"\n')
        path.write_text(changed + listen + source("new", "https://b.example/feed", "paused = true"), encoding="utf-8")
        capsys.readouterr()
        await asyncio.to_thread(reload, path)
        told = capsys.readouterr().out
        assert "1 brand, 1 source" in told
        assert "added: new" in told
        assert "gone: old" in told
        assert "Restart `overheard run` to change [network]" in told
    finally:
        stop.set()
        await serving


async def test_the_signal_reads_the_file_anew_and_a_bad_one_is_said_in_the_log(tmp_path, loopback, capfd):
    """SIGHUP, in the very function that `overheard run` calls."""
    here = await loopback({"/": feed("Acme one")})
    path = tmp_path / "config.toml"
    listen = '[web]\nlisten = "127.0.0.1:0"\n[scoring]\nenabled = false\n'
    path.write_text(ACME + listen, encoding="utf-8")
    stop, services = asyncio.Event(), []
    serving = asyncio.create_task(serve(load(path, os.environ), lambda service, _: services.append(service), stop))
    try:
        await until(lambda: asyncio.sleep(0, bool(services)))
        (service,) = services
        path.write_text(ACME + listen + source("s", here), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: service.store.read(searches.find, "", 10))
        path.write_text(ACME + listen + "[[sauce]]\n", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGHUP)
        said = ""

        async def told() -> bool:
            nonlocal said
            said += "".join(capfd.readouterr())
            return "sauce" in said

        await until(told)
        assert "not read anew" in said
        assert [one.name for one in service.config.sources] == ["s"]
    finally:
        stop.set()
        await serving
