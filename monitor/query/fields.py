"""The fields of a query: one row each. Adding a field is adding its row (and its line in docs/query-language.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal
from urllib.parse import urlsplit

from monitor.query.document import Document
from monitor.query.text import Words, fold


@dataclass(frozen=True, slots=True)
class Field:
    """A name before a colon, what may stand after it, and where a document has it."""

    name: str
    says: str
    """What it finds, in words; also what `expected …` messages say."""
    words: Callable[[Document], Words] | None = None
    labels: Callable[[Document], Iterable[str]] | None = None
    host: Callable[[Document], str] | None = None
    number: Callable[[Document], float | None] | None = None
    moment: Callable[[Document], datetime | None] | None = None
    """Exactly one of the five is given: it says how the field is read and so what kind of value it takes."""
    choices: tuple[str, ...] = ()
    """The only labels there are, where that is so."""
    example: str = "a name such as those in your digest"
    """What a number, or a label of one's own, looks like."""
    edge: Literal["", "after", "before"] = ""
    """A moment field that takes one date only, as its lower or upper end."""
    code: bool = False
    """Labels are short codes of languages or countries: `en` finds `en-GB` too."""
    number_of: str = ""
    """Labels are the numbers of these: a mention, a story."""
    judged: tuple[str, ...] | bool = False
    """Labels (True: all) that nobody knows of when a mention comes in: scorers and people give them later."""
    sign: str = ""
    """May stand before a label in a query and says nothing: `assignee:@ann`, `like:#123`."""

    def takes(self) -> str:
        """What may stand after the colon."""
        if self.words:
            return 'words, a phrase in "quotes" or a bracketed group'
        if self.host:
            return "a site such as example.com"
        if self.number:
            return self.example
        if self.edge:
            return "a date such as 2026-01-31"
        if self.moment:
            return "a date such as 2026-01-31, >=2026-01 or 2026-01..2026-03"
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.number_of:
            return f"the number of a {self.number_of} such as 123"
        return "a code of two or three letters such as en" if self.code else self.example


def _score(name: str) -> Callable[[Document], Iterable[str]]:
    return lambda document: document.scores.get(name, ())


def _assignees(document: Document) -> Iterable[str]:
    return (name.removeprefix("@") for name in document.assignees)


def _marks(document: Document) -> tuple[str, ...]:
    """What `is:` asks for. That it asks something is what the scorer of needs hears, and known once it has heard it."""
    asks = any(need in _ASKING for need in document.scores.get("need", ()))
    return (*document.marks, "question") if asks else document.marks


_SENTIMENTS = ("negative", "neutral", "positive")
_KINDS = ("post", "comment", "review", "article", "survey")
_STATUSES = ("new", "assigned", "replied", "resolved", "reopened", "hidden")
_HAS = ("link", "media", "reply")
_IS = ("question", "reply", "story-lead", "duplicate", "own")
_LATER_IS = ("question", "story-lead", "duplicate")
_ASKING = ("question", "help")
_STARS = "a number such as 4, >=4 or 1..3"
_MANY = "a number such as 500, >=10k or 1k..1.5m"

