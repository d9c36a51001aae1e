"""A slip in config.toml is told with its line, in plain words, with the nearest right key or value."""

import re

import pytest

PYDANTIC = re.compile(r"Input should|Extra inputs|Field required|pydantic|validation error|type=|Value error")

# What is changed in the right configuration, to what, and which words the line of the change must be told with.
SLIPS = [
    ("database =", "databse =", 'unknown key "databse" in [store]; did you mean "database"?'),
    ('"mentions.db"', '"postgresql://localhost/acme"', "PostgreSQL comes in a later release"),
    ('"mentions.db"', '"mysql://localhost/acme"', '"mysql" databases are not supported'),
    ('"mentions.db"', '"sqlite://"', "three slashes"),
    ('"mentions.db"', "5", '"database" in [store] must be text in quotes'),
    ("[store]", "[stoer]", 'unknown section "stoer"; did you mean [store]?'),
    ("[store]", "[[store]]", "write [store] with single brackets"),
    ('allow = ["wiki.local"]', 'allow = ["http://wiki.local"]', "is a URL: give only its host"),
    ('allow = ["wiki.local"]', 'allow = "wiki.local"', "must be a list in [square brackets]"),
    ('allow = ["wiki.local"]', 'alow = ["wiki.local"]', 'did you mean "allow"?'),
    ('query = \'"Acme" AND', 'querry = \'"Acme" AND', 'unknown key "querry" in [[brand]]; did you mean "query"?'),
    ('query = \'"Acme" AND', 'query = \'"Acme" AND AND', "    line 1, column 12"),
    ("(anvil OR rocket)'", "(anvil OR rocket'", 'the query of "Acme" cannot be read'),
    ("(anvil OR rocket)'", "(anvil OR rocket) autor:bob'", "Did you mean author:?"),
    ('name = "Acme"', 'name = ""', '"name" in [[brand]] must not be empty'),
    ('name = "Acme"', 'name = "Ac\\u0000me"', "control character"),
    ('name = "Acme"', "name = 7", '"name" in [[brand]] must be text in quotes'),
    ('name = "Acme"', 'nmae = "Acme"', 'did you mean "name"?'),
    ('aliases = ["Acme Inc"]', "aliases = [3]", 'entry 1 of "aliases" in [[brand]] must be text in quotes'),
    ('"Globex", "Initech"]', '"Globex", "Acme"]', '"Acme" is named as its own competitor'),
    ('"Globex", "Initech"]', '"Globx", "Initech"]', 'there is no [[brand]] "Globx"; did you mean "Globex"?'),
    ('"Globex", "Initech"]', '"Globex", "!!!"]', 'the query of "!!!" cannot be read'),
    ('name = "Globex"', 'name = "acme"', 'there are two [[brand]] of the name "acme"'),
    ('kind = "hackernews"', 'kind = "hackrnews"', 'unknown kind of source "hackrnews"; did you mean "hackernews"?'),
    ('kind = "hackernews"', 'kind = "telepathy"', "known are: "),
    (
        '"310633997"',
        '"Acme App"',
        '"app" in [[source]] of kind "appstore" does not look right; config.example.toml shows',
    ),
    (
        "query = '\"Acme\"'",
        "qurey = '\"Acme\"'",
        'unknown key "qurey" in [[source]] of kind "hackernews"; did you mean "query"?',
    ),
    ('every = "10m"', 'evry = "10m"', 'did you mean "every"?'),
    ('every = "10m"', 'every = "10 minutes"', '"10 minutes" is not an interval; write a number and s, m, h or d'),
    ('every = "10m"', "every = 10", "10 has no unit"),
    ('every = "10m"', 'every = "0s"', "out of range"),
    ('every = "10m"', 'every = "10m"\npaused = "perhaps"', "must be true or false", +1),
    ('name = "Anvil Weekly"', 'nane = "Anvil Weekly"', 'did you mean "name"?'),
    ('url = "https://anvil', 'url = "anvil', "must be a web address such as https://example.com/"),
    ('url = "https://anvil', 'link = "https://anvil', 'unknown key "link" in [[source]] of kind "feed"'),
    ('about = "Acme"', 'about = "Acmee"', 'there is no brand "Acmee"; did you mean "Acme"?'),
    ('host = "smtp', 'hots = "smtp', 'unknown key "hots" in [email]; did you mean "host"?'),
    ("port = 587", 'port = "smtp"', '"port" in [email] must be a whole number'),
    ("port = 587", "port = 70000", '"port" in [email] must be at most 65535'),
    ('security = "starttls"', 'security = "startls"', 'not "startls"; did you mean "starttls"?'),
    ("<ann@acme.example>", "<ann at acme>", "is not an e-mail address"),
    ("${SMTP_PASSWORD}", "${SMTP_PASWORD}", "the environment has no SMTP_PASWORD"),
    ("${SMTP_PASSWORD}", "${SMTP PASSWORD}", "names no environment variable"),
    (
        'password = "${SMTP_PASSWORD}"',
        'password_file = "/nowhere/at/all"',
        "/nowhere/at/all cannot be read: No such file",
    ),
    ('kind = "slack"', 'kind = "slakc"', 'unknown kind of channel "slakc"; did you mean "slack"?'),
    ("webhook_url =", "webhok_url =", 'did you mean "webhook_url"?'),
    ('brand = "Acme"', 'brand = "Acne"', 'there is no brand "Acne"; did you mean "Acme"?'),
    ('at = "08:00"', 'at = "25:00"', '"25:00" is not a time of day'),
    ('at = "08:00"', 'at = "8 am"', '"8 am" is not a time of day'),
    ('at = "08:00"', "at = 08:00", "text and times need quotes: at ="),
    ("Europe/Berlin", "Europe/Berln", 'unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?'),
    ("Europe/Berlin", "Berlin", 'did you mean "Europe/Berlin"?'),
    ("Europe/Berlin", "../../etc/passwd", 'unknown time zone "../../etc/passwd"'),
    ('days = "weekdays"', 'days = "weekday"', 'did you mean "weekdays"?'),
    ('days = "weekdays"', 'days = ["mon", "tusday"]', 'did you mean "tuesday"?'),
    ('days = "weekdays"', "days = []", "name at least one day"),
    (
        '"marketing", "mailto',
        '"marketng", "mailto',
        'there is no [[channel]] named "marketng"; did you mean "marketing"?',
    ),
    ('"marketing", "mailto', '"email", "mailto', 'for a folder of that name write "file:email"'),
    ('"marketing", "mailto', '"teamx", "mailto', 'there is no [[channel]] named "teamx"; for a folder'),
    ('"marketing", "mailto', '"team.x", "mailto', 'there is no [[channel]] named "team.x"; for a folder'),
    ('"file:digests"', '"https://ann:pw@x.example/"', "webhook: its address must not hold a user name or password"),
    ("https://hooks.slack.com", "https://ann:pw@hooks.slack.com", "must not hold a user name or password"),
    (
        "https://anvil",
        "https://ann@anvil",
        '"url" in [[source]] of kind "feed": an address must not hold a user name or password; remove all up to the @',
    ),
    ('every = "10m"', 'base_url = "https://ann:pw@hn.example/"', '"base_url" in [[source]] of kind "hackernews"'),
    ('"mailto:bea', '"mialto:bea', 'there is no "mialto:"; did you mean "mailto:"?'),
    ('"mailto:bea@acme.example"', '"mailto:bea"', '"bea" is not an e-mail address'),
    ('"file:digests"', '"slack:hooks.slack.com/x"', "needs a whole web address"),
    ('to = ["marketing", "mailto:bea@acme.example", "file:digests"]', "to = []", "nowhere to go"),
    ('listen = "127.0.0.1:8765"', 'listen = "8765"', "write host:port"),
    ("threads = 2", "threads = -1", '"threads" in [scoring] must be at least 0'),
    ("threads = 2", 'encoder = "french"', '"encoder" in [scoring] must be "auto", "english" or'),
    ("enabled = true", 'enabled = "maybe"', '"enabled" in [scoring] must be true or false'),
    ("[taxonomy]", "[taxonmy]", 'unknown section "taxonmy"; did you mean [taxonomy]?'),
    ("words = [", "wrods = [", 'unknown key "wrods" in [[topic]]; did you mean "words"?'),
    ("[[topic]]", "[topic]", "write [[topic]] with double brackets"),
    ("[[topic]]", "[[topics]]", 'unknown section "topics"; did you mean [[topic]]?'),
    ('packs = ["airlines"]', 'packs = ["arlines"]', 'there is no pack "arlines"; did you mean "airlines"?'),
    ('packs = ["airlines"]', 'pack = ["airlines"]', 'unknown key "pack" in [taxonomy]; did you mean "packs"?'),
    ('packs = ["airlines"]', 'packs = ["zoo"]', 'there is no pack "zoo"; the packs are: airlines, electronics'),
    ('without = ["outage"]', 'without = ["outages"]', 'no label is called "outages"; did you mean "outage"?'),
    ("[[touchpoint]]", "[[touchpoints]]", 'unknown section "touchpoints"; did you mean [[touchpoint]]?'),
    (
        'description = "trying the skates on our track"',
        "",
        '"test track" in [[touchpoint]] says nothing of itself; give it a description, words or examples',
        -2,
    ),
    ('level = "info"', 'level = "inof"', 'did you mean "info"?'),
    ('format = "text"', 'format = "yaml"', '"format" in [log] must be "text" or "json", not "yaml"'),
    ('level = "info"', "level = info", "text and times need quotes: level ="),
    ('level = "info"', 'level: "info"', "write = between key and value"),
    ('"mentions.db"', '"C:\\data\\mentions.db"', "a backslash needs single quotes"),
    ('format = "text"', "format = “text”", "straight quotes"),
]


