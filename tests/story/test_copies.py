"""The same text in other hands is found again; another event in the same form is not."""

from __future__ import annotations

import random
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.story.copies import LONG_HEADLINE, alike, related
from monitor.story.retold import retold
from monitor.story.signature import keys
from monitor.story.wording import Wording
from sources.base import BadShape
from sources.reading.document import parse_feed

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
REAL = (
    "netnewswire/Modules/RSParser/Tests/RSParserTests/Resources",
    "feedjira/spec/sample_feeds",
    "rbren-rss-parser/test/input",
    "miniflux/internal/reader/parser/testdata",
    "feed-rs/feed-rs/fixture",
)
XML = {".xml", ".rss", ".atom", ".rdf"}
FEW = 500
LOOKED_AT = 8

AROUND = """
Sign up for our newsletter to get the latest news delivered straight to your inbox every morning
This article was originally published on our partner site and has been republished here with permission
The post appeared first on The Daily Wire Room. Read more stories like this in our archive
Reporting by our staff in London; editing by the news desk. All rights reserved, do not copy
Photo courtesy of the company. Share this story on your favourite network and leave a comment below
You are receiving this because you subscribed to the feed. Click here to continue reading the full entry
Advertisement. Support independent journalism: become a member today and get access to everything we publish
"""

Hand = Callable[[Sequence[str], random.Random, Sequence[str]], list[str]]


def changed(words: Sequence[str], dice: random.Random, vocabulary: Sequence[str]) -> list[str]:
    """One word in ten is another."""
    new = list(words)
    for at in dice.sample(range(len(new)), max(1, round(len(new) / 10))):
        new[at] = dice.choice(vocabulary)
    return new


def framed(words: Sequence[str], dice: random.Random, vocabulary: Sequence[str]) -> list[str]:
    """What a site writes before and after everything, or after it alone."""
    before, after = dice.sample(AROUND.strip().splitlines(), 2)
    return [*(before.split() if dice.random() < 0.5 else ()), *words, *after.split()]


def cut(words: Sequence[str], dice: random.Random, vocabulary: Sequence[str]) -> list[str]:
    """A teaser of 20 to 40 words."""
    return list(words[: dice.randint(20, 40)])


def all_of_it(words: Sequence[str], dice: random.Random, vocabulary: Sequence[str]) -> list[str]:
    return framed(changed(cut(words, dice, vocabulary), dice, vocabulary), dice, vocabulary)


@dataclass(frozen=True)
class Result:
    recall: float
    precision: float


def judged(originals: Sequence[Wording], hand: Hand, *, every: int = 1) -> Result:
    """A copy of each original made by a hand, asked for among all originals as the store asks: by keys, the most shared
    first, then by the words. Copies of what is itself a copy count for nothing."""
    dice = random.Random(5)
    vocabulary = [word for one in originals for word in one.words]
    holding: dict[int, list[int]] = defaultdict(list)
    for number, of_one in enumerate(keys(originals)):
        for key in of_one:
            holding[key].append(number)
    copies = {n: Wording(tuple(hand(originals[n].words, dice, vocabulary))) for n in range(0, len(originals), every)}
    found = wrong = 0
    for (number, copy), of_one in zip(copies.items(), keys(list(copies.values())), strict=True):
        shared = Counter(other for key in of_one for other in holding[key])
        hits = {other for other, _ in shared.most_common(LOOKED_AT) if alike(copy, originals[other])}
        found += number in hits
        wrong += sum(not alike(originals[number], originals[other]) for other in hits - {number})
    return Result(found / len(copies), found / max(1, found + wrong))


