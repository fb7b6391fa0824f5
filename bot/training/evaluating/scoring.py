"""How good an answer is."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from bot.conversation.tokens import TokenUse
from bot.recall.everyday_vectors import Vectors
from bot.recall.retrievers import Retriever, RetrieverDamagedError
from bot.training.evaluating.cases import TestCase
from bot.training.evaluating.judging import Judge, Judgement

log = structlog.get_logger()

# A number keeps its sign and its fraction; an underscore is a mark of markdown as an asterisk is.
_WORDS = re.compile(r"(?:(?<!\w)-)?\d+(?:[.,]\d+)*|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Score:
    """What an answer is worth, beside the answers that were expected."""

    exact: bool
    """It is one of them, but for case, spaces, punctuation and the dots of ё."""
    contains: bool
    """It has one of them in it, as whole words."""
    similarity: float | None = None
    """The cosine to the nearest of them, by meaning, -1 to 1; None where no text embeddings are installed."""
    judgement: Judgement | None = None
    """What the judge says; None where none was asked, or gave no verdict."""

    @property
    def passed(self) -> bool:
        """Whether it is right: it is what was expected, or else the judge says so, or without a judge has it in it.

        Similarity decides nothing: `Paris` and `Lyon` are similar.
        """
        if self.exact:
            return True
        return self.contains if self.judgement is None else self.judgement.correct

    @property
    def points(self) -> float:
        """0 to 1, to see also in what is not right that it comes nearer: 1 for what is right, half its similarity for
        what is not."""
        return 1.0 if self.passed else max(self.similarity or 0.0, 0.0) / 2


class Scorer:
    """Scores answers, with what there is to do it."""

    def __init__(self, retriever: Callable[[], Retriever] | None = None, judge: Judge | None = None) -> None:
        """``retriever`` is called in a thread, and may take a second the first time."""
        self._retriever = retriever
        self._judge = judge
        self._lock = asyncio.Lock()
        """The first that is scored loads the embeddings."""
        self._vectors: dict[str, Vectors] = {}
        """Of what was compared since ``forget``: two models are held against the same answers, and say many twice."""

    def forget(self) -> None:
        """Keep nothing of what was scored; to be called at the end of a test."""
        self._vectors = {}

    @property
    def judge(self) -> str | None:
        """The judge's name."""
        return None if self._judge is None else self._judge.name

    async def score(self, case: TestCase, answer: str, use: TokenUse) -> Score | None:
        """What ``answer`` is worth; None where nothing was expected. What the judge takes is added to ``use``."""
        if case.expected is None:
            return None
        exact = is_exact(answer, case.expected)
        similarity = None
        if self._retriever is not None:
            async with self._lock:
                similarity = 1.0 if exact else await asyncio.to_thread(self._similarity, answer, case.expected)
        judgement = None
        if self._judge is not None and not exact:
            judgement = await self._judge.judge(case, answer, use)
        return Score(exact, contains(answer, case.expected), similarity, judgement)

    def _similarity(self, answer: str, expected: Sequence[str]) -> float | None:
        assert self._retriever is not None
        try:
            retriever, vectors = self._retriever(), self._vectors
            for text in {answer, *expected} - vectors.keys():
                vectors[text] = retriever.known([text])[0]
        except RetrieverDamagedError as error:
            log.warning("similarity is not measured", why=str(error))
            return None
        # A product by BLAS would wake a thread for each core.
        return float(np.einsum("ed,d->e", np.stack([vectors[each] for each in expected]), vectors[answer]).max())


def is_exact(answer: str, expected: Sequence[str]) -> bool:
    """Whether ``answer`` is one of ``expected``, but for case, spaces, punctuation and ё."""
    return any(_plain(answer) == _plain(each) for each in expected)


def contains(answer: str, expected: Sequence[str]) -> bool:
    """Whether ``answer`` has one of ``expected`` in it, as whole words, but for case, spaces, punctuation and ё."""
    return any(f" {_plain(each)} " in f" {_plain(answer)} " or _signs_in(each, answer) for each in expected)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("\u2212", "-")
    words = _WORDS.findall(folded)
    # What has no words, such as an emoji, is compared as it is.
    return " ".join(word.replace(",", ".") for word in words) if words else " ".join(folded.split())


def _signs_in(expected: str, answer: str) -> bool:
    """Whether ``expected`` has no words, and is in ``answer`` as it is."""
    return not any(map(str.isalnum, expected)) and expected in answer
