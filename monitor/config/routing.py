"""Reads who answers what, what people are told of at once, and what counts as unusual: departments, rules, alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from monitor.config.brands import Brands
from monitor.config.digests import check_department
from monitor.config.lines import Place
from monitor.config.problems import did_you_mean
from monitor.config.shape import Alerts, DepartmentTable, RuleTable
from monitor.config.tables import Document, check_unique
from monitor.config.times import machine_timezone
from monitor.config.ways import Ways
from monitor.query.fields import label
from monitor.query.parse import parse
from monitor.query.problem import QueryError
from monitor.query.tree import Label, walk

Named = TypeVar("Named", DepartmentTable, RuleTable)


def department_names(document: Document) -> tuple[str, ...]:
    """Every department that the file names, also where its table is wrong."""
    return tuple(name for _, table in document.tables("department") if (name := document.text(table.get("name"))))


def read_departments(document: Document, brands: Brands, ways: Ways) -> tuple[DepartmentTable, ...]:
    """Every department, in the order in which they are asked."""
    found = []
    for place, table in document.tables("department"):
        one = document.read(table, DepartmentTable, place, "[[department]]")
        if one:
            _check_query(document, place, "[[department]]", one.query, brands)
            to = ways.take_all(document, place, "to", "[[department]]", one.to)
            found.append(one.model_copy(update={"to": tuple(to)}))
    return _unique(document, "department", found)


def read_rules(
    document: Document, departments: Sequence[DepartmentTable], brands: Brands, ways: Ways
) -> tuple[RuleTable, ...]:
    """Every rule. One that would tell nobody is noted."""
    known = department_names(document)
    lines = {one.name: one.to for one in departments}
    found = []
    for place, table in document.tables("rule"):
        one = document.read(table, RuleTable, place, "[[rule]]")
        if one is None:
            continue
        _check_query(document, place, "[[rule]]", one.query, brands)
        check_department(document, place, "[[rule]]", one.department, known)
        to = ways.take_all(document, place, "to", "[[rule]]", one.to)
        above = ways.take_all(document, place, "escalate_to", "[[rule]]", one.escalate_to)
        if not one.to and not lines.get(one.department):
            message = "[[rule]] tells nobody; add to = a channel, or department = one that has a `to`"
            document.findings.add(place, message)
        if one.escalate_after and not one.escalate_to:
            message = "[[rule]] escalates to nobody; add escalate_to = a channel"
            document.findings.add((*place, "escalate_after"), message)
        if one.escalate_to and not one.escalate_after:
            message = '[[rule]] never escalates; add escalate_after = how long to wait for an answer, "4h" say'
            document.findings.add((*place, "escalate_to"), message)
        zone = one.timezone or machine_timezone(document.environ)
        found.append(one.model_copy(update={"to": tuple(to), "escalate_to": tuple(above), "timezone": zone}))
    return _unique(document, "rule", found)


def read_alerts(document: Document, brands: Brands, ways: Ways) -> Alerts:
    """The section [alerts]."""
    section = document.section("alerts", Alerts) or Alerts()
    to = ways.take_all(document, ("alerts",), "to", "[alerts]", section.to)
    for at, name in enumerate(section.brands):
        if brands.misses(name):
            message = f'"brands" in [alerts]: there is no brand "{name}"{did_you_mean(name, brands.names)}'
            document.findings.add(("alerts", "brands", at), message)
    zone = section.timezone or machine_timezone(document.environ)
    return section.model_copy(update={"to": tuple(to), "timezone": zone})


def _check_query(document: Document, place: Place, section: str, query: str, brands: Brands) -> None:
    """Note a query that cannot be read, or that could never find anything."""
    try:
        root = parse(query, as_view=True).root
    except QueryError as error:
        document.findings.add((*place, "query"), f"the query of {section} cannot be read:\n{error}")
        return
    labels = [node for node in walk(root) if isinstance(node, Label)]
    if any(node.field == "like" for node in labels):
        message = f"the query of {section} asks for like:, which looks through all that is stored; leave it out"
        document.findings.add((*place, "query"), message)
    known = {label(name): name for name in brands.names}
    for named in dict.fromkeys(node.value for node in labels if node.field == "brand"):
        if brands.complete and named not in known:
            message = f'the query of {section}: there is no brand "{named}"{did_you_mean(named, known)}'
            document.findings.add((*place, "query"), message)


def _unique(document: Document, section: str, found: Collection[Named]) -> tuple[Named, ...]:
    check_unique(document, section, [one.name for one in found])
    return tuple(found)
