"""The two trainings: the English encoder and the multilingual one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.train.data import UMSAB
from models.train.sentences import SPOKEN

SHARE_OF_LOSS: Mapping[str, float] = {
    "sentiment": 1.0,
    "emotion": 0.6,
    "need": 1.0,
    "embedding": 2.0,
    "brand_sentiment": 1.0,
    "relevance": 0.6,
    "four_emotions": 0.5,
    "reason": 0.6,
    "complaint": 0.6,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one training does.

    `seen` says how often a row of a set is seen in one round (1 where it says nothing). `rate` is the highest learning
    rate of the uppermost layer; each layer below moves `fall` times as much. `heads` are those that are learnt.
    """

    base: str
    licence: str
    languages: str
    rate: float
    heads: tuple[str, ...]
    seen: Mapping[str, float] = field(default_factory=dict)
    fall: float = 0.9
    words_move: bool = True
    """Whether the table of words is learnt, too. Languages without sets of their own keep theirs when it is not."""


ALL_HEADS = tuple(SHARE_OF_LOSS)

ENGLISH = Recipe(
    base="sentence-transformers/all-MiniLM-L6-v2",
    licence="Apache-2.0",
    languages="en",
    rate=8e-5,
    heads=ALL_HEADS,
    seen={
        "goemotions": 0.5,
        "support": 0.5,
        "sst5": 0.7,
        "tweet-emotion": 2.0,
        "complaints": 2.0,
        "app-reviews": 0.7,
        "targeted-tweets": 0.7,
        "targeted-news": 0.6,
        "mams-atsa": 0.6,
        "restaurants": 2.5,
        "laptops": 2.5,
        "acl14": 1.5,
        "yaso": 2.0,
        "sanders": 1.5,
        "entity": 2.0,
        "namesakes": 3.0,
    },
)

MULTILINGUAL = Recipe(
    base="intfloat/multilingual-e5-small, its vocabulary cut",
    licence="MIT",
    languages="many",
    rate=1e-4,
    heads=ALL_HEADS,
    words_move=False,
    seen={
        **{f"umsab-{lang}": 5.0 for lang in UMSAB.values()},
        **{f"written-{lang}": 5.0 for lang in SPOKEN},
        **{f"{kind}-{lang}": 3.0 for kind in ("compared", "namesakes") for lang in SPOKEN},
        "tweets": 0.35,
        "umsab": 1.0,
        "airline": 0.6,
        "sst5": 0.2,
        "products": 0.7,
        "goemotions": 0.15,
        "support": 0.2,
        "app-reviews": 0.5,
        "tweet-emotion": 1.0,
        "needs": 0.5,
        "parallel": 0.2,
        "airline-brand": 0.4,
        "targeted-tweets": 0.25,
        "targeted-news": 0.15,
        "mams-atsa": 0.2,
        "restaurants": 0.8,
        "laptops": 0.8,
        "acl14": 0.4,
        "sanders": 1.0,
        "compared": 0.6,
    },
)

RECIPES: Mapping[str, Recipe] = {"english": ENGLISH, "multilingual": MULTILINGUAL}
