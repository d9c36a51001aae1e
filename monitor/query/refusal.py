"""What reads well and is refused all the same: queries that would collect everything, proximities of no words."""

from __future__ import annotations

from monitor.query.fields import FIELDS, label
from monitor.query.lexer import Token
from monitor.query.problem import QueryError
from monitor.query.tree import (
    And,
    Between,
    Host,
    Label,
    Near,
    Node,
    Not,
    Note,
    Or,
    Phrase,
    Sentence,
    Within,
    Written,
    walk,
)

MAX_NEARS = 10
"""Each NEAR multiplies the spans that a place in the text can begin; ten keep matching linear in the text."""


def refuse_boundless(query: str, root: Node) -> None:
    """Raises QueryError at the branch of a brand's query that holds no word: it would collect everything."""
    branch = _boundless(root, negated=False)
    if branch is None:
        return
    excludes = any(isinstance(node, Not) for node in walk(branch))
    problem = "this only excludes, so it would collect everything" if excludes else "this would collect far too much"
    advice = "Add a word that a mention must hold, such as the brand's name. (As a filter on a view it is fine.)"
    raise QueryError(problem, query, *branch.place, advice)


def _boundless(node: Node, *, negated: bool) -> Node | None:
    """The part to blame when nothing in `node` must be there, else None."""
    match node:
        case Not(part=part):
            return node if _boundless(part, negated=not negated) else None
        case And(parts=parts) | Or(parts=parts):
            blamed = [_boundless(part, negated=negated) for part in parts]
            every_must_hold = isinstance(node, Or) != negated
            if every_must_hold:
                return next((part for part in blamed if part), None)
            return None if None in blamed else node
        case Near() | Sentence():
            return node if negated or not any(_has_letters(part) for part in walk(node)) else None
        case _:
            return node if negated or not _has_letters(node) else None


def _has_letters(node: Node) -> bool:
    match node:
        case Phrase(pieces=pieces) | Within(pieces=pieces) | Written(phrase=Phrase(pieces=pieces)):
            return any(piece.letters.strip("?") for piece in pieces)
        case _:
            return False


def unheard(root: Node) -> list[Note]:
    """Of a brand's query: the facts that nobody knows yet when a mention comes in and it is decided whose it is."""
    told: dict[str, Note] = {}
    for node in walk(root):
        if isinstance(node, Label) and _is_judged(node):
            written = f"{node.field}:{node.value}" if node.field == "is" else f"{node.field}:"
            message = (
                f"{written} is known only after a mention came in, so a brand's query never finds it. Use it in a view."
            )
            told.setdefault(message, Note(message, node.place))
    return list(told.values())


def _is_judged(node: Label) -> bool:
    judged = FIELDS[node.field].judged
    return judged if isinstance(judged, bool) else node.value in map(label, judged)


def check_operand(query: str, operator: Token, node: Node) -> None:
    """Raises QueryError at the part of `node` that cannot stand beside NEAR or SENTENCE."""
    wrong = _placeless(node)
    if wrong is None:
        return
    advice = f"{operator.text} joins words, phrases, bracketed ORs of them, and bracketed NEARs."
    if isinstance(wrong, Sentence):
        advice = "Let one SENTENCE be the outermost: apple SENTENCE (price NEAR/3 high)."
    raise QueryError(f"this cannot stand beside {operator.text}", query, *wrong.place, advice)


def few_enough(query: str, operator: Token, node: Near) -> Near:
    """`node`; QueryError when too many NEARs are joined in it."""
    if sum(isinstance(part, Near) for part in walk(node)) > MAX_NEARS:
        advice = "Join the rest by AND, or use SENTENCE for words in one sentence."
        raise QueryError(f"at most {MAX_NEARS} NEARs can be joined", query, operator.start, operator.end, advice)
    return node


def _placeless(node: Node) -> Node | None:
    """The part of `node` that stands at no one place of a text, else None."""
    match node:
        case Or(parts=parts):
            return next((wrong for part in parts if (wrong := _placeless(part))), None)
        case And() | Not() | Sentence() | Label() | Host() | Between():
            return node
        case _:
            return None
