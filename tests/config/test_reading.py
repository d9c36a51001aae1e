"""A right configuration becomes frozen values, with everything filled in that it leaves out."""

from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

import sources
from monitor.config import ConfigError, duration, load, loads
from monitor.config.shape import SourceTable
from monitor.config.times import machine_timezone

BRAND = "[[brand]]\nname = 'Acme'\n"


def test_a_whole_configuration_is_read(right, read, tmp_path):
    config = read(right)
    assert config.database == tmp_path / "mentions.db"
    assert config.network.allow == ("wiki.local",)
    assert config.brand("Acme").query == '"Acme" AND (anvil OR rocket)'
    assert config.source('hackernews: "Acme"').every == 600
    assert config.source("Anvil Weekly").config.url == "https://anvil.example/feed.xml"
    assert config.email is not None
    assert config.email.password.get_secret_value() == "s3cr3t-from-outside"
    (digest,) = config.digests
    assert (digest.name, digest.brand, digest.at, digest.timezone) == ("Acme", "Acme", time(8), "Europe/Berlin")
    assert digest.days == (0, 1, 2, 3, 4)
    assert [config.channel(name).kind for name in digest.to] == ["slack", "email", "file"]
    assert config.topics[0].words == ("heavy", "light")
    assert config.touchpoints[0].name == "test track"
    assert (config.taxonomy.packs, config.taxonomy.without) == (("airlines",), ("outage",))
    assert (config.web.host, config.web.port, config.web.url) == ("127.0.0.1", 8765, "http://127.0.0.1:8765")


def test_a_brand_alone_is_a_configuration(read, tmp_path):
    config = read(BRAND)
    assert config.brand("Acme").query == '"Acme"'
    assert config.database == tmp_path / "overheard.db"
    assert config.scoring.enabled
    assert config.taxonomy.defaults
    assert config.email is None
    assert config.sources == config.digests == config.channels == ()


def test_a_configuration_cannot_be_changed(read):
    with pytest.raises(ValidationError):
        read(BRAND).log = None


