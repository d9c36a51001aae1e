"""Any model of Hugging Face by its name, made safe: weights as safetensors alone, and never code of its own.

Only data is fetched (configuration, vocabulary, safetensors), into Hugging Face's own cache, and everything is read
from there. What cannot be used is refused with a sentence; torch and transformers are the extra `torch`.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.packing import packed

EXTRA = 'pip install "overheard[torch]"'
# What a model is made of. Code and pickles are never even fetched.
DATA = [
    *("config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*", "*vocab*", "merges.txt"),
    *("special_tokens_map.json", "added_tokens.json", "*.model", "sentencepiece*", "generation_config.json"),
]
NOT_DATA = ["*/*", "*.py", "*.bin", "*.pkl", "*.pt", "*.h5", "*.msgpack"]
# Longer texts are cut: twice of what our own encoders read, and what most of these models were made for.
LONGEST = 256
TOKENS_A_BATCH = 2048
# What a model is for: the class of transformers that opens it, the ending of the architectures that fit, its name.
CLASSIFIER = ("AutoModelForSequenceClassification", "ForSequenceClassification", "text classifier")
SUMMARISER = ("AutoModelForSeq2SeqLM", "ForConditionalGeneration", "summariser")
Purpose = tuple[str, str, str]
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LOCAL = re.compile(r"[./~]")


class Unloadable(Exception):
    """A model that cannot be used. The message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Named:
    """A model as the user names it: of Hugging Face, where a revision may be pinned, or in a folder."""

    name: str
    revision: str | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, written: str, beside: Path | None = None) -> "Named":
        """From "owner/name", "owner/name@revision" or a folder, which is looked for from `beside` on."""
        folder = (beside or Path()) / Path(written).expanduser()
        if folder.is_dir() or _LOCAL.match(written):
            return cls(written, folder=folder)
        name, _, revision = written.partition("@")
        return cls(name, revision or None)


@dataclass(frozen=True, slots=True)
class Classifier:
    """An opened classifier. `labels` are its classes in order; `version` names model and revision."""

    name: str
    version: str
    labels: tuple[str, ...]
    several: bool
    """Whether its classes may hold together."""
    model: Any
    tokenizer: Any
    longest: int

    def logits(self, texts: Sequence[str], others: Sequence[str] | None = None) -> np.ndarray:
        """Shape (texts, classes). With `others` each text is read together with one of them, as in inference."""
        import torch

        pairs = self.tokenizer(
            list(texts), list(others) if others is not None else None, max_length=self.longest,
            truncation="only_first" if others is not None else True,
        )  # fmt: skip
        found = np.zeros((len(texts), len(self.labels)), np.float32)
        for places in packed([len(ids) for ids in pairs["input_ids"]], TOKENS_A_BATCH):
            batch = {key: [values[place] for place in places] for key, values in pairs.items()}
            with torch.inference_mode():
                found[places] = self.model(**self.tokenizer.pad(batch, return_tensors="pt")).logits.float().numpy()
        return found


def open_classifier(named: Named, threads: int = 0) -> Classifier:
    """The classifier of this name, proven to be one. Raises Unloadable. `threads` 0 leaves torch its own number."""
    folder, config, model, tokenizer = opened(named, CLASSIFIER, threads)
    labels = tuple(str(model.config.id2label[at]) for at in range(model.config.num_labels))
    version = f"{named.name}@{revision_of(folder)}"
    several = config.get("problem_type") == "multi_label_classification"
    return Classifier(named.name, version, labels, several, model, tokenizer, _longest(model, tokenizer))


