"""A text as the encoder reads it: cleaned, emoji in words, handles and links made plain, the brand marked."""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

import emoji

# Texts are cut before anything else looks at them: 128 tokens never reach this far, and a 10 MB text stays cheap.
MOST_CHARACTERS = 4_000
# How much of a long text is kept around the first place that names the brand.
WINDOW = 600

# The marks that stand around the brand while the text is being rewritten. They are control characters, and
# those of the author's own are removed first, so no text can forge them.
OPEN, CLOSE = "\x02", "\x03"

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]+")
# TweetEval and UMSAB carry characters as the six letters of their escape ("don\u2019t").
_ESCAPED = re.compile(r"(?:\\+u[0-9a-fA-F]{4})+")
_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+", re.IGNORECASE)
# "@" inside a word is a mail address, not a handle.
_HANDLE = re.compile(r"(?<![\w@])@\w+")
_SPACE = re.compile(r"\s+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z0-9])(?=[A-Z][a-z])")
# Chinese, Japanese, Korean, Thai: a name has no space around it.
NO_SPACES = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LATIN_LETTER = "[0-9A-Z_a-z\u00c0-\u024f]"
_BEYOND_ASCII_SIGNS = re.compile("[\u203c-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Marked:
    """A rewritten text and the places (start, end; in characters) where it names the brand."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


def clean(text: str) -> str:
    """The text without what no reader sees: control characters, direction marks, broken surrogates."""
    text = text[:MOST_CHARACTERS]
    text = _SURROGATE.sub(_joined, text)
    if "\\u" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if "&" in text:
        text = html.unescape(text)
    return _CONTROL.sub("", text)


def plain(text: str) -> str:
    """What the text pass reads: as TweetEval does, handles are "@user" and links are "http"."""
    return _SPACE.sub(" ", _emoji_in_words(_HANDLE.sub("@user", _LINK.sub("http", clean(text))))).strip()


def marked(
    text: str, brand: str, spans: tuple[tuple[int, int], ...] | None = None, names: tuple[str, ...] = ()
) -> Marked:
    """What the brand pass reads: as `plain`, but the handles that name the brand stay, and its places are known.

    `spans` are places already known (start, end, in characters of `text`); otherwise the brand is looked for by its
    name and by its other `names`: aliases, handles, products.
    """
    if spans is None:
        text = clean(text)
        spans = tuple(found.span() for found in naming(brand, names).finditer(text)) if brand.strip() else ()
    text, spans = _window(text, spans)
    text = _with_marks(text, spans)
    text = _HANDLE.sub("@user", _LINK.sub("http", text))
    return _without_marks(_SPACE.sub(" ", _emoji_in_words(text)).strip())


@lru_cache(maxsize=4096)
def naming(brand: str, names: tuple[str, ...] = ()) -> re.Pattern[str]:
    """A pattern for the places that name a brand: "US Airways" also as "@USAirways", "#usairways", "US Airways'"."""
    longest_first = sorted({brand, *names}, key=lambda name: (-len(name), name))
    patterns = [pattern for name in longest_first if (pattern := _pattern(name))]
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)


def _pattern(written: str) -> str:
    names = {name.strip().lstrip("@") for name in re.split(r"[()|,/]", written)} | {written.strip().lstrip("@")}
    shapes = sorted({shape for name in names if name for shape in _shapes(name)}, key=len, reverse=True)
    any_name = "|".join(shapes)
    if not shapes or NO_SPACES.search(written):
        return any_name
    # A Latin name ends where Latin letters end: Korean, Japanese, Chinese and Arabic join their own endings to it.
    letter = _LATIN_LETTER if written.isascii() else r"\w"
    return rf"(?<![\w@])@(?:{any_name})\w*|(?<!{letter})#?(?:{any_name})(?:['’]?s)?(?!{letter})"


def _shapes(name: str) -> set[str]:
    words = re.findall(r"\w+|&|\+", _CAMEL.sub(" ", name))
    return {re.escape(name), r"[\W_]{0,3}".join(re.escape(word) for word in words)} - {""}


def _window(text: str, spans: tuple[tuple[int, int], ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    if len(text) <= WINDOW or not spans or spans[0][1] < WINDOW // 2:
        return text, spans
    start = max(0, spans[0][0] - WINDOW // 2)
    return text[start:], tuple((left - start, right - start) for left, right in spans)


def _with_marks(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    pieces, end = [], 0
    for left, right in sorted(spans):
        if left < end:
            continue
        pieces += [text[end:left], OPEN, text[left:right].replace("@", ""), CLOSE]
        end = right
    return "".join([*pieces, text[end:]])


def _without_marks(text: str) -> Marked:
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    length = 0
    for piece in re.split(f"([{OPEN}{CLOSE}])", text):
        if piece == OPEN:
            spans.append((length, length))
        elif piece == CLOSE and spans:
            spans[-1] = (spans[-1][0], length)
        elif piece not in (OPEN, CLOSE):
            pieces.append(piece)
            length += len(piece)
    return Marked("".join(pieces), tuple(spans))


def _emoji_in_words(text: str) -> str:
    if not _BEYOND_ASCII_SIGNS.search(text):
        return text
    return emoji.replace_emoji(text, lambda sign, facts: " " + facts["en"].strip(":").replace("_", " ") + " ")


def _joined(found: re.Match[str]) -> str:
    """Two halves of a character that were stored apart are one again; a half alone is dropped."""
    return found.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _unescaped(found: re.Match[str]) -> str:
    units = re.findall(r"u([0-9a-fA-F]{4})", found.group())
    return b"".join(int(unit, 16).to_bytes(2, "little") for unit in units).decode("utf-16-le", "ignore")