MOST_DIGITS = 18
"""Of the number of a mention or a story: more no store can hold."""

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("title", "words in the title", words=lambda d: d.title_words),
        Field("text", "words in the body, not the title", words=lambda d: d.text_words),
        Field("author", "words in the author's name; a leading @ is ignored", words=lambda d: d.author_words),
        Field("url", "words in the address of the mention", words=lambda d: d.url_words),
        Field("site", "the site the mention's link leads to, and its subdomains", host=lambda d: host_of(d.url)),
        Field("lang", "the language, as a code: en, de, pt-br", labels=lambda d: (d.lang,), code=True),
        Field("country", "the country, as a code: us, de", labels=lambda d: (d.country,), code=True),
        Field("source", "a source by its name or its kind", labels=lambda d: (d.source, d.source_kind)),
        Field("type", "what it is: " + ", ".join(_KINDS), labels=lambda d: (d.kind,), choices=_KINDS),
        Field("rating", "the stars given: 4, <=2, 1..3", number=lambda d: d.rating, example=_STARS),
        Field("reach", "how many may have seen it: >=10k", number=lambda d: d.reach, example=_MANY),
        Field("engagement", "how many reacted: >=100", number=lambda d: d.engagement, example=_MANY),
        Field("followers", "how many follow its author: >=10k", number=lambda d: d.followers, example=_MANY),
        Field("published", "when it was published (UTC): >=2026-01, 2026-01..2026-03", moment=lambda d: d.published),
        Field("after", "published on this day (UTC) or later", moment=lambda d: d.published, edge="after"),
        Field("before", "published before this day (UTC)", moment=lambda d: d.published, edge="before"),
        Field("brand", "mentions of this brand of yours", labels=lambda d: d.brands, judged=True),
        Field("sentiment", "what the writer feels", labels=_score("sentiment"), choices=_SENTIMENTS, judged=True),
        Field("emotion", "the emotion heard", labels=_score("emotion"), judged=True),
        Field("topic", "what it is about", labels=_score("topic"), judged=True),
        Field("touchpoint", "the point of contact it speaks of", labels=_score("touchpoint"), judged=True),
        Field("stage", "the step of the customer's journey", labels=_score("stage"), judged=True),
        Field("need", "what the writer needs: help, question, complaint …", labels=_score("need"), judged=True),
        Field(
            "team", "the team that should answer", labels=lambda d: d.teams, example="the name of a team", judged=True
        ),
        Field(
            "tag",
            "a label that you gave",
            labels=lambda d: d.tags,
            sign="#",
            example="a label that you gave",
            judged=True,
        ),
        Field("status", "where it stands with you", labels=lambda d: d.statuses, choices=_STATUSES, judged=True),
        Field(
            "assignee", "who is to answer", labels=_assignees, sign="@", example="the name of a colleague", judged=True
        ),
        Field("has", "what comes with it: a link, a picture or film, an answer", labels=lambda d: d.has, choices=_HAS),
        Field("is", "what it is to others: " + ", ".join(_IS), labels=_marks, choices=_IS, judged=_LATER_IS),
        Field(
            "like",
            "mentions like this one, by its number",
            labels=lambda d: d.like,
            sign="#",
            number_of="mention",
            judged=True,
        ),
        Field(
            "story",
            "who tells this story, by its number",
            labels=lambda d: d.stories,
            sign="#",
            number_of="story",
            judged=True,
        ),
        Field(
            "theme",
            "who says what this theme is about, by its number or name",
            labels=lambda d: d.themes,
            sign="#",
            example="the number or the name of a theme",
            judged=True,
        ),
    )
}
"""Name → field, in the order in which they are told."""

DEFAULT_FIELDS = ("title", "text")
"""Where bare terms are looked for."""

_LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "italian": "it", "japanese": "ja",
    "korean": "ko", "norwegian": "no", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip


def label(value: str) -> str:
    """A label as it is compared: `Late_delivery` and `late delivery` are one."""
    return " ".join(fold(value).replace("_", " ").replace("-", " ").split())


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` most like `word`, or nothing."""
    return next(iter(get_close_matches(word.lower()[:40], list(known), n=1, cutoff=0.6)), "")


def nearest_label(field: Field, value: str) -> str:
    """What a wrong value was most likely meant to be, or nothing."""
    if field.name == "lang" and value in _LANGUAGES:
        return _LANGUAGES[value]
    return nearest(value, field.choices)


def is_label(field: Field, value: str) -> bool:
    """Whether `value`, as `label` gives it, can be a value of the field."""
    if field.choices:
        return value in map(label, field.choices)
    if field.number_of:
        return value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS
    if field.code:
        first, *rest = value.split(" ")
        return first.isascii() and first.isalpha() and 2 <= len(first) <= 3 and len(rest) <= 2
    return value != ""


def host_of(url: str) -> str:
    """The host of a link, lower case, without `www.`; empty where there is none."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")


def instant(moment: datetime) -> float:
    """Seconds since 1970; a moment without a time zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
