"""Whatever comes in: an answer or a reason each, from one encoder and from two, and never a stopped batch."""

import json

import pytest

from models.base import Question
from models.judge import BLOCK, Judge
from models.lines import score_lines
from models.taxonomy import Taxonomy
from models.weights import ENGLISH, MULTILINGUAL, SHIPPED

HOSTILE = [
    "",
    "   \n\t ",
    "\x00\x01\x02",
    "\u200e\u200f\u202e\u2066",
    "a" * 10_000_000,
    "word " * 2_000_000,
    "bad\x00middle",
    "half \ud83d of a character",
    "\ud800\udfff",
    "\u202eright to left\u202c",
    "😡",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    "hello hallo bonjour hola olá ciao hoi cześć merhaba مرحبا नमस्ते halo привет こんにちは 안녕 你好 hej hei ahoj γεια",
    "\\ud83d\\ude0d literally",
    "&amp;&lt;&gt; &#x1f600;",
    "@" * 500,
    "[CLS] [SEP] [PAD] [MASK] [UNK] <s> </s> <pad> <unk> <mask>",
    "Ég er mjög ánægður með nýja símann minn og rafhlöðuna sem endist í marga daga",
    "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵏ ⵍⵎⵖⵔⵉⴱ",
    "\u0627\u0644\u0633\u0644\u0627\u0645 \u202b عليكم \u202c and \u05e9\u05dc\u05d5\u05dd",
    "مرحبا" * 3000,
    "中文" * 5000,
    "🙂" * 5000,
    "a\n\n\nb\r\nc\u2028d\u2029e",
]


NO_TEXT = [None, 5, 1.5, ["a"], {"a": 1}, b"bytes", True]
NAMES = ["", "  ", "\x00", "(", "[a-z", "a" * 5000, "\ud800", "日本", "C++", "!!!", "@", "Johnson & Johnson (J&J)"]
NO_NAMES = [5, 1.5, ["Acme"], {"a": 1}, b"Acme", True]


@pytest.fixture(scope="module")
def both(tmp_path_factory, weights_folder) -> Judge:
    """The shipped pair; until it is one, the English encoder stands in for the other."""
    if (SHIPPED / MULTILINGUAL / "manifest.json").exists():
        return Judge.open(threads=2, taxonomy=Taxonomy())
    folder = tmp_path_factory.mktemp("weights")
    (folder / ENGLISH).symlink_to(weights_folder)
    (folder / MULTILINGUAL).mkdir()
    for file in weights_folder.iterdir():
        (folder / MULTILINGUAL / file.name).symlink_to(file)
    manifest = json.loads((weights_folder / "manifest.json").read_text()) | {"name": MULTILINGUAL, "languages": ["es"]}
    (folder / MULTILINGUAL / "manifest.json").unlink()
    (folder / MULTILINGUAL / "manifest.json").write_text(json.dumps(manifest))
    return Judge.open(folder, threads=2, taxonomy=Taxonomy())


@pytest.fixture(params=["one encoder", "two encoders"])
def either(request, judge, both) -> Judge:
    return judge if request.param == "one encoder" else both


@pytest.mark.parametrize("brand", [None, "Acme"])
def test_hostile_texts_get_an_answer_or_a_reason_each(either, brand):
    readings = either.read([Question(text, brand) for text in HOSTILE])
    assert len(readings) == len(HOSTILE)
    for reading in readings:
        answer = reading.as_json()
        json.dumps(answer)
        assert ("skipped" in answer) != ("sentiment" in answer)
        assert reading.waits is None
        assert "failed" not in (reading.skipped or "")
    assert [reading.skipped is not None for reading in readings[:5]] == [True] * 4 + [False]


def test_hostile_brands_get_an_answer_each(either):
    questions = [Question("Johnson & Johnson and C++ are fine", brand) for brand in NAMES]
    questions += [Question("El servicio de 日本 y C++ es muy malo, no vuelvo nunca más", brand) for brand in NAMES]
    readings = either.read(questions)
    assert [reading.skipped for reading in readings] == [None] * len(questions)
    assert "brand_sentiment" in readings[len(NAMES) - 1].judgements
    assert "brand_sentiment" not in readings[0].judgements


@pytest.mark.parametrize("text", NO_TEXT)
def test_what_is_no_text_is_skipped_with_the_reason(either, text):
    (reading,) = either.read([Question(text)])
    assert reading.skipped
    assert reading.as_json() == {"skipped": reading.skipped}


@pytest.mark.parametrize("brand", NO_NAMES)
def test_what_is_no_name_asks_nothing_towards_a_brand(either, brand):
    (reading,) = either.read([Question("Acme is fine", brand)])
    assert reading.judgements["sentiment"]
    assert "brand_sentiment" not in reading.judgements


def test_thousands_of_the_same_text_are_one_pass(either):
    either.forget()
    before = either.passes
    readings = either.read([Question("Never seen so many of these 🙃")] * 5000)
    assert either.passes == before + 1
    assert len({reading.judgements["sentiment"].confidence for reading in readings}) == 1


def test_hostile_lines_come_out_one_for_one(both):
    lines = [json.dumps({"text": text, "brand": brand}) for text in HOSTILE for brand in (None, "Acme", 5)]
    answers = [json.loads(line) for line in score_lines(lines, both)]
    assert len(answers) == len(lines)
    assert all(("skipped" in answer) != ("sentiment" in answer) for answer in answers)


def test_a_text_that_a_scorer_cannot_bear_costs_itself_alone(weights_folder, overhears):
    judge = Judge.open(weights_folder, taxonomy=Taxonomy(), replaced=[overhears(unbearable="liver")])
    texts = [f"dish {number} was {'liver' if number in (3, BLOCK + 5) else 'fish'}" for number in range(BLOCK + 10)]
    readings = judge.read([Question(text) for text in texts])
    failed = [number for number, reading in enumerate(readings) if reading.skipped]
    assert failed == [3, BLOCK + 5]
    assert readings[3].as_json() == {"skipped": "scoring this text failed (ValueError: no liver, please)"}
    assert all(
        set(reading.judgements) == set(judge.versions) - {"brand_sentiment", "relevance"}
        for number, reading in enumerate(readings)
        if number not in failed
    )


def test_a_text_that_fails_towards_a_brand_says_so(weights_folder, overhears):
    raises = overhears(name="relevance", needs="brand", unbearable="liver")
    judge = Judge.open(weights_folder, taxonomy=Taxonomy(), replaced=[raises])
    questions = [Question("the liver at Acme", "Acme"), Question("the fish at Acme", "Acme"), Question("the liver")]
    bad, good, without = judge.read(questions)
    assert bad.skipped
    assert good.judgements["relevance"]
    assert without.judgements["sentiment"]
