"""The demonstration's configuration is an ordinary one: the program reads it like any other."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from monitor.config.reading import loads
from monitor.demo.config import SUPPORT_DESK, demo_config
from monitor.demo.handed_in import SURVEY_FILE
from monitor.demo.server import HOSTS, serving
from monitor.demo.world import BRAND, RIVALS, SMALL, World


def test_the_configuration_is_read_without_a_complaint(world: World, tmp_path: Path) -> None:
    folder = tmp_path / 'a folder with "quotes"'
    text = demo_config(["http://127.0.0.1:40123"], folder, until=world.until)
    config = loads(text, folder / "config.toml", {})

    assert config.database == folder / "demo.db"
    assert config.network.allow == ("127.0.0.1",)
    assert {brand.name: brand.is_competitor for brand in config.brands} == {
        **dict.fromkeys((BRAND, SMALL), False),
        **dict.fromkeys(RIVALS, True),
    }
    assert {(digest.at, digest.timezone) for digest in config.digests} == {(time(7, 30), "UTC")}
    assert [(digest.brand, len(digest.days)) for digest in config.digests] == [
        (BRAND, 7), ("*", 7), (BRAND, 1), (SMALL, 1),
    ]  # fmt: skip
    assert [one.name for one in config.departments] == ["Returns", "Orders", "App", "Support"]
    assert [rule.name for rule in config.rules] == ["Somebody leaves"]
    assert all(name.startswith("file") for name in config.alerts.to)
    assert {source.kind for source in config.sources} == {"feed", "hackernews", "appstore", "table", "webhook"}
    assert config.source("Survey after purchase").config.path == str(folder / SURVEY_FILE)  # type: ignore[attr-defined]
    assert config.source(SUPPORT_DESK).about == BRAND


def test_the_digest_comes_at_the_readers_hour(world: World, tmp_path: Path) -> None:
    text = demo_config(["http://127.0.0.1:1"], tmp_path, until=world.until, timezone="America/New_York")
    digests = loads(text, tmp_path / "c.toml", {}).digests
    assert {(digest.at, digest.timezone) for digest in digests} == {(time(2, 30), "America/New_York")}
    assert {digest.days for digest in digests} == {tuple(range(7)), (1,)}


def test_it_says_that_the_brand_is_invented(world: World, tmp_path: Path) -> None:
    config = loads(demo_config(["http://127.0.0.1:1"], tmp_path, until=world.until), tmp_path / "c.toml", {})
    assert all(config.brand(name).description.startswith("Invented") for name in (BRAND, SMALL))


async def test_every_source_is_asked_at_a_host_of_its_own(world: World, tmp_path: Path) -> None:
    async with serving(world) as hosts:
        config = loads(demo_config(hosts, tmp_path, until=world.until), tmp_path / "c.toml", {})
    asked = [source.config.model_dump() for source in config.sources if source.kind not in ("table", "webhook")]
    places = [urlsplit(keys.get("url") or keys["base_url"]).netloc for keys in asked]

    assert len(asked) == HOSTS
    assert len(set(places)) == len(places)
