"""Writes another monitor's query as ours, part by part; whatever is changed, differs or is left out is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from monitor.query.borrowed.dialect import Dialect, Rule
from monitor.query.borrowed.reader import COMMENT, QUOTES, Part, Token, read, tokens
from monitor.query.lexer import DEFAULT_DISTANCE, MAX_DISTANCE
from monitor.query.parse import parse
from monitor.query.problem import QueryError, pointed, shown

ChangeKind = Literal["changed", "meaning", "left out"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to know of a borrowed query; the place is in the original."""

    kind: ChangeKind
    """Written otherwise with the same meaning; kept with another meaning; not kept."""
    written: str
    """The original words."""
    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Borrowed:
    """What became of a query of another monitor."""

    query: str
    """Ours; empty where nothing could be kept. It can always be parsed, as a view where `as_view`."""
    changes: tuple[Change, ...]
    as_view: bool = False
    """It only filters or excludes: fine as a view, refused as a brand's query."""


MORE, FEWER = "without it more is found", "without it less is found"
_LEFT_OUT_WHOLE = "nothing of the query is left"


def rewrite(text: str, dialect: Dialect) -> Borrowed:
    """`text` as a query of ours. Raises QueryError where its quotes or brackets do not fit."""
    root = read(text, dialect)
    if root is None:
        return Borrowed("", ())
    writer = _Writer(text, dialect)
    written = writer.whole(root)
    changes = tuple(sorted(writer.changes, key=lambda change: (change.line, change.column)))
    return Borrowed(written, changes, written != "" and not _is_brand(written))


def _is_brand(query: str) -> bool:
    return _readable(query, as_view=False)


def _readable(query: str, *, as_view: bool = True) -> bool:
    try:
        parse(query, as_view=as_view)
    except QueryError:
        return False
    return True


def _mean_the_same(one: str, other: str) -> bool:
    return _readable(one) and parse(one, as_view=True).root == parse(other, as_view=True).root