def line_with(text, part):
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip[1].replace("\n", " ")[:40])
def test_a_slip_is_told_with_its_line_and_the_nearest_right_word(slip, right, told):
    old, new, words, *below = slip
    assert right.count(old) >= 1
    message = told(right.replace(old, new, 1))
    line = line_with(right, old) + sum(below)
    # A query's own error follows its line, indented.
    found = [problem for problem in re.split(r"\n(?! )", message) if words in problem]
    assert found, message
    assert found[0].startswith(f"config.toml:{line}: "), message
    assert not PYDANTIC.search(message)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip[1].replace("\n", " ")[:40])
def test_one_slip_is_not_told_many_times(slip, right, told):
    lines = re.split(r"\n(?! )", told(right.replace(slip[0], slip[1], 1)))
    # A key that resembles none is unknown, and the one that it stands for is missing.
    assert len(lines) == (2 if slip[1].startswith("link") else 1), lines


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(right, told):
    text = right
    for old, new in [("database", "databse"), ("10m", "10 minutes"), ("Europe/Berlin", "Berln"), ('"info"', '"inof"')]:
        text = text.replace(old, new, 1)
    lines = told(text).split("\n")
    parts = ["database", "10m", "Europe/Berlin", '"info"']
    assert [int(line.split(":")[1]) for line in lines] == [line_with(right, part) for part in parts]


