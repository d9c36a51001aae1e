"""Turns the text of a configuration into a `Config`, or into one error that lists everything that is wrong with it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.config import brands, digests, labels, routing, watched, ways
from monitor.config.lines import locate
from monitor.config.problems import ConfigError, Findings, Problem, did_you_mean
from monitor.config.shape import (
    ONCE,
    REPEATED,
    Config,
    Email,
    Log,
    Network,
    Scoring,
    Store,
    Summary,
    Web,
)
from monitor.config.tables import Document

_SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in a file. Raises `ConfigError`, listing everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(str(path), [Problem(None, "there is no such file; write one with: overheard init")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(str(path), [Problem(line, "not UTF-8 text; save the file as UTF-8")]) from None
    except OSError as error:
        raise ConfigError(str(path), [Problem(None, f"cannot be read: {error.strerror}")]) from None
    return loads(text, path, environ)


def loads(text: str, path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in a text, as if it stood in the file `path`. Raises `ConfigError`."""
    text = text.replace("\r\n", "\n")
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [_syntax(str(error), text)]) from None
    findings = Findings(locate(text))
    document = Document(written, Path(os.path.abspath(path)).parent, environ, findings)
    config = _config(document, path)
    if findings.found:
        raise ConfigError(str(path), findings.found)
    return config


def _config(document: Document, path: Path) -> Config:
    """Every section read. Only to be used when nothing was found wrong."""
    _check_names(document)
    email = document.section("email", Email)
    found_brands = brands.read(document)
    channels = ways.read(document, email)
    subscriptions = digests.read(document, found_brands, routing.department_names(document), channels)
    departments = routing.read_departments(document, found_brands, channels)
    rules = routing.read_rules(document, departments, found_brands, channels)
    alerts = routing.read_alerts(document, found_brands, channels)
    return Config(
        path=Path(os.path.abspath(path)),
        store=document.section("store", Store) or Store(),
        network=document.section("network", Network) or Network(),
        brands=found_brands.entries,
        sources=watched.read(document, found_brands),
        digests=subscriptions,
        channels=tuple(channels.found.values()),
        departments=departments,
        rules=rules,
        alerts=alerts,
        summary=document.section("summary", Summary) or Summary(),
        email=email,
        web=document.section("web", Web) or Web(),
        scoring=document.section("scoring", Scoring) or Scoring(),
        topics=labels.read_own(document, "topic"),
        touchpoints=labels.read_own(document, "touchpoint"),
        stages=labels.read_own(document, "stage"),
        taxonomy=labels.read(document),
        log=document.section("log", Log) or Log(),
    )


def _check_names(document: Document) -> None:
    """Notes unknown sections, and known ones written with too few or too many brackets."""
    headers = [*(f"[{name}]" for name in ONCE), *(f"[[{name}]]" for name in REPEATED)]
    for name, value in document.written.items():
        if name not in ONCE and name not in REPEATED:
            unknown = f'section "{name}"' if isinstance(value, dict | list) else f'key "{name}" outside of any section'
            known = {header.strip("[]"): header for header in headers}
            hint = did_you_mean(name, known, otherwise="the sections are")
            for plain, header in known.items():
                hint = hint.replace(f'"{plain}"', header)
            document.findings.add((name,), f"unknown {unknown}{hint}")
        elif name in ONCE and not isinstance(value, dict):
            document.findings.add((name,), f"write [{name}] with single brackets: it stands once")
        elif name in REPEATED and not _is_array_of_tables(value):
            document.findings.add((name,), f"write [[{name}]] with double brackets: there can be several")


def _is_array_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)


def _syntax(message: str, text: str) -> Problem:
    """A TOML syntax error, with its line and a word about the likely slip."""
    found = _SYNTAX.fullmatch(message)
    if not found:
        return Problem(None, f"not valid TOML: {message}")
    line = int(found["line"]) if found["line"] else text.rstrip("\n").count("\n") + 1
    column = f" (column {found['column']})" if found["column"] else " (at the end of the file)"
    lines = text.split("\n")
    slip = _slip(lines[line - 1] if line <= len(lines) else "")
    return Problem(line, f"not valid TOML: {_calmed(found['what'])}{column}{slip}")


def _calmed(what: str) -> str:
    return what[:1].lower() + what[1:]


def _slip(line: str) -> str:
    """What a person probably meant on a line that is not TOML."""
    key, equals, value = line.partition("=")
    key, value = key.strip(), value.strip()
    if "\\" in value and value.startswith('"'):
        return "; a backslash needs single quotes around the text, or a second backslash"
    if equals and re.match(r"[“”‘’«„]", value):
        return '; write straight quotes: "…"'
    if equals and value and not re.match(r"[\"'\[{]", value) and re.fullmatch(r"[\w.-]+", key):
        return f'; text and times need quotes: {key} = "…"'
    if not equals and ":" in line and not line.lstrip().startswith("["):
        return f'; write = between key and value: {line.partition(":")[0].strip()} = "…"'
    return ""
