"""More like this one: what mentions mean is kept with their scores, follows their words, and finds the like of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect

from models.judge import Judge
from models.weights import ENGLISH, SHIPPED
from monitor import pipeline
from monitor.engine.scoring import text_of
from monitor.engine.shipped import Shipped
from monitor.errors import Refused
from monitor.store import likeness, opinions
from monitor.store.likeness import PLACES, WIDTH
from monitor.store.schema import MIGRATIONS

LATE, OTHER = np.linalg.qr(np.random.default_rng(5).standard_normal((WIDTH, 2)))[0].T
"""Two meanings that have nothing in common."""


def meaning(cosine: float) -> np.ndarray:
    """So near to LATE."""
    return cosine * LATE + np.sqrt(1 - cosine**2) * OTHER


def score(house, meanings: Mapping[str, np.ndarray | None], encoder: str = "1") -> None:
    """Answer what is due of these texts: with what they mean, or that they cannot be read."""
    told = [(due, meanings[due.text]) for due in house.due() if due.text in meanings]
    answered: list[tuple[Any, dict[str, Any]]] = [
        (due, {"skipped": "the text is empty"} if vector is None else {"language": "en", "embedding": vector})
        for due, vector in told
    ]
    house.store.writing(pipeline.settle, answered, {"language": "1", "embedding": encoder}, house.now)


def like(house, mention_id: int, **how: Any) -> list[int]:
    return [id_ for id_, _ in house.store.reading(likeness.alike, mention_id, **how)]


def stored(house) -> list[tuple[int, str]]:
    """The rows of vectors that there are: (block, space)."""
    return house.store.reading(lambda c: list(c.exec_driver_sql("SELECT block, space FROM embeddings ORDER BY 1, 2")))


def test_what_is_like_a_mention_comes_nearest_first_and_itself_before_all(house, item):
    house.take(*(item(str(n), f"Acme {n}") for n in (1, 2, 3, 4)))
    score(house, {f"Acme {n}": meaning(cosine) for n, cosine in ((1, 1.0), (2, 0.8), (3, 0.5), (4, 0.95))})
    found = house.store.reading(likeness.alike, 1)
    assert [id_ for id_, _ in found] == [1, 4, 2]
    assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.95, 0.8], abs=0.005)


def test_the_same_words_are_alike_and_the_newest_of_them_comes_first(house, item):
    house.take(*(item(str(n), "Acme is late") for n in range(3)))
    score(house, {"Acme is late": LATE})
    assert like(house, 2) == [2, 3, 1]


def test_as_many_are_found_as_were_asked_for_and_as_near(house, item):
    house.take(*(item(str(n), f"Acme {n}") for n in range(1, 6)))
    score(house, {f"Acme {n}": meaning(1 - n / 10) for n in range(1, 6)})
    assert like(house, 1, floor=0.0, most=3) == [1, 2, 3]
    assert like(house, 1, floor=0.99) == [1]


def test_mentions_far_apart_in_the_store_are_compared(house, item):
    texts = [f"Acme {n}" for n in range(2 * PLACES + 1)]
    house.take(*(item(text, text) for text in texts))
    nearby = {1, PLACES - 1, PLACES, 2 * PLACES + 1}
    score(house, {text: LATE if n + 1 in nearby else OTHER for n, text in enumerate(texts)})
    assert set(like(house, PLACES)) == nearby


def test_a_mention_of_two_brands_is_found_once(house, item):
    house.take(item("1", "Acme beats Bolt"), item("2", "Acme rules"))
    score(house, {"Acme beats Bolt": LATE, "Acme rules": LATE})
    assert like(house, 2) == [2, 1]


def test_an_edited_mention_is_like_what_it_says_now(house, item):
    house.take(item("1", "Acme is late"), item("2", "Acme is never on time"))
    score(house, {"Acme is late": LATE, "Acme is never on time": LATE})
    house.take(item("1", "Acme is lovely"))
    assert like(house, 2) == [2]
    with pytest.raises(Refused, match="#1 is not scored yet"):
        like(house, 1)
    score(house, {"Acme is lovely": OTHER})
    assert like(house, 1) == [1]


def test_nothing_is_left_of_what_a_deleted_mention_meant(house, item):
    house.take(item("1", "Acme is late"), item("2", "Acme is never on time"))
    score(house, {"Acme is late": LATE, "Acme is never on time": LATE})
    house.take(gone=("1",))
    assert like(house, 2) == [2]
    with pytest.raises(Refused, match="#1 was deleted at its source"):
        like(house, 1)
    vectors = house.store.reading(lambda c: c.exec_driver_sql("SELECT vectors FROM embeddings").scalar())
    assert not any(vectors[WIDTH : 2 * WIDTH])
    house.take(gone=("2",))
    assert stored(house) == []


def test_what_could_not_be_read_is_like_nothing_and_says_why(house, item):
    house.take(item("1", "Acme"), item("2", "Acme is late"))
    score(house, {"Acme": None, "Acme is late": LATE})
    with pytest.raises(Refused, match=r"#1 could not be scored \(the text is empty\)"):
        like(house, 1)
    assert like(house, 2, floor=-1.0) == [2]


@pytest.mark.parametrize("mention_id", [0, -1, 2, 10**30])
def test_a_mention_that_is_not_there_is_named(house, item, mention_id):
    house.take(item("1", "Acme is late"))
    with pytest.raises(Refused, match=f"no mention #{mention_id}"):
        like(house, mention_id)


def test_what_a_new_encoder_has_read_is_not_compared_with_what_it_has_not(house, item):
    house.take(*(item(str(n), f"Acme {n}") for n in (1, 2, 3)))
    score(house, {f"Acme {n}": LATE for n in (1, 2, 3)})
    house.store.writing(opinions.renew, {"embedding": "1"})
    house.store.writing(opinions.renew, {"embedding": "2"})
    score(house, {"Acme 3": LATE, "Acme 2": OTHER}, "2")
    assert (like(house, 1), like(house, 2), like(house, 3)) == ([1], [2], [3])
    assert stored(house) == [(0, "1"), (0, "2")]
    score(house, {"Acme 1": LATE}, "2")
    assert like(house, 1) == [1, 3]
    assert stored(house) == [(0, "2")]


def test_what_was_scored_before_meanings_were_kept_is_scored_again(house, item):
    house.take(item("1", "Acme is late"))
    house.store.writing(opinions.renew, {"language": "1"})
    house.judge("negative")
    with pytest.raises(Refused, match="not scored yet"):
        like(house, 1)
    assert house.store.writing(opinions.renew, {"language": "1", "embedding": "1"}) == 1
    score(house, {"Acme is late": LATE})
    assert like(house, 1) == [1]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0, 3), shared=st.floats(-1, 1), size=st.floats(0.01, 100))
def test_a_stored_cosine_differs_from_the_true_one_by_less_than_a_hundredth(house, item, seed, spread, shared, size):
    """Also where few numbers of a vector say nearly all (`spread`), and whatever its length is."""
    draw = np.random.default_rng(seed)
    one, other = draw.standard_normal((2, WIDTH)) * np.exp(spread * draw.standard_normal((2, WIDTH)))
    other = shared * one / np.linalg.norm(one) + (1 - abs(shared)) * other / np.linalg.norm(other)
    house.take(item("1", "Acme one"), item("2", "Acme other"))
    house.store.writing(likeness.keep, "1", {1: one * size, 2: other})
    found = dict(house.store.reading(likeness.alike, 1, floor=-1.1))
    assert found[2] == pytest.approx(one @ other / np.linalg.norm(one) / np.linalg.norm(other), abs=0.01)


SAID = [
    "Where is my Acme order? It should have been here last week",
    "Acme, my order still hasn't arrived, it is a week late now",
    "My order from Acme was due last week and it has not come",
    "The new Acme store in Leeds has a lovely café on the first floor",
    "Acme raised its forecast for the year after strong sales",
]


def test_with_the_shipped_weights_complaints_of_one_kind_are_alike(house, item):
    house.take(*(item(str(n), text) for n, text in enumerate(SAID)))
    scorer = Shipped(Judge.open(SHIPPED / ENGLISH, threads=2), {})
    due = house.due()
    answers = scorer.answers([(text_of(one), one.brand) for one in due])
    house.store.writing(pipeline.settle, list(zip(due, answers, strict=True)), scorer.versions, house.now)
    assert sorted(like(house, 1)) == [1, 2, 3]
    assert like(house, 4) == [4]
    scorers = house.store.reading(lambda c: set(c.exec_driver_sql("SELECT DISTINCT scorer FROM opinion").scalars()))
    assert "sentiment" in scorers
    assert "embedding" not in scorers


def test_the_table_of_meanings_comes_and_goes_with_its_migration(tmp_path: Path):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{tmp_path / 'overheard.db'}")
    there = []
    for move, target in ((command.upgrade, "0004"), (command.upgrade, "0005"), (command.downgrade, "0004")):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            move(config, target)
            there.append("embeddings" in inspect(connection).get_table_names())
    engine.dispose()
    assert there == [False, True, False]
