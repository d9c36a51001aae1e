"""What people note of a mention is kept, attributed, found by searches, and restored by its undo."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor import searches
from monitor.commands.triaging import checked
from monitor.errors import Refused
from monitor.query.lines import document_of
from monitor.store import index, meant, triage
from monitor.store.triage import Change, Standing


@pytest.fixture
def told(house, item):
    """Two mentions of Acme, the second of Bolt too."""
    house.take(item("1", "acme lost my refund"), item("2", "acme beats bolt"))
    return house


def note(house, mention_id=1, brand="Acme", by="Ann", **wanted):
    return house.store.writing(triage.change, mention_id, house.ids[brand], Change(**wanted), by=by, now=house.now)


def stands(house, mention_id=1, brand="Acme"):
    return house.store.reading(triage.of, mention_id, house.ids[brand])


def test_a_search_finds_what_was_noted_and_the_index_agrees_with_the_rows(told):
    note(told, assignee="ann", team="Care Team", add=["VIP", "top 10%"])
    for query in (
        "status:assigned assignee:@ann tag:vip team:care-team",
        'tag:"top 10%"',
        "status:new OR tag:VIP -bolt",
    ):
        assert "acme lost my refund" in told.texts(query), query
    assert told.texts("status:new") == ["acme beats bolt"]
    assert told.store.reading(index.faults) == []
    note(told, status="new", assignee="", team="", remove=["vip", "Top 10%"])
    assert told.texts("status:assigned OR tag:vip OR team:care-team OR assignee:ann") == []
    assert told.store.reading(index.faults) == []


def test_an_index_made_anew_knows_what_was_noted(told):
    note(told, status="hidden", add=["vip"])
    told.store.writing(index.rebuild)
    assert told.texts("status:hidden tag:vip") == ["acme lost my refund"]


def test_a_mention_of_two_brands_stands_with_each_of_them(told):
    note(told, 2, "Acme", status="resolved")
    assert (stands(told, 2, "Acme")[0].status, stands(told, 2, "Bolt")[0].status) == ("resolved", "new")
    assert told.texts("status:resolved") == ["acme beats bolt"]
    assert "acme beats bolt" in told.texts("status:new")


def test_every_change_says_who_and_when_and_one_that_changes_nothing_does_not(told):
    note(told, by="Ann", assignee="bob")
    told.now += timedelta(hours=1)
    note(told, by="Eve", assignee="bob")
    assert stands(told)[1] == triage.Touched("Ann", told.now - timedelta(hours=1))
    note(told, by="Eve", note="called")
    assert stands(told)[1] == triage.Touched("Eve", told.now)


def test_what_is_not_named_stays_as_it_was(told):
    note(told, status="replied", assignee="ann", team="care", note="called twice", add=["vip", "angry"])
    note(told, remove=["angry"])
    note(told, team="legal")
    assert stands(told)[0] == Standing("replied", "ann", "legal", ("vip",), "called twice")


def test_naming_an_assignee_has_a_new_mention_assigned_and_leaves_any_other_status(told):
    assert note(told, assignee="ann")[1].status == "assigned"
    note(told, status="resolved")
    assert note(told, assignee="bob")[1].status == "resolved"
    assert note(told, status="new", assignee="eve")[1].status == "new"


def test_a_tag_is_one_however_its_capitals_and_hyphens_are_written(told):
    assert note(told, add=["Late delivery", "late-delivery", "LATE_DELIVERY"])[1].tags == ("Late delivery",)
    assert note(told, add=["late delivery"])[1].tags == ("Late delivery",)
    assert note(told, remove=["late-Delivery"])[1].tags == ()


def test_the_sign_of_a_tag_says_nothing(told):
    asked = checked({"add": ["#vip"], "remove": [" #late"]})
    assert (asked.add, asked.remove) == (["vip"], ["late"])
    note(told, add=asked.add)
    assert told.texts("tag:#vip") == told.texts("tag:vip") == ["acme lost my refund"]


def test_what_was_noted_outlives_an_edit_of_the_mention(told, item):
    note(told, status="assigned", add=["vip"])
    told.take(item("1", "acme lost my refund, twice"))
    assert told.texts("tag:vip status:assigned") == ["acme lost my refund, twice"]


@pytest.mark.parametrize(
    ("change", "told_"),
    [
        ({"status": "asigned"}, 'did you mean "assigned"?'),
        ({"status": ""}, "there are: new, assigned"),
        ({"add": ["--"]}, "names no tag"),
        ({"team": 'the "A" team'}, "leave them out"),
        ({"add": ["x" * 101]}, "at most 100 characters"),
        ({"assignee": "@"}, "names no assignee"),
        ({"add": ["VIP"], "remove": ["vip"]}, "not both"),
        ({"note": "x" * 4_001}, "at most 4,000 characters"),
    ],
)
def test_what_cannot_be_noted_is_refused_with_what_to_do(change, told_):
    with pytest.raises(Refused, match="(?s)" + told_.replace("?", r"\?")):
        checked(change)


def test_a_mention_that_is_gone_or_of_no_brand_is_refused(told, item):
    told.take(gone=("1",))
    told.listen({"Acme": "acme", "Bolt": "bolt"})
    with pytest.raises(Refused, match="deleted at its source"):
        told.store.reading(meant.present, 1)
    with pytest.raises(Refused, match="no mention 77"):
        told.store.reading(meant.present, 77)
    with pytest.raises(Refused, match="of no brand"):
        told.store.reading(meant.brand, 1, "")
    with pytest.raises(Refused, match="of Acme and Bolt: say of which with --brand"):
        told.store.reading(meant.brand, 2, "")


@pytest.mark.parametrize("number", ["9" * 19, "#" + "9" * 5_000])
def test_a_number_that_no_mention_can_have_is_refused(told, number):
    with pytest.raises(Refused, match="no mention"):
        told.store.reading(meant.mention_id, number)


def test_what_is_noted_comes_with_what_a_search_finds(told):
    note(told, assignee="ann", team="Care", add=["VIP"], note="calls on Monday")
    found = {one.mention.id: searches.as_json(one) for one in told.store.reading(searches.find, "acme", 9)}
    assert {name: found[1][name] for name in searches.NOTED} == {
        "status": ["assigned"], "assignee": ["ann"], "team": ["Care"], "tags": ["VIP"], "note": ["calls on Monday"],
    }  # fmt: skip
    assert found[2]["status"] == ["new"]
    assert document_of(found[1]).assignees == ("ann",)
