"""What mentions mean, as vectors (embeddings), and which of them are alike: `like:123` finds more like mention 123.

Near vectors mean like things (models/embedding.py). Those of 256 mentions whose ids follow each other lie in one row,
as int8, so that all can be looked at, without an index that would miss some: of a million in a fifth of a second, where
a row for each takes more than half of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Refused
from monitor.store.mentions import REDACTED
from monitor.store.slices import slices
from monitor.store.tables import EmbeddingsRow, MentionRow, OpinionRow

EMBEDDINGS = EmbeddingsRow.__table__
MENTION = MentionRow.__table__
OPINION = OpinionRow.__table__

EMBEDDING = "embedding"
"""The name of the vector in a scorer's answer, and of its space among the scorers' versions."""

ALIKE = 0.75
"""The least cosine of two mentions that are alike, by what the shipped encoders make of texts with known answers.

Of 9,974 questions to a bank: five in six of those that a question finds are of its subject (29 in all; by chance one in
14), two in three have its very intent (77; by chance one in 70; of the ten nearest six in seven), and it finds a third
of those that have. Of airline tweets that give a reason to complain, seven in ten give the same (by chance two). At
0.70 half of what is found has another intent; at 0.80 half of the tweets find nothing.
"""
MOST = 1_000

LAST_ID = 2**63 - 1
"""SQLite counts no further."""
WIDTH = 384
PLACES = 256
"""Mentions a row. Rows of 1,024 are read no faster, and four times as much is written to change one."""
AT_ONCE = 8
"""Rows in memory at once: 800 kB."""


def keep(connection: Connection, space: str, embeddings: Mapping[int, np.ndarray | None]) -> None:
    """Store what mentions mean, in the place of what was stored of them; None: there is nothing that can be stored.

    Vectors have 384 numbers; their length does not count. `space` is the version of what made them: vectors of
    different spaces are never compared.
    """
    of_blocks: dict[int, dict[int, np.ndarray | None]] = defaultdict(dict)
    for mention_id, vector in embeddings.items():
        block, place = divmod(mention_id, PLACES)
        of_blocks[block][place] = vector
    for block, placed in of_blocks.items():
        held = _held(connection, block)
        for packed in held.values():
            packed.clear(list(placed))
        vectors = {place: vector for place, vector in placed.items() if vector is not None and vector.any()}
        if vectors:
            held.setdefault(space, _Packed.empty()).put(vectors)
        _write(connection, block, held)


def forget(connection: Connection, mention_ids: Collection[int]) -> None:
    """Nothing is known any more of what these mentions mean."""
    keep(connection, "", dict.fromkeys(mention_ids))


def alike(
    connection: Connection, mention_id: int, most: int = MOST, floor: float = ALIKE
) -> tuple[tuple[int, float], ...]:
    """The mentions that mean the like of this one: (id, cosine) each, nearest first, of equals the newest.

    The mention itself is the first of them: a count counts it, and NOT hides it with its like. While a new encoder is
    reading what is stored, a mention is compared with those that were read by the same one. Raises Refused, with the
    reason, where it cannot be compared.
    """
    space, wanted = _embedding(connection, mention_id)
    near = [(block * PLACES, *packed.near(wanted, floor)) for block, packed in _all(connection, space)]
    ids = np.concatenate([first + places for first, places, _ in near])
    cosines = np.concatenate([cosines for _, _, cosines in near])
    # A mention is not quite like itself in numbers of this length.
    cosines = np.where(ids == mention_id, 1.0, np.minimum(cosines, 1.0))
    order = np.lexsort((-ids, -cosines, ids != mention_id))[:most]
    return tuple(zip(ids[order].tolist(), cosines[order].tolist(), strict=True))


def vectors(connection: Connection, mention_ids: Collection[int]) -> dict[int, tuple[str, np.ndarray]]:
    """The space and the unit vector, 384 float32, of each of these mentions that has one."""
    found: dict[int, tuple[str, np.ndarray]] = {}
    of_blocks: dict[int, list[int]] = defaultdict(list)
    for mention_id in mention_ids:
        of_blocks[mention_id // PLACES].append(mention_id)
    columns = (EMBEDDINGS.c.block, EMBEDDINGS.c.space, EMBEDDINGS.c.scales, EMBEDDINGS.c.vectors)
    for blocks in slices(of_blocks):
        question = select(*columns).where(EMBEDDINGS.c.block.in_(blocks))
        for block, space, scales, packed in connection.execute(question.execution_options(yield_per=AT_ONCE)):
            held = _Packed.read(scales, packed)
            places = [id_ % PLACES for id_ in of_blocks[block] if held.scales[id_ % PLACES]]
            found |= {block * PLACES + place: (space, held.unit(place)) for place in places}
    return found


def near(
    connection: Connection, space: str, wanted: Mapping[int, np.ndarray], reach: int, floor: float
) -> dict[int, list[tuple[int, float]]]:
    """For each of these mentions (id to vector) the others, among `reach` that came before the newest of them and as
    many after it, whose cosine reaches the floor: (id, cosine) each, nearest first."""
    if not wanted:
        return {}
    ids, newest = list(wanted), max(wanted)
    units = np.stack([vector / np.linalg.norm(vector) for vector in wanted.values()]).astype(np.float32)
    found: dict[int, list[tuple[int, float]]] = {id_: [] for id_ in ids}
    inside = EMBEDDINGS.c.block.between((newest - reach) // PLACES, (newest + reach) // PLACES)
    rows = select(EMBEDDINGS.c.block, EMBEDDINGS.c.scales, EMBEDDINGS.c.vectors)
    for block, scales, vectors in connection.execute(rows.where(EMBEDDINGS.c.space == space, inside)):
        packed = _Packed.read(scales, vectors)
        cosines = (packed.vectors.astype(np.float32) @ units.T) * packed.scales[:, None]
        for place, at in np.argwhere(cosines >= floor).tolist():
            other = block * PLACES + place
            if other != ids[at]:
                found[ids[at]].append((other, float(cosines[place, at])))
    return {id_: sorted(others, key=lambda one: (-one[1], one[0])) for id_, others in found.items()}


@dataclass(frozen=True, slots=True)
class _Packed:
    """The vectors of PLACES mentions, shape (PLACES, WIDTH), int8: each times its scale is a unit vector again.

    Where the scale is 0 there is none. Each uses the whole range of int8, so that cosines of texts differ from those of
    the floats by 0.0004, and by 0.003 at most.
    """

    scales: np.ndarray
    vectors: np.ndarray

    @classmethod
    def empty(cls) -> _Packed:
        return cls(np.zeros(PLACES, "<f4"), np.zeros((PLACES, WIDTH), np.int8))

    @classmethod
    def read(cls, scales: bytes, vectors: bytes) -> _Packed:
        return cls(np.frombuffer(scales, "<f4"), np.frombuffer(vectors, np.int8).reshape(PLACES, WIDTH))

    def copy(self) -> _Packed:
        """One that can be changed."""
        return _Packed(self.scales.copy(), self.vectors.copy())

    def clear(self, places: list[int]) -> None:
        self.scales[places] = 0
        self.vectors[places] = 0

    def put(self, vectors: Mapping[int, np.ndarray]) -> None:
        places, floats = list(vectors), np.stack(list(vectors.values()))
        whole = np.rint(floats * (127 / np.abs(floats).max(axis=1, keepdims=True)))
        self.vectors[places] = whole
        self.scales[places] = 1 / np.linalg.norm(whole, axis=1)

    def unit(self, place: int) -> np.ndarray:
        unit: np.ndarray = self.vectors[place] * self.scales[place]
        return unit

    def near(self, wanted: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """The places whose cosine with a unit vector reaches the floor, and these cosines."""
        cosines = (self.vectors.astype(np.float32) @ wanted) * self.scales
        places = np.flatnonzero((cosines >= floor) & (self.scales > 0))
        return places, cosines[places]


def _held(connection: Connection, block: int) -> dict[str, _Packed]:
    """What is stored of a block, by space: of several while a new encoder is reading what is stored."""
    columns = (EMBEDDINGS.c.space, EMBEDDINGS.c.scales, EMBEDDINGS.c.vectors)
    rows = connection.execute(select(*columns).where(EMBEDDINGS.c.block == block))
    return {space: _Packed.read(scales, vectors).copy() for space, scales, vectors in rows}


def _all(connection: Connection, space: str) -> Iterator[tuple[int, _Packed]]:
    question = select(EMBEDDINGS.c.block, EMBEDDINGS.c.scales, EMBEDDINGS.c.vectors).where(EMBEDDINGS.c.space == space)
    for block, scales, vectors in connection.execute(question.execution_options(yield_per=AT_ONCE)):
        yield block, _Packed.read(scales, vectors)


def _write(connection: Connection, block: int, held: Mapping[str, _Packed]) -> None:
    """Write rows, or delete those that hold nothing any more."""
    for space, packed in held.items():
        if packed.scales.any():
            values = {"scales": packed.scales.tobytes(), "vectors": packed.vectors.tobytes()}
            connection.execute(_STORE, {"block": block, "space": space, **values})
        else:
            is_it = (EMBEDDINGS.c.block == block) & (EMBEDDINGS.c.space == space)
            connection.execute(delete(EMBEDDINGS).where(is_it))


_INSERT = insert(EMBEDDINGS)
_STORE = _INSERT.on_conflict_do_update(
    index_elements=["block", "space"], set_={name: _INSERT.excluded[name] for name in ("scales", "vectors")}
)


def _embedding(connection: Connection, mention_id: int) -> tuple[str, np.ndarray]:
    """The space and the unit vector of a mention. Raises Refused, with the reason, where it has none."""
    question = select(MENTION.c.revision, MENTION.c.flags).where(MENTION.c.id == mention_id)
    mention = connection.execute(question).one_or_none() if 0 < mention_id <= LAST_ID else None
    if mention is None:
        raise Refused(f"There is no mention #{mention_id}.")
    block, place = divmod(mention_id, PLACES)
    for space, packed in _held(connection, block).items():
        if packed.scales[place]:
            return space, packed.unit(place)
    if REDACTED in mention.flags:
        raise Refused(
            f"Mention #{mention_id} was deleted at its source: its words are gone, so nothing can be like it."
        )
    skipped = connection.execute(
        select(OPINION.c.label).where(
            OPINION.c.mention_id == mention_id,
            OPINION.c.revision == mention.revision,
            OPINION.c.scorer == "skipped",
        )
    ).scalar()
    if skipped:
        raise Refused(f"Mention #{mention_id} could not be scored ({skipped}), so nothing can be said to be like it.")
    raise Refused(
        f"Mention #{mention_id} is not scored yet: ask again when it is (`overheard doctor` says what waits)."
    )
