"""What the encoders are asked for a question: its text and, with a brand, its text towards that; each once."""

from dataclasses import dataclass
from hashlib import blake2b

from models.base import Question
from models.encoder import Asked
from models.isolation import Failed
from models.language import heard_in
from models.reader import Told
from models.text import MOST_CHARACTERS, Marked, clean, marked, plain

# A name longer than this would leave no room for the text.
LONGEST_BRAND = 100

Key = tuple[bytes, str]
"""What an encoder is asked, as a fingerprint, and towards whom (nobody: empty)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question as the encoders read it: its text asked alone and, with a brand, towards it.

    `beyond` is how many characters were cut off before any encoder saw them.
    """

    passes: tuple[tuple[Key, Told], ...]
    beyond: int


def unusable(text: object) -> str | None:
    """Why a text cannot be judged, or None."""
    if not isinstance(text, str):
        return f"the text is {type(text).__name__}, not a string" if text is not None else "there is no text"
    if not text or not text[:MOST_CHARACTERS].strip():
        return "the text is empty"
    if not any(sign.isprintable() and not sign.isspace() for sign in clean(text)):
        return "the text holds no readable character"
    return None


def prepared(question: Question) -> Prepared | Failed:
    """What the encoders will be asked. Texts that differ in nothing they read are the same to them."""
    if reason := unusable(question.text):
        return Failed(reason)
    text = plain(question.text)
    # Emoji are words of English by now, which nobody wrote.
    heard = heard_in(clean(question.text))
    passes = [((_digest(text), ""), Told(Asked(Marked(text)), heard))]
    brand = clean(question.brand).strip()[:LONGEST_BRAND] if isinstance(question.brand, str) else ""
    if brand:
        towards = marked(question.text, brand, names=question.names)
        passes.append(((_digest(f"{text}\0{towards}"), brand), Told(Asked(towards, brand), heard)))
    return Prepared(tuple(passes), max(0, len(question.text) - MOST_CHARACTERS))


def _digest(read: str) -> bytes:
    return blake2b(read.encode(), digest_size=16).digest()