@pytest.fixture(scope="module")
def entries() -> list[Wording]:
    """The entries of real feeds that are long enough to be copied; skipped where these are absent."""
    if not CORPORA.is_dir():
        pytest.skip("no feeds at ../shared/corpora")
    found: dict[str, Wording] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in (path for folder in REAL for path in sorted((CORPORA / folder).rglob("*")) if path.suffix in XML):
            try:
                items = parse_feed(path.read_bytes()).items
            except BadShape:
                continue
            for item in items:
                said = re.sub(r"\W+", " ", f"{item.title} {item.text}".casefold())
                wording = Wording.of(item.title, item.text)
                if wording.length >= 12:
                    found.setdefault(said, wording)
    return random.Random(3).sample(list(found.values()), len(found))


@pytest.mark.parametrize("hand", [changed, framed, cut])
def test_copies_of_real_entries_are_found_and_hardly_anything_else(entries, hand):
    result = judged(entries[:FEW], hand)
    assert result.recall >= 0.95
    assert result.precision >= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("hand", [changed, framed, cut])
def test_copies_are_found_among_all_real_entries(entries, hand):
    result = judged(entries, hand)
    print(f"{hand.__name__}: {result}")
    assert result.recall >= 0.95
    assert result.precision >= 0.99


@pytest.mark.slow
def test_a_short_teaser_reworded_and_framed_is_mostly_found_and_never_mistaken(entries):
    result = judged(entries, all_of_it)
    print(f"all of it: {result}")
    assert result.recall >= 0.5
    assert result.precision >= 0.99


COPIES = [
    (
        "Acme will open a repair centre in Lyon in May, its first in France, and hire sixty people for it.",
        "PARIS (Wire) - Acme will open a repair centre in Lyon in May, its first in France, and hire sixty people.",
    ),
    (
        "Acme's new kettle leaks from the lid after two weeks, and support tells me to buy a new lid. Never again.",
        "RT @ann: Acme’s new kettle leaks from the lid after two weeks, and support tells me to buy a new lid. "
        "Never again. https://t.example/x1",
    ),
    (
        "Bolt didn't tell its customers about the breach for six weeks, a former engineer told the paper on Monday.",
        "Bolt did not tell its customers about the breach for six weeks, a former engineer told the paper on Monday.",
    ),
    (
        "アクメの新しいケトルは二週間で水漏れしました。サポートは返事をくれません。二度と買いません。",
        "【悲報】アクメの新しいケトルは二週間で水漏れしました。サポートは返事をくれません。二度と買いません。",
    ),
    (
        "Acme ruft 40.000 Wasserkocher zurück, weil der Griff beim Gießen abbrechen kann. Kunden bekommen ihr Geld.",
        "Rückruf: Acme ruft 40.000 Wasserkocher zurück, weil der Griff beim Gießen abbrechen kann. Kunden bekommen "
        "ihr Geld zurück, teilt die Firma mit.",
    ),
]


@pytest.mark.parametrize(("one", "other"), COPIES)
def test_a_text_that_is_passed_on_is_a_copy(one, other):
    assert alike(Wording.of("", one), Wording.of("", other)) > 0


