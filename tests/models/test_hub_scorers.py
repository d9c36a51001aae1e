"""Classifiers of others in place of ours: tiny ones, made here, that have learnt a word or two."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.base import Batch, Question
from models.evaluation.answers import answerer
from models.evaluation.compare import compare
from models.evaluation.gold import read_gold
from models.hub import Unloadable
from models.hub_scorers import open_scorer
from models.judge import Judge
from models.taxonomy import Label, shipped

torch = pytest.importorskip("torch", reason="torch is not installed: no model of Hugging Face can be run here")
pytest.importorskip("transformers", reason="transformers is not installed: no model of Hugging Face can be run here")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

WORDS = "good bad fine money slow it was a of this text is about price speed design . never again"
MOODS = [("it was bad", 0), ("bad bad", 0), ("it was a text", 1), ("a text", 1), ("it was good", 2), ("good good", 2)]
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a BERT of one narrow layer that has learnt some examples: (text, class) or (text, claim, class)."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split()])}

    def write(labels: Sequence[str], learnt: Sequence[tuple[Any, ...]], name: str = "model", **config: Any) -> Path:
        folder = tmp_path / name
        made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
        )
        torch.manual_seed(3)
        torch.set_num_threads(1)
        size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        of_all = {"vocab_size": len(vocabulary), "max_position_embeddings": 40, "id2label": dict(enumerate(labels))}
        still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.2}
        model = BertForSequenceClassification(BertConfig(**size, **of_all, **still, **config))
        texts, truth = [row[:-1] for row in learnt], [row[-1] for row in learnt]
        inputs = tokenizer(
            [text for text, *_ in texts], [claim for _, claim in texts] if len(texts[0]) == 2 else None,
            padding=True, return_tensors="pt",
        )  # fmt: skip
        target = torch.tensor(truth, dtype=torch.float if isinstance(truth[0], list) else torch.long)
        optimiser = torch.optim.Adam(model.parameters(), 0.005)
        for _ in range(400):
            loss = model(**inputs, labels=target).loss
            if loss.item() < 0.02:
                break
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return write


def batch(*texts: str) -> Batch:
    nothing = np.zeros((len(texts), 0), np.float32)
    return Batch(texts, [None] * len(texts), ["en"] * len(texts), nothing, nothing)


def test_sentiment_is_answered_in_the_form_of_the_shipped_scorer(make: Make, judge: Judge) -> None:
    scorer = open_scorer("sentiment", str(make(["LABEL_0", "LABEL_1", "LABEL_2"], MOODS)))
    bad, good = scorer.judge(batch("it was bad", "good good"))
    assert (bad.label, good.label) == ("negative", "positive")
    ours = judge.read([Question("it was bad")])[0].judgements["sentiment"]
    assert bad.detail.keys() == ours.detail.keys()
    assert sum(bad.detail[name] for name in ("negative", "neutral", "positive")) == pytest.approx(1, abs=1e-3)
    assert bad.confidence == pytest.approx(bad.detail["negative"], abs=1e-3)


def test_it_stands_in_for_the_shipped_scorer(make: Make) -> None:
    scorer = open_scorer("sentiment", str(make(["NEGATIVE", "neutral", "POSITIVE"], MOODS)))
    judge = Judge.open(replaced=[scorer])
    reading = judge.read([Question("good good")])[0]
    assert reading.judgements["sentiment"].version == scorer.version == judge.versions["sentiment"]
    assert reading.judgements["sentiment"].label == "positive"
    assert "emotion" in reading.judgements


def test_it_can_be_evaluated_beside_the_shipped_encoder(make: Make, tmp_path: Path) -> None:
    folder = make(["negative", "neutral", "positive"], MOODS)
    lines = [{"text": text, "label": ("negative", "neutral", "positive")[mood]} for text, mood in MOODS]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, lines)))
    gold = read_gold([tmp_path / "gold.jsonl"])
    found = compare(gold, answerer("english", 1), answerer(str(folder), 1), None, lambda _: None).report
    assert found["heads"]["sentiment"]["second"]["accuracy"] == 100.0
    assert found["second"]["version"].startswith(f"{folder}@")


def test_an_answer_does_not_depend_on_the_others_and_keeps_its_place(make: Make) -> None:
    scorer = open_scorer("sentiment", str(make(["negative", "neutral", "positive"], MOODS)))
    texts = ["it was good", "bad " * 30, "a text", "good", "it was bad"] * 9
    together = [one.detail["positive"] for one in scorer.judge(batch(*texts))]
    alone = [scorer.judge(batch(text))[0].detail["positive"] for text in texts[:5]]
    assert together == pytest.approx(alone * 9, abs=2e-4)


def test_a_text_longer_than_the_model_reads_is_cut(make: Make) -> None:
    scorer = open_scorer("sentiment", str(make(["negative", "neutral", "positive"], MOODS)))
    assert scorer.judge(batch("good " * 4000))[0].label == "positive"


def test_stars_are_summed_into_three(make: Make) -> None:
    stars = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    learnt = [("bad", 0), ("slow", 1), ("a text", 2), ("fine", 3), ("good", 4)]
    scorer = open_scorer("sentiment", str(make(stars, learnt)))
    said = [one.label for one in scorer.judge(batch("bad", "slow", "a text", "fine"))]
    assert said == ["negative", "negative", "neutral", "positive"]


def test_the_version_changes_with_the_weights_and_only_with_them(make: Make) -> None:
    first = open_scorer("sentiment", str(make(["negative", "neutral", "positive"], MOODS, "one"))).version
    again = open_scorer("sentiment", str(make(["negative", "neutral", "positive"], MOODS, "two"))).version
    other = open_scorer("sentiment", str(make(["negative", "neutral", "positive"], MOODS[1:], "three"))).version
    assert first.partition("@")[2] == again.partition("@")[2] != other.partition("@")[2]


def test_topics_by_inference_are_those_of_the_taxonomy(make: Make) -> None:
    claims = {name: f"this text is about {name} ." for name in ("price", "speed", "design")}
    said = {"price": "money of a", "speed": "it was slow", "design": "a fine text"}
    learnt = [(text, claims[name], int(of == name) * 2) for of, text in said.items() for name in claims]
    folder = make(["contradiction", "neutral", "entailment"], learnt)
    labels = [Label(name, name) for name in claims]
    scorer = open_scorer("topics", str(folder), labels)
    assert [one.label for one in scorer.judge(batch(*said.values()))] == list(said)
    assert scorer.version != open_scorer("topics", str(folder), labels[:1]).version


def test_topics_of_a_classifier_are_its_own_and_may_be_several_or_none(make: Make) -> None:
    learnt = [("money", [1, 0]), ("slow", [0, 1]), ("money slow", [1, 1]), ("it was", [0, 0])]
    folder = make(["price", "speed"], learnt, problem_type="multi_label_classification")
    both, none = open_scorer("topics", str(folder)).judge(batch("money slow", "it was"))
    assert {one["label"] for one in both.detail} == {"price", "speed"}
    assert (none.label, none.detail) == ("", [])


def test_a_classifier_of_one_class_each_gives_one_topic(make: Make) -> None:
    folder = make(["price", "speed"], [("money", 0), ("slow", 1)])
    assert open_scorer("topics", str(folder)).judge(batch("slow"))[0].detail[0]["label"] == "speed"


def test_pickled_weights_are_refused(make: Make) -> None:
    folder = make(["negative", "neutral", "positive"], MOODS)
    (folder / "model.safetensors").unlink()
    torch.save({"weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(Unloadable, match="no weights as safetensors"):
        open_scorer("sentiment", str(folder))


def test_code_that_comes_with_a_model_is_not_run(make: Make, tmp_path: Path) -> None:
    folder = make(["negative", "neutral", "positive"], MOODS)
    config = json.loads((folder / "config.json").read_text())
    config |= {"auto_map": {"AutoModelForSequenceClassification": "own.Own", "AutoConfig": "own.Config"}}
    config["model_type"] = "own"
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'it-ran')!r}, 'w')\n")
    with pytest.raises(Unloadable, match="never does"):
        open_scorer("sentiment", str(folder))
    assert not (tmp_path / "it-ran").exists()


def test_damaged_weights_are_refused_with_the_reason(make: Make) -> None:
    folder = make(["negative", "neutral", "positive"], MOODS)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(Unloadable, match="cannot be loaded"):
        open_scorer("sentiment", str(folder))


def test_an_encoder_without_a_trained_head_is_refused(make: Make) -> None:
    from safetensors.torch import load_file, save_file

    folder = make(["negative", "neutral", "positive"], MOODS)
    kept = {name: value for name, value in load_file(folder / "model.safetensors").items() if "classifier" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Unloadable, match="lacks weights that its answers come from"):
        open_scorer("sentiment", str(folder))


def test_a_model_of_one_number_is_refused(make: Make) -> None:
    folder = make(["score"], [("good", [1.0]), ("bad", [0.0])], problem_type="regression")
    with pytest.raises(Unloadable, match="one number"):
        open_scorer("sentiment", str(folder))


def test_the_shipped_taxonomy_serves_for_inference(make: Make) -> None:
    learnt = [("it was slow", "this text is about speed .", 1), ("it was good", "this text is about price .", 0)]
    scorer = open_scorer("topics", str(make(["not_entailment", "entailment"], learnt)), shipped().topics)
    assert len(scorer.judge(batch("it was slow", "never again"))) == 2
