"""What a person would agree with: a handful of self-written mentions for each scorer."""

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("You absolute clowns ruined my holiday, worst company ever", "negative"),
        ("Three hours in the queue and then they lost my suitcase. Terrible.", "negative"),
        ("the update broke everything, thanks for nothing", "negative"),
        ("I love this app, it makes my mornings so much better!", "positive"),
        ("Fantastic service today, the team went above and beyond 😍", "positive"),
        ("The shop opens at nine on Monday.", "neutral"),
        ("Version 2.4 is out today for Android and iOS.", "neutral"),
    ],
)
def test_sentiment_is_what_a_reader_would_say(ask: Ask, text: str, label: str) -> None:
    assert ask(text)["sentiment"]["label"] == label


def test_the_shares_of_sentiment_sum_to_one_and_the_label_is_the_largest(ask: Ask) -> None:
    sentiment = ask("It works, more or less.")["sentiment"]
    shares = {name: sentiment[name] for name in ("negative", "neutral", "positive")}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    assert sentiment["label"] == max(shares, key=lambda name: shares[name])
    assert set(sentiment) == {"label", "negative", "neutral", "positive", "unsure", "mixed"}


@pytest.mark.parametrize(
    ("text", "loved", "hated"),
    [
        ("I love my Nimbus, but the support of Orbit is a disgrace", "Nimbus", "Orbit"),
        ("Acme is so much better than Lumio", "Acme", "Lumio"),
    ],
)
def test_two_brands_in_one_sentence_get_two_answers(ask: Ask, text: str, loved: str, hated: str) -> None:
    assert ask(text, loved)["brand_sentiment"]["label"] == "positive"
    assert ask(text, hated)["brand_sentiment"]["label"] == "negative"


def test_brand_sentiment_has_the_shape_of_sentiment(ask: Ask) -> None:
    answer = ask("Acme saved my day", "Acme")
    assert set(answer["brand_sentiment"]) == set(answer["sentiment"])
    assert "brand_sentiment" not in ask("Acme saved my day")


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("How can I change the address of my order?", "question"),
        ("Please help, I am locked out of my account and nobody replies", "help"),
        ("The parcel came open and half of it was missing. Not acceptable.", "complaint"),
        ("It would be wonderful if you added a night mode", "suggestion"),
        ("Big thanks to Tom from your team, brilliant work!", "praise"),
        ("That was it, I am cancelling my subscription and moving to somebody else", "churn"),
    ],
)
def test_a_need_is_found(ask: Ask, text: str, need: str) -> None:
    assert need in {found["label"] for found in ask(text)["need"]}


def test_needs_come_best_first(ask: Ask) -> None:
    scores = [found["score"] for found in ask("Why is it broken again? Fix it or I leave!")["need"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("Thank you so much, I really appreciate it", "gratitude"),
        ("I am furious, how dare you", "anger"),
        ("Yay, it is finally here, so happy!", "joy"),
        ("I am scared that somebody has my card number", "fear"),
        ("The shop opens at nine on Monday.", "none"),
    ],
)
def test_the_emotion_is_named(ask: Ask, text: str, emotion: str) -> None:
    assert ask(text)["emotion"]["label"] == emotion


@pytest.mark.parametrize(
    ("text", "brand", "relevant"),
    [
        ("Apple refused to repair my laptop", "Apple", True),
        ("She baked an apple cake for the whole class", "Apple", False),
        ("my Delta flight to Boston was cancelled", "Delta", True),
        ("the delta of the Nile seen from space", "Delta", False),
    ],
)
def test_a_namesake_is_not_the_brand(ask: Ask, text: str, brand: str, relevant: bool) -> None:
    assert (ask(text, brand)["relevance"]["score"] >= 0.5) is relevant


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The battery lasts two days and the screen is great", "en"),
        ("Der Kundendienst war sehr freundlich und schnell", "de"),
        ("Le service client ne répond jamais au téléphone", "fr"),
        ("El pedido llegó tarde y la caja estaba rota", "es"),
        ("O aplicativo trava toda vez que eu abro", "pt"),
        ("Il pacco non è mai arrivato a casa mia", "it"),
        ("Bestelling kwam veel te laat en niemand belde terug", "nl"),
        ("サポートの対応がとても良かったです", "ja"),
        ("客服态度很差，再也不买了", "zh"),
        ("배송이 너무 늦었어요", "ko"),
        ("خدمة العملاء سيئة جدا", "ar"),
        ("Поддержка не отвечает уже неделю", "ru"),
        ("How do I reset my password?", "en"),
        ("12345 !!!", "und"),
    ],
)
def test_the_language_is_told(ask: Ask, text: str, language: str) -> None:
    assert ask(text)["language"] == language


def test_a_language_that_the_encoder_cannot_read_is_scored_and_marked_unsure(ask: Ask) -> None:
    sentiment = ask("Der Kundendienst war sehr freundlich und schnell")["sentiment"]
    assert sentiment["unsure"] is True
    assert sentiment["label"] in {"negative", "neutral", "positive"}