OTHER_EVENTS = [
    # another place
    ("Acme opens its new store in Berlin on Friday with a party for the first two hundred customers",
     "Acme opens its new store in Munich on Friday with a party for the first two hundred customers"),
    # another number
    ("Acme shares closed 2.3 percent higher after the company reported quarterly sales of 410 million euros",
     "Acme shares closed 4.1 percent higher after the company reported quarterly sales of 455 million euros"),
    # the opposite
    ("Shares of Acme rose sharply in early trading after the company reported its quarterly earnings to investors",
     "Shares of Acme fell sharply in early trading after the company reported its quarterly earnings to investors"),
    # another day
    ("Acme is down for many users since Monday morning, the company says that it is working on a fix",
     "Acme is down for many users since Thursday morning, the company says that it is working on a fix"),
    # a denial
    ("Acme will close its factory in Leeds at the end of the year, the chief executive told workers",
     "Acme will not close its factory in Leeds at the end of the year, the chief executive told workers"),
    # another product
    ("Acme recalls the Kettle Pro because its handle can break off while hot water is poured, owners get refunds",
     "Acme recalls the Toaster Max because its handle can break off while hot water is poured, owners get refunds"),
    # another person
    ("Acme director Maria Lund sold shares of the company worth half a million euros, a filing shows today",
     "Acme director Peter Holm sold shares of the company worth half a million euros, a filing shows today"),
    # another version
    ("Acme app v3.1 is out: this release mends crashes at start, makes sync faster, and brings a dark theme",
     "Acme app v3.2 is out: this release mends crashes at start, makes sync faster, and brings a dark theme"),
    # the next of a series
    ("Acme podcast, episode 41: our hosts talk about kettles, toasters and what you wrote to us this week",
     "Acme podcast, episode 42: our hosts talk about kettles, toasters and what you wrote to us this week"),
    # another end of the same process
    ("The city council approved the plan of Bolt to build a battery plant on the old airfield near the river",
     "The city council rejected the plan of Bolt to build a battery plant on the old airfield near the river"),
    # start and stop
    ("Bolt launches its night service for scooters in the old town, riders pay one euro more after ten",
     "Bolt discontinues its night service for scooters in the old town, riders pay one euro more after ten"),
    # a form that customers fill in
    ("Order 1001 from Acme has not arrived for three weeks and nobody answers my mails, what shall I do",
     "Order 2417 from Acme has not arrived for three weeks and nobody answers my mails, what shall I do"),
    # another quarter
    ("Acme reports results for Q2: revenue in line with forecasts, margin under pressure from freight and steel",
     "Acme reports results for Q3: revenue in line with forecasts, margin under pressure from freight and steel"),
    # the same praise, otherwise worded
    ("The Acme Kettle is quiet, quick and easy to clean, and it looks good on the counter as well",
     "My Acme Kettle boils quickly and without noise, and cleaning it takes a minute; it looks lovely too"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OTHER_EVENTS)
def test_other_events_in_the_same_words_stay_apart(one, other):
    mine, theirs = Wording.of("", one), Wording.of("", other)
    assert alike(mine, theirs) == alike(theirs, mine) == 0


def test_two_press_releases_with_the_same_last_paragraph_stay_apart():
    about = (
        "About Acme: Acme makes kettles, toasters and other things for the kitchen since 1921 and sells them in forty "
        "countries. The company employs nine thousand people and has its seat in Gothenburg. More at the press office."
    )
    one = Wording.of(
        "", f"Acme names Maria Lund head of design; she comes from a maker of chairs and begins now. {about}"
    )
    two = Wording.of("", f"From spring on all boxes of Acme are made of paper alone, which saves plastic. {about}")
    assert alike(one, two) == 0


def test_short_texts_are_never_copies():
    assert alike(Wording.of("", "Acme: great app, works well"), Wording.of("", "Acme: great app, works well")) == 0


def test_headlines_of_articles_may_be_shorter():
    one = Wording.of("Acme raises prices of all plans by a fifth - The Wire", "")
    other = Wording.of("Acme raises prices of all plans by a fifth - Evening Post", "")
    assert alike(one, other, long=LONG_HEADLINE) > 0
    assert alike(one, Wording.of("Acme raises the pay of its drivers - The Wire", ""), long=LONG_HEADLINE) == 0


def test_one_hand_that_fills_in_a_form_says_something_new_each_time():
    one = "Kitchen notes: welcome to our weekly letter on everything that boils. This week we look at lids and spouts."
    other = "Kitchen notes: welcome to our weekly letter on everything that boils. This week we look at toast and jam."
    assert alike(Wording.of("", one), Wording.of("", other), at_home=True) == 0
    assert alike(Wording.of("", one), Wording.of("", other)) > 0


def test_at_one_address_a_headline_and_its_article_are_one_and_two_reports_are_not():
    headline, article = (
        Wording.of("Acme opens in Lyon", ""),
        Wording.of("", "In May Acme opens its first shop in Lyon."),
    )
    assert related(headline, article)
    assert not related(Wording.of("Acme: login down", ""), Wording.of("Acme: payments slow since noon", ""))


def test_a_copy_has_a_key_of_its_original_in_every_process():
    (of_one,) = keys([Wording.of("", OTHER_EVENTS[0][0])])
    assert of_one[:3] == FIRST_KEYS
    assert keys([Wording.of("", "Acme"), Wording.of("", "")]) == [(), ()]


FIRST_KEYS = (303_733_528_031_492_232, 681_770_737_540_098_755, 1_871_175_049_549_519_943)

RETOLD = [
    ("Acme has recalled 40,000 Kettle Pro units sold in France and Spain after eleven reports of the handle coming off "
     "while pouring. Owners get a full refund or a replacement, the company says.",
     "Owners of the Kettle Pro in Spain and France can have their money back or a new one: Acme is calling back 40,000 "
     "of them because handles have broken off during pouring, eleven times so far."),
    ("The regulator fined Bolt 4.5 million euros for leaving scooters on pavements in Madrid despite 61 warnings. Bolt "
     "says that it will appeal against the decision within the month.",
     "Bolt has to pay 4.5 million euros because its scooters kept blocking pavements in Madrid. The regulator had "
     "warned the company 61 times. An appeal will be filed this month, a Bolt spokeswoman said."),
    ("Some 350 drivers of Bolt in Warsaw walked out on Wednesday over pay. They want 12 percent more, the union said, "
     "and plan to stay away until the company talks to them.",
     "Pay dispute at Bolt: on Wednesday about 350 people who drive for the firm in Warsaw stopped work. According to "
     "their union they ask for a rise of 12 percent and will not be back before there are talks."),
]  # fmt: skip
NOT_RETOLD = [
    ("Acme has recalled 40,000 Kettle Pro units sold in France and Spain after eleven reports of the handle coming off "
     "while pouring. Owners get a full refund or a replacement, the company says.",
     "Acme recalls 8,000 Kettle Mini units in Germany because the lid may come off while pouring. Owners get a "
     "replacement, says the company, which knows of three reports."),
    ("Bolt shares fell 9 percent on Thursday after the scooter maker cut its forecast for the year to 1.2 billion "
     "euros in sales, citing weak demand in Germany and higher freight costs.",
     "Bolt shares rose 7 percent on Thursday after the scooter maker raised its forecast for the year to 1.6 billion "
     "euros in sales, citing strong demand in Germany and lower freight costs."),
    ("I love how quiet the new Acme Kettle Pro is, it boils in two minutes and the handle stays cool. Best kettle I "
     "have had in ten years, worth the 89 dollars.",
     "The Acme Kettle Pro is so quiet! Boils within two minutes, the handle stays cool to touch. Worth the 89 dollars, "
     "best kettle in ten years of mine, says my wife."),
    ("Acme opened its first shop in Japan on Saturday. More than 900 people queued in Osaka for the flagship, which "
     "sells the whole range and repairs kettles while customers wait.",
     "Acme opened its second shop in Japan on Saturday. Some 400 people queued in Tokyo for it; it sells the whole "
     "range, and kettles are repaired while customers wait."),
    ("Bolt sold 12,000 scooters in Warsaw in March, which is more than ever. Demand rose because the city built lanes, "
     "says the head of sales, and April looks as good.",
     "Of the 12,000 scooters of Bolt in Warsaw many stand on pavements. In March complaints to the city doubled and "
     "people demand that the company collects them, demand fell."),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), RETOLD)
def test_the_same_news_in_other_words_shares_its_facts(one, other):
    assert retold(Wording.of("", one), Wording.of("", other), {"acme", "bolt"})


@pytest.mark.parametrize(("one", "other"), NOT_RETOLD)
def test_what_shares_a_subject_and_not_its_facts_is_not_the_same_news(one, other):
    assert not retold(Wording.of("", one), Wording.of("", other), {"acme", "bolt"})
