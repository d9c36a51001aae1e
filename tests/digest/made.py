"""Digests and alerts made by hand from the form alone, with something in every part: what the renderers are judged
by. The brand is invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitor.digest import alert, form
from monitor.digest.form import Cited, Figure, Quoted, say
from monitor.digest.together import together, together_as_json

DAY = date(2026, 11, 24)
END = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
START = END - timedelta(days=1)
WINDOW = "after:2026-11-23T07:00:00Z before:2026-11-24T07:00:00Z"
BASE = "http://127.0.0.1:8765"


def number(value: float | None, text: str = "", more: str = "", **edges: Any) -> Figure:
    return Figure(value, text or f"{value:,}", f'brand:"Tidepool" {WINDOW} {more}'.strip(), **edges)


def cited(id_: int, text: str, author: str, source: str = "mastodon.social", hours: int = 5, **more: Any) -> Cited:
    url = more.pop("url", f"https://social.example/@{author or 'x'}/{id_}")
    return Cited(id_, text, more.pop("title", ""), author, source, url, END - timedelta(hours=hours), **more)


REFUND = cited(4103, "@tidepool is anybody there? Still waiting for my refund.", "hungry_in_hull", hours=13)
LEAVING = cited(4105, "My refund never arrived, switching to Greenfork this weekend.", "sade", hours=9)
STAR = cited(
    4300, "No refund, no answer, no thanks.", "iOS_kate", "App Store UK", 3,
    title="Refund? What refund", url="https://apps.example/review/4300", rating=1.0, rating_max=5.0,
)  # fmt: skip
ASKED = cited(4500, "Does Tidepool deliver to Northern Ireland yet? The site only says soon.", "quietreader",
              "Reddit search", 2, url="https://forum.example/r/mealkits/4500")  # fmt: skip
PRAISED = cited(4402, "That miso salmon recipe from Tidepool is ridiculous. In a good way.", "cook_carl", hours=8)
HARBOUR = cited(4603, "Tidepool and Greenfork both sponsor the harbour run this year.", "reader3")
ARTICLE = cited(
    4200,
    "Meal kit maker Tidepool has stopped paying refunds for late boxes while it moves to a new billing provider, "
    "customers report, some of them waiting since October.",
    "", "The Grocer Daily", 19, title="Tidepool stops paying refunds during billing move",
    url="https://grocer.example/tidepool-refunds",
)  # fmt: skip


def verdict() -> form.Verdict:
    sentence = say(
        "Unusual: ", number(37, "37 mentions"), " against ", Figure(None, "9–21", "brand:x", 9, 21),
        " on a Tuesday; ", number(12, "12 of them", "story:7"), " are one story about refunds.", mentions=[4200, 4103],
    )  # fmt: skip
    summary = form.Summary(
        "Tidepool has stopped paying refunds for late boxes while it moves to a new billing provider. Third ticket, "
        "no answer.", (4200, 4101),
    )  # fmt: skip
    return form.Verdict("unusual", sentence, summary)


def reply() -> form.Reply:
    total = number(9, more="NOT status:(replied OR resolved)")
    items = (
        form.ToAnswer(LEAVING, "Jonas", 9, ("may leave for a competitor", "complaint")),
        form.ToAnswer(STAR, "", 3, ("1-star review", "complaint"), "Support"),
        form.ToAnswer(REFUND, "", 13, ("complaint", "asks for help"), "Support"),
        form.ToAnswer(ASKED, "", 0, ("asks a question",)),
        form.ToAnswer(cited(4101, "Cancelled in October and I am still waiting for a refund. Third ticket, no answer.",
                            "Karsten", hours=19), "", 19, ("complaint", "asks for help"), "Support"),
    )  # fmt: skip
    return form.Reply(say(total, " mentions wait for an answer; these 5 first."), total, items)


def split(*counts: int) -> dict[str, Figure]:
    labels = ("negative", "neutral", "positive", "unscored")
    return {label: number(n, more=f"sentiment:{label}") for label, n in zip(labels, counts, strict=True)}


VOLUMES = (13, 9, 14, 16, 12, 8, 7, 15, 13, 12, 14, 11, 6, 8, 14, 12, 17, 13, 15, 9, 7, 12, 14, 13, 15, 12, 8, 9, 37)


def changed() -> form.Changed:
    measures = (
        form.Measure("volume", "Mentions", number(37), Figure(None, "9–21", "brand:x", 9, 21), None, "above",
                     number(13), say(number(37, "37 mentions"), "; usual on a Tuesday is ",
                                     Figure(None, "9–21", "brand:x", 9, 21), ".")),
        form.Measure("net_sentiment", "Net sentiment", number(-41.7, "−42", low=-61.0, high=-18.0, n=36),
                     Figure(None, "−4 to +38", "brand:x", -4, 38), Figure(None, "−61 to −18", "brand:x", -61, -18, 36),
                     "below", number(19.0, "+19"), say("Net sentiment ", number(-41.7, "−42"), " (−61 to −18)")),
        form.Measure("share_of_voice", "Share of voice", number(56.1, "56%", low=44.1, high=67.3, n=66),
                     Figure(None, "27–39%", "brand:x", 27, 39), Figure(None, "44–67%", "brand:x", 44.1, 67.3, 66),
                     "above", number(33.0, "33%"), say("Share of voice ", number(56.1, "56%"))),
    )  # fmt: skip
    days = [DAY - timedelta(days=back) for back in range(len(VOLUMES) - 1, -1, -1)]
    trend = tuple(
        form.Day(day, n, 22 if n == 37 else n // 4, n - n // 4 - n // 3 if n < 37 else 8, n // 3 if n < 37 else 7)
        for day, n in zip(days, VOLUMES, strict=True)
    )
    return form.Changed(measures, split(22, 7, 7, 1), trend)


def stories() -> form.Stories:
    more = number(14, "+ 14 more", "story:7")
    story = form.Story(
        7, "Tidepool stops paying refunds during billing move", ARTICLE, number(12, more="story:7"), more,
        ("The Grocer Daily", "Food Wire", "Northern Post"), say("12 mentions tell it ", more, mentions=[4200]),
        Quoted(ARTICLE, "The company says all open cases will be settled within days."),
        form.Summary("Customers report that Tidepool has stopped paying refunds for late boxes.", (4200, 4203)),
    )  # fmt: skip
    other = replace(story, id=9, headline="Harbour run has two meal kits on its shirts", quote=None, summary=None,
                    more=number(1, "+ 1 more", "story:9"), lead=HARBOUR)  # fmt: skip
    return form.Stories(say(number(14), " of the mentions tell 2 stories."), (story, other))


def repeated() -> form.Repeated:
    refunds = form.Comment(
        3, "still waiting for my refund", 8, number(9, more="theme:3"), number(2), 7,
        (Quoted(REFUND, "Still waiting for my refund."), Quoted(LEAVING, "My refund never arrived.")),
        say(number(9, "9 mentions"), " by 8 people say “still waiting for my refund”; usual is 0–2."),
        Figure(None, "0–2", "theme:3", 0, 2), "above", False, (0, 1, 0, 2, 0, 1, 2, 9),
    )  # fmt: skip
    app = replace(refunds, id=5, phrase="app logs me out", people=2, count=number(2, more="theme:5"), new=True,
                  usual=None, place="unknown", trend=(2,),
                  quotes=(Quoted(STAR, "App logs me out on every start."),))  # fmt: skip
    salmon = replace(refunds, id=4, phrase="miso salmon recipe", people=3, count=number(3, more="theme:4"),
                     previous=number(0), usual=None, place="unknown", trend=(),
                     quotes=(Quoted(PRAISED, "That miso salmon recipe is ridiculous."),))  # fmt: skip
    return form.Repeated((refunds, app), (salmon,))


def competitors() -> form.Competitors:
    lines = []
    for name, n, net, share, low, high in (
        ("Tidepool", 37, -42, 56, 44, 67), ("Greenfork", 22, 32, 33, 23, 45), ("Pantrio", 7, 14, 11, 5, 20)
    ):  # fmt: skip
        lines.append(form.Line(
            name, name == "Tidepool", number(n), Figure(None, "5–12", "brand:x", 5, 12), "within",
            number(net, f"{net:+d}".replace("-", "−")), number(share, f"{share}%", low=low, high=high, n=66),
            say(f"{name}: ", number(n, f"{n} mentions"), ", net sentiment ", number(net), "."),
        ))  # fmt: skip
    topics = tuple(
        form.Compared(label, tuple(
            form.Voice(line.name, line.own, number(n), number(s, f"{s}%", low=max(0, s - 14), high=min(100, s + 14),
                                                             n=whole), None)
            for line, n, s in zip(lines, ns, ss, strict=True)), said)
        for label, whole, ns, ss, said in (
            ("refunds", 12, (11, 1, 0), (92, 8, 0),
             say("Of refunds, ", number(92, "92%"), " is said of Tidepool, against 56% of everything.")),
            ("recipes", 15, (5, 8, 2), (33, 53, 13), None),
            ("delivery", 9, (4, 3, 2), (44, 33, 22), None))
    )  # fmt: skip
    return form.Competitors(tuple(lines), topics, (replace(topics[1], label="consideration"),))


def reviews() -> form.Reviews:
    two = cited(4301, "App logs me out on every start since the update.", "Dirk W.", "App Store UK", 5,
                title="Used to be good", url="https://apps.example/4301", rating=2.0, rating_max=5.0)  # fmt: skip
    stars = tuple(number(n, more=f"rating:{i}") for i, n in enumerate((1, 1, 0, 1, 2), 1))
    counted, low = number(5, "5 new reviews"), number(2)
    sentence = say(counted, ", mean ", number(3.4), " of 5 (n = 5); ", low, " with one or two stars.")
    return form.Reviews(number(5), number(3.4), number(4.0), stars, (STAR, two), number(2), sentence)


def experience() -> form.Experience:
    stages = (
        form.Stage("consideration", number(6), split(1, 4, 1, 0), number(0, "0"), number(8, "+8")),
        form.Stage("use", number(9), split(2, 1, 6, 0), number(44, "+44"), number(40, "+40"), 40, number(4, "+4")),
        form.Stage("service", number(18), split(17, 1, 0, 0), number(-94, "−94"), number(-20, "−20"), -10,
                   number(-84, "−84")),
        form.Stage("leaving", number(2), split(2, 0, 0, 0), number(-100, "−100"), None),
    )  # fmt: skip
    wants = tuple(
        form.Want(name, title, number(n), number(s, f"{s}%", low=s - 12, high=s + 12, n=33), None)  # type: ignore[arg-type]
        for name, title, n, s in (("service", "Asks for an answer", 19, 58), ("suggestion", "Suggests something", 2, 6),
                                  ("impression", "Gives an impression", 12, 36))
    )  # fmt: skip
    took = form.Took(number(5400, "1.5 h"), number(43_200, "12 h"), 6)
    teams = (
        form.Team("Support", number(19), number(-84, "−84"), number(8), took, took, 14_400, number(67, "67%")),
        form.Team("", number(9), number(11, "+11"), number(1)),
    )
    gap = form.Difference(
        "App Store UK", "support", number(-80, "−80"), number(-20, "−20"), number(-60, "−60", low=-88, high=-25),
        say("Support is judged worse at App Store UK (", number(-80, "−80"), ") than elsewhere (−20)."),
    )  # fmt: skip
    return form.Experience(say("Service draws the blame: ", number(17, "17 of 22"), " negative mentions."),
                           stages, wants, teams, (gap,))  # fmt: skip


def coverage() -> form.Coverage:
    fine = [form.Checked(name, kind, "ok", number(n, more=f'source:"{name}"'), None, END, "", "", ())
            for name, kind, n in (("mastodon.social", "mastodon", 14), ("Reddit search", "reddit", 3),
                                  ("App Store UK", "appstore", 5), ("The Grocer Daily", "feed", 9))]  # fmt: skip
    failing = form.Checked("Trustpilot page", "reviews_page", "failing", number(0), END - timedelta(hours=27),
                           END - timedelta(hours=28), "answered 403 Forbidden",
                           "the site refuses robots: use its API key", ("entries past the first page",))  # fmt: skip
    notes = (say("3 mentions are held for review, ", number(12), " were excluded by your query."),)
    silent = (("Instagram", "needs an approved Meta app"), ("TikTok", "no public interface"))
    return form.Coverage(say("4 of 5 sources were read."), notes, (*fine, failing), silent)


def digest() -> form.Digest:
    """A bad Tuesday, with something in every part."""
    sections = form.Sections(
        verdict(), reply(), changed(), stories(), repeated(), competitors(), reviews(), experience(), coverage()
    )
    subject = "Tidepool, Tue 24 Nov: unusual, 37 mentions against 9–21"
    return form.Digest("daily", "Tidepool", "", DAY, "Europe/Berlin", START, END, subject, sections)


def bare(verdict_: form.Verdict, coverage_: form.Coverage, past: int = 0) -> form.Digest:
    """A day on which nothing or next to nothing was said."""
    full = changed()
    measures = tuple(
        replace(one, now=Figure(0 if one.name == "volume" else None, "0" if one.name == "volume" else "–", "brand:x"),
                interval=None, place="within" if past else "unknown", usual=one.usual if past else None)
        for one in full.measures[:2]
    )  # fmt: skip
    trend = tuple(replace(day, volume=i % 3, negative=0) for i, day in enumerate(full.trend[-past - 1 :]))
    sections = form.Sections(
        verdict_, form.Reply(say("Nobody waits for an answer."), number(0)),
        form.Changed(measures, split(0, 0, 0, 0), trend), form.Stories(say("No story."), ()), form.Repeated(),
        form.Competitors(()), replace(reviews(), count=number(0), low=(), stars=()),
        form.Experience(say("Too little was said.")), coverage_,
    )  # fmt: skip
    return replace(digest(), sections=sections, subject=f"Tidepool, Tue 24 Nov: {verdict_.sentence.text}")


def quiet() -> form.Digest:
    few = (cited(4601, "Saw a Tidepool van in Leith this morning.", "reader1"),)
    sentence = say("Quiet: ", number(1, "1 mention"), ", as on most Tuesdays.")
    return bare(form.Verdict("quiet", sentence, None, few), coverage(), 28)


def learning() -> form.Digest:
    return bare(form.Verdict("learning", say("First days: too early to say what is usual.")), coverage(), 2)


def blind() -> form.Digest:
    nothing = replace(coverage(), sentence=say("None of 5 sources was read."), sources=coverage().sources[-1:])
    return bare(form.Verdict("blind", say("Blind: no source could be read since Monday.")), nothing, 28)


def weekly() -> form.Digest:
    one = digest()
    days = one.sections.changed.trend[-7:]
    part = replace(one.sections.changed, days=days)
    return replace(one, kind="weekly", department="Support", start=END - timedelta(days=7),
                   sections=replace(one.sections, changed=part))  # fmt: skip


def as_read(one: form.Digest) -> dict[str, Any]:
    """As it is read again years later: through JSON."""
    read: dict[str, Any] = json.loads(json.dumps(form.as_json(one)))
    return read


def all_brands() -> dict[str, Any]:
    other = replace(quiet(), brand="Little Tidepool")
    read: dict[str, Any] = json.loads(json.dumps(together_as_json(together([digest(), other]))))
    return read


def first_form() -> dict[str, Any]:
    """The bad Tuesday as version 0.1 would have frozen it: without what was added since."""
    old = as_read(digest())
    sections = old["sections"]
    del old["kind"], old["department"], sections["experience"]
    added = {"verdict": ("summary", "few"), "changed": ("days",), "competitors": ("topics", "stages")}
    for part, names in added.items():
        for name in names:
            del sections[part][name]
    for item in sections["reply"]["items"]:
        del item["team"]
    for story in sections["stories"]["items"]:
        for name in ("id", "more", "quote", "summary"):
            del story[name]
    for comment in (*sections["repeated"]["complaints"], *sections["repeated"]["praise"]):
        for name in ("id", "usual", "place", "new", "trend", "pinned", "summary"):
            del comment[name]
    return {**old, "version": 1}


DIGESTS: dict[str, Callable[[], dict[str, Any]]] = {
    "bad day": lambda: as_read(digest()),
    "quiet day": lambda: as_read(quiet()),
    "first days": lambda: as_read(learning()),
    "blind": lambda: as_read(blind()),
    "week": lambda: as_read(weekly()),
    "all brands": all_brands,
    "first form": first_form,
}


def warning() -> dict[str, Any]:
    """alert.json of a spike."""
    shown = tuple(
        alert.Shown(mention, "negative", why, owner)
        for mention, why, owner in ((LEAVING, ("may leave", "12,000 followers"), "Jonas"),
                                    (REFUND, ("asks for help",), ""), (STAR, ("1-star review",), ""))
    )  # fmt: skip
    one = alert.Alert(
        kind="volume", brand="Tidepool", department="Support", subject="Tidepool: 19 mentions in 2 hours, usual is 0–4",
        sentence=say(number(19, "19 mentions"), " in 2 hours; usual on a Tuesday morning is ",
                     Figure(None, "0–4", "brand:x", 0, 4), ".", mentions=[4105, 4103]),
        cause=say(number(14, "14 of them", "theme:3"), " say “still waiting for my refund”."),
        total=number(19), mentions=shown,
        advice=say("overheard alerts ack 12 when somebody has it; overheard alerts snooze 12 --for 2d for silence."),
        started=END - timedelta(hours=2), until=END, timezone="Europe/Berlin",
        details=(say("Also unusual: negative share, ", number(16, "16 of 19"), "."),),
    )  # fmt: skip
    read: dict[str, Any] = json.loads(json.dumps(alert.as_json(one)))
    return read


KEPT = {"query", "level", "date", "published", "kind", "place", "timezone", "start", "end", "version", "since",
        "last_good", "started", "until", "state"}  # fmt: skip


def poisoned(value: Any, words: Callable[[], str], key: str = "") -> Any:
    """The same JSON with the next of these words in the place of every text that a person could have written."""
    if isinstance(value, str):
        return value if key in KEPT else words()
    if isinstance(value, list):
        return [poisoned(one, words, key) for one in value]
    if isinstance(value, dict):
        measure = {"name", "title", "now", "usual"} <= set(value)
        return {k: v if measure and k == "name" else poisoned(v, words, k) for k, v in value.items()}
    return value