class _Writer:
    """What has been told so far; of the part at hand, whether it is excluded and which field it is in."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text, self.dialect = text, dialect
        self.changes: list[Change] = []
        self.excluded = False
        self.named = ""

    def whole(self, root: Part) -> str:
        written = self.part(root, None) or ""
        self.tell_marks()
        if not written:
            self.tell("left out", root, _LEFT_OUT_WHOLE)
        elif all(change.kind == "meaning" for change in self.changes) and _mean_the_same(self.text, written):
            written = self.text.strip()  # what can be pasted as it is stays as it is
        try:
            parse(written or "nothing", as_view=True)
        except QueryError as error:  # too many terms, say
            self.tell("left out", root, error.problem)
            return ""
        if written and not _is_brand(written):
            self.tell("meaning", root, "only filters or excludes: use it as a view, or add the brand's name")
        return written

    def tell(self, kind: ChangeKind, part: Part | Token, message: str) -> None:
        at = pointed(self.text, part.start, part.end)
        written = " ".join(self.text[part.start : part.end].split())
        self.changes.append(Change(kind, written, message, at.line, at.column))

    def part(self, part: Part, rule: Rule | None) -> str | None:
        """`part` as ours, under the field that `rule` tells of; None where nothing of it can be kept."""
        match part.kind:
            case "operand":
                return self.operand(part.token, rule)
            case "field":
                return self.field(part)
            case "group":
                return self.group(part, rule)
            case "not":
                return self.negation(part, rule)
            case "near":
                return self.near(part, rule)
            case _:
                return self.several(part, rule)

    def several(self, part: Part, rule: Rule | None) -> str | None:
        written, known = "", len(self.changes)
        for index, inner in enumerate(part.parts):
            text = self.part(inner, rule)
            if text is not None:
                written += (self.between(part.parts[index - 1].end, inner.start) if written else "") + text
            if part.kind == "or" and inner.kind == "and":
                self.tell("meaning", inner, "AND binds before OR here: put brackets around what belongs together")
        if written:  # where nothing is left, what stands around it decides
            self.weigh(known, FEWER if (part.kind == "or") != self.excluded else MORE)
        return written or None

    def weigh(self, known: int, effect: str) -> None:
        """Says of what was left out since `known` what comes of it."""
        for index, change in enumerate(self.changes[known:], start=known):
            if change.kind == "left out" and effect not in change.message and not _weighed(change):
                self.changes[index] = replace(change, message=f"{change.message}; {effect}")

    def between(self, start: int, end: int) -> str:
        """What stands between two parts, with our operators and without comments and lone signs."""
        text = self.text[start:end]
        if self.dialect.comments:
            text = COMMENT.sub("", text)
        text = _OPERATOR.sub(lambda found: _SIGNS.get(found[0], found[0].upper()), text)
        return _BLANKS.sub(" ", _NOISE.sub("", text)) or " "

    def tell_marks(self) -> None:
        """Tells of operators that we write otherwise, and of signs that stand alone."""
        for token in tokens(self.text, self.dialect):
            written = self.text[token.start : token.end]
            if token.kind == "noise":
                what = "a sign alone finds nothing" if token.text else "comments have no place here"
                self.tell("changed", token, f"{what}: taken away")
            elif token.kind in ("and", "or", "not", "near") and (written in _SIGNS or _has_small_letters(written)):
                self.tell("changed", token, "operators are written AND, OR, NOT, NEAR/5 here")

    def negation(self, part: Part, rule: Rule | None) -> str | None:
        self.excluded = not self.excluded
        inner = self.part(part.parts[0], rule)
        self.excluded = not self.excluded
        if inner is None:
            return None
        return ("-" if part.token.text == "-" else "NOT ") + inner

    def group(self, part: Part, rule: Rule | None) -> str | None:
        (inner,) = part.parts
        closing = part.token
        if closing.boost:
            self.tell_boost(closing)
        if closing.slop is not None and inner.kind == "and" and not any(p.kind == "not" for p in inner.parts):
            return self.close_together(inner, closing, rule)
        if closing.slop is not None:
            self.tell("meaning", closing, f"~{closing.slop} after brackets joins the words of an AND only: taken away")
        written = self.part(inner, rule)
        if written is None:
            return None
        before, after = self.text[part.start + 1 : inner.start], self.text[inner.end : closing.start]
        return f"({_space(before)}{written}{_space(after)})"

    def close_together(self, inner: Part, closing: Token, rule: Rule | None) -> str | None:
        """`(a AND b)~5` as `(a NEAR/5 b)`."""
        operator, known = f"NEAR/{self.distance(closing)}", len(self.changes)
        self.tell("changed", closing, f"(… AND …)~{closing.slop} is written (… {operator} …) here")
        written = [text for part in inner.parts if (text := self.part(part, rule)) is not None]
        if written:
            self.weigh(known, FEWER if self.excluded else MORE)
        joined = f"({f' {operator} '.join(written)})"
        return (joined if _readable(joined) else f"({' AND '.join(written)})") if written else None

    def near(self, part: Part, rule: Rule | None) -> str | None:
        known = len(self.changes)
        written = [text for inner in part.parts if (text := self.part(inner, rule)) is not None]
        if not written:
            return None
        if len(written) < 2:
            self.weigh(known, FEWER if self.excluded else MORE)
            return written[0]
        operator = self.near_operator(part.token)
        joined = f"{written[0]} {operator} {written[1]}"
        if _readable(joined if rule is None or not rule.ours else f"{rule.ours}:({joined})"):
            return joined
        self.tell("meaning", part.token, f"{operator} joins words, phrases and ORs of them only: AND stands here now")
        return f"({written[0]} AND {written[1]})"

    def near_operator(self, token: Token) -> str:
        if "SENTENCE" in token.text:
            return token.text
        ordered = "O" if token.text.startswith("O") or token.text.endswith("f") else ""
        if token.slop is None:
            if self.dialect.distance is None:
                message = f"without a number it means at most {DEFAULT_DISTANCE} words between here"
                self.tell("meaning", token, message)
                return f"{ordered}NEAR"
            self.tell("changed", token, f"their {token.text} means at most {self.dialect.distance} words between")
            return f"{ordered}NEAR/{self.dialect.distance}"
        return f"{ordered}NEAR/{self.distance(token)}"

    def distance(self, token: Token) -> int:
        distance = token.slop or 0
        if distance > MAX_DISTANCE:
            self.tell("meaning", token, f"at most {MAX_DISTANCE} words between are possible here, not {distance}")
        return min(distance, MAX_DISTANCE)

    def field(self, part: Part) -> str | None:
        token, (value,) = part.token, part.parts
        rule = self.dialect.fields.get(token.text.lower())
        if rule is None or rule.lost:
            why = rule.lost if rule else f"there is no field {shown(token.text)} here"
            self.tell("left out", part, why)
            return None
        self.named = token.text
        written = self.part(value, rule)
        if written is None:
            return None
        if rule.meaning:
            self.tell("meaning", part, rule.meaning)
        if rule.ours and rule.ours != token.text.lower():
            self.tell("changed", token, f"is {rule.ours}: here")
        return f"{rule.ours}:{written}" if rule.ours else written

    def operand(self, token: Token, rule: Rule | None) -> str | None:
        if token.boost:
            self.tell_boost(token)
        if rule is not None and not rule.words:
            return self.fact(token, rule)
        text = self.words(token)
        if text is None:
            return None
        prefix = f"{rule.ours}:" if rule else ""
        try:
            parse(prefix + text, as_view=True)
        except QueryError as error:
            wordless = error.problem.startswith("expected a term")
            self.tell("left out", token, "signs alone are not looked for" if wordless else error.problem)
            return None
        return text

    def fact(self, token: Token, rule: Rule) -> str | None:
        value = " ".join(token.text.split())
        text = rule.write(value)
        if text is not None and rule.ours and " " in text:
            text = f'"{text}"'
        if text is not None and not _readable(f"{rule.ours}:{text}" if rule.ours else text):
            text = None
        if text is None:
            self.tell("left out", token, f"there is no {self.named}:{value} here")
        elif text.strip('"').lower() != self.text[token.start : token.end].strip(QUOTES).lower():
            self.tell("changed", token, f"is written {text} here")
        return text

    def words(self, token: Token) -> str | None:
        """The words of a term, a phrase or braces in our spelling."""
        raw = self.text[token.start : token.end].removesuffix(token.boost)
        if token.kind == "braces":
            return raw
        self.tell_accents(token)
        if token.kind == "phrase":
            if token.slop is not None and token.slop > MAX_DISTANCE:
                raw = f'{token.lead}"{token.text}"~{self.distance(token)}'
            return self.without_inner_stars(token, raw)
        return self.word(token, token.text)

    def word(self, token: Token, text: str) -> str | None:
        if token.slop is not None:
            text = text.removesuffix(f"~{token.slop}")
            self.tell("meaning", token, "only this very spelling is looked for")
        plus = text[: len(text) - len(text.lstrip("+"))]
        bare = text.lstrip("+")
        if plus and bare:
            ours = (f"{{{bare}}}" if len(plus) > 1 else f'+"{bare}"') if self.dialect.plus_is_exact else bare
            self.tell("changed", token, f"is written {ours} here")
            return ours
        if text[0] in self.dialect.signs and len(text) > 1:
            self.tell("changed", token, f'is written +"{text}" here, as signs count only where words are as written')
            return f'+"{text}"'
        return self.without_inner_stars(token, text)

    def without_inner_stars(self, token: Token, text: str) -> str | None:
        """Wildcards stand at the end of a word only: `col*r` becomes `col*`, `*phone` cannot be kept."""
        if _LEADING_STAR.search(text):
            self.tell("left out", token, '"*" cannot begin a word')
            return None
        cut = _INNER_STAR.sub("*", text)
        if cut != text and not _readable(cut):
            self.tell("left out", token, '"*" stands at the end of a word only, after three letters or more')
            return None
        if cut != text:
            self.tell("meaning", token, f'"*" stands at the end of a word only: {cut} finds more')
        return cut

    def tell_boost(self, token: Token) -> None:
        self.tell("changed", token, f"{token.boost} sorts results and finds nothing else: taken away")

    def tell_accents(self, token: Token) -> None:
        if self.dialect.accents_count and any(map(unicodedata.combining, unicodedata.normalize("NFD", token.text))):
            self.tell("meaning", token, "finds the word without its accents too")


_SIGNS = {"&&": "AND", "||": "OR"}
_OPERATOR = re.compile(r"\b(?:and|or|not)\b|&&|\|\|", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]{2,}(?=\S)")
_NOISE = re.compile(r"(?<!\S)[&|+/,;.:*-]+(?!\S)")
_LEADING_STAR = re.compile(r"(?<![\w?*])\*+[\w?]")
_INNER_STAR = re.compile(r"\*+[\w?][\w?*'’-]*")


def _space(text: str) -> str:
    """`text` where it is space only: what stands beside a bracket and is none was a comment or a lone sign."""
    return text if text.isspace() else ""


def _has_small_letters(operator: str) -> bool:
    bare = operator.removesuffix("f")  # the f of NEAR/5f is small in all dialects
    return bare != bare.upper()


def _weighed(change: Change) -> bool:
    return change.message.endswith((MORE, FEWER))


def grouped(changes: Sequence[Change]) -> list[tuple[Change, tuple[Change, ...]]]:
    """The changes, each with those after it that say the same of other places."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.kind, change.message), []).append(change)
    return [(first, tuple(rest)) for first, *rest in groups.values()]