def test_a_file_is_read_with_a_byte_order_mark_and_windows_line_ends(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[[brand]]\r\nname = 'Acme'\r\n[log]\r\nlevl = 'info'\r\n")
    with pytest.raises(ConfigError, match=r":4: unknown key"):
        load(path, {})


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(ConfigError, match=r"config\.toml: there is no such file; write one with: overheard init"):
        load(tmp_path / "config.toml", {})


def test_a_folder_and_a_foreign_encoding_are_refused_in_words(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, {})
    (tmp_path / "latin").write_bytes("[[brand]]\nname = 'Café'\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="latin:2: not UTF-8 text"):
        load(tmp_path / "latin", {})


# Brands -----------------------------------------------------------------------------------------------------------


def test_a_competitor_without_a_table_is_a_brand_to_compare_with(read):
    config = read(BRAND + "competitors = ['Globex', 'Foo \"Bar\" Ltd']\n")
    assert [(brand.name, brand.query, brand.is_competitor) for brand in config.brands] == [
        ("Acme", '"Acme"', False),
        ("Globex", '"Globex"', True),
        ('Foo "Bar" Ltd', '"Foo Bar Ltd"', True),
    ]
    assert [brand.name for brand in config.own_brands] == ["Acme"]


def test_a_competitor_with_a_table_keeps_its_query(read):
    config = read(BRAND + "competitors = ['globex']\n[[brand]]\nname = 'Globex'\nquery = 'globex AND anvil'\n")
    assert config.brand("Globex").is_competitor
    assert config.brand("Globex").query == "globex AND anvil"
    assert config.brand("Acme").competitors == ("Globex",)


def test_two_own_brands_may_compete(read):
    text = BRAND + "competitors = ['Ajax']\n[[brand]]\nname = 'Ajax'\ncompetitors = ['Acme']\n"
    assert [brand.name for brand in read(text).own_brands] == ["Acme", "Ajax"]


def test_a_competitor_that_gets_a_digest_is_a_brand_of_ones_own(read):
    text = BRAND + "competitors = ['Ajax']\n[[brand]]\nname = 'Ajax'\n[[digest]]\nbrand = 'Ajax'\nto = 'file:x'\n"
    assert not read(text).brand("Ajax").is_competitor


def test_aliases_are_searched_for_where_no_query_says_otherwise(read):
    assert read(BRAND + "aliases = ['Acme Inc', 'Акме']\n").brand("Acme").query == '"Acme" OR "Acme Inc" OR "Акме"'


# Sources ----------------------------------------------------------------------------------------------------------


def test_sources_without_a_name_get_one_of_their_own(read):
    source = "[[source]]\nkind = 'feed'\nurl = 'https://acme.example/feed.xml?key=abc'\n"
    other = "[[source]]\nkind = 'hackernews'\nquery = 'acme'\n"
    config = read(BRAND + source + other + source + "mention = 'review'\n")
    assert [entry.name for entry in config.sources] == [
        "feed: acme.example/feed.xml",
        "hackernews: acme",
        "feed: acme.example/feed.xml (2)",
    ]


def test_an_interval_comes_from_the_kind_where_none_is_given(read):
    config = read(BRAND + "[[source]]\nkind = 'hackernews'\nquery = 'acme'\n")
    assert config.sources[0].every == duration(sources.load("hackernews").every)
    assert not config.sources[0].paused


def test_app_reviews_are_about_the_only_own_brand(read):
    app = "[[source]]\nkind = 'appstore'\napp = 1234567\n"
    assert read(BRAND + "competitors = ['Globex']\n" + app).sources[0].about == "Acme"
    assert read(BRAND + "[[brand]]\nname = 'Ajax'\n" + app).sources[0].about == ""
    assert read(BRAND + app + "about = 'Acme'\n").sources[0].about == "Acme"
    assert read(BRAND + "[[source]]\nkind = 'hackernews'\nquery = 'x'\n").sources[0].about == ""


@pytest.mark.parametrize("kind", sources.names())
def test_no_kind_of_source_takes_a_key_that_all_have(kind):
    assert not set(sources.load(kind).Config.model_fields) & set(SourceTable.model_fields)


@pytest.mark.parametrize("kind", sources.names())
def test_the_example_of_every_kind_is_a_right_configuration(kind, read):
    example = sources.load(kind).example
    keys = "".join(f"{key} = {value!r}\n" for key, value in example.items())
    (entry,) = read(BRAND + f"[[source]]\nkind = '{kind}'\n" + keys).sources
    assert entry.kind == kind


# Digests ----------------------------------------------------------------------------------------------------------


def digest_to(read, to, more=""):
    config = read(f"{BRAND}{more}\n[[digest]]\nto = {to}\n")
    return [config.channel(name) for name in config.digests[0].to]


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("slack:https://chat.example/hook", "slack"),
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("discord:https://discord.example/api/webhooks/1/x", "discord"),
        ("teams:https://x.logic.azure.com/workflows/1?sig=x", "teams"),
        ("https://x.logic.azure.com/workflows/1?sig=x", "webhook"),
        ("telegram:123456:AB-c_D/-1001234", "telegram"),
        ("telegram:123456:ABC/@acme_news", "telegram"),
        ("ntfy:acme", "ntfy"),
        ("https://ntfy.sh/acme", "ntfy"),
        ("ntfy:https://ntfy.acme.example:8443/acme", "ntfy"),
        ("apprise:pover://user@token", "apprise"),
        ("https://discord.com.evil.example/x", "webhook"),
        ("https://acme.example/in", "webhook"),
        ("http://hooks.slack.com.evil.example/x", "webhook"),
        ("webhook:https://hooks.slack.com/services/T/B/x", "webhook"),
        ("mailto:ann@acme.example", "email"),
        ("ann@acme.example", "email"),
        ("file:digests", "file"),
        ("file:///var/digests", "file"),
        ("./digests", "file"),
        ("reports/digests", "file"),
        ("./out@home", "file"),
        ("~/digests", "file"),
        (r"C:\\digests", "file"),
    ],
)
def test_a_shorthand_stands_for_a_channel(to, kind, read):
    mail = "[email]\nhost = 'smtp.example'\nsender = 'me@acme.example'\n"
    (channel,) = digest_to(read, f'"{to}"', mail)
    assert channel.kind == kind


@pytest.mark.parametrize(
    ("to", "options"),
    [
        ("ntfy:acme", {"topic": "acme", "server": "https://ntfy.sh"}),
        ("ntfy:http://10.0.0.7:8080/acme", {"topic": "acme", "server": "http://10.0.0.7:8080"}),
        ("telegram:123:canary/-100", {"chat": -100}),
        ("telegram:123:canary/@acme", {"chat": "@acme"}),
    ],
)
def test_a_shorthand_gives_the_options_that_it_names(to, options, read):
    (channel,) = digest_to(read, f'"{to}"')
    assert {name: getattr(channel.options, name) for name in options} == options


@pytest.mark.parametrize(
    "to",
    [
        "teams:https://x.example/canary",
        "discord:https://x.example/canary",
        "telegram:123:canary/-100",
        "ntfy:canary",
        "ntfy:https://x.example/canary",
        "apprise:pover://canary@canary",
    ],
)
def test_the_name_of_a_shorthand_gives_no_secret_away(to, read):
    (channel,) = digest_to(read, f'"{to}"')
    assert "canary" not in channel.name
    assert to.partition(":")[0] in channel.name


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("ntfy:", "needs a topic"),
        ("ntfy:a b", "needs a topic"),
        ("ntfy:https://ann:canary@x.example/acme", "needs a topic"),
        ("telegram:canary", "needs the bot's token and a chat"),
        ("telegram:123:canary", "needs the bot's token and a chat"),
        ("teams:x.example", "needs a whole web address"),
        ("discord:https://ann:canary@x.example/", "must not hold a user name"),
        ("apprise:canary", "needs an address of Apprise"),
        ("discrod:https://x.example/", 'did you mean "discord:"?'),
    ],
)
def test_half_a_shorthand_is_answered_with_the_whole(to, words, read, told):
    message = told(f'[[brand]]\nname = "Acme"\n[[digest]]\nto = ["{to}"]\n')
    assert words in message
    assert "canary" not in message


