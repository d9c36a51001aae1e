"""The index follows the rows whatever happens to them, and facets are what counting anew gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from monitor import searches
from monitor.errors import StoreUnusable
from monitor.mention import Brand
from monitor.searches import Search
from monitor.store import brands, corrections, index, tally
from monitor.store.engine import Store
from monitor.store.search import Search as Asking
from monitor.store.search import Stretch, ranged
from sources.base import Item

LONG = "The parcel of the kettle from Acme came two weeks late and nobody at the shop could say where it had been"
EVERY_KIND = "type:(post OR comment OR review OR article OR survey)"


def _faults(house):
    return house.store.reading(index.faults)


def _facets(house, query="", **asked):
    return house.store.reading(searches.facets, Search(query, **asked), 50)


def _some_item(draw: random.Random, number: int, now: datetime) -> Item:
    words = draw.choices(["Acme", "Bolt", "kettle", "leaks", "great", "Straße", "#sale", "@acme", "東京", "jobs"], k=5)
    return Item(
        id=str(number),
        text=draw.choice([" ".join(words), LONG, LONG.upper()]),
        title=draw.choice(["", "A title"]),
        author=draw.choice(["ann", "@Acme", "Jörg Müller", ""]),
        url=draw.choice([f"https://shop.example/{number}", f"https://news.acme.example/{number}", ""]),
        published=now - timedelta(hours=draw.uniform(0, 24 * 40)),
        lang=draw.choice(["en", "en-GB", ""]),
        rating=draw.choice([None, 1.0, 4.5]),
        kind=draw.choice(["post", "review", "comment"]),
        extra=draw.choice([{}, {"followers": 12_345}, {"likes": 3, "views": 900}]),
    )


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_index_and_the_facets_say_what_the_rows_say(house, seed):
    draw = random.Random(seed)
    number = 0
    for _ in range(25):
        match draw.randrange(7):
            case 0 | 1:
                house.take(*(_some_item(draw, number + more, house.now) for more in range(4)))
                number += 4
            case 2 if number:
                house.take(_some_item(draw, draw.randrange(number), house.now))
            case 3 if number:
                house.take(gone=(str(draw.randrange(number)),))
            case 4:
                topics = [{"label": draw.choice(["price", "late_delivery"]), "score": 0.9}]
                likely = draw.choice([0.1, 0.9])
                house.judge(draw.choice(["negative", "positive"]), likely, topics=topics, need=draw.choice(
                    [[], [{"label": "question", "score": 0.9}]]
                ))  # fmt: skip
            case 5 if number:
                _correct_one(house, draw)
            case _:
                known = [Brand(0, name, query, own=draw.choice([(), ("@acme",), ("acme.example",)]))
                         for name, query in house.queries.items()]  # fmt: skip
                house.store.writing(brands.sync, known)
        assert _faults(house) == []
    for query in ("", 'brand:"Acme"', 'brand:"Bolt"'):
        counted, walked = _facets(house, query), _facets(house, f"{query} {EVERY_KIND}")
        assert counted == walked
    assert number


def _correct_one(house, draw: random.Random) -> None:
    ids = [one.mention.id for one in house.store.reading(searches.find, "brand:Acme", 50)]
    if ids:
        chosen, acme = draw.choice(ids), house.ids["Acme"]
        said = {"sentiment": draw.choice(["negative", "positive"])}
        house.store.writing(corrections.correct, chosen, acme, said, by="ann", note="", now=house.now)


def test_an_index_made_anew_holds_the_same(house, item):
    house.take(*(_some_item(random.Random(number), number, house.now) for number in range(40)))
    house.judge("negative")

    def held(connection):
        rows = connection.exec_driver_sql("SELECT * FROM indexed ORDER BY 1").all()
        counts = connection.exec_driver_sql("SELECT * FROM tally WHERE n > 0 ORDER BY 1, 2, 3, 4, 5").all()
        return rows, counts

    before = house.store.reading(held)
    assert house.store.writing(index.rebuild) == len(before[0]) > 30
    assert house.store.reading(held) == before
    assert len(house.texts("kettle OR leaks OR great OR acme")) > 10


def test_nobody_searches_a_store_whose_index_is_still_being_made(house, item):
    house.take(item("1", "Acme leaks"))
    house.store.writing(lambda connection: connection.exec_driver_sql("DELETE FROM setting WHERE key = 'index'"))
    with pytest.raises(StoreUnusable, match="made ready for searching"):
        Store(house.store.path, write=False)
    house.store.close()
    house.store = Store(house.store.path, write=True)
    assert Store(house.store.path, write=False).reading(searches.count, Search("acme")).n == 1


def test_nothing_of_a_deleted_mention_stays_in_the_counts(house, item):
    house.take(item("1", "Acme leaks", author="Ann Lee", url="https://ann.example/1"))
    house.judge("negative")
    house.take(gone=("1",))
    assert house.store.reading(lambda connection: connection.exec_driver_sql("SELECT * FROM tally").all()) == []


def test_facts_that_the_index_lacks_are_noticed(house, item):
    house.take(item("1", "Acme leaks"))
    house.store.writing(lambda connection: connection.exec_driver_sql("UPDATE indexed SET facts = 'all'"))
    assert _faults(house) == [1]


def test_a_transaction_that_is_taken_back_leaves_the_index_as_it_was(house, item):
    house.take(item("1", "Acme leaks"))

    def fail(connection):
        index.touched.touch(connection, [1, 2, 3])
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        house.store.writing(fail)
    house.take(item("2", "Acme shines"))
    assert _faults(house) == []
    assert house.texts("acme") == ["Acme shines", "Acme leaks"]


@pytest.mark.parametrize(
    "hours", [(0, 24 * 30), (5, 24 * 20 + 7), (30, 31), (24 * 3, 24 * 3 + 24), (24 * 200, 24 * 300), (1, 24 * 90)]
)
def test_facets_of_a_brand_are_what_counting_anew_gives_for_any_stretch_of_time(house, hours):
    draw = random.Random(5)
    house.take(*(_some_item(draw, number, house.now) for number in range(150)))
    house.judge("negative", topics=[{"label": "price", "score": 0.9}])
    asked = {"since": house.now - timedelta(hours=hours[1]), "until": house.now - timedelta(hours=hours[0])}
    for brand in ("", "Acme"):
        counted, walked = _facets(house, brand=brand, **asked), _facets(house, EVERY_KIND, brand=brand, **asked)
        assert counted == walked
        assert counted.total == house.store.reading(searches.count, Search(brand=brand, **asked))


def test_days_are_covered_by_few_blocks_that_do_not_overlap():
    for first in range(0, 200, 7):
        for end in range(first, first + 300, 11):
            blocks = list(tally.blocks_of(first, end))
            days = [day for level, low, high in blocks
                    for number in range(low, high)
                    for day in range(number * tally.LEVELS[level], (number + 1) * tally.LEVELS[level])]  # fmt: skip
            assert sorted(days) == list(range(first, end))
            assert len(blocks) <= 5


def test_the_newest_are_walked_without_sorting_anything(house, item):
    house.take(item("1", "Acme leaks"))
    asked = searches.read

    def plan(connection):
        asking = Asking(connection, asked(connection, Search('acme brand:"Acme"', since=house.now - timedelta(days=9))))
        sql, values = ranged(asking.where, Stretch(), asking.where.match)
        plan = f"EXPLAIN QUERY PLAN SELECT w.rowid FROM mention_words AS w {sql} ORDER BY w.rowid"
        return [row.detail for row in connection.exec_driver_sql(plan, values)]

    (step,) = house.store.reading(plan)
    assert "VIRTUAL TABLE INDEX" in step
    assert "TEMP B-TREE" not in step


def test_what_was_copied_is_led_by_the_first_and_a_deleted_one_leads_no_more(house, item):
    for number in "123":
        house.take(item(number, f"{LONG} https://shop{number}.example"))
    house.take(item("4", "Acme: great app"), item("5", "Acme: great app"))
    ids = {number: house.store.reading(searches.find, f"shop{number}", 1)[0].mention.id for number in "123"}

    def found(query):
        return {one.mention.id for one in house.store.reading(searches.find, query, 9)}

    assert found("is:story-lead") == {ids["1"]}
    assert found("is:duplicate") == {ids["2"], ids["3"]}
    house.take(gone=("1",))
    assert found("is:story-lead") == {ids["2"]}
    assert found("is:duplicate") == {ids["3"]}


def test_what_a_brand_wrote_itself_is_told_apart(house, item):
    house.take(
        item("1", "Acme says hello", author="@acme"),
        item("2", "Acme says hello", author="ann", url="https://blog.acme.example/1"),
        item("3", "Acme says hello", author="acme fan"),
    )
    assert house.texts("is:own") == []
    house.store.writing(brands.sync, [Brand(0, "Acme", "acme NOT jobs", own=("@Acme", "acme.example"))])
    assert len(house.texts("is:own")) == 2
    assert [one.mention.author for one in house.store.reading(searches.find, "-is:own", 9)] == ["acme fan"]
    house.store.writing(brands.sync, [Brand(0, "Acme", "acme NOT jobs")])
    assert house.texts("is:own") == []


def test_a_country_is_found_where_the_source_tells_it(house, item):
    house.take(item("1", "Acme leaks", extra={"country": "us"}), item("2", "Acme shines"))
    assert house.texts("country:us") == ["Acme leaks"]
    assert house.texts("-country:us acme") == ["Acme shines"]


@pytest.mark.parametrize(
    "name",
    ["#東京オリンピック開催決定おめでとう", "#a_b_c_d_e_f_g_h_i_j_k_l_m", "@a.b.c.d.e.f.g.h.i.j.k.l.m.n.example"],
)
def test_tags_and_handles_of_many_words_are_found(house, item, name):
    house.take(item("1", f"Acme {name} !"), item("2", f"Acme {name.replace('#', '').replace('@', '')}"))
    assert house.texts(name) == [f"Acme {name} !"]


def test_a_source_is_told_with_all_of_its_name_whatever_spaces_it_holds(house, item):
    house.take(item("1", "Acme"), origin=type(house.origin)("Le\u00a0Monde", "feed", "scope"))
    assert _facets(house).by["source"] == (("Le\u00a0Monde", 1),)


def test_a_place_tells_its_mention_and_its_day():
    at = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    number = index.place(at, 123_456_789)
    assert index.id_at(number) == 123_456_789
    assert index.day_at(number) == (at - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert index.place(at + timedelta(seconds=1), 1) < number < index.place(at, 5)


def test_nought_is_not_more_than_nought(house, item):
    house.take(item("1", "Acme leaks", extra={"followers": 0}), item("2", "Acme shines", extra={"followers": 1}))
    assert house.texts("followers:>0") == ["Acme shines"]
    assert house.texts("-followers:>0") == ["Acme leaks"]
    assert house.texts("followers:0") == ["Acme leaks"]
