"""Whatever is mistyped anywhere in a configuration of all options: it is told, on its line, in our own words."""

import re
from pathlib import Path

import pytest

from monitor.config import ConfigError, loads

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
LINES = EXAMPLE.read_text("utf-8").split("\n")
OPTIONS = [number for number, line in enumerate(LINES) if re.match(r"[a-z_]+ = ", line)]
RAW = re.compile(r"Input should|Extra inputs|Field required|pydantic|validation error|type=|Value error|Traceback")
VALUES = ["7", "-1", "1.5", "true", '""', '"x"', '"\\u0000"', "[]", "[1]", '["x"]', "[[]]", "{}", "{ x = 1 }", "nan"]
VALUES += [
    "2026-11-21",
    "08:00:00",
    '"${MISSING}"',
    '"https://"',
    "1e400",
    '"' + "x" * 300 + '"',
    "99999999999999999999",
]


QUICK = 4
"""One option in so many is tried at every run; all of them are by `make test-all`."""
EACH = [
    pytest.param(
        number, id=f"{number + 1}-{LINES[number].partition(' = ')[0]}", marks=[pytest.mark.slow] * (at % QUICK > 0)
    )
    for at, number in enumerate(OPTIONS)
]


def read(number, line):
    """What is told of the example with one line changed; None when it is still right."""
    text = "\n".join([*LINES[:number], line, *LINES[number + 1 :]])
    try:
        loads(text, Path("config.toml"), {"TZ": "UTC"})
    except ConfigError as refused:
        return str(refused)
    return None


def named(number):
    return LINES[number].partition(" = ")


@pytest.mark.parametrize("number", EACH)
def test_a_misspelt_key_is_told_on_its_line_with_the_right_one(number):
    key, equals, value = named(number)
    misspelt = key[:2] + key[1] + key[2:]
    told = read(number, misspelt + equals + value)
    assert told is not None
    assert f'config.toml:{number + 1}: unknown key "{misspelt}"' in told
    assert f'did you mean "{key}"?' in told


@pytest.mark.parametrize("number", EACH)
def test_a_wrong_value_is_told_in_our_own_words(number):
    check(number, VALUES[number % 7 :: 7])


@pytest.mark.slow
@pytest.mark.parametrize("number", EACH)
def test_any_wrong_value_is_told_in_our_own_words(number):
    check(number, VALUES)


def check(number, values):
    key, equals, _ = named(number)
    for value in values:
        told = read(number, key + equals + value)
        assert told is None or not RAW.search(told), told
        assert told is None or "something else" not in told, told


@pytest.mark.parametrize("number", EACH)
def test_a_line_left_out_is_told_in_our_own_words_or_may_be_left_out(number):
    told = read(number, "")
    assert told is None or re.match(r"config\.toml:\d+: ", told), told
    assert told is None or not RAW.search(told), told
