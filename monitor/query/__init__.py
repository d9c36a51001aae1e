"""The query language: what a brand is, what a view shows, what a search finds; one meaning for all of them. Pure.

`parse` reads a query, `compile` makes it match one document, `QuerySet` matches thousands at once, `need` says what an
index may look for first, `explain` tells a person how a query is read, `trace` why it matches.
docs/query-language.md is the meaning.
"""

from __future__ import annotations

from monitor.query.document import Document, Match, Span
from monitor.query.explain import account, explain, laid_out
from monitor.query.lines import Problem, match_lines, spans_of
from monitor.query.lint import Finding, lint, mended, worst
from monitor.query.matcher import Matcher, compile
from monitor.query.narrow import AllOf, AnyOf, Need, Run, fts5, need
from monitor.query.parse import parse
from monitor.query.problem import QueryError
from monitor.query.queryset import QuerySet
from monitor.query.text import Words, fold, index_words
from monitor.query.trace import Trace, told_spans, trace
from monitor.query.tree import Query

__all__ = [
    "AllOf",
    "AnyOf",
    "Document",
    "Finding",
    "Match",
    "Matcher",
    "Need",
    "Problem",
    "Query",
    "QueryError",
    "QuerySet",
    "Run",
    "Span",
    "Trace",
    "Words",
    "account",
    "compile",
    "explain",
    "fold",
    "fts5",
    "index_words",
    "laid_out",
    "lint",
    "match_lines",
    "mended",
    "need",
    "parse",
    "spans_of",
    "told_spans",
    "trace",
    "worst",
]
