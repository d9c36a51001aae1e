"""Two hundred feeds, each with its own bad habit, polled fifty times: nothing is lost, nothing is there twice.

A behaviour below scripts what somebody says, when it is edited, and how the feed shows it. What must be stored follows
from the script alone: each thing said is one mention with all its wordings, dated as the feed dated it or when it was
first seen. The replies go through the feed's generator and `pipeline.take` into a real store.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import count
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from monitor import pipeline
from monitor.pipeline import Ear, Origin
from monitor.query.queryset import QuerySet
from monitor.store import watches
from monitor.store.engine import Store
from monitor.store.tables import MentionRow, RevisionRow
from monitor.store.watches import Configured
from sources import feed
from sources.base import Checkpoint, Item, Missed, Problem, Response, replay

POLLS, SEEDS = 50, 5
START = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
CHANGES_IDS, CHANGES_LINKS, REUSES_IDS = "changes the ids", "changes the links", "ids of old entries"

Words = tuple[str, str]


@dataclass
class Said:
    """One thing that somebody said, as it is at the moment."""

    key: int
    title: str
    text: str
    when: datetime

    @property
    def words(self) -> Words:
        return self.title, self.text


class Behaves:
    """A good feed: guids, links and dates that last. Every other behaviour differs in what it overrides."""

    window = 12
    news: ClassVar = (0, 0, 1, 1, 2)
    edits = 0.02
    """Of what is shown, at each poll."""
    an_edit_is_new = False
    """Where nobody could tell: the feed gives nothing that lasts but the words."""
    dated = True
    told = ""
    """What its owner hears of it at least once; where this is empty, nothing at all."""
    gaps = True
    """Whether a window of which nothing is known is to be told as a gap."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"{type(self).__name__} {seed}")
        self.form = (rss, atom, json_feed)[seed % 3]
        self.said: list[Said] = []
        self.wordings: dict[int, list[Words]] = defaultdict(list)
        self.first_shown: dict[int, int] = {}
        self.when: dict[int, datetime] = {}
        self.all_shown: list[list[int]] = []
        self.count = 0
        for _ in range(self.window):
            self.say(0)

    # What happens, poll by poll

    def replies(self) -> Iterator[bytes]:
        for poll in range(POLLS):
            if poll:
                self.happen(poll)
            shown = self.shown(poll)
            for one in shown:
                if one.words not in self.wordings[one.key][-1:]:
                    self.wordings[one.key].append(one.words)
                self.first_shown.setdefault(one.key, poll)
                self.when[one.key] = one.when
            self.all_shown.append([one.key for one in shown])
            yield self.form([self.entry(one, place, poll) for place, one in enumerate(shown)])

    def happen(self, poll: int) -> None:
        for one in self.shown(poll):
            if self.random.random() < self.edits:
                self.edit(one)
        for _ in range(self.random.choice(self.news)):
            self.say(poll)

    def say(self, poll: int) -> None:
        self.count += 1
        when = START + timedelta(hours=poll - 1, minutes=self.count % 60, seconds=self.count // 60)
        self.said.append(Said(self.count, self.title(), f"All about thing {self.count}.", when))

    def edit(self, one: Said) -> None:
        self.count += 1
        if self.an_edit_is_new:
            place = self.said.index(one)
            one = self.said[place] = Said(self.count, one.title, one.text, one.when)
        match self.random.randrange(3):
            case 0:
                one.title = f"Corrected {self.count}"
            case 1:
                one.text = f"A better text {self.count}."
            case 2:
                one.title, one.text = f"Corrected {self.count}", f"All is new {self.count}."

    # How the feed shows it

    def title(self) -> str:
        return f"Thing {self.count}"

    def shown(self, poll: int) -> list[Said]:
        return self.said[: -self.window - 1 : -1]

    def entry(self, one: Said, place: int, poll: int) -> dict[str, str]:
        return {
            "guid": self.guid(one, place, poll),
            "link": self.link(one, place, poll),
            "title": one.title,
            "text": one.text,
            "date": one.when.isoformat() if self.dated else "",
        }

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"post {one.key} of blog.example"

    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://blog.example/{one.key}"

    # What must be stored

    def mentions(self) -> Counter[tuple[tuple[Words, ...], datetime]]:
        return Counter(
            (tuple(wordings), self.when[key] if self.dated else START + timedelta(hours=self.first_shown[key]))
            for key, wordings in self.wordings.items()
        )

    def polls_after_gaps(self) -> list[int]:
        known: set[int] = set()
        found = []
        for poll, keys in enumerate(self.all_shown):
            if self.gaps and keys and poll and self.all_shown[poll - 1] and not known & set(keys):
                found.append(poll)
            known |= set(keys)
        return found


class NoGuid(Behaves):
    def guid(self, one: Said, place: int, poll: int) -> str:
        return ""


class NoGuidAndLinksWithTrackers(NoGuid):
    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://Blog.example/?p={one.key}&utm_source=feed&utm_term={poll}"


class NoLink(Behaves):
    def link(self, one: Said, place: int, poll: int) -> str:
        return ""


class OnlyWords(NoGuid, NoLink):
    an_edit_is_new = True


class OnlyAHomepage(NoGuid):
    an_edit_is_new = True

    def link(self, one: Said, place: int, poll: int) -> str:
        return "https://blog.example/"


class GuidsAndAHomepage(Behaves):
    def link(self, one: Said, place: int, poll: int) -> str:
        return "https://blog.example/"


class Threads(Behaves):
    """Each post links to its thread, of which only some stand in the window."""

    def title(self) -> str:
        return f"Re: thread {self.count // 5}"

    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://blog.example/thread/{one.key // 5}"


class PlacesAsGuids(Behaves):
    told = REUSES_IDS

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"item-{place + 1}"


class PlacesAsGuidsNoLink(PlacesAsGuids, NoLink):
    """Nothing is edited before it can be seen that its guids are places."""

    an_edit_is_new = True

    def happen(self, poll: int) -> None:
        self.edits = 0.02 if self.said[-1].key > self.window and poll > 1 else 0
        self.news = (1,) if poll == 1 else (0, 0, 1, 1, 2)
        super().happen(poll)


class PlacesAsGuidsAlwaysTheSameTitle(PlacesAsGuids):
    def title(self) -> str:
        return "Daily update"


class GuidsInARing(Behaves):
    """Guids come again when as many others have passed."""

    told = REUSES_IDS
    ring = 15

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"slot {one.key % self.ring}"

    def edit(self, one: Said) -> None:
        one.text = f"A better text {self.random.random()}."


class GuidsInARingAsWideAsTheWindow(GuidsInARing):
    ring = 12


class OneGuidForAll(Behaves):
    def guid(self, one: Said, place: int, poll: int) -> str:
        return "feed"


class GuidsChurn(Behaves):
    told = CHANGES_IDS
    gaps = False
    news: ClassVar = (0, 1)

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"{one.key}-{self.random.random()}"


class GuidsChurnNoLink(GuidsChurn, NoLink):
    an_edit_is_new = True


class GuidsAndLinksChurn(GuidsChurn):
    """Session ids. Quiet at first, so that it can be seen; then whole bursts of news do not hide it."""

    an_edit_is_new = True

    def happen(self, poll: int) -> None:
        super().happen(poll)
        for _ in range(8 if poll > 10 and self.random.random() < 0.2 else 0):
            self.say(poll)

    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://blog.example/{one.key}?session={self.random.random()}"


class LinksChurn(Behaves):
    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://blog.example/{one.key};jsessionid={self.random.random()}"


class LinksChurnNoGuid(LinksChurn, NoGuid):
    an_edit_is_new = True
    told = CHANGES_LINKS
    gaps = False
    news: ClassVar = (0, 1)


class GuidsChurnAndTwicePerFetch(GuidsChurn):
    def shown(self, poll: int) -> list[Said]:
        return [one for one in super().shown(poll) for _ in range(1 + (one.key % 4 == 0))] if poll else super().shown(0)


class Reorders(Behaves):
    def shown(self, poll: int) -> list[Said]:
        shown = super().shown(poll)
        self.random.shuffle(shown)
        return shown


class ReordersWithoutAnything(Reorders, OnlyWords):
    pass


class EditsALot(Behaves):
    edits = 0.4


class EditsTitlesOnly(NoGuid):
    edits = 0.3

    def edit(self, one: Said) -> None:
        self.count += 1
        one.title = f"Corrected {self.count}"


class TwicePerFetch(Behaves):
    def shown(self, poll: int) -> list[Said]:
        return [one for one in super().shown(poll) for _ in range(1 + (one.key % 3 == 0))]


class TwicePerFetchWithoutGuid(TwicePerFetch, NoGuid):
    pass


class TwicePerFetchOnlyWords(TwicePerFetch, OnlyWords):
    pass


class IndexesLate(Behaves):
    """What was said long ago comes deep in the window, after newer things."""

    def say(self, poll: int) -> None:
        super().say(poll)
        late = self.said.pop()
        self.said.insert(max(len(self.said) - self.random.randrange(10), 0), late)


class Undated(Behaves):
    dated = False


class UndatedWithoutGuid(Undated, NoGuid):
    edits = 0.2


class DatedInTheFuture(Behaves):
    """It is dated as of when it was first seen, and stays so."""

    dated = False

    def entry(self, one: Said, place: int, poll: int) -> dict[str, str]:
        return super().entry(one, place, poll) | {"date": (one.when + timedelta(days=400)).isoformat()}


class DatedAnewAtEachFetch(Behaves):
    """Its dates say when the file was made: the first one holds."""

    dated = False

    def entry(self, one: Said, place: int, poll: int) -> dict[str, str]:
        return super().entry(one, place, poll) | {"date": (START + timedelta(hours=poll)).isoformat()}


class ShrinksAndGrowsBack(Behaves):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.sizes = [self.window, *(self.random.choice([1, 3, 12, 20, 30]) for _ in range(POLLS))]

    def shown(self, poll: int) -> list[Said]:
        return self.said[: -self.sizes[poll] - 1 : -1]


class ShrinksAndGrowsBackOnlyWords(ShrinksAndGrowsBack, OnlyWords):
    pass


class LeavesAndComesBack(Behaves):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.away = [{self.random.randrange(12) for _ in range(6)} for _ in range(POLLS)]

    def shown(self, poll: int) -> list[Said]:
        return [one for one in super().shown(poll) if one.key % 12 not in self.away[poll] or one is self.said[-1]]


class LeavesAndComesBackChurning(LeavesAndComesBack, GuidsChurn):
    """Quiet for the first polls, so that four fifths are known when it is first looked at."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.away[:5] = [set() for _ in range(5)]


class MovesToHttps(NoGuid):
    def link(self, one: Said, place: int, poll: int) -> str:
        return f"http{'s' * (poll > 20)}://blog.example/{one.key}"


class MovesToAnotherDomain(Behaves):
    """Guid and link are the same address, and both change at once. Nothing is edited just then."""

    told = CHANGES_LINKS
    gaps = False

    def guid(self, one: Said, place: int, poll: int) -> str:
        return ""

    def link(self, one: Said, place: int, poll: int) -> str:
        return f"https://{'new' if poll >= 20 else 'old'}.example/{one.key}"

    def happen(self, poll: int) -> None:
        self.edits = 0 if 19 <= poll < 35 else 0.05
        self.news = (1,) if 20 <= poll < 30 else (0, 0, 1)
        super().happen(poll)


class MovesToAnotherSystem(Behaves):
    """All guids change once, the addresses stay."""

    told = CHANGES_IDS
    gaps = False
    news: ClassVar = (0, 1)

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"{'node' if poll >= 20 else 'post'}-{one.key}"


class GuidsInCapitals(Behaves):
    """The same guids in capitals from one day on."""

    told = CHANGES_IDS
    gaps = False
    news: ClassVar = (0, 1)

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"POST-{one.key}" if poll >= 20 else f"post-{one.key}"


class GuidsThatDifferInCase(Behaves):
    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"{'abAB'[one.key % 4]}{'x' if one.key // 4 % 2 else 'X'}{one.key // 8}"


class GuidsThatDifferInBlanks(Behaves):
    """Two things share a guid but for its blanks; one's are not the same at each fetch."""

    def guid(self, one: Said, place: int, poll: int) -> str:
        return f"post{' ' * (1 + (one.key + poll) % 2)}{one.key // 2}"


class EmptyInBetween(Behaves):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.empty = {poll for poll in range(1, POLLS) if self.random.random() < 0.3}

    def shown(self, poll: int) -> list[Said]:
        return [] if poll in self.empty else super().shown(poll)


class EmptyInBetweenWithPlacesAsGuids(EmptyInBetween, PlacesAsGuids):
    pass


class Bursts(Behaves):
    """Now and then more is said between two polls than the window holds: that is told as a gap."""

    news: ClassVar = (0, 0, 1, 0, 0, 0, 1, 0, 0, 15)

    def mentions(self) -> Counter[tuple[tuple[Words, ...], datetime]]:
        assert self.polls_after_gaps()
        return super().mentions()


class BurstsOverPlacesAsGuids(Bursts, PlacesAsGuids):
    pass


class AlwaysTheSameWords(Behaves):
    """Different things in the same words: what tells them apart is all that the feed has."""

    edits = 0

    def say(self, poll: int) -> None:
        super().say(poll)
        self.said[-1].title, self.said[-1].text = "Price changed", ""


class OftenTheSameWords(NoLink):
    """Short posts without a title."""

    edits = 0

    def say(self, poll: int) -> None:
        super().say(poll)
        self.said[-1].title = ""
        self.said[-1].text = self.random.choice(["Good morning!", "Thank you", f"Something else {self.count}"])


class OneEntry(Behaves):
    """Only ever the newest."""

    window = 1
    news: ClassVar = (0, 0, 1)
    edits = 0.2


class LongWindow(Behaves):
    window = 80
    news: ClassVar = (0, 3, 5)
    edits = 0.01


KINDS = [kind for kind in globals().values() if isinstance(kind, type) and issubclass(kind, Behaves)]
SCRIPTS = [(kind, seed) for kind in KINDS for seed in range(SEEDS)]
assert len(SCRIPTS) >= 200
"""A few of the scripts, one form of each feed or another, for every day."""
SAMPLE = [(kind, at) for at, kind in enumerate(KINDS)][::3]


def rss(entries: list[dict[str, str]]) -> bytes:
    names = {"guid": "guid isPermaLink='false'", "date": "pubDate", "text": "description"}
    items = "".join(
        "<item>"
        + "".join(
            f"<{names.get(name, name)}>{escape(value)}</{names.get(name, name).split()[0]}>"
            for name, value in entry.items()
            if value
        )
        + "</item>"
        for entry in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def atom(entries: list[dict[str, str]]) -> bytes:
    def shown(entry: dict[str, str]) -> str:
        parts = f"<title>{escape(entry['title'])}</title><content type='text'>{escape(entry['text'])}</content>"
        parts += f"<id>{escape(entry['guid'])}</id>" if entry["guid"] else ""
        parts += f'<link href="{escape(entry["link"])}"/>' if entry["link"] else ""
        parts += f"<published>{entry['date']}</published>" if entry["date"] else ""
        return f"<entry>{parts}</entry>"

    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{"".join(map(shown, entries))}</feed>'.encode()


def json_feed(entries: list[dict[str, str]]) -> bytes:
    names = {"guid": "id", "link": "url", "title": "title", "text": "content_text", "date": "date_published"}
    items = [{names[name]: value for name, value in entry.items() if value} for entry in entries]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items}).encode()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("behaviours") / "overheard.db", write=True)
    yield opened
    opened.close()


