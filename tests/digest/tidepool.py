"""An invented brand, "Tidepool" (meal kits), on a bad Tuesday, on a quiet one, and on its third day."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from monitor.digest.due import window_of
from monitor.digest.material import Material
from monitor.insight.counts import Counts, DayCount, Sums
from monitor.mention import Brand, Heard, Mention, SourceHealth, StoryHeard, ThemeHeard
from monitor.story.quotes import Quote

DAY = date(2026, 11, 24)
ZONE = "Europe/Berlin"
START, END = window_of(DAY, time(8), ZoneInfo(ZONE))
TIDEPOOL = Brand(1, "Tidepool", '"tidepool" meal*', competitors=("Greenfork", "Pantrio"))

STORY = (
    "Meal kit maker Tidepool has stopped paying refunds for late boxes while it moves to a new billing provider, "
    "customers report, some of them waiting since October. The company says all open cases will be settled within days."
)
REFUNDS = (
    ("nell_b", "Still waiting for my refund after five weeks, support just sends the same template every time."),
    ("Karsten", "Cancelled in October and I am still waiting for a refund. Third ticket, no answer."),
    ("p.ozturk", "Box came two days late, chicken was warm. Still waiting on my refund."),
    ("hungry_in_hull", "@tidepool is anybody there? Still waiting for my refund."),
    ("m.okafor", "Love the food but still waiting for the refund you promised on the phone."),
    ("sade", "My refund never arrived, switching to Greenfork this weekend."),
    ("tomasz", "Refund never arrived. Charged twice though, that worked fine."),
    ("lia", "Was told seven days. Refund never arrived, that was a month ago."),
)
PRAISE = (
    ("bea", "The new miso salmon recipe is the best thing I have cooked all year."),
    ("joao", "Miso salmon recipe: ten minutes, kids ate everything. More of this please!"),
    ("cook_carl", "That miso salmon recipe from Tidepool is ridiculous. In a good way."),
    ("amira", "Portions are generous and the recipe cards are lovely."),
)
CHATTER = (
    "Spreadsheet of every meal kit we tried at the office, Tidepool is in row four.",
    "Saw a Tidepool van in Leith this morning.",
    "Anyone comparing Tidepool with Pantrio on price per portion? Sheet is up to date now.",
    "Tidepool and Greenfork both sponsor the harbour run this year.",
    "Our street has three Tidepool boxes on the doorsteps every Monday.",
    "Podcast with the founder of Tidepool is out, forty minutes on cold chains.",
    "New Tidepool menu for December is online.",
)


def mention(id_: int, text: str, author: str, hours: float = 5, **more: object) -> Mention:
    """A mention published so many hours before the window's end."""
    when = END - timedelta(hours=hours)
    facts: dict[str, object] = {
        "source": "mastodon.social",
        "source_kind": "mastodon",
        "kind": "post",
        "url": f"https://social.example/@{author.replace(' ', '')}/{id_}",
        "title": "",
        "collected": when,
        "lang": "en",
    }
    return Mention(id=id_, text=text, author=author, published=when, **(facts | more))  # type: ignore[arg-type]


def heard(one: Mention, sentiment: str | None = None, needs: tuple[str, ...] = (), **more: object) -> Heard:
    return Heard(one, "Tidepool", sentiment=sentiment, needs=needs, **more)  # type: ignore[arg-type]


def hearing(material: Material, *told: Heard) -> Material:
    """The same day, had only these been heard: with the stories and themes that they make."""
    themes, quotes = themes_in(told)
    return replace(material, heard=told, stories=stories_in(told), themes=themes, quotes=quotes)


