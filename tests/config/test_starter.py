"""What `overheard init` writes is a right configuration, whatever the brand is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import loads
from monitor.errors import Refused
from monitor.starter import starter


def switched_on(text):
    """The text with the options that it only offers switched on, where a later one does not repeat an earlier."""
    return "\n".join(
        line[1:] if line.startswith(("#[email]", "#host", "#username", "#password", "#sender")) else line
        for line in text.split("\n")
    )


def test_it_listens_in_the_usual_places_and_writes_at_eight(read, tmp_path):
    config = read(starter("Acme"))
    assert config.brand("Acme").query == '"Acme"'
    assert [source.kind for source in config.sources] == [
        "google-news", "bing-news", "hackernews", "reddit-search", "mastodon",
    ]  # fmt: skip
    (digest,) = config.digests
    assert f"{digest.at:%H:%M}" == "08:00"
    assert config.channel(digest.to[0]).options.folder == str(tmp_path / "digests")


def test_it_takes_in_all_that_is_known_of_the_brand(read):
    text = starter(
        "Acme",
        website="https://www.acme.example/home",
        handles=["@acme", "acme_help"],
        app_ids=["https://apps.apple.com/de/app/acme/id310633997?l=en", "1234567890"],
        competitors=["Globex", "Initech", "Globex", "ACME"],
        feeds=["https://acme.example/feed.xml"],
    )
    config = read(text)
    brand = config.brand("Acme")
    assert brand.query == '"Acme" OR acme.example OR @acme OR @acme_help'
    assert (brand.domains, brand.handles) == (("acme.example",), ("@acme", "@acme_help"))
    assert brand.competitors == ("Globex", "Initech")
    news = [source.config.query for source in config.sources if source.kind == "google-news"]
    assert news == ['"Acme"', '"Globex"', '"Initech"']
    apps = [source for source in config.sources if source.kind == "appstore"]
    assert [(app.config.app, app.about) for app in apps] == [("310633997", "Acme"), ("1234567890", "Acme")]
    assert apps[0].config.countries == ("de",)
    assert [source.config.url for source in config.sources if source.kind == "feed"] == [
        "https://acme.example/feed.xml"
    ]


@pytest.mark.parametrize(
    ("given", "kind", "app"),
    [
        ("com.acme.app", "googleplay", "com.acme.app"),
        ("https://play.google.com/store/apps/details?id=com.acme.app&hl=de", "googleplay", "com.acme.app"),
        ("https://store.steampowered.com/app/440/Acme_Game/", "steam", "440"),
        ("id1234567890", "appstore", "1234567890"),
    ],
)
def test_an_app_is_known_by_what_people_copy_from_its_store(read, given, kind, app):
    (source,) = [one for one in read(starter("Acme", app_ids=[given])).sources if one.kind == kind]
    assert (source.config.app, source.about) == (app, "Acme")


def test_a_name_of_several_words_is_one_tag(read):
    (source,) = [one for one in read(starter("Acme Rocket-Skates")).sources if one.kind == "mastodon"]
    assert source.config.tags == ("acmerocketskates",)


HOSTILE = [
    'Über "X"',
    "O'Reilly",
    "Both \" and '",
    "back\\slash",
    "C:\\new\\table",
    "two\nlines",
    "tab\tbed",
    "  spaces  ",
    "Emoji 🚀 Inc",
    "🚀 42",
    "名前",
    "ชื่อ",
    "${HOME}",
    "$${HOME}",
    "a # comment",
    '"""',
    "x'''y",
    '"] [[source]]',
    "{brand}",
    "AND",
    "A OR B",
    "-minus",
    "what?",
    "star*",
    "title:x",
    "Yahoo!",
    "AT&T",
    "“Curly”",
    "«Guillemets»",
    "a\u2028b",
    "a\u202eb",
    "é",
    "x" * 200,
    "NEAR/3",
    "`tick`",
    "#hash",
    "@handle",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_right_whatever_the_brand_is_called(name, read):
    if not any(sign.isalnum() for sign in name):
        with pytest.raises(Refused, match="no letter or digit"):
            starter(name)
        return
    config = read(
        switched_on(starter(name, competitors=[f"{name[:150]} Rival"], handles=[name[:60]])), HOME="never put in"
    )
    assert config.brands[0].name == " ".join(name.split())
    assert config.brands[1].is_competitor
    assert config.email is not None


@pytest.mark.parametrize(
    "name", ["", "   ", "\x00", "Ac\x00me", "\x1b[31mred", "\ud800", "🚀", '""', "x" * 201, "Ac\x7fme"]
)
def test_a_name_that_nothing_could_be_found_by_is_refused(name):
    with pytest.raises(Refused, match="brand name"):
        starter(name)


@pytest.mark.parametrize(
    "known",
    [
        {"website": "not a site"},
        {"website": "https://[::1"},
        {"website": "localhost"},
        {"feeds": ["acme.example/feed"]},
        {"feeds": ["https://acme.example/a b"]},
        {"feeds": ['https://acme.example/"\x00']},
        {"app_ids": ["acme"]},
        {"app_ids": ["https://play.google.com/store/apps/developer?id=Acme"]},
        {"competitors": ["\x00"]},
    ],
)
def test_what_is_known_of_a_brand_is_refused_in_words_when_it_is_no_use(known):
    with pytest.raises(Refused, match=r"write|is not|holds"):
        starter("Acme", **known)


def test_a_name_that_is_an_everyday_word_comes_with_a_warning():
    assert "everyday word" in starter("Apple")
    assert "very short" in starter("X")
    assert "Careful" not in starter("Acme Anvils")


def test_slack_and_mail_are_one_line_away(read):
    text = starter("Acme")
    slack = 'to = ["file:digests", "slack:${SLACK_WEBHOOK_URL}"]'
    assert f"#{slack}" in text
    on = text.replace('to = ["file:digests"]\n', "", 1).replace(f"#{slack}", slack)
    config = read(on, SLACK_WEBHOOK_URL="https://hooks.slack.com/services/T/B/x")
    assert [config.channel(name).kind for name in config.digests[0].to] == ["file", "slack"]
    mail = 'to = ["file:digests", "mailto:you@example.com"]'
    on = switched_on(text.replace('to = ["file:digests"]\n', "", 1).replace(f"#{mail}", mail))
    assert [config.kind for config in read(on).channels] == ["file", "email"]


@pytest.mark.parametrize("name", ["0*", "E*Trade", "Ja!*", "Who?What", "*NSYNC", "Yahoo*?"])
def test_a_name_with_an_asterisk_or_a_question_mark_is_searched_for_by_its_letters(read, name):
    (brand,) = read(starter(name)).brands
    assert brand.name == name
    assert not set("*?") & set(brand.query)


@given(st.text(max_size=30) | st.text("aZ0é中ß*?\"'“«~!$%&/()[]{}@#:,.;-–_ \\", max_size=12))
def test_no_name_makes_it_write_a_wrong_configuration(tmp_path_factory, name):
    try:
        text = starter(name)
    except Refused:
        return
    loads(text, tmp_path_factory.getbasetemp() / "config.toml", {"TZ": "UTC"})
