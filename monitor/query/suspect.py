"""The rules of lint: one function each, from a parsed query to what it finds suspicious. Add one to RULES."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from monitor.query.everyday import EVERYDAY
from monitor.query.explain import reading
from monitor.query.fields import DEFAULT_FIELDS
from monitor.query.logic import MOMENTS, ONE_VALUE, always, clash, excludes, few, flat, implies, never, pairs, swapped
from monitor.query.problem import shown
from monitor.query.text import fold, is_unspaced
from monitor.query.tree import (
    And,
    Between,
    Label,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Place,
    Query,
    Within,
    Written,
    walk,
)


class Edit(NamedTuple):
    """Characters `start` to before `end` of a query, to be replaced by `text`."""

    start: int
    end: int
    text: str


class Suspicion(NamedTuple):
    """What a rule found."""

    severity: Literal["error", "warning", "hint"]
    message: str
    place: Place
    advice: str = ""
    edits: tuple[Edit, ...] = ()
    """What to change; used only where the result can be read, and means `meant`."""
    meant: Node | None = None
    """What the changed query must mean; None: something else than before."""


FAR = 10
"""Words between two words of a NEAR, beyond which they hardly have to do with each other."""
SHORT_BEGINNING = 3
SHORT_NAME = 8
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_PATH = re.compile(r"(?:www\.)?((?:[\w-]+\.)+[a-zA-Z]{2,})/\S*")
_MANY_LABELS = re.compile(r"(?:[\w-]{2,}\.){2,}[a-zA-Z]{2,}")
_FIELD = re.compile(r"[A-Za-z-]+:\s*")


def told_by_the_parser(query: Query) -> Iterator[Suspicion]:
    """An unbracketed mix, operators in lower case, marks that look like wildcards."""
    ands = {node.place for node in walk(query.root) if isinstance(node, And)}
    for note in query.notes:
        message, place = note.message, note.place
        text = query.text[place.start : place.end]
        if place in ands:
            around = (Edit(place.start, place.start, "("), Edit(place.end, place.end, ")"))
            yield Suspicion("warning", message, place, edits=around, meant=query.root)
        elif text.islower() and text.isascii() and text.split("/")[0] in ("and", "or", "not", "near", "onear"):
            yield Suspicion("warning", message, place, edits=(Edit(*place, text.upper().replace("F", "f")),))
        else:
            yield Suspicion("warning", message, place)


def never_matches(query: Query) -> Iterator[Suspicion]:
    """What is asked for and excluded at once."""
    whole = never(query.root)
    for node in walk(query.root):
        if isinstance(node, And) and (pair := clash(flat(node))):
            yield _never(pair, whole)


def _never(pair: tuple[Node, Node], whole: bool) -> Suspicion:
    one, other = sorted(pair, key=lambda node: node.place)
    what = "nothing can match" if whole else "this part can never match"
    severity: Literal["error", "warning"] = "error" if whole else "warning"
    match one, other:
        case (Not(part=excluded), asked) | (asked, Not(part=excluded)):
            both = f"{_told(asked)} is asked for, and {_told(excluded)} is excluded"
            message = (f"{_told(asked)} is asked for and excluded" if asked == excluded else both) + f": {what}"
            return Suspicion(severity, message, other.place, "Take one of the two away.")
        case (Label(field=field), Label()):
            message = (
                f"{_told(one)} and {_told(other)} exclude each other, as a mention has one {ONE_VALUE[field]}: {what}"
            )
            advice = f"For either of them write {_either(one, other)}."
            return Suspicion(severity, message, other.place, advice)
        case (Between(field=field), Between()):
            noun = "date" if field in MOMENTS else field
            message = f"no {noun} is in both {_told(one)} and {_told(other)}: {what}"
            return Suspicion(severity, message, other.place, "Change one of the two, or write OR between them.")
        case _:
            message = f"{_told(one)} and {_told(other)} exclude each other: {what}"
            return Suspicion(severity, message, other.place, "For either of them write OR between them.")


def _either(one: Node, other: Node) -> str:
    if isinstance(one, Label) and isinstance(other, Label):
        return f"{one.field}:({one.value} OR {other.value})"
    return f"({reading(one)} OR {reading(other)})"


def always_matches(query: Query) -> Iterator[Suspicion]:
    """What holds for every mention."""
    if always(query.root):
        message = "this holds for every mention"
        yield Suspicion("warning", message, query.root.place, "Leave the query empty to see everything.")
        return
    for node in walk(query.root):
        for part in node.parts if isinstance(node, And) else ():
            if always(part):
                yield Suspicion("warning", "this part holds for every mention, so it changes nothing", part.place)


def dead_alternatives(query: Query) -> Iterator[Suspicion]:
    """An alternative of an OR that the rest of the query excludes."""
    for node in walk(query.root):
        if not isinstance(node, And):
            continue
        parts = flat(node) if few(flat(node)) else ()
        for choice in (part for part in parts if isinstance(part, Or)):
            for option in choice.parts:
                against = next((part for part in parts if part is not choice and excludes(option, part)), None)
                if against is not None and not excludes(choice, against):
                    message = f"{_told(option)} is excluded by {_told(against)}: this alternative finds nothing"
                    edits, meant = _without(query, choice, option)
                    yield Suspicion("warning", message, option.place, "", edits, meant)


def redundant_parts(query: Query) -> Iterator[Suspicion]:
    """Operands that change nothing, because another one says as much."""
    for node in walk(query.root):
        if isinstance(node, Or):
            yield from _redundant(query, node, node.parts)
        if isinstance(node, And) and clash(flat(node)) is None:
            yield from _redundant(query, node, node.parts)
            yield from _idle_exclusions(query, node)


def _redundant(query: Query, node: And | Or, parts: tuple[Node, ...]) -> Iterator[Suspicion]:
    told: list[Node] = []
    for one, other in pairs(parts):
        narrow, wide = (one, other) if implies(one, other) else (other, one)
        if not implies(narrow, wide):
            continue
        idle, by = (narrow, wide) if isinstance(node, Or) else (wide, narrow)
        if implies(wide, narrow):
            idle, by = other, one  # of two that say the same the second is told
        if not any(idle is part for part in told):
            told.append(idle)
            edits, meant = _without(query, node, idle)
            yield Suspicion("hint", _why_idle(node, idle, by), idle.place, "", edits, meant)


def _why_idle(node: And | Or, idle: Node, by: Node) -> str:
    if isinstance(idle, Not) and isinstance(by, Not):
        return f"{_told(idle.part)} is excluded by {_told(by)} already"
    if implies(idle, by) and implies(by, idle):
        return f"{_told(idle)} is there twice"
    if isinstance(node, Or):
        return f"{_told(idle)} is found by {_told(by)} already"
    return f"whatever has {_told(by)} has {_told(idle)}: this changes nothing"


def _idle_exclusions(query: Query, node: And) -> Iterator[Suspicion]:
    for exclusion in (part for part in node.parts if isinstance(part, Not)):
        asked = next((p for p in node.parts if not isinstance(p, Not) and excludes(p, exclusion.part)), None)
        if asked is not None:
            edits, meant = _without(query, node, exclusion)
            message = f"{_told(asked)} leaves out {_told(exclusion.part)} already: this exclusion changes nothing"
            yield Suspicion("hint", message, exclusion.place, "", edits, meant)


def _without(query: Query, node: And | Or, part: Node) -> tuple[tuple[Edit, ...], Node]:
    """What takes `part` and its operator out of the text, and the query that should come of it."""
    index = next(number for number, one in enumerate(node.parts) if one is part)
    rest = (*node.parts[:index], *node.parts[index + 1 :])
    meant = swapped(query.root, node, rest[0] if len(rest) == 1 else replace(node, parts=rest))
    if index:
        return (Edit(node.parts[index - 1].place.end, part.place.end, ""),), meant
    return (Edit(part.place.start, node.parts[1].place.start, ""),), meant


def everyday_names(query: Query) -> Iterator[Suspicion]:
    """A brand that is looked for by one everyday word and nothing else."""
    if query.as_view:
        return
    told_apart = any(isinstance(node, Not) for node in walk(query.root))
    for name in _names(query.root):
        if isinstance(name, Phrase) and len(name.pieces) == 1 and name.pieces[0].letters in EVERYDAY:
            word = _written(query, name)
            message = f'"{word}" is an everyday word: many texts that hold it will not be about the brand'
            advice = (
                f"Add words of its context, such as {word} NEAR/10 (PRODUCT OR SHOP), or write {{{word.title()}}} for "
                "the word with a capital only.\nA description of the brand also helps to tell its mentions apart."
            )
            yield Suspicion("hint" if told_apart else "warning", message, name.place, advice)


def _names(root: Node) -> tuple[Node, ...]:
    """What alone suffices for a match, exclusions aside."""
    match root:
        case Or(parts=parts):
            return tuple(name for part in parts for name in _names(part))
        case And(parts=parts):
            asked = [part for part in parts if not isinstance(part, Not)]
            return _names(asked[0]) if len(asked) == 1 else ()
        case _:
            return (root,)


def wide_proximities(query: Query) -> Iterator[Suspicion]:
    """Words that may stand very far apart."""
    for node in walk(query.root):
        if isinstance(node, Near | Within) and node.distance > FAR:
            message = f"with {node.distance} words between them the two hardly have to do with each other"
            yield Suspicion("warning", message, node.place, f"Write a distance of {FAR} or less, or SENTENCE, or AND.")


def joined_spellings(query: Query) -> Iterator[Suspicion]:
    """A hyphenated word, or a short name of two words, of which the spelling in one is missing."""
    known = {fold(node.written) for node in walk(query.root) if isinstance(node, Phrase)}
    names = {id(name) for name in _names(query.root)}
    for node in walk(query.root):
        if not isinstance(node, Phrase) or any(not piece.plain for piece in node.pieces):
            continue
        letters = "".join(piece.letters for piece in node.pieces)
        short_name = id(node) in names and len(node.pieces) == 2 and len(letters) <= SHORT_NAME
        if letters in known or is_unspaced(letters) or not (_HYPHENATED.fullmatch(node.written) or short_name):
            continue
        joined = re.sub(r"[\s-]+", "", node.written)
        if joined.isalpha():
            term = query.text[node.place.start : node.place.end]
            prefix = found[0] if (found := _FIELD.match(term)) else ""
            instead = f"{prefix}({term.removeprefix(prefix)} OR {joined})"
            message = f'this finds "{" ".join(node.written.replace("-", " ").split())}", not "{joined}" written in one'
            yield Suspicion(
                "hint", message, node.place, f"Write {instead} to find both.", (Edit(*node.place, instead),)
            )


def broad_wildcards(query: Query) -> Iterator[Suspicion]:
    """Wildcards that leave little of the word."""
    for node in walk(query.root):
        pieces = node.pieces if isinstance(node, Phrase | Within) else ()
        for piece in pieces:
            sure = piece.letters.replace("?", "")
            if is_unspaced(piece.letters) or piece.plain:
                continue
            if piece.open and len(sure) <= SHORT_BEGINNING and len(pieces) == 1:
                message = f"very many words begin with {shown(sure)}"
                yield Suspicion("warning", message, node.place, "Write more letters before *, or the words themselves.")
            elif len(sure) * 2 < len(piece.letters):
                message = f"{shown(piece.letters)} fits very many words"
                yield Suspicion("warning", message, node.place, "Write more letters, or the words themselves.")


def addresses_read_as_words(query: Query) -> Iterator[Suspicion]:
    """What looks like an address and is read as words."""
    for node in walk(query.root):
        if not isinstance(node, Phrase) or node.fields != DEFAULT_FIELDS or _is_quoted(query, node):
            continue
        words = shown(" ".join(piece.letters for piece in node.pieces))
        if path := _PATH.fullmatch(node.written):
            advice = f'Write {path[1]} for links to the site, url:"{node.written}" for mentions at this address.'
            yield Suspicion("warning", f"this is read as the words {words}", node.place, advice)
        elif _MANY_LABELS.fullmatch(node.written):
            message = f"this is read as the words {words}: its ending is none that sites have"
            yield Suspicion("hint", message, node.place, f"For mentions from a site write site:{node.written}.")


def tags_alone(query: Query) -> Iterator[Suspicion]:
    """A brand that is looked for by tags and handles only, though people write its name as a word too."""
    names = _names(query.root)
    alone = [name for name in names if isinstance(name, Written) and name.kind in ("tag", "handle")]
    if query.as_view or not names or len(alone) < len(names):
        return
    kind = "tag" if alone[0].kind == "tag" else "handle"
    word = alone[0].phrase.written.lstrip("#@＃＠")
    message = f"{alone[0].phrase.written} finds the {kind} only, not the word in a text"
    yield Suspicion("hint", message, alone[0].place, f"Add OR {word}, unless that is too common a word.")


def _is_quoted(query: Query, node: Phrase) -> bool:
    return query.text[node.place.end - 1 : node.place.end] in '"“”„‟«»'


def _written(query: Query, node: Phrase) -> str:
    return query.text[node.place.start : node.place.end].strip('"“”„‟«» ')


def _told(node: Node) -> str:
    text = reading(node)
    return text if len(text) <= 40 else text[:39] + "…"


RULES: tuple[Callable[[Query], Iterator[Suspicion]], ...] = (
    told_by_the_parser,
    never_matches,
    always_matches,
    dead_alternatives,
    redundant_parts,
    everyday_names,
    wide_proximities,
    joined_spellings,
    broad_wildcards,
    addresses_read_as_words,
    tags_alone,
)
"""In the order in which they are asked; findings are told by their places."""
