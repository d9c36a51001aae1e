"""What a digest says on a bad day, a quiet one, in the first days, and when nobody could judge or listen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.digest.asks import instant
from monitor.digest.compose import compose
from monitor.digest.form import as_json
from monitor.digest.material import Material, Rival, Waiting
from monitor.digest.together import together
from monitor.insight.counts import Counts, Sums
from monitor.mention import Heard
from monitor.query.document import Document
from monitor.query.matcher import compile as compiled
from monitor.query.parse import parse
from tests.digest.tidepool import hearing, mention

SECTIONS = ["verdict", "reply", "changed", "stories", "repeated", "competitors", "reviews", "experience",
            "coverage"]  # fmt: skip


def figures(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "query" in part:
            yield part
        for inner in part.values():
            yield from figures(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from figures(inner)


def sentences(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "parts" in part:
            yield part
        for inner in part.values():
            yield from sentences(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from sentences(inner)


def documents(material: Material) -> list[Document]:
    """What a query sees of the mentions of a day."""
    stories = {id_: str(story.id) for story in material.stories for id_ in story.members}
    themes: dict[int, list[str]] = {}
    for theme in material.themes:
        for id_ in theme.members:
            themes.setdefault(id_, []).append(str(theme.id))
    return [
        document(one, (stories[one.mention.id],) if one.mention.id in stories else (), themes.get(one.mention.id, []))
        for one in material.heard
    ]


def document(heard: Heard, stories: Sequence[str], themes: Sequence[str]) -> Document:
    mention = heard.mention
    scores: dict[str, tuple[str, ...]] = {"need": heard.needs, "topic": heard.topics}
    scores |= {"sentiment": (heard.sentiment,)} if heard.sentiment else {}
    scores |= {"stage": (heard.stage,)} if heard.stage else {}
    return Document(
        title=mention.title, text=mention.text, author=mention.author, url=mention.url, lang=mention.lang,
        source=mention.source, source_kind=mention.source_kind, kind=mention.kind, rating=mention.rating,
        published=mention.published, brands=(heard.brand,), scores=scores, teams=heard.teams,
        statuses=(heard.state,), stories=tuple(stories), themes=tuple(themes),
    )  # fmt: skip


def test_a_bad_tuesday_is_called_unusual_with_its_story(bad_tuesday: Material) -> None:
    verdict = compose(bad_tuesday).sections.verdict
    assert verdict.level == "unusual"
    assert re.match(r"Unusual: 37 mentions against \d+–\d+ on a Tuesday, net sentiment −\d+; ", verdict.sentence.text)
    assert "12 of them one story, “Tidepool stops paying refunds during billing move”" in verdict.sentence.text


def test_the_json_has_its_sections_in_reading_order(bad_tuesday: Material) -> None:
    frozen = as_json(compose(bad_tuesday))
    assert list(frozen["sections"]) == SECTIONS
    assert frozen["brand"] == "Tidepool"
    assert frozen["date"] == "2026-11-24"
    assert frozen["timezone"] == "Europe/Berlin"
    assert frozen["window"] == {"start": "2026-11-23T07:00:00Z", "end": "2026-11-24T07:00:00Z"}
    assert json.loads(json.dumps(frozen)) == frozen


def test_the_same_material_gives_the_same_digest(bad_tuesday: Material) -> None:
    assert as_json(compose(bad_tuesday)) == as_json(compose(bad_tuesday))


@pytest.mark.parametrize("kind", ["bad_tuesday", "quiet_tuesday", "third_day", "unscored_tuesday"])
def test_every_count_is_given_again_by_its_query(kind: str, request: pytest.FixtureRequest) -> None:
    material: Material = request.getfixturevalue(kind)
    own, window = documents(material), f"after:{instant(material.start)}"
    checked = 0
    for figure in figures(as_json(compose(material))["sections"]):
        if window not in figure["query"]:
            continue
        query = compiled(parse(figure["query"], as_view=True))
        if "Greenfork" in figure["query"] or "Pantrio" in figure["query"] or not isinstance(figure["value"], int):
            continue
        assert figure["value"] == sum(query.match(one) is not None for one in own), figure
        checked += 1
    assert checked > 5


def test_every_sentence_cites_mentions_that_are_there(bad_tuesday: Material) -> None:
    known = {heard.mention.id for heard in bad_tuesday.heard}
    told = [one for one in sentences(as_json(compose(bad_tuesday))["sections"]) if one["mentions"]]
    assert len(told) >= 8
    assert all(set(one["mentions"]) <= known for one in told)


def test_at_most_five_wait_and_who_leaves_comes_first(bad_tuesday: Material) -> None:
    reply = compose(bad_tuesday).sections.reply
    assert len(reply.items) == 5
    assert reply.items[0].why[0] == "threatens to leave"
    assert reply.items[0].mention.author == "sade"
    assert [item.owner for item in reply.items if item.mention.author == "Karsten"] == ["Jonas"]
    assert reply.total.value == 11


def test_who_was_answered_does_not_wait(bad_tuesday: Material) -> None:
    answered = tuple(
        replace(one, state="replied") if one.mention.author == "sade" else one for one in bad_tuesday.heard
    )
    reply = compose(replace(bad_tuesday, heard=answered)).sections.reply
    assert reply.total.value == 10
    assert "sade" not in [item.mention.author for item in reply.items]


def test_measures_stand_against_their_usual_range(bad_tuesday: Material) -> None:
    volume, net, voice = compose(bad_tuesday).sections.changed.measures
    assert (volume.now.value, volume.place) == (37, "above")
    assert (net.place, net.now.n) == ("below", 37)
    assert net.now.value == pytest.approx(100 * (7 - 22) / 37, abs=0.1)
    assert voice.now.value == pytest.approx(100 * 37 / (37 + 22 + 7), abs=0.1)
    assert voice.now.low is not None
    assert voice.now.high is not None
    assert voice.now.low < voice.now.value < voice.now.high


def test_complaints_and_praise_are_apart_in_the_customers_words(bad_tuesday: Material) -> None:
    repeated = compose(bad_tuesday).sections.repeated
    refund = repeated.complaints[0]
    assert refund.phrase == "waiting for my refund"
    assert (refund.people, refund.count.value, refund.previous.value, refund.change) == (5, 5, 2, 3)
    assert len({quote.mention.author for quote in refund.quotes}) == 2
    assert [comment.phrase for comment in repeated.praise] == ["miso salmon recipe"]


def test_a_story_is_counted_once_and_shown_as_both_counts(bad_tuesday: Material) -> None:
    stories = compose(bad_tuesday).sections.stories
    assert [story.copies.value for story in stories.items] == [12]
    assert stories.items[0].lead.source == "The Grocer Daily"
    assert stories.sentence.text == "37 mentions are 26 without copies; 11 copies grouped below."


def test_new_low_reviews_are_listed_and_the_mean_has_its_n(bad_tuesday: Material) -> None:
    reviews = compose(bad_tuesday).sections.reviews
    assert reviews.mean is not None
    assert (reviews.count.value, reviews.mean.value, reviews.mean.n) == (5, 3.4, 5)
    assert [review.rating for review in reviews.low] == [1.0, 2.0]
    assert [figure.value for figure in reviews.stars] == [1, 1, 0, 1, 2]


def test_competitors_stand_in_line_on_the_same_measures(bad_tuesday: Material) -> None:
    lines = compose(bad_tuesday).sections.competitors.lines
    assert [line.name for line in lines] == ["Tidepool", "Greenfork", "Pantrio"]
    assert [line.volume.value for line in lines] == [37, 22, 7]
    assert round(sum(line.share_of_voice.value or 0 for line in lines if line.share_of_voice)) == 100


def test_a_topic_is_compared_where_enough_is_said_by_several_or_by_one_beyond_chance(bad_tuesday: Material) -> None:
    topics = {"price": 12, "refunds": 20, "app": 9, "filters": 11}
    heard = [replace(bad_tuesday.heard[0], topics=(topic,), stage="") for topic, n in topics.items() for _ in range(n)]
    rivals = (
        Rival("Greenfork", Sums(Counts(40), {("topic", "price"): Counts(9), ("topic", "app"): Counts(0)})),
        Rival("Pantrio", Sums(Counts(9), {("topic", "filters"): Counts(1)})),
    )
    found = compose(
        replace(bad_tuesday, heard=tuple(heard), stories=(), themes=(), rivals=rivals)
    ).sections.competitors.topics
    # Of the app nine speak; that all who speak of refunds speak of us is more than chance, where half of all do.
    assert [one.label for one in found] == ["price", "refunds", "filters"]
    alone = compose(
        replace(bad_tuesday, heard=tuple(heard), stories=(), themes=(), rivals=(Rival("Pantrio", Sums(Counts(1))),))
    )
    assert alone.sections.competitors.topics == ()  # that they have all of the voice anyway says nothing


def test_coverage_names_what_fails_and_since_when_by_the_readers_clock(bad_tuesday: Material) -> None:
    coverage = compose(bad_tuesday).sections.coverage
    assert coverage.sentence.text == "6 of 7 sources were read; failing: Trustpilot page since Mon 23 Nov 05:00."
    assert coverage.sources[0].advice == "the site refuses robots: use its API key"
    assert ("TikTok", "no public interface") in coverage.silent
    assert [note.text.split(" ")[0] for note in coverage.notes] == ["3", "12", "2"]


def test_a_quiet_day_is_short_and_proves_that_it_listened(quiet_tuesday: Material) -> None:
    digest = compose(quiet_tuesday)
    assert digest.sections.verdict.level == "quiet"
    assert digest.sections.verdict.sentence.text.startswith("Quiet: no mentions where 0–")
    assert digest.sections.coverage.sentence.text == "All 6 sources were read."
    assert digest.sections.reply.items == ()
    assert len(json.dumps(as_json(digest))) < 15_000


def test_the_first_days_say_that_it_is_too_early(third_day: Material) -> None:
    verdict = compose(third_day).sections.verdict
    assert verdict.level == "learning"
    assert "too early to say what is usual (2 past days so far)" in verdict.sentence.text


def test_without_scores_the_volume_still_stands_and_the_reason_is_said(unscored_tuesday: Material) -> None:
    digest = compose(unscored_tuesday)
    volume, net, _ = digest.sections.changed.measures
    assert (volume.now.value, volume.place) == (37, "above")
    assert (net.now.value, net.place) == (None, "unknown")
    assert "the sentiment weights are missing" in net.sentence.text
    assert "the sentiment weights are missing" in digest.sections.coverage.notes[0].text
    assert digest.sections.repeated.unsorted
    assert not digest.sections.repeated.complaints


def test_when_no_source_could_be_read_the_digest_says_that_it_is_blind(bad_tuesday: Material) -> None:
    failing = tuple(replace(one, state="failing", failing_since=bad_tuesday.start) for one in bad_tuesday.coverage)
    verdict = compose(replace(bad_tuesday, coverage=failing)).sections.verdict
    assert verdict.level == "blind"
    assert "none of the 7 sources could be read" in verdict.sentence.text


def test_silence_where_there_is_usually_talk_is_unusual(bad_tuesday: Material) -> None:
    verdict = compose(hearing(bad_tuesday)).sections.verdict
    assert verdict.level == "unusual"
    assert re.match(
        r"Unusual: no mentions against \d+–\d+ on a Tuesday; 1 of 7 sources failing\.", verdict.sentence.text
    )


def test_a_normal_day_with_a_leaving_customer_needs_you(bad_tuesday: Material) -> None:
    leaving = [one for one in bad_tuesday.heard if one.mention.author == "sade"]
    calm = [replace(one, needs=()) for one in bad_tuesday.heard if one.sentiment != "negative"][:14]
    verdict = compose(hearing(bad_tuesday, *leaving, *calm)).sections.verdict
    assert verdict.level == "reply"
    assert verdict.sentence.text.startswith(
        "Needs you: 1 mention waits for an answer and threatens to leave; otherwise 15 mentions where "
    )


def test_a_plain_day_is_normal(bad_tuesday: Material) -> None:
    calm = tuple(replace(one, needs=()) for one in bad_tuesday.heard if one.sentiment != "negative")
    verdict = compose(hearing(bad_tuesday, *calm)).sections.verdict
    assert verdict.level == "normal"
    assert verdict.sentence.text.startswith("Normal: 15 mentions where ")
    assert verdict.sentence.text.endswith("; 1 of 7 sources failing.")


def test_the_subject_is_one_plain_line_without_a_mentions_words(bad_tuesday: Material, now: datetime) -> None:
    digest = compose(bad_tuesday)
    assert digest.subject.startswith("Tidepool, Tue 24 Nov: unusual, 37 mentions (usual ")
    assert "refund" not in digest.subject
    assert digest.end == now


def test_a_weekly_digest_is_compared_with_weeks(bad_tuesday: Material) -> None:
    weeks = tuple(
        replace(day, date=bad_tuesday.local_date - timedelta(weeks=back))
        for back, day in enumerate(bad_tuesday.history[:8], 1)
    )
    start = bad_tuesday.end - timedelta(days=7)
    weekly = compose(replace(bad_tuesday, start=start, history=weeks, rivals=(), previous=Sums(), waiting=Waiting()))
    assert " in a week" in weekly.sections.changed.measures[0].sentence.text
    assert weekly.subject.startswith("Tidepool, week to Tue 24 Nov: ")
    assert weekly.kind == "weekly"


def test_a_day_of_two_thousand_mentions_cites_only_some(bad_tuesday: Material) -> None:
    many = tuple(
        replace(one, mention=replace(one.mention, id=i, author=f"a{i}", text=f"{one.mention.text} {i * 7919 % 1000}"))
        for i, one in ((i, bad_tuesday.heard[i % len(bad_tuesday.heard)]) for i in range(2_000))
    )
    digest = compose(hearing(bad_tuesday, *many))
    assert digest.sections.changed.measures[0].now.value == 2_000
    assert len(digest.sections.verdict.sentence.mentions) == 50


def test_a_channel_that_feels_otherwise_is_told_of_and_others_are_not(bad_tuesday: Material) -> None:
    mood = {"Forum": "negative", "Blog": "positive", "Shop": "positive"}
    told = [
        replace(bad_tuesday.heard[0], mention=replace(mention(i, f"number {i}", f"a{i}"), source=source), needs=(),
                sentiment=mood[source] if i % 5 else "neutral", topics=(), stage="use")
        for i, source in enumerate(["Forum", "Blog", "Shop"] * 20)
    ]  # fmt: skip
    found = compose(hearing(bad_tuesday, *told)).sections.experience
    assert found.channels[0].source == "Forum"
    assert found.channels[0].sentence.text.startswith(
        "The mood at Forum is worse: net sentiment −80 (n = 20) against +80"
    )
    assert [stage.name for stage in found.stages] == ["use"]


def test_each_mention_wants_one_thing_and_who_asks_for_an_answer_asks_first(bad_tuesday: Material) -> None:
    needs: list[tuple[str, ...]] = [
        ("praise", "question"),
        ("suggestion",),
        ("suggestion", "praise"),
        ("impression",),
        (),
    ]
    told = [replace(bad_tuesday.heard[i], needs=needs[i]) for i in range(5)]
    wants = compose(hearing(bad_tuesday, *told)).sections.experience.wants
    assert [(want.name, want.volume.value) for want in wants] == [("service", 1), ("suggestion", 2), ("impression", 1)]


def test_all_brands_begin_with_the_one_that_needs_you(bad_tuesday: Material, quiet_tuesday: Material) -> None:
    several = together([compose(quiet_tuesday), compose(bad_tuesday)])
    assert [line.level for line in several.overview.lines] == ["unusual", "quiet"]
    assert several.overview.verdict.level == "unusual"
    assert several.overview.verdict.sentence.text == "1 of 2 brands needs a look: Tidepool (unusual)."
    calm = together([compose(quiet_tuesday)])
    assert calm.overview.verdict.sentence.text == "All calm: 1 brand, nothing out of the ordinary."


def test_a_quiet_day_shows_the_few_things_that_were_said(quiet_tuesday: Material, bad_tuesday: Material) -> None:
    (one,) = [one for one in bad_tuesday.heard if one.mention.id == 4601]
    digest = compose(hearing(quiet_tuesday, one))
    assert digest.sections.verdict.level == "quiet"
    assert [cited.id for cited in digest.sections.verdict.few] == [4601]
    assert digest.sections.verdict.summary is None
