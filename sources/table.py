"""A file of comments, reviews or survey answers (CSV, TSV, JSONL, JSON): one mention a row, columns known by name."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, field_validator

from sources.base import (
    BadShape,
    Cursor,
    Item,
    LocalFile,
    MentionKind,
    Problem,
    RatingKind,
    Reading,
    Response,
    SourceConfig,
    source,
)
from sources.reading import exported, fields
from sources.reading.dates import speaks_day_first, when
from sources.reading.identity import bounded, content_hash
from sources.reading.links import web_link
from sources.reading.rows import Row, Table, read_table
from sources.reading.surveys import Survey, survey_of
from sources.reading.text import language, tidy


class Config(SourceConfig):
    """Which file, and how to understand it where the names of its columns do not say it."""

    path: str = Field(min_length=1, description="The file.")
    columns: dict[str, str] = Field(
        default_factory=dict, description='Field to column, e.g. { text = "What we heard", rating = "Stars" }.'
    )
    mention: MentionKind | None = Field(None, description="What its rows are; guessed where left out.")
    rating_max: float | None = Field(None, gt=0, description="The best rating possible; guessed where left out.")
    day_first: bool | None = Field(None, description="Read 03/04/2026 as the third of April; guessed where left out.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="What separates the columns.")
    personal: bool = Field(False, description="Keep columns with e-mail, phone and IP addresses among the extra facts.")

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in fields.FIELDS:
                raise ValueError(f'"{name}" is no field; fields are: {", ".join(fields.FIELDS)}')
        return columns


@dataclass(frozen=True, slots=True)
class Preview:
    """What a dry run shows: how the file was understood, and the first of what it would give."""

    form: str
    """csv, jsonl or json."""
    columns: Mapping[str, str]
    """Field to column name, for each field that is understood."""
    unused: tuple[str, ...]
    """Columns that are kept as extra facts."""
    dropped: tuple[str, ...]
    """Columns with personal data, which are not taken."""
    mention: MentionKind
    rating_max: float | None
    rows: int
    """Rows in the file, bad ones included."""
    undated: int
    """Rows without a time that could be read: they would count as said now."""
    dates_in: str
    """The column that seems to hold the time where none is known to; empty where none does."""
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Understood:
    """A table together with the meaning of its columns."""

    table: Table
    columns: Mapping[str, str]
    survey: Survey | None
    mention: MentionKind
    rating_max: float | None
    day_first: bool
    extra: tuple[str, ...]
    dropped: tuple[str, ...]
    keep_personal: bool


@source(
    kind="table",
    title="File (CSV, TSV, JSONL, JSON)",
    every="1h",
    terms="your own data; e-mail, phone and IP columns are left out unless asked for",
    example={"path": "comments.csv"},
    keeps="all",
    scope=lambda config: f"table:{config.path}",
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """The whole file whenever it, or how it is to be understood, has changed. Cursor: a fingerprint of both."""
    reply: Response = yield LocalFile(config.path)
    seal = hashlib.sha256(reply.body + config.model_dump_json().encode()).hexdigest()
    if cursor.get("seal") != seal:
        yield from items_in(reply.body, config)
    return {"seal": seal}


def items_in(body: bytes, config: Config) -> Iterator[Item | Problem]:
    """Every row as an item, or as the problem that it is. Raises `BadShape` where the file has no text column."""
    understood = _understand(body, config)
    seen: Counter[str] = Counter()
    for row in understood.table.rows:
        if isinstance(row, Problem):
            yield row
        else:
            yield exported.item(row.values) if exported.is_one(row.values) else _item(row, understood, seen)


def preview(body: bytes, config: Config, rows: int = 20) -> Preview:
    """The dry run: how the header is understood, and the first rows. Raises `BadShape` as `items_in` does."""
    understood = _understand(body, config)
    outcome = list(items_in(body, config))
    items = [step for step in outcome if isinstance(step, Item)]
    return Preview(
        form=understood.table.form,
        columns=dict(understood.columns),
        unused=understood.extra,
        dropped=understood.dropped,
        mention=understood.mention,
        rating_max=understood.rating_max,
        rows=len(outcome),
        undated=sum(1 for item in items if item.published is None),
        dates_in="" if "published" in understood.columns else _dates_in(understood.extra, items[:rows]),
        items=tuple(items[:rows]),
        problems=tuple(step for step in outcome if isinstance(step, Problem)),
    )


def _understand(body: bytes, config: Config) -> _Understood:
    table = read_table(body, config.delimiter)
    survey = survey_of(table)
    if survey:
        table = survey.table
    records = [row for row in table.rows if isinstance(row, Row)]
    columns = _columns(table.names, records, survey, config)
    used = set(columns.values()) | set(survey.questions if survey else ())
    left = [name for name in table.names if name not in used and not (survey and name in survey.plumbing)]
    dropped = () if config.personal else tuple(name for name in left if fields.is_personal(name))
    rated = columns.get("rating", "")
    best = config.rating_max or (_best([row.values.get(rated) for row in records], rated) if rated else None)
    dates = [str(row.values.get(columns.get("published", ""), "")) for row in records[:2000]]
    return _Understood(
        table=table,
        columns=columns,
        survey=survey,
        mention=config.mention or _mention(columns, survey),
        rating_max=best,
        day_first=speaks_day_first(dates) if config.day_first is None else config.day_first,
        extra=tuple(name for name in left if name not in dropped),
        dropped=dropped,
        keep_personal=config.personal,
    )


def _columns(names: list[str], records: Sequence[Row], survey: Survey | None, config: Config) -> dict[str, str]:
    """Field to column: by their names, by what is in them for the text, and as the configuration says."""
    for name in config.columns.values():
        if name not in names:
            raise BadShape("header", f'no column "{name}"; there are: {", ".join(names)}')
    free = [name for name in names if name not in config.columns.values()]
    guessed = {field: free[at] for field, at in fields.guess(free).items()}
    columns: dict[str, str] = {str(field): name for field, name in guessed.items()}
    columns |= {**(survey.columns if survey else {}), **config.columns}
    if "text" not in columns and not (survey and survey.questions):
        others = [name for name in free if name not in columns.values()]
        wordy = _wordiest([name for name in others if config.personal or not fields.is_personal(name)], records)
        if not wordy and "title" in columns:
            wordy = columns.pop("title")
        if not wordy:
            raise BadShape(
                "header", f'no column holds text; name it: columns = {{ text = "…" }}; there are: {", ".join(names)}'
            )
        columns["text"] = wordy
    return columns


def _wordiest(names: list[str], records: Sequence[Row]) -> str:
    """The column with the most words a row, if it has more than two."""
    sample = records[:200]
    words = {name: sum(len(str(row.values.get(name) or "").split()) for row in sample) for name in names}
    best = max(words, key=words.__getitem__, default="")
    return best if best and words[best] > 2 * len(sample) else ""


def _dates_in(names: Sequence[str], items: Sequence[Item]) -> str:
    """The first column whose every value is a time as people write it; mere numbers are not taken for one."""
    for name in names:
        values = [str(item.extra[name]) for item in items if name in item.extra]
        if values and all(when(value) and not value.isdigit() for value in values):
            return name
    return ""


def _best(values: Sequence[object], name: str) -> float | None:
    """The scale's end: as the values state it, else the smallest usual scale that holds all of them."""
    ratings = [rating for value in values if (rating := fields.rating_of(value, None, name))]
    return max((rating.best for rating in ratings), default=None)


