"""Any summarisation model of Hugging Face by its name, by the rules of hub.py: safetensors alone, no code of its own.

The same texts give the same summary: it takes the likeliest words and never draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.hub import SUMMARISER, Named, opened, revision_of

# What BART, PEGASUS and T5 were made to read; longer input is cut at its end.
LONGEST = 1024
MOST_NEW = 80
# Three words in a row that come again are a small model going round in circles.
NO_REPEAT = 3
BEAMS = 4


@dataclass(frozen=True, slots=True)
class Summariser:
    """An opened summariser; `version` names model and revision."""

    name: str
    version: str
    model: Any
    tokenizer: Any
    prefix: str
    """What the model was taught to find before a text that is to be summarised: "summarize: "."""
    longest: int

    def summary(self, texts: Sequence[str], seconds: float | None = None) -> str:
        """One summary of all the texts, a sentence or a few. After so many seconds it ends wherever it is."""
        import torch

        whole = self.prefix + "\n".join(" ".join(text.split()) for text in texts)
        given = self.tokenizer(whole, max_length=self.longest, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            made = self.model.generate(
                input_ids=given["input_ids"], attention_mask=given["attention_mask"], do_sample=False, num_beams=BEAMS,
                max_new_tokens=MOST_NEW, no_repeat_ngram_size=NO_REPEAT, max_time=seconds,
            )  # fmt: skip
        return str(self.tokenizer.decode(made[0], skip_special_tokens=True)).strip()


def open_summariser(named: Named, threads: int = 0) -> Summariser:
    """The summariser of this name. Raises Unloadable. `threads` 0 leaves torch its own number."""
    folder, config, model, tokenizer = opened(named, SUMMARISER, threads)
    asked = (config.get("task_specific_params") or {}).get("summarization") or {}
    places = int(getattr(model.config, "max_position_embeddings", 0) or LONGEST)
    longest = max(8, min(LONGEST, places, int(min(tokenizer.model_max_length, LONGEST))))
    return Summariser(
        named.name, f"{named.name}@{revision_of(folder)}", model, tokenizer, str(asked.get("prefix") or ""), longest
    )