def test_a_query_error_shows_the_place_with_a_caret(told):
    message = told("[[brand]]\nname = 'Acme'\nquery = 'acme AND )'\n")
    first, *rest = message.split("\n")
    assert first == 'config.toml:3: the query of "Acme" cannot be read:'
    caret = next(index for index, line in enumerate(rest) if line.strip() == "^")
    assert rest[caret - 1][rest[caret].index("^")] == ")"
    assert all(line.startswith("    ") for line in rest)


def test_a_missing_key_is_told_on_the_line_of_its_table(told):
    assert 'config.toml:4: [[source]] of kind "hackernews" needs "query"' in told(
        "[[brand]]\nname = 'Acme'\n\n[[source]]\nkind = 'hackernews'\n"
    )


def test_a_source_without_a_kind_needs_one(told):
    assert told("[[brand]]\nname = 'A'\n[[source]]\nquery = 'x'\n") == 'config.toml:3: [[source]] needs "kind"'


def test_several_own_brands_must_be_told_apart_in_a_digest(told):
    text = "[[brand]]\nname='A'\n[[brand]]\nname='B'\n[[digest]]\nto='file:x'\n"
    assert told(text) == (
        'config.toml:5: [[digest]] does not say of which brand; add brand = one of "A", "B", or "*" for all in one'
    )


def test_mail_needs_a_server(told):
    text = "[[brand]]\nname='A'\n[[digest]]\nto=['file:x', 'ann@acme.example']\n"
    assert told(text) == (
        'config.toml:4: "to" in [[digest]]: mail to ann@acme.example needs an [email] section with host and sender'
    )


def test_a_digest_without_to_has_nowhere_to_go(told):
    assert told("[[brand]]\nname='A'\n[[digest]]\nat='09:00'\n").startswith(
        "config.toml:3: [[digest]] has nowhere to go"
    )


def test_a_configuration_without_a_brand_listens_for_nothing(told):
    assert (
        told("[store]\n") == 'config.toml: there is no [[brand]] to listen for; add [[brand]] and under it name = "…"'
    )


@pytest.mark.parametrize("section", ["source", "channel", "digest", "topic"])
def test_two_of_one_name_are_told_at_the_second(section, told):
    bodies = {
        "source": "kind = 'feed'\nurl = 'https://a.example/'",
        "channel": "kind = 'file'\nfolder = 'x'",
        "digest": "to = 'file:x'",
        "topic": "words = ['x']",
    }
    text = "[[brand]]\nname = 'A'\n" + "".join(
        f"[[{section}]]\n{bodies[section]}\nname = '{name}'\n" for name in ("One", "one")
    )
    second = text.count("\n")
    assert told(text) == (
        f'config.toml:{second}: there are two [[{section}]] of the name "one"; each needs one of its own'
    )


def test_a_key_out_of_any_section_is_unknown(told):
    assert told("contact = 'ann'\n[[brand]]\nname = 'A'\n").startswith(
        'config.toml:1: unknown key "contact" outside of any section'
    )


def test_a_key_may_not_be_given_twice_over_a_file(told, tmp_path):
    (tmp_path / "secret").write_text("x")
    text = (
        "[[brand]]\nname = 'A'\n[email]\nhost = 'h'\nsender = 'a@b.example'\npassword = 'x'\npassword_file = 'secret'\n"
    )
    assert told(text) == 'config.toml:7: give "password" or "password_file", not both'


def test_an_open_text_is_told_where_it_breaks(told):
    assert told("[[brand]]\nname = 'Acme\n").startswith("config.toml:2: not valid TOML: ")
    assert told("[[brand]]\nname = '''Acme\n").startswith("config.toml:2: not valid TOML: ")
