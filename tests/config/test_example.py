"""config.example.toml holds every option there is, explained, and is a right configuration as it stands."""

import re
import tomllib
from pathlib import Path

import pytest

import sources
from monitor import channels
from monitor.config import loads
from monitor.config.keys import spellings
from monitor.config.shape import ONCE, REPEATED, Email, SourceTable

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
AS_IT_STANDS = EXAMPLE.read_text("utf-8")
SWITCHED_OFF = re.compile(r"^#(?=[a-z_\[])", re.MULTILINE)
ALL_ON = SWITCHED_OFF.sub("", AS_IT_STANDS)


def options(model):
    """Each option of a model, as the set of spellings that it may have."""
    return [frozenset(spellings(name, field, model)) for name, field in model.model_fields.items()]


def unwritten(model, tables):
    """The options of a model that none of these tables gives."""
    written = {key for table in tables for key in table}
    return [sorted(names) for names in options(model) if not names & written]


def tables(section, kind=None):
    found = tomllib.loads(ALL_ON).get(section, [])
    return [table for table in found if kind is None or table["kind"] == kind]


def test_it_can_be_used_as_it_stands():
    config = loads(AS_IT_STANDS, EXAMPLE, {"TZ": "UTC"})
    assert [brand.name for brand in config.own_brands] == ["Acme"]
    assert config.digests[0].to


def test_it_can_be_used_with_every_option_switched_on():
    names = re.findall(r"\$\{([A-Z_]+)\}", ALL_ON)
    environ = {name: "whsec_c2VjcmV0" if name.endswith("_SECRET") else "https://a.example/b" for name in names}
    assert loads(ALL_ON, EXAMPLE, {"TZ": "UTC", **environ}).network.allow


@pytest.mark.parametrize("section", ONCE)
def test_it_holds_every_option_of_a_section(section):
    assert unwritten(ONCE[section], [tomllib.loads(ALL_ON).get(section, {})]) == []


@pytest.mark.parametrize("section", REPEATED)
def test_it_holds_every_option_of_a_section_that_repeats(section):
    assert unwritten(REPEATED[section], tables(section)) == []


@pytest.mark.parametrize("kind", sources.names())
def test_it_holds_every_option_of_a_kind_of_source(kind):
    assert tables("source", kind)
    assert unwritten(sources.load(kind).Config, tables("source", kind)) == []


@pytest.mark.parametrize("kind", channels.names())
def test_it_holds_every_option_of_a_kind_of_channel(kind):
    lent = [dict.fromkeys(Email.model_fields)] if kind == "email" else []
    assert tables("channel", kind)
    assert unwritten(channels.load(kind).Options, [*tables("channel", kind), *lent]) == []


def test_every_option_stands_under_a_comment():
    common = set(SourceTable.model_fields)
    lines = AS_IT_STANDS.split("\n")
    for number, line in enumerate(lines):
        option = re.match(r"#?([a-z_]+) = ", line)
        if not option or option[1] in common:
            continue
        above = number - 1
        while re.match(r"#?([a-z_]+ = |\[)", lines[above]):
            above -= 1
        assert lines[above].startswith("# "), f"line {number + 1} has no comment: {line}"
