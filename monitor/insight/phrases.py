"""The most repeated comments: what several people say in nearly the same words, in their own words.

A phrase is a run of 2 to 5 words within a sentence that starts and ends with a word that means something
(a negation may start it). Runs with the same meaningful words meet under one key: "waiting on the refund" and "waiting
for my refund" do, across the end of a sentence nothing does. People are counted, not posts; copies count once. What is
counted can be asked for again: each phrase carries every wording that fell under it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.insight.copies import copies
from monitor.insight.words import NOT, SENTENCE_END, WORD, fold, line_of, parts, stem
from monitor.mention import Heard

LONGEST = 5
COVERED = 0.6
"""A phrase said mostly by people who are already under another phrase is not a comment of its own."""
DISTINCT = 3.0
"""A single word is a theme when it is so many times as frequent here as elsewhere."""
QUOTE = 220
MOST_WORDINGS = 40
"""Of a phrase that is worded in more ways, the commonest are counted: the query behind the count stays readable."""
CANDIDATES = 50
"""Quotes are chosen among so many."""

READ = 3_000
"""Phrases are looked for in the first so many characters of a text; what is found is counted in all of it."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words, and whose."""

    mention: int
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """What several people say. `count` and `before` are mentions with one of the wordings, copies included."""

    name: str
    """The commonest wording, as written."""
    wordings: tuple[str, ...]
    people: int
    count: int
    before: int
    """The same wordings in the period before."""
    quotes: tuple[Quote, ...]
    mentions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A mention cut into sentences of (word as written, folded word, key), and its folded words for searching."""

    heard: Heard
    who: str
    sentences: tuple[tuple[tuple[str, str, str], ...], ...]
    keys: frozenset[str]
    line: str


def repeated(
    now: Sequence[Heard],
    before: Sequence[Heard] = (),
    elsewhere: Sequence[Heard] = (),
    *,
    ignore: Collection[str] = (),
    least: int = 3,
    most: int = 5,
) -> tuple[Phrase, ...]:
    """The most repeated phrases of `now`, most people first, at most `most`, each said by at least `least` people.

    `ignore` are names that are everywhere (the brand's own); `elsewhere` are the mentions of other feeling, against
    which a single word must stand out.
    """
    ignored = {part for name in ignore for part in map(stem, parts(name)) if part}
    everyone = [_cut(heard, ignored) for heard in now]
    said = [everyone[i] for i, lead in enumerate(copies(now)) if i == lead]
    earlier = [_cut(heard, ignored) for heard in before]
    chosen = _choose(_people_by_key(said, least), least, most)
    chosen += _single_words(said, chosen, [_cut(heard, ignored) for heard in elsewhere], least, most - len(chosen))
    found = [_phrase(key, said, everyone, earlier) for key in chosen]
    return tuple(sorted((p for p in found if p.people >= least), key=lambda p: (-p.people, -p.count, p.name))[:most])


def _cut(heard: Heard, ignored: Collection[str]) -> _Said:
    mention = heard.mention
    sentences = []
    for field in (mention.title, mention.text):
        for sentence in SENTENCE_END.split(field[:READ]):
            words = [(word, fold(word)) for word in WORD.findall(sentence)]
            if words:
                keys = (stem(folded) for _, folded in words)
                sentences.append(
                    tuple((w, f, "" if k in ignored else k) for (w, f), k in zip(words, keys, strict=True))
                )
    who = mention.author.casefold() or f"mention {mention.id}"
    found = frozenset(word[2] for sentence in sentences for word in sentence if word[2])
    # a phrase does not cross from title to text
    return _Said(heard, who, tuple(sentences), found, f"{line_of(mention.title)}/{line_of(mention.text)}")


def _runs(said: _Said, common: Collection[str]) -> Iterator[tuple[Key, tuple[tuple[str, str, str], ...]]]:
    """Every run of words that starts and ends with a common one, with its keys: all its meaningful words, and of a
    longer run the first and the last alone."""
    for sentence in said.sentences:
        places = [i for i, word in enumerate(sentence) if word[2] in common]
        for at, start in enumerate(places):
            for end in places[at + 1 : at + LONGEST]:
                if end - start >= LONGEST:
                    break
                run = sentence[start : end + 1]
                ends = {run[0][2], run[-1][2]}
                if run[-1][2] == NOT:
                    continue
                meaning = {word[2] for word in run if word[2]}
                if len(meaning) > 1:
                    yield tuple(sorted(meaning)), run
                if len(meaning) > 2 and len(ends) == 2 and NOT not in ends:
                    yield tuple(sorted(ends)), run


def _people_by_key(said: Sequence[_Said], least: int) -> dict[Key, set[str]]:
    """Only from words that enough people use: a rare word cannot be in a phrase that many say."""
    common = {word for word, who in _people_by_word(said).items() if len(who) >= least}
    people: defaultdict[Key, set[str]] = defaultdict(set)
    for one in said:
        for key in {key for key, _ in _runs(one, common) if common.issuperset(key)}:
            people[key].add(one.who)
    return people


def _choose(people: dict[Key, set[str]], least: int, most: int) -> list[Key]:
    """The heaviest keys; longer ones weigh more, so that a phrase absorbs its parts; overlapping ones are one
    comment."""
    heavy = [(len(who) * len(key) ** 0.7, key, who) for key, who in people.items() if len(who) >= least]
    chosen: list[tuple[Key, set[str]]] = []
    for _, key, who in sorted(heavy, key=lambda item: (-item[0], item[1])):
        if all(len(who & other) < COVERED * len(who) for _, other in chosen):
            chosen.append((key, who))
        if len(chosen) == most:
            break
    return [key for key, _ in chosen]


def _single_words(
    said: Sequence[_Said], chosen: Sequence[Key], elsewhere: Sequence[_Said], least: int, room: int
) -> list[Key]:
    """Words that many people share without sharing a phrase, and that others hardly use: four customers, one refund."""
    people = _people_by_word(said)
    others = _people_by_word(elsewhere)
    crowd, rest = len({one.who for one in said}), len({one.who for one in elsewhere})
    covered = [set.intersection(*(people[word] for word in key)) for key in chosen]
    found: list[tuple[Key, set[str]]] = []
    for word, who in sorted(people.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(found) >= room or len(who) < max(4, least):
            break
        usual = (len(others.get(word, ())) + 0.5) / (rest + 1) if rest >= 5 else 0.1
        apart = all(len(who & other) < COVERED * len(who) for other in [*covered, *(w for _, w in found)])
        if word != NOT and not word.isdigit() and apart and len(who) / crowd >= DISTINCT * usual:
            found.append(((word,), who))
    return [key for key, _ in found]


def _people_by_word(said: Iterable[_Said]) -> dict[str, set[str]]:
    people: defaultdict[str, set[str]] = defaultdict(set)
    for one in said:
        for word in one.keys:
            people[word].add(one.who)
    return people


def _phrase(key: Key, said: Sequence[_Said], everyone: Sequence[_Said], earlier: Sequence[_Said]) -> Phrase:
    """Counts by the wordings, not by the key, so that a search for the wordings gives the same number."""
    wordings = _commonest(wording for one in (*everyone, *earlier) for wording in {w for w, _ in _wordings(key, one)})
    saying = [one for one in said if _says(one, wordings)]
    written = _names(key, saying)
    with_it = [one for one in everyone if _says(one, wordings)]
    return Phrase(
        name=written,
        wordings=wordings,
        people=len({one.who for one in saying}),
        count=len(with_it),
        before=sum(_says(one, wordings) for one in earlier),
        quotes=_quotes(saying, wordings),
        mentions=tuple(one.heard.mention.id for one in with_it),
    )


def _commonest(wordings: Iterable[str]) -> tuple[str, ...]:
    found = Counter(wordings)
    return tuple(sorted(sorted(found, key=lambda wording: (-found[wording], wording))[:MOST_WORDINGS]))


def _wordings(key: Key, one: _Said) -> Iterator[tuple[str, str]]:
    """(folded, as written) of every run under this key."""
    if not one.keys.issuperset(key):
        return
    if len(key) == 1:
        for sentence in one.sentences:
            yield from ((" ".join(parts(word[0])), word[0]) for word in sentence if word[2] == key[0])
        return
    for found, run in _runs(one, key):
        if found == key:
            yield " ".join(parts(" ".join(word[0] for word in run))), " ".join(word[0] for word in run)


def _says(one: _Said, wordings: Sequence[str]) -> bool:
    return any(f" {wording} " in one.line for wording in wordings)


def _names(key: Key, saying: Sequence[_Said]) -> str:
    """The wording that most people use, in its commonest spelling. A single word is shown in the words around it."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in saying:
        for folded, written in _around(key[0], one) if len(key) == 1 else _wordings(key, one):
            people[folded].add(one.who)
            spelled[folded][written] += 1
    if not people:
        return " ".join(key)
    best = max(people, key=lambda wording: (len(people[wording]), -len(wording.split()), wording))
    return max(sorted(spelled[best]), key=lambda written: (spelled[best][written], written == written.lower()))


def _around(word: str, one: _Said) -> Iterator[tuple[str, str]]:
    """Pairs of words that hold this one, with its left neighbour before its right one."""
    for sentence in one.sentences:
        for i, (_, _, found) in enumerate(sentence):
            for pair in (sentence[i - 1 : i + 1], sentence[i : i + 2]) if found == word else ():
                if len(pair) == 2:
                    yield " ".join(f for _, f, _ in pair), " ".join(w for w, _, _ in pair)


def _quotes(saying: Sequence[_Said], wordings: Sequence[str]) -> tuple[Quote, ...]:
    """Two quotes by different people; those that say it in a full sentence of readable length first."""
    candidates = [
        Quote(one.heard.mention.id, one.heard.mention.author, excerpt(one, wordings)) for one in saying[:CANDIDATES]
    ]
    candidates.sort(key=lambda quote: (abs(len(quote.text) - 90), quote.mention))
    people: dict[str, Quote] = {}
    for quote in candidates:
        people.setdefault(quote.author.casefold() or str(quote.mention), quote)
    return tuple(people.values())[:2]


def excerpt(one: _Said, wordings: Sequence[str]) -> str:
    """The sentence with the phrase, as written; a long one is cut at a word and says so."""
    mention = one.heard.mention
    for field in (mention.text, mention.title):
        start = 0
        for end in [*(match.end() for match in SENTENCE_END.finditer(field)), len(field)]:
            sentence = field[start:end].strip()
            if sentence and any(f" {wording} " in line_of(sentence) for wording in wordings):
                return shorten(sentence, QUOTE)
            start = end
    return shorten(mention.text or mention.title, QUOTE)


def shorten(text: str, most: int) -> str:
    """At most so many characters, in one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[most // 2 :] else cut} …"
