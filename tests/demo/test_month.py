"""The month's digests, produced by the real service, say what a person wrote down beforehand (expected/*.toml)."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.built import rewriting_in
from monitor.config.shape import Summary
from monitor.demo.services import UNDER
from monitor.demo.world import BRAND, World
from monitor.store.alerts import Kept
from tests.demo.month import Lived, living, mornings

EXPECTED = {
    path.stem: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "expected").glob("*.toml"))
}

Digests = Mapping[str, dict[str, Any]]
Named = Mapping[date, Mapping[str, str]]


@dataclass(frozen=True)
class Month:
    """What thirty mornings brought."""

    digests: Digests
    named: Named
    """Themes of Kettlewick by day: name to side."""
    alerts: Sequence[Kept]


@pytest.fixture(scope="session")
def told_at_once(world: World, tmp_path_factory: pytest.TempPathFactory) -> Digests:
    """As `overheard demo` does it: the whole month is collected at its end, and its digests are asked for."""

    async def tell() -> dict[str, dict[str, Any]]:
        began = world.until - timedelta(days=31)
        async with living(world, tmp_path_factory.mktemp("month"), began, watches=False) as lived:
            await lived.hear(world.until)
            digests = {n: await lived.digest(one["brand"], one["date"], one["kind"]) for n, one in EXPECTED.items()}
            return digests | {"reworded": await _reworded(lived)}

    return asyncio.run(tell())


@pytest.fixture(scope="session")
def month(world: World, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """As real use is: every morning what the day brought, and the digest of that morning."""

    async def live() -> Month:
        digests: dict[str, dict[str, Any]] = {}
        named: dict[date, Mapping[str, str]] = {}
        first, *days = mornings(world, 31)
        async with living(world, tmp_path_factory.mktemp("days"), first) as lived:
            for morning in days:
                await lived.hear(morning)
                named[morning.date()] = await lived.theme_names(BRAND)
                for name, one in EXPECTED.items():
                    if one["date"] == morning.date():
                        digests[name] = await lived.digest(one["brand"], one["date"], one["kind"])
            return Month(digests, named, await lived.alerts())

    return asyncio.run(live())


WORDED = "Customers of Kettlewick wait for refunds and get no answer."
INVENTED = "Customers of Kettlewick wait for 9,000 refunds."


async def _reworded(lived: Lived) -> dict[str, Any]:
    """The digest of the crisis when an endpoint words its summaries: the first one well, the others not."""
    answers = chain([WORDED], repeat(INVENTED))

    async def complete(request: web.Request) -> web.Response:
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": next(answers)}}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        summary = Summary(by="endpoint", url=url, model="a small one")
        config = lived.service.config.model_copy(update={"summary": summary})
        lived.service.teller.rewriting = rewriting_in(config, lived.service.net.send)
        return await lived.digest(BRAND, EXPECTED["crisis"]["date"], "daily")
    finally:
        await runner.cleanup()


@pytest.mark.slow
def test_summaries_of_an_endpoint_stand_where_the_mentions_prove_them(told_at_once: Digests) -> None:
    crisis, reworded = told_at_once["crisis"]["sections"], told_at_once["reworded"]["sections"]
    summary = reworded["verdict"]["summary"]
    assert (summary["text"], summary["by"]) == (WORDED, "a small one")
    assert summary["mentions"]
    assert [one["summary"] for one in reworded["stories"]["items"]] == [
        one["summary"] for one in crisis["stories"]["items"]
    ]
    notes = " ".join(note["text"] for note in reworded["coverage"]["notes"])
    assert "worded by a small one" in notes
    assert "a number that is not in the mentions" in notes
    assert "9,000" not in json.dumps(reworded)


def test_digests_asked_for_at_the_end_say_what_was_expected(world: World, told_at_once: Digests) -> None:
    # One test for all of them: each process that runs one would have to collect the month for itself.
    found = [
        f"{name}: {words}" for name in EXPECTED for words in differences(EXPECTED[name], told_at_once[name], world)
    ]
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_digest_told_that_morning_says_what_was_expected(world: World, month: Month, name: str) -> None:
    expected = EXPECTED[name]
    found = [*differences(expected, month.digests[name], world), *_themes(expected, month.named)]
    found += _alerts(expected, month.alerts)
    assert not found, "\n".join(found)


# What differs -------------------------------------------------------------------------------------------------------


def differences(expected: Mapping[str, Any], digest: Mapping[str, Any], world: World) -> Iterator[str]:
    """Each way in which a digest is not what was expected, in words."""
    if expected["brand"] == "*":
        yield from _together(expected, digest)
        return
    sections = digest["sections"]
    yield from _verdict(expected, sections)
    yield from _reply(expected.get("reply", {}), sections["reply"], world)
    yield from _stories(expected.get("stories"), sections["stories"]["items"])
    yield from _complaints(expected, sections["repeated"])
    yield from _competitors(expected, sections["competitors"]["lines"])
    failing = [one["name"] for one in sections["coverage"]["sources"] if one["state"] == "failing"]
    if failing != expected.get("coverage", {}).get("failing", failing):
        yield f"failing sources: {failing}"


def _verdict(expected: Mapping[str, Any], sections: Mapping[str, Any]) -> Iterator[str]:
    verdict, measures = sections["verdict"], {one["name"]: one for one in sections["changed"]["measures"]}
    if verdict["level"] not in expected["verdict"]["levels"]:
        yield f"the verdict is {verdict['level']}: {verdict['sentence']['text']}"
    for words in expected["verdict"]["says"]:
        if words not in verdict["sentence"]["text"]:
            yield f"the verdict does not say {words!r}: {verdict['sentence']['text']}"
    if measures["volume"]["now"]["value"] != expected["volume"]:
        yield f"{measures['volume']['now']['value']} mentions"
    for name, place in expected.get("changed", {}).items():
        if measures[name]["place"] != place:
            yield f"{name} is {measures[name]['place']}: {measures[name]['sentence']['text']}"


def _reply(expected: Mapping[str, Any], reply: Mapping[str, Any], world: World) -> Iterator[str]:
    items = [one["mention"] for one in reply["items"]]
    if not expected.get("fewest", 0) <= len(items) <= expected.get("most", 5):
        yield f"{len(items)} wait for an answer"
    lines = {one.text[:40]: one.line for one in world.said}
    found = [(one["text"][:60], lines[one["text"][:40]].phase) for one in items]
    fitting = [text for text, phase in found if phase in expected.get("of_phases", ())]
    if len(fitting) < expected.get("fewest_of_phases", 0):
        yield f"wait for an answer: {found}"
    about = expected.get("about", "")
    if about and not any(about in f"{one['title']} {one['text']}".casefold() for one in items):
        yield f"nobody who waits speaks of {about!r}"


def _stories(expected: Any, items: list[Mapping[str, Any]]) -> Iterator[str]:
    told = [(one["headline"], one["copies"]["value"]) for one in items]
    if isinstance(expected, dict) and expected.get("none") and told:
        yield f"stories: {told}"
    if isinstance(expected, list):
        if len(items) != len(expected):
            yield f"stories: {told}"
        for wanted, one in zip(expected, items, strict=False):
            if wanted["about"] not in one["headline"].casefold() or one["copies"]["value"] != wanted["copies"]:
                yield f"the story is {told}"
            if one["lead"]["author"] != wanted["first"]:
                yield f"the story was first at {one['lead']['author']}"


def _complaints(expected: Mapping[str, Any], repeated: Mapping[str, Any]) -> Iterator[str]:
    found = [(one["phrase"], one["people"]) for one in repeated["complaints"]]
    most = expected.get("repeated", {}).get("most_people")
    if most is not None and any(people > most for _, people in found):
        yield f"repeated complaints: {found}"
    for wanted in expected.get("complaints", ()):
        fitting = [people for phrase, people in found if any(word in phrase.casefold() for word in wanted["about"])]
        if not fitting or max(fitting) < wanted["fewest_people"]:
            yield f"complaints of {wanted['about']}: {found}"
    for one in (*repeated["complaints"], *repeated["praise"]):
        if any(one["phrase"].casefold() in title.casefold() for title in UNDER):
            yield f"comments are named by the title of their thread, {one['phrase']!r}"
        authors = [quote["mention"]["author"] for quote in one["quotes"]]
        if len(set(authors)) != len(authors):
            yield f"one person is quoted twice on {one['phrase']!r}"


def _competitors(expected: Mapping[str, Any], lines: list[Mapping[str, Any]]) -> Iterator[str]:
    counted = {one["name"]: one["volume"]["value"] for one in lines}
    if counted != expected.get("competitors", counted):
        yield f"competitors: {counted}"
    for name, place in expected.get("competitors_places", {}).items():
        if next(one["place"] for one in lines if one["name"] == name) != place:
            yield f"{name} is not {place}"


def _together(expected: Mapping[str, Any], digest: Mapping[str, Any]) -> Iterator[str]:
    names = [one["name"] for one in digest["overview"]["lines"]]
    if names != expected["brands"]:
        yield f"brands in the order {names}"
    for line in digest["overview"]["lines"]:
        if line["volume"]["value"] != expected["volumes"][line["name"]]:
            yield f"{line['name']}: {line['volume']['value']} mentions"
        if line["level"] not in expected["levels"][line["name"]]:
            yield f"{line['name']} is {line['level']}: {line['sentence']['text']}"


def _themes(expected: Mapping[str, Any], named: Named) -> Iterator[str]:
    """Whether a theme got its name on one of the days between which it should have."""
    for wanted in expected.get("themes", ()):
        days = [day for day, names in named.items() if any(_fits(wanted, *one) for one in names.items())]
        earliest, latest = wanted["first_named"]
        if not days or not earliest <= min(days) <= latest:
            yield f"a theme of {wanted['about']} was first named on {min(days, default=None)}"


def _fits(wanted: Mapping[str, Any], name: str, side: str) -> bool:
    return side == wanted["side"] and any(word in name.casefold() for word in wanted["about"])


def _alerts(expected: Mapping[str, Any], alerts: Sequence[Kept]) -> Iterator[str]:
    told = [(one.created.date(), one.kind, one.content["brand"], _told(one)) for one in alerts]
    for wanted in expected.get("alerts", ()):
        first, last = wanted["by"]
        fitting = [
            words
            for day, kind, brand, words in told
            if first <= day <= last and kind in wanted["kinds"] and brand == wanted["brand"]
        ]
        if not any(wanted["about"] in words.casefold() for words in fitting):
            yield f"alerts from {first} to {last}: {fitting}"
    calm = expected.get("no_alerts")
    if calm:
        first, last = calm["between"]
        yield from (
            f"an alert on {day}: {words}"
            for day, kind, _, words in told
            if first <= day <= last and kind in calm["kinds"]
        )


def _told(one: Kept) -> str:
    """An alert in words: what is unusual, and its cause."""
    sentences = (one.content["sentence"], one.content["cause"])
    return " ".join(sentence["text"] for sentence in sentences if sentence)