def opened(named: Named, purpose: Purpose, threads: int = 0) -> tuple[Path, dict[str, Any], Any, Any]:
    """(folder, configuration, model, tokenizer) of a model for this purpose, fetched and checked. Raises Unloadable."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise Unloadable(f'"{named.name}" needs torch and transformers, which are not installed: {EXTRA}')
    folder = fetch(named)
    config = checked(named.name, folder, purpose)
    import torch

    if threads:
        torch.set_num_threads(threads)
    return folder, config, *_loaded(named.name, folder, purpose)


def fetch(named: Named, cache: Path | None = None, endpoint: str | None = None) -> Path:
    """The folder that holds the model's data, brought from Hugging Face where it is not there yet. Raises Unloadable.

    Without a network what was fetched before is used again. `cache` and `endpoint` stand in for Hugging Face's own.
    """
    if named.folder is not None:
        if not named.folder.is_dir():
            raise Unloadable(f'"{named.name}": there is no such folder ({named.folder})')
        return named.folder
    from huggingface_hub import errors, snapshot_download

    try:
        found = snapshot_download(
            named.name,
            revision=named.revision,
            allow_patterns=DATA,
            ignore_patterns=NOT_DATA,
            cache_dir=cache,
            endpoint=endpoint,
        )
    except errors.GatedRepoError as error:
        reason = "its owner asks readers to agree to terms first: do so on its page, then set HF_TOKEN"
        raise Unloadable(f'"{named.name}" cannot be fetched: {reason}') from error
    except errors.RepositoryNotFoundError as error:
        reason = "Hugging Face knows no model of this name, or not for you: check the spelling, or set HF_TOKEN"
        raise Unloadable(f'"{named.name}": {reason}') from error
    except errors.RevisionNotFoundError as error:
        raise Unloadable(f'"{named.name}" has no revision "{named.revision}"') from error
    except errors.HFValidationError as error:
        raise Unloadable(f'"{named.name}" is neither a model\'s name (such as owner/name) nor a folder') from error
    except (errors.LocalEntryNotFoundError, errors.HTTPError, OSError) as error:
        reason = "there is no way to Hugging Face from here, and it was not fetched before"
        advice = "fetch it once where there is a network, or name a folder that holds it"
        raise Unloadable(f'"{named.name}" cannot be fetched: {reason}; {advice}') from error
    return Path(found)


def checked(name: str, folder: Path, purpose: Purpose = CLASSIFIER) -> dict[str, Any]:
    """The model's configuration, where everything needed is there and nothing asks for more. Raises Unloadable."""
    if not (folder / "config.json").exists():
        raise Unloadable(f'"{name}" is no model for transformers: it has no config.json')
    config = _json(name, folder / "config.json")
    if config.get("auto_map") or _json(name, folder / "tokenizer_config.json").get("auto_map"):
        raise Unloadable(f'"{name}" needs Python code of its own to run, which overheard never does: choose another')
    made_as = [str(one) for one in config.get("architectures") or ()]
    _, ending, what_for = purpose
    if not any(one.endswith(ending) for one in made_as):
        what = f"it was made as {', '.join(made_as)}" if made_as else "its config.json names no architecture"
        raise Unloadable(f'"{name}" is no {what_for}: {what}')
    if not any(folder.glob("*.safetensors")):
        raise Unloadable(
            f'"{name}" has no weights as safetensors, and pickles (pytorch_model.bin) can run code when they are read: '
            "choose another model, or a revision that has them (a conversion offered on its page: name@refs/pr/NUMBER)"
        )
    return config


def _json(name: str, path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise Unloadable(f'"{name}": {path.name} cannot be read ({error})') from error
    return found if isinstance(found, dict) else {}


def _loaded(name: str, folder: Path, purpose: Purpose) -> tuple[Any, Any]:
    import torch
    import transformers
    from safetensors import SafetensorError
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    safely: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        model, report = getattr(transformers, purpose[0]).from_pretrained(
            folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **safely
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safely)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RuntimeError,
        ImportError,
        SafetensorError,
    ) as error:
        raise Unloadable(f'"{name}" cannot be loaded: {_first_line(error)}') from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise Unloadable(
            f'"{name}" lacks weights that its answers come from ({missing[0]}): it was not trained for this'
        )
    return model.eval(), tokenizer


def _first_line(error: Exception) -> str:
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0][:200]


def _longest(model: Any, tokenizer: Any) -> int:
    # RoBERTa counts its places from two on, so that two of them can hold nothing.
    places = int(getattr(model.config, "max_position_embeddings", 0) or LONGEST + 2) - 2
    return max(8, min(LONGEST, places, int(min(tokenizer.model_max_length, LONGEST))))


def revision_of(folder: Path) -> str:
    """Twelve letters that change with the model: of its commit, or of its files where it lies in a folder."""
    if _COMMIT.fullmatch(folder.name):
        return folder.name[:12]
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json"), *folder.glob("*.txt")]):
        digest.update(path.name.encode())
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:12]
