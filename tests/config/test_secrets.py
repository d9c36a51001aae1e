"""Secrets come from the environment or a file, and are never shown."""

import pytest

BRAND = "[[brand]]\nname = 'Acme'\n"
CANARY = "canary-7f3a-secret"


def test_a_name_in_any_text_is_replaced_from_the_environment(read):
    config = read("[[brand]]\nname = '${WHO}'\nhandles = ['@${WHO}_de', 'x']\n", WHO="Acme")
    assert config.brand("Acme").handles == ("@Acme_de", "x")


def test_two_dollars_mean_one(read):
    assert read(BRAND + "description = 'costs $${PRICE} or $5'\n").brands[0].description == "costs ${PRICE} or $5"


def test_what_the_environment_says_is_not_read_again(read):
    assert read(BRAND + "description = '${A}'\n", A="${B} $${C}").brands[0].description == "${B} $${C}"


def test_a_secret_may_lie_in_a_file_beside_the_configuration(read, tmp_path):
    (tmp_path / "smtp").write_text(f"{CANARY}\n")
    mail = "[email]\nhost = 'h'\nsender = 'a@b.example'\npassword_file = 'smtp'\n"
    email = read(BRAND + mail).email
    assert email.password.get_secret_value() == CANARY


def test_a_file_may_be_named_by_the_environment(read, tmp_path):
    (tmp_path / "q").write_text('"Acme" AND anvil\r\n')
    config = read(BRAND + "query_file = '${FOLDER}/q'\n", FOLDER=str(tmp_path))
    assert config.brands[0].query == '"Acme" AND anvil'


def test_a_list_is_not_read_from_a_file(told):
    assert 'unknown key "aliases_file" in [[brand]]; did you mean "aliases"?' in told(BRAND + "aliases_file = 'x'\n")


def test_an_empty_secret_file_is_told(told, tmp_path):
    (tmp_path / "empty").write_text("\n")
    message = told(BRAND + "[email]\nhost = 'h'\nsender = 'a@b.example'\npassword_file = 'empty'\n")
    assert message == "config.toml:6: empty is empty; it should hold the value alone"


@pytest.mark.parametrize(
    "text",
    [
        "[[source]]\nkind = '${C}'\n",
        "[[source]]\nkind = 'feed'\nurl = '${C}'\n",
        "[[source]]\nkind = 'feed'\nurl = 'https://ann:${C}@a.example'\n",
        f"[[source]]\nkind = 'feed'\nurl = 'https://ann:{CANARY}@a.example'\n",
        f"[[digest]]\nto = 'https://ann:{CANARY}@a.example'\n",
        f"[[channel]]\nname = 'x'\nkind = 'webhook'\nurl = 'https://ann:{CANARY}@a.example'\n",
        "[[source]]\nkind = 'feed'\nurl = 'https://a.example'\nevery = '${C}'\n",
        "[[source]]\nkind = 'feed'\nurl = 'https://a.example'\nabout = '${C}'\n",
        "[[source]]\nkind = 'appstore'\napp = '${C}'\n",
        "[[digest]]\nto = '${C}:x'\n",
        "[[digest]]\nto = 'slack:${C}'\n",
        "[[digest]]\nto = 'mailto:${C}'\n",
        "[[digest]]\nto = 'file:x'\nat = '${C}'\n",
        "[[digest]]\nto = 'file:x'\ntimezone = '${C}'\n",
        "[[digest]]\nto = 'file:x'\ndays = ['${C}']\n",
        "[[digest]]\nto = 'file:x'\nbrand = '${C}'\n",
        "[[channel]]\nname = 'x'\nkind = '${C}'\n",
        "[[channel]]\nname = 'x'\nkind = 'slack'\nwebhook_url = '${C}'\ntoken = '${C}'\n",
        "[email]\nhost = 'h'\nsender = '${C}'\n",
        "[email]\nhost = 'h'\nsender = 'a@b.example'\nsecurity = '${C}'\n",
        "[email]\nhost = 'h'\nsender = 'a@b.example'\nport = '${C}'\n",
        "[email]\nhost = 'h'\nsender_file = 'secret'\n",
        "[store]\ndatabase = '${C}://x'\n",
        "[web]\nlisten = '${C}'\n",
        "[log]\nlevel = '${C}'\n",
        "[[brand]]\nname = 'B'\nquery = '${C} AND AND'\n",
        "[[brand]]\nname = '${C}'\n[[brand]]\nname = '${C}'\n",
    ],
)
def test_no_message_shows_what_came_from_outside(text, told, tmp_path):
    (tmp_path / "secret").write_text(CANARY)
    assert CANARY not in told(BRAND + text, C=CANARY)


@pytest.mark.parametrize("key", ["password", "pasword", "pass word"])
def test_no_message_shows_a_secret_written_in_the_file(key, told):
    mail = f'[email]\nhost = "h"\nsender = "nobody"\n"{key}" = "{CANARY}"\n'
    assert CANARY not in told(BRAND + mail)
    assert CANARY not in told(BRAND + f'[email]\nhost = "h"\nsender = "a@b.example"\npassword = ["{CANARY}"]\n')


def test_printing_a_configuration_shows_no_password(right, read):
    config = read(right)
    shown = repr(config) + str(config) + config.model_dump_json()
    assert "s3cr3t-from-outside" not in shown
    assert "T0/B0/zzz" not in shown


def test_the_name_of_a_source_shows_no_key(read):
    text = "[[source]]\nkind = 'feed'\nurl = 'https://a.example/${KEY}/feed'\n"
    config = read(BRAND + text, KEY=CANARY)
    assert config.sources[0].name == "feed: a.example/${KEY}/feed"
    assert CANARY in config.sources[0].config.url


def test_the_name_of_a_source_is_not_made_from_a_secret(read):
    config = read(BRAND + f"[[source]]\nkind = 'webhook'\ntoken = '{CANARY}'\n")
    assert config.sources[0].name == "webhook"
    assert CANARY not in repr(config)


def test_a_name_may_come_from_a_file_too(read, told, tmp_path):
    (tmp_path / "name").write_text("Acme\n")
    channel = "[[channel]]\nname_file = 'name'\nkind = 'file'\nfolder = 'x'\n"
    source = "[[source]]\nname_file = 'name'\nkind = 'feed'\nurl = 'https://a.example/'\n"
    brand = "[[brand]]\nname_file = 'name'\n"
    config = read(brand + channel + source + "[[digest]]\nto = 'Acme'\n")
    assert (config.brands[0].name, config.sources[0].name, config.digests[0].to) == ("Acme", "Acme", ("Acme",))
    assert "there are two [[source]]" in told(brand + source + source)
