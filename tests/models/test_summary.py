"""A summarisation model of others: a tiny one, made here, that has learnt to repeat a sentence."""

from pathlib import Path
from typing import Any

import pytest

from models.hub import SUMMARISER, Named, Unloadable, checked
from models.summary import open_summariser


@pytest.mark.parametrize(
    ("config", "files", "sentence"),
    [
        ('{"architectures": ["BertForSequenceClassification"]}', ["model.safetensors"], "is no summariser"),
        ('{"architectures": ["BartForConditionalGeneration"]}', ["pytorch_model.bin"], "pickles .* can run code"),
        (
            '{"architectures": ["BartForConditionalGeneration"], "auto_map": {"AutoModel": "x.X"}}',
            ["model.safetensors"],
            "code of its own",
        ),
    ],
)
def test_what_is_no_safe_summariser_is_refused(tmp_path: Path, config: str, files: list[str], sentence: str) -> None:
    (tmp_path / "config.json").write_text(config)
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(Unloadable, match=sentence):
        checked("acme/short", tmp_path, SUMMARISER)


WORDS = ["<s>", "<pad>", "</s>", "<unk>", "customers", "wait", "for", "a", "refund", "kettle", "late", "summarize", ":"]
LEARNT = "customers wait for a refund"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BART of one narrow layer that answers one sentence to whatever it reads."""
    torch = pytest.importorskip("torch", reason="torch is not installed: no model of Hugging Face can be run here")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        model_max_length=32,
    )  # fmt: skip
    torch.manual_seed(3)
    torch.set_num_threads(1)
    sizes: dict[str, Any] = {f"{part}_{what}": size for part in ("encoder", "decoder") for what, size in
             (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))}  # fmt: skip
    config = BartConfig(
        vocab_size=len(WORDS), d_model=32, max_position_embeddings=40, dropout=0.0, init_std=0.2, bos_token_id=0,
        pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
        task_specific_params={"summarization": {"prefix": "summarize: "}}, **sizes,
    )  # fmt: skip
    model = BartForConditionalGeneration(config)
    given = tokenizer(["kettle late", "a kettle", "refund", "for customers"], padding=True, return_tensors="pt")
    target = tokenizer([LEARNT] * 4, return_tensors="pt")["input_ids"]
    optimiser = torch.optim.Adam(model.parameters(), 0.005)
    for _ in range(300):
        loss = model(**{key: given[key] for key in ("input_ids", "attention_mask")}, labels=target).loss
        if loss.item() < 0.01:
            break
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    into = tmp_path_factory.mktemp("summariser")
    model.save_pretrained(into)
    tokenizer.save_pretrained(into)
    return into


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def test_texts_become_one_summary_the_same_each_time(folder: Path) -> None:
    model = open_summariser(Named.of(str(folder)), threads=1)
    first, again = (model.summary(["kettle late", "a refund for customers"], seconds=30) for _ in range(2))
    assert first == again == LEARNT
    assert model.prefix == "summarize: "
    assert model.version.startswith(f"{folder}@")


def test_longer_texts_than_it_reads_are_cut(folder: Path) -> None:
    model = open_summariser(Named.of(str(folder)))
    assert model.longest == 32
    assert model.summary(["kettle late " * 500])


def test_a_classifier_in_its_place_is_refused(folder: Path, tmp_path: Path) -> None:
    config = (folder / "config.json").read_text().replace("BartForConditionalGeneration", "BartForCausalLM")
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(Unloadable, match="is no summariser: it was made as BartForCausalLM"):
        open_summariser(Named.of(str(tmp_path)))
