"""The encoder: marked texts in, one vector each out, in one forward pass that all heads share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from models.packing import packed
from models.text import Marked
from models.weights import Weights

LONGEST = 128
# A batch holds this many tokens with its padding: 16 posts, or 4 reviews. Larger ones are slower and take memory.
TOKENS_A_BATCH = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """What the encoder is asked: a text and, in the brand pass, towards whom."""

    text: Marked
    brand: str | None = None


class Encoder:
    """An ONNX encoder with its tokenizer. Needs up to 150 MB; may be called from several threads."""

    def __init__(self, weights: Weights, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Batches differ in shape all the time: a pattern for each would only hold memory.
        options.enable_mem_pattern = False
        # Waiting in a loop for the next operator would take the cores from the rest of the service.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(weights.encoder, options, providers=["CPUExecutionProvider"])
        # The session would hold the file that it was built from for good, to build itself again elsewhere.
        self._session.disable_fallback()
        self._session._model_bytes = None
        self._tokenizer = Tokenizer.from_str(weights.tokenizer)
        self._tokenizer.no_padding()
        # The text gives way, never the brand that is asked for.
        self._tokenizer.enable_truncation(LONGEST, strategy="only_first")
        self.width = int(self._session.get_outputs()[0].shape[1])

    def read(self, asked: Sequence[Asked]) -> tuple[np.ndarray, list[int]]:
        """One vector a question, shape (len(asked), width), float32, and how many characters of each were cut off.

        A text's vector does not depend on the others.
        """
        found = np.zeros((len(asked), self.width), np.float32)
        encodings = self._tokenizer.encode_batch([_words(question) for question in asked])
        for places in packed([len(encoding.ids) for encoding in encodings], TOKENS_A_BATCH):
            chosen = [(encodings[place], asked[place]) for place in places]
            (found[places],) = self._session.run(["vectors"], _tensors(chosen))
        return found, [_unread(encoding, question) for encoding, question in zip(encodings, asked, strict=True)]


def _words(question: Asked) -> str | tuple[str, str]:
    return question.text.text if question.brand is None else (question.text.text, question.brand)


def _unread(encoding: Encoding, question: Asked) -> int:
    if not encoding.overflowing:
        return 0
    places = zip(encoding.sequence_ids, encoding.offsets, strict=True)
    return len(question.text.text) - max((end for sequence, (_, end) in places if sequence == 0), default=0)


def _tensors(batch: Sequence[tuple[Encoding, Asked]]) -> dict[str, np.ndarray]:
    longest = max(len(encoding.ids) for encoding, _ in batch)
    ids, types, mask, pool = (np.zeros((len(batch), longest), np.int32) for _ in range(4))
    for row, (encoding, question) in enumerate(batch):
        size = len(encoding.ids)
        ids[row, :size] = encoding.ids
        mask[row, :size] = 1
        pool[row, :size] = 1 if question.brand is None else named(encoding, question.text.spans)
        types[row, :size] = 0 if question.brand is None else pool[row, :size]
    return {"ids": ids, "types": types, "mask": mask, "pool": pool}


def named(encoding: Encoding, spans: Sequence[tuple[int, int]]) -> list[int]:
    """1 for the tokens that speak of the brand: where the text names it (`spans`), and the name after the text."""

    def speaks_of_it(sequence: int | None, start: int, end: int) -> bool:
        return sequence == 1 or (sequence == 0 and any(start < right and end > left for left, right in spans))

    places = zip(encoding.sequence_ids, encoding.offsets, strict=True)
    return [int(speaks_of_it(sequence, start, end)) for sequence, (start, end) in places]