def crisis() -> tuple[Heard, ...]:
    told: list[Heard] = []
    for i, (author, text) in enumerate(REFUNDS):
        needs = ("churn", "complaint") if "switching" in text else ("complaint", "help") if i < 4 else ("complaint",)
        told.append(heard(mention(4100 + i, text, author, 21 - 2.3 * i), "negative", needs))
    told[1] = replace(told[1], assignee="Jonas")
    outlets = ("The Grocer Daily", "Food Wire", "Northern Post", "eBusiness Today", "Kitchen Ledger", "Metro Morning",
               "Leeds Line", "Retail Brief", "Box Watch", "The Daily Fork", "Consumer Desk", "Harbour")  # fmt: skip
    for i, outlet in enumerate(outlets):
        text = STORY if i % 2 == 0 else f"{STORY} Read more at {outlet}."
        article = mention(
            4200 + i, text, "", 19 - i, source=outlet, source_kind="feed", kind="article",
            title="Tidepool stops paying refunds during billing move", url=f"https://news{i}.example/tidepool-refunds",
        )  # fmt: skip
        told.append(heard(article, "negative", ("impression",)))
    reviews = ((1, "Refund? What refund", "No refund, no answer, no thanks.", "iOS_kate"),
               (2, "Used to be good", "App logs me out on every start since the update.", "Dirk W."),
               (5, "Dinner solved", "Boxes arrive cold and complete, every week.", "R. Mehta"),
               (4, "Nice", "Nice recipes, box is a bit heavy.", "ana"),
               (5, "", "Great app", "finn"))  # fmt: skip
    for i, (stars, title, text, author) in enumerate(reviews):
        review = mention(
            4300 + i, text, author, 3 + 2 * i, title=title, source="App Store UK", source_kind="appstore",
            kind="review", rating=float(stars), rating_max=5.0, rating_kind="stars",
            url=f"https://apps.example/review/{4300 + i}",
        )  # fmt: skip
        mood = "negative" if stars < 3 else "positive"
        told.append(heard(review, mood, ("complaint",) if stars < 3 else ("praise",)))
    for i, (author, text) in enumerate(PRAISE):
        told.append(heard(mention(4400 + i, text, author, 6 + i), "positive", ("praise",)))
    asked = "Does Tidepool deliver to Northern Ireland yet? The site only says soon."
    told.append(
        heard(mention(4500, asked, "quietreader", 2, source="Reddit search", kind="comment"), "neutral", ("question",))
    )
    for i, text in enumerate(CHATTER):
        told.append(heard(mention(4600 + i, text, f"reader{i}", 9 + i), "neutral", ("impression",)))
    return tuple(told)


def history(weeks: int = 8, level: float = 14, seed: int = 3) -> tuple[DayCount, ...]:
    """Past days; every weekday has its own level."""
    dice, days = random.Random(seed), []
    for back in range(weeks * 7, 0, -1):
        day = DAY - timedelta(days=back)
        volume = max(0, round(dice.gauss(level - (5 if day.weekday() >= 5 else 0), 3)))
        negative = sum(dice.random() < 0.22 for _ in range(volume))
        positive = sum(dice.random() < 0.45 for _ in range(volume - negative))
        days.append(DayCount(day, volume, negative, volume - negative - positive, positive))
    return tuple(days)


def rival_sums(volume: int, negative: int, neutral: int, positive: int) -> Sums:
    return Sums(Counts(volume, negative, neutral, positive))


def sources() -> tuple[SourceHealth, ...]:
    fine = [
        ("mastodon.social", "mastodon"), ("Reddit search", "reddit"), ("App Store UK", "appstore"),
        ("Google News", "feed"), ("Hacker News", "hackernews"), ("The Grocer Daily", "feed"),
    ]  # fmt: skip
    rows = [SourceHealth(name, kind, "ok", last_good=END - timedelta(minutes=4)) for name, kind in fine]
    failing = SourceHealth(
        "Trustpilot page", "reviews_page", "failing", last_good=END - timedelta(hours=28), failures=31,
        failing_since=END - timedelta(hours=27), error="answered 403 Forbidden",
        advice="the site refuses robots: use its API key",
    )  # fmt: skip
    return (*rows, failing)


def stories_in(told: tuple[Heard, ...]) -> tuple[StoryHeard, ...]:
    """The articles tell one story."""
    articles = [one.mention for one in told if one.mention.kind == "article"]
    return (StoryHeard(7, "", articles[0], tuple(one.id for one in articles)),) if len(articles) > 1 else ()


def themes_in(told: tuple[Heard, ...]) -> tuple[tuple[ThemeHeard, ...], dict[int, tuple[Quote, ...]]]:
    """Who waits for a refund, whose refund never arrived, and who likes one recipe; and two quotes of each."""
    known = (
        (31, "waiting for my refund", "negative", "waiting", 2),
        (32, "refund never arrived", "negative", "never arrived", 0),
        (33, "miso salmon recipe", "positive", "miso salmon", 0),
    )
    themes, quotes = [], {}
    for id_, name, side, words, before in known:
        said = [one.mention for one in told if words in one.mention.text.lower() and one.mention.kind == "post"]
        if said:
            members = tuple(one.id for one in said)
            past = tuple((DAY - timedelta(days=back), back % 2) for back in range(56, 0, -1))
            side_ = side if any(one.sentiment for one in told) else ""
            themes.append(
                ThemeHeard(id_, name, side_, members, len(said), before, past, END - timedelta(days=9))  # type: ignore[arg-type]
            )
            quotes[id_] = tuple(Quote(one.id, one.author, one.text[:90]) for one in said[:2])
    return tuple(themes), quotes
