"""The folder is the registry: what lies there is known, described in the table, and whole."""

# ruff: noqa: E501

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import sources
from sources.base import Source

TABLE = Path(sources.__file__).with_name("README.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", TABLE, re.MULTILINE))


def test_every_module_is_a_source_unless_it_says_otherwise() -> None:
    modules = {module.name.replace("_", "-") for module in pkgutil.iter_modules(sources.__path__) if not module.ispkg}
    assert modules - set(sources.names()) == sources.NOT_SOURCES


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="hackernews"):
        sources.load("hakcernews")


@pytest.mark.parametrize("kind", sources.names())
def test_a_source_is_wholly_declared(kind: str) -> None:
    declared = sources.load(kind)
    assert isinstance(declared, Source)
    assert declared.kind == kind
    assert declared.title
    assert declared.terms
    assert re.fullmatch(r"\d+[smhd]", declared.every)
    assert re.fullmatch(r"\d+/\d+s", declared.rate)
    assert sum(role is not None for role in (declared.fetch, declared.accept, declared.decode)) == 1
    assert (declared.connect is None) == (declared.decode is None)
    assert declared.scope_of(declared.Config.model_validate(declared.example))


@pytest.mark.parametrize("kind", sources.names())
def test_a_source_describes_each_key_of_its_configuration(kind: str) -> None:
    fields = sources.load(kind).Config.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("kind", sources.names())
def test_the_readme_has_a_true_row_for_each_source(kind: str) -> None:
    declared = sources.load(kind)
    facts = (declared.title, declared.every, declared.rate, declared.keeps, declared.needs or "–", declared.terms)
    assert ROWS[kind] == " | ".join(facts)


def test_the_readme_says_which_sources_were_not_yet_seen_live() -> None:
    said = re.search(r"\*\*not yet seen live\*\*: (.*?)\. ", TABLE, re.DOTALL)
    modules = {kind: import_module(f"sources.{kind.replace('-', '_')}") for kind in sources.module_names()}
    unseen = {
        kind for kind, module in modules.items() if "not yet seen live" in " ".join((module.__doc__ or "").split())
    }
    assert said is not None
    assert set(re.findall(r"`([\w-]+)`", said[1])) == unseen


def test_the_readme_has_no_row_without_a_source() -> None:
    assert set(ROWS) == set(sources.names())


@pytest.mark.parametrize("kind", sources.names())
def test_a_wrong_key_in_a_configuration_is_refused(kind: str) -> None:
    declared = sources.load(kind)
    with pytest.raises(ValueError, match="no_such_key"):
        declared.Config.model_validate({**declared.example, "no_such_key": 1})


@pytest.mark.parametrize(
    ("kind", "url", "config"),
    [
        ("feed", "https://blog.example/feed.xml", {"url": "https://blog.example/feed.xml"}),
        ("appstore", "https://apps.apple.com/de/app/kettle/id123456789", {"app": "123456789", "country": "de"}),
        ("steam", "https://store.steampowered.com/app/620/Portal_2/", {"app": "620"}),
        ("googleplay", "https://play.google.com/store/apps/details?id=com.a.b&hl=de", {"app": "com.a.b", "language": "de"}),
        ("google-news", "https://news.google.com/search?q=tea+kettle&hl=en-US", {"query": "tea kettle"}),
        ("bing-news", "https://www.bing.com/news/search?q=kettle", {"query": "kettle"}),
        ("reddit-search", "https://www.reddit.com/search/?q=%22kettle%22", {"query": '"kettle"'}),
        ("youtube-channel", f"https://www.youtube.com/channel/UC{'x' * 22}/videos", {"channel": f"UC{'x' * 22}"}),
        ("reddit-subreddit", "https://www.reddit.com/r/Kettles/", {"subreddit": "Kettles"}),
        ("reddit-subreddit", "https://old.reddit.com/r/Kettles/search?q=a+b&restrict_sr=on", {"subreddit": "Kettles", "query": "a b"}),
        ("google-alerts", "https://www.google.co.uk/alerts/feeds/12/34", {"feed": "https://www.google.co.uk/alerts/feeds/12/34"}),
        ("wordpress-reviews", "https://wordpress.org/plugins/kettle-forms/", {"plugin": "kettle-forms"}),
        ("wordpress-reviews", "https://wordpress.org/support/plugin/kettle-forms/reviews/?filter=1", {"plugin": "kettle-forms"}),
        ("lobsters", "https://lobste.rs/", {}),
        ("lobsters", "https://lobste.rs/domains/acme.example", {"domain": "acme.example"}),
        ("lobsters", "https://lobste.rs/domains/acme.example.rss", {"domain": "acme.example"}),
        ("lobsters", "https://lobste.rs/t/hardware", {"tag": "hardware"}),
        ("medium", "https://medium.com/tag/kettle/latest", {"tag": "kettle"}),
        ("medium", "https://medium.com/@ada.boiler/why-111", {"user": "ada.boiler"}),
        ("medium", "https://medium.com/feed/the-kettle", {"publication": "the-kettle"}),
        ("mastodon-rss", "https://social.example/tags/kettle.rss", {"server": "https://social.example", "tag": "kettle"}),
        ("mastodon-rss", "https://social.example/@ada.rss", {"server": "https://social.example", "user": "ada"}),
        ("lemmy-rss", "https://lemmy.example/feeds/c/kettles.xml?sort=New", {"server": "https://lemmy.example", "community": "kettles"}),
        ("lemmy-rss", "https://lemmy.example/feeds/all.xml", {"server": "https://lemmy.example"}),
        ("wikipedia-history", "https://de.m.wikipedia.org/wiki/Brightwater_(Kanne)#Kritik", {"language": "de", "title": "Brightwater_(Kanne)"}),
        ("wikipedia-history", "https://en.wikipedia.org/w/index.php?title=AC%2FDC&action=history", {"language": "en", "title": "AC/DC"}),
        ("mastodon", "https://mastodon.social/tags/acme", {"server": "https://mastodon.social", "tags": ["acme"]}),
        ("lemmy", "https://lemmy.world/search?q=acme", {"server": "https://lemmy.world", "query": "acme"}),
        ("stack-exchange", "https://stackoverflow.com/search?q=acme", {"sites": ["stackoverflow"], "query": "acme"}),
        ("github", "https://github.com/search?q=acme&type=issues", {"query": "acme"}),
        ("discourse", "https://forum.example/search?q=acme", {"url": "https://forum.example", "query": "acme"}),
        ("devto", "https://dev.to/t/acme", {"tags": ["acme"]}),
        ("telegram", "https://t.me/s/acme_news", {"channel": "acme_news"}),
        ("hackernews", "https://hn.algolia.com/?q=acme", {"query": "acme"}),
    ],
)  # fmt: skip
def test_a_pasted_address_becomes_a_configuration(kind: str, url: str, config: dict[str, Any]) -> None:
    declared = sources.load(kind)
    assert any(re.search(pattern, url) for pattern in declared.detect)
    assert declared.from_url is not None
    assert declared.from_url(url) == config
    declared.Config.model_validate(config)
