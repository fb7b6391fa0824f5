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

# A number keeps its sign and its fraction; an underscore is Markdown, like an asterisk.
_WORDS = re.compile(r"(?:(?<!\w)-)?\d+(?:[.,]\d+)*|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Score:
    """How good an answer is, compared with the expected ones."""

    exact: bool
    """It equals one of them, ignoring case, spaces, punctuation and the dots of ё."""
    contains: bool
    """It contains one of them as whole words."""
    similarity: float | None = None
    """The cosine of its embedding to the nearest of them, -1 to 1; None if no text embeddings are installed."""
    judgement: Judgement | None = None
    """The judge's verdict; None if no judge was asked, or if it gave none."""

    @property
    def passed(self) -> bool:
        """Whether it is right: exactly, or else by the judge's verdict, or, without one, if it contains an expected
        answer.

        Similarity decides nothing: `Paris` and `Lyon` are similar.
        """
        if self.exact:
            return True
        return self.contains if self.judgement is None else self.judgement.correct

    @property
    def points(self) -> float:
        """From 0 to 1: 1 for a right answer, half its similarity for a wrong one, so that a wrong answer that comes
        nearer scores more."""
        return 1.0 if self.passed else max(self.similarity or 0.0, 0.0) / 2


class Scorer:
    """Scores answers, with text embeddings and a judge if there are any."""

    def __init__(self, retriever: Callable[[], Retriever] | None = None, judge: Judge | None = None) -> None:
        """``retriever`` is called in a thread, and may take a second the first time."""
        self._retriever = retriever
        self._judge = judge
        self._lock = asyncio.Lock()
        """The first answer that is scored loads the embeddings."""
        self._vectors: dict[str, Vectors] = {}
        """Of the texts compared since ``forget``: two models share their expected answers, and often answer alike."""

    def forget(self) -> None:
        """Forget the embeddings of scored texts; to be called at the end of a test."""
        self._vectors = {}

    @property
    def judge(self) -> str | None:
        """The judge's name."""
        return None if self._judge is None else self._judge.name

    async def score(self, case: TestCase, answer: str, use: TokenUse) -> Score | None:
        """The score of ``answer``; None if nothing was expected. The judge's tokens are added to ``use``."""
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
            log.warning("similarity cannot be measured", why=str(error))
            return None
        # A matrix product with BLAS would wake a thread per core.
        return float(np.einsum("ed,d->e", np.stack([vectors[each] for each in expected]), vectors[answer]).max())


def is_exact(answer: str, expected: Sequence[str]) -> bool:
    """Whether ``answer`` equals one of ``expected``, ignoring case, spaces, punctuation and ё."""
    return any(_plain(answer) == _plain(each) for each in expected)


def contains(answer: str, expected: Sequence[str]) -> bool:
    """Whether ``answer`` contains one of ``expected`` as whole words, ignoring case, spaces, punctuation and ё."""
    return any(f" {_plain(each)} " in f" {_plain(answer)} " or _signs_in(each, answer) for each in expected)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("\u2212", "-")
    words = _WORDS.findall(folded)
    # A text without words, such as an emoji, is compared as it is.
    return " ".join(word.replace(",", ".") for word in words) if words else " ".join(folded.split())


def _signs_in(expected: str, answer: str) -> bool:
    """Whether ``expected`` has no words, and occurs in ``answer`` literally."""
    return not any(map(str.isalnum, expected)) and expected in answer