Played = tuple[list[int], list[str]]
_NUMBERS = count()


@pytest.fixture
def play(store: Store) -> Callable[[Behaves, str], Played]:
    """Poll a feed to its script's end; the polls that told a gap, and all problems told."""

    def play_(script: Behaves, name: str) -> Played:
        origin = Origin(name, "feed", name, "all")
        config = feed.Config(url="https://blog.example/feed")
        ear = Ear(QuerySet({}), {})
        store.writing(watches.sync, [Configured(name, "feed", "1")], START)
        gaps: list[int] = []
        told: list[str] = []
        for poll, body in enumerate(script.replies()):
            steps = list(replay(feed.fetch(config, store.reading(watches.cursor, name)), [Response(200, {}, body, "")]))
            items = [step for step in steps if isinstance(step, Item)]
            gaps += [poll for step in steps if isinstance(step, Missed)]
            told += [step.why for step in steps if isinstance(step, Problem)]
            cursor = json.loads(json.dumps(dict(next(step.cursor for step in steps if isinstance(step, Checkpoint)))))
            store.writing(pipeline.take, items, [], cursor, origin, ear, START + timedelta(hours=poll))
        return gaps, told

    return play_


def stored(store: Store, scope: str) -> Counter[tuple[tuple[Words, ...], datetime]]:
    """Every mention of a scope: its wordings in their order, and its date."""

    def read(connection: Any) -> Counter[tuple[tuple[Words, ...], datetime]]:
        mention, revision = MentionRow.__table__, RevisionRow.__table__
        mine = mention.c.scope == scope
        wordings: dict[int, list[Words]] = defaultdict(list)
        question = select(revision).join(mention, mention.c.id == revision.c.mention_id).where(mine)
        for row in connection.execute(question.order_by(revision.c.revision)):
            wordings[row.mention_id].append((row.title, row.text))
        return Counter(
            ((*wordings[row.id], (row.title, row.text)), row.published)
            for row in connection.execute(select(mention).where(mine))
        )

    return store.reading(read)


def shows_exactly_what_was_said(kind: type[Behaves], seed: int, play: Any, store: Store) -> None:
    script = kind(seed)
    name = f"{kind.__name__}-{next(_NUMBERS)}"
    gaps, told = play(script, name)
    expected, found = script.mentions(), stored(store, name)
    assert (list((expected - found).elements()), list((found - expected).elements())) == ([], []), "lost, made up"
    assert gaps == script.polls_after_gaps()
    if script.told:
        assert any(script.told in words for words in told)
    else:
        assert told == []


@pytest.mark.parametrize(("kind", "seed"), SAMPLE, ids=lambda value: getattr(value, "__name__", value))
def test_some_feeds_with_bad_habits_are_read_right(kind: type[Behaves], seed: int, play: Any, store: Store) -> None:
    shows_exactly_what_was_said(kind, seed, play, store)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), SCRIPTS, ids=lambda value: getattr(value, "__name__", value))
def test_all_feeds_with_bad_habits_are_read_right(kind: type[Behaves], seed: int, play: Any, store: Store) -> None:
    shows_exactly_what_was_said(kind, seed, play, store)