def _mention(columns: Mapping[str, str], survey: Survey | None) -> MentionKind:
    named = " ".join(fields.plain_name(name) for name in columns.values())
    if survey:
        return "survey"
    if "review" in named:
        return "review"
    return "survey" if "rating" in columns else "post"


def _item(row: Row, understood: _Understood, seen: Counter[str]) -> Item | Problem:
    get = _getter(row, understood.columns)
    survey = understood.survey
    answers = survey.answers(row.values) if survey else []
    text = tidy("\n\n".join(answers)) if answers else tidy(get("text"))
    title = " ".join(get("title").split())
    rating = fields.rating_of(row.values.get(understood.columns.get("rating", "")), understood.rating_max)
    if not text and not title and rating is None:
        return Problem(f"line {row.line}", "no text and no rating")
    kind = get("kind")
    best = fields.rating_of(get("rating_max"))
    return Item(
        id=_id(row, get("id"), seen),
        text=text,
        title=title,
        url=web_link(get("url")),
        author=get("author") if understood.keep_personal else fields.person(get("author")),
        published=when(row.values.get(understood.columns.get("published", "")), day_first=understood.day_first),
        lang=language(get("lang")),
        rating=rating.value if rating else None,
        rating_max=(best.value if best else rating.best) if rating else None,
        rating_kind=_rating_kind(best.value if best else rating.best) if rating else None,
        kind=kind if kind in ("post", "comment", "review", "article", "survey") else understood.mention,
        extra=_extra(row, understood),
    )


def _getter(row: Row, columns: Mapping[str, str]) -> Any:
    def get(field: str) -> str:
        value = row.values.get(columns.get(field, ""))
        return value.strip() if isinstance(value, str) else "" if value is None else str(value)

    return get


def _rating_kind(best: float) -> RatingKind:
    return "stars" if best == 5 else "thumb" if best == 1 else "score"


def _id(row: Row, given: str, seen: Counter[str]) -> str:
    """The given id, else the row's hash; the same answer of several people is told apart by its turn."""
    words = [str(value) for value in row.values.values()]
    identifier = bounded(given) if given else content_hash(*words)
    seen[identifier] += 1
    if seen[identifier] == 1:
        return identifier
    if given:  # an id that occurs again with other words is not lost
        identifier = content_hash(*words)
        seen[identifier] += 1
        return identifier if seen[identifier] == 1 else f"{identifier}#{seen[identifier]}"
    return f"{identifier}#{seen[identifier]}"


def _extra(row: Row, understood: _Understood) -> dict[str, Any]:
    found = {name: row.values.get(name) for name in understood.extra[:30]}
    if not understood.keep_personal:
        found = {name: value for name, value in found.items() if not fields.reaches_somebody(value)}
    return {name: value[:500] if isinstance(value, str) else value for name, value in found.items() if _worth(value)}


def _worth(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and bool(value.strip()))
