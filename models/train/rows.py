"""What a training text is: the text, its labels as far as they are known, and the set it is from."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.text import Marked

POLARITY = ("negative", "neutral", "positive")
EMOTIONS = ("anger", "disappointment", "sadness", "fear", "surprise", "joy", "gratitude", "none")
NEEDS = ("help", "question", "complaint", "suggestion", "praise", "churn", "impression")
# Labels of public sets that no scorer of ours gives: they are learnt and judged to prove the encoder.
FOUR_EMOTIONS = ("anger", "joy", "optimism", "sadness")
REASONS = (
    *("Bad Flight", "Can't Tell", "Cancelled Flight", "Customer Service Issue", "Damaged Luggage"),
    *("Flight Attendant Complaints", "Flight Booking Problems", "Late Flight", "Lost Luggage", "longlines"),
)
COMPLAINT = ("no complaint", "complaint")
UNKNOWN = -1

Label = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One text with the labels that are known: sentiment and emotion as index, need as 1, 0 or UNKNOWN each."""

    source: str
    text: Marked
    labels: Mapping[str, Label]
    brand: str | None = None
    weight: float = 1.0
    dev: bool = False
    lang: str = "en"
    parallel: str = ""
    """The same text in English, where the set has it: what its embedding is to be near to."""

    def class_of(self, head: str) -> int:
        """The class of a head whose classes exclude each other, or UNKNOWN."""
        label = self.labels.get(head, UNKNOWN)
        assert isinstance(label, int)
        return label