def test_a_digest_goes_to_several_and_to_each_once(read):
    assert len(digest_to(read, '["file:a", "file:b", "file:a"]')) == 2


def test_a_digest_folder_lies_beside_the_configuration(read, tmp_path):
    (channel,) = digest_to(read, '"file:digests"')
    assert Path(channel.options.folder) == tmp_path / "digests"


def test_mail_is_sent_through_the_mail_section(read):
    mail = (
        "[email]\nhost='smtp.example'\nusername='u'\npassword='pass-word'\nsecurity='tls'\nsender='me@acme.example'\n"
    )
    (channel,) = digest_to(read, '"ann@acme.example"', mail)
    options = channel.options
    assert (options.host, options.port, options.security, options.sender) == (
        "smtp.example",
        465,
        "tls",
        "me@acme.example",
    )
    password = options.password
    assert (password.get_secret_value() if isinstance(password, SecretStr) else password) == "pass-word"


def test_a_digest_is_at_eight_where_the_machine_stands_each_day(read):
    (digest,) = read(BRAND + "[[digest]]\nto = 'file:x'\n").digests
    assert (digest.at, digest.timezone, digest.days) == (time(8), "Europe/Madrid", tuple(range(7)))
    assert machine_timezone({"TZ": "Nowhere/At_All"}) == "UTC"
    assert machine_timezone({"TZ": "Etc/UTC"}) == "UTC"


@pytest.mark.parametrize(
    ("days", "numbers"),
    [('"daily"', range(7)), ('"weekdays"', range(5)), ('["sun", "Monday"]', (0, 6)), ('"friday"', (4,))],
)
def test_days_are_words(days, numbers, read):
    assert read(BRAND + f"[[digest]]\nto = 'file:x'\ndays = {days}\n").digests[0].days == tuple(numbers)


def test_a_source_that_says_only_a_list_is_called_by_it(read):
    config = read(BRAND + '[[source]]\nkind = "mastodon"\ntags = ["acme", "anvils"]\n')
    assert [source.name for source in config.sources] == ["mastodon: acme, anvils"]


def test_several_digests_of_a_brand_have_names_of_their_own(read):
    digest = "[[digest]]\nto = 'file:x'\n"
    assert [entry.name for entry in read(BRAND + digest + digest).digests] == ["Acme", "Acme (2)"]


def test_a_channel_keeps_its_name_from_one_start_to_the_next(read):
    to = '"https://hooks.slack.com/services/T/B/x"'
    (once,), (again,) = digest_to(read, to), digest_to(read, to)
    assert once.name == again.name
    assert "services" not in once.name


# Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1d", 86_400), ("0.5h", 1800), (" 2 H ", 7200)]
)
def test_an_interval_is_read_as_people_write_it(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 minutes", "-5m", "0s", "0m0s", "9999d", "1e3s", "٣m", "5m\n5"])
def test_what_is_no_interval_is_refused_with_the_way_to_write_it(text):
    with pytest.raises(ValueError, match=r"\"5m\"|at most 366d"):
        duration(text)


@pytest.mark.parametrize("at", ['"08:00"', '"8:00"', "08:00:00", '"08:00:00"'])
def test_an_hour_is_read_as_people_write_it(at, read):
    assert read(BRAND + f"[[digest]]\nto = 'file:x'\nat = {at}\n").digests[0].at == time(8)


def test_a_database_may_be_a_sqlite_address(read, tmp_path):
    assert read(BRAND + "[store]\ndatabase = 'sqlite:///kept/a.db'\n").database == tmp_path / "kept/a.db"
    assert read(BRAND + "[store]\ndatabase = 'sqlite:////var/a.db'\n").database == Path("/var/a.db")
    assert read(BRAND + "[store]\ndatabase = '/var/b.db'\n").database == Path("/var/b.db")


def test_a_brand_without_a_query_is_heard_by_all_its_names():
    table = 'name = "Acme"\naliases = ["Acme Inc"]\nhandles = ["acme"]\ndomains = ["acme.com"]\nproducts = ["Anvil"]'
    config = loads(f"[[brand]]\n{table}\n", Path("config.toml"), {})
    assert config.brands[0].query == '"Acme" OR "Acme Inc" OR "Anvil" OR @acme OR acme.com'
