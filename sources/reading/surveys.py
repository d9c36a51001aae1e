"""Exports of SurveyMonkey and Typeform, known by their columns: which are questions, which are plumbing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sources.reading.fields import is_personal, plain_name, rating_of
from sources.reading.rows import Row, Table

_SURVEYMONKEY = {"respondent id", "collector id", "start date", "end date"}
_SURVEYMONKEY_PLUMBING = _SURVEYMONKEY | {"ip address", "email address", "first name", "last name", "custom data 1"}
_TYPEFORM = {"response type", "start date utc", "submit date utc"}
_TYPEFORM_PLUMBING = _TYPEFORM | {"column 1", "stage date utc", "network id", "tags", "ending"}
_SCORED = ("recommend", "rate", "rating", "score", "satisf", "stars", "nps", "how likely", "scale")


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey's table with its questions sorted out."""

    service: str
    table: Table
    columns: Mapping[str, str]
    """Field to column, for the fields that are no question, and for the rating."""
    questions: tuple[str, ...]
    """Columns with answers in people's own words."""
    plumbing: frozenset[str]
    """Columns that say nothing of the respondent's opinion."""

    def answers(self, values: Mapping[str, Any]) -> list[str]:
        """What one respondent wrote; after its question where there are several."""
        said = [(name, str(values.get(name) or "").strip()) for name in self.questions]
        if len(self.questions) == 1:
            return [answer for _, answer in said if answer]
        return [f"{_question(name)}\n{answer}" for name, answer in said if answer]


def survey_of(table: Table) -> Survey | None:
    """The survey whose export this table is, or None."""
    if table.form != "csv":
        return None
    plain = {plain_name(name): name for name in table.names}
    if len(_SURVEYMONKEY & plain.keys()) >= 3:
        return _survey(
            "SurveyMonkey", _without_second_header(table), plain, _SURVEYMONKEY_PLUMBING, "respondent id", "end date"
        )
    if len(_TYPEFORM & plain.keys()) >= 2:
        return _survey("Typeform", table, plain, _TYPEFORM_PLUMBING, "column 1", "submit date utc")
    return None


def _survey(service: str, table: Table, plain: Mapping[str, str], plumbing: set[str], id_: str, date: str) -> Survey:
    columns = {"id": plain.get(id_) or plain.get("", ""), "published": plain.get(date) or plain.get("start date", "")}
    if not columns["id"]:
        columns["id"] = next((name for name in table.names if name.strip("\ufeff ") == "#"), "")
    rows = [row for row in table.rows if isinstance(row, Row)]
    unasked = {name for key, name in plain.items() if key in plumbing} | set(columns.values())
    asked = [name for name in table.names if name not in unasked and not is_personal(name)]
    scored = [name for name in asked if _is_scored(name, rows)]
    written = tuple(name for name in asked if name not in scored and _is_written(name, rows))
    if scored:
        columns["rating"] = scored[0]
    return Survey(service, table, {field: name for field, name in columns.items() if name}, written, frozenset(unasked))


def _without_second_header(table: Table) -> Table:
    """SurveyMonkey writes the kinds of answers ("Open-Ended Response", option names) into a second header line."""
    first = next((row for row in table.rows if isinstance(row, Row)), None)
    respondent = next(name for name in table.names if plain_name(name) in ("respondent id", "collector id"))
    if first is None or str(first.values.get(respondent) or "").strip():
        return table
    names = [_with_option(name, str(first.values.get(name) or "").strip()) for name in table.names]
    renamed = dict(zip(table.names, names, strict=True))
    rows = [
        row if not isinstance(row, Row) else Row(row.line, {renamed[name]: value for name, value in row.values.items()})
        for row in table.rows
        if row is not first
    ]
    return Table(table.form, names, rows, table.delimiter)


def _with_option(name: str, option: str) -> str:
    return name if option.lower() in ("", "response", "open-ended response") else f"{name}: {option}"


def _filled(name: str, rows: Sequence[Row]) -> list[str]:
    return [said for row in rows[:500] if (said := str(row.values.get(name) or "").strip())]


def _is_scored(name: str, rows: Sequence[Row]) -> bool:
    said = _filled(name, rows)
    return bool(said) and any(word in name.lower() for word in _SCORED) and all(rating_of(answer) for answer in said)


def _is_written(name: str, rows: Sequence[Row]) -> bool:
    """Own words rather than ticks: more than two words on average, or hardly ever the same twice."""
    said = _filled(name, rows)
    words = sum(len(answer.split()) for answer in said)
    return bool(said) and words > 2 * len(said) and len({*said}) * 2 > len(said)


def _question(name: str) -> str:
    return name if name.endswith(("?", ":", ".", "!")) else f"{name}:"
