"""Scores that say how much nearer a correction is to a question than to other questions.

The best of many unrelated similarities grows with their number, so no threshold for bare similarities keeps working on
a server that goes on teaching. Scores are therefore normalised: from the similarity of a correction and a question, the
mean similarity of the correction to its nearest questions is subtracted, and a share of the mean similarity of the
question to its nearest corrections. (In speaker verification this is called score normalisation; in cross-lingual word
retrieval, cross-domain similarity local scaling.)

The threshold for these scores is learnt from the corrections themselves: each of them, asked of all others, is a
question that none of them answers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.recall.everyday_vectors import Vectors

Scores = NDArray[np.float32]

NEAREST = 10
"""How many neighbours count on either side. Five or twenty do no better."""
QUESTION_SHARE = 0.7
"""The share of the question's own neighbourhood that is subtracted. All of it, and a small index is asked for too
much."""
WRONG_SHARE = 0.03
"""The share of corrections that may recall something when they are asked of the others."""
PRIOR_CORRECTIONS = 60
"""With this many corrections, the threshold learnt from them weighs as much as the prior measured elsewhere."""
MAX_RAISE, MAX_LOWERING = 0.05, 0.02
"""How far the learnt threshold may be above or below the prior: corrections that ask the same thing twice must not
raise it until nothing is recalled, and questions unlike all else in a large index are still asked every day."""
MAX_JUDGED = 600
"""The most corrections that are asked of the others; more of them give the same result."""
_BLOCK = 512
"""Rows that are multiplied at a time: 10 MB with 5,000 corrections."""


class Neighbourhoods:
    """The corrections of one index, compared with one another and with everyday questions."""

    def __init__(
        self,
        known: Vectors,
        asked: Vectors,
        everyday_known: Vectors,
        everyday_asked: Vectors,
        prior: float,
        max_raise: float = MAX_RAISE,
    ) -> None:
        """``known`` and ``asked`` are the vectors of the corrections' questions on both sides, row by row. ``prior`` is
        the threshold without corrections to learn it from, and ``max_raise`` how far above it the learnt one may be."""
        self._known = known
        self._everyday = everyday_known
        self._nearest = self._nearest_to_each(asked, everyday_asked)
        """Of shape (NEAREST + 1, corrections): the highest similarities of each correction to other questions, the
        highest first."""
        self._near = self._nearest[:NEAREST].mean(0)
        self.threshold = self._learnt(asked, prior, max_raise)
        """A correction that scores below this has nothing to do with the question."""

    @property
    def size_bytes(self) -> int:
        """Its size in memory."""
        return self._known.nbytes + self._nearest.nbytes

    def scores(self, asked: Vectors) -> Scores:
        """The score of each correction for one question, ``asked``, of shape (dimensions,)."""
        # BLAS would wake a thread on each core, which takes longer than the whole product.
        bare = np.einsum("nd,d->n", self._known, asked)
        everyday = np.einsum("nd,d->n", self._everyday, asked)
        others = np.concatenate([np.delete(bare, bare.argmax()) if len(bare) else bare, everyday])
        return np.asarray(bare - self._near - QUESTION_SHARE * _top(others[None, :])[:, :NEAREST].mean(), np.float32)

    def _nearest_to_each(self, asked: Vectors, everyday: Vectors) -> Scores:
        best = _top(self._known @ everyday.T)
        for begin in range(0, len(asked), _BLOCK):
            block = self._known @ asked[begin : begin + _BLOCK].T
            columns = np.arange(block.shape[1])
            block[begin + columns, columns] = -np.inf
            best = _top(np.concatenate([best, block], axis=1))
        return best.T

    def _learnt(self, asked: Vectors, prior: float, max_raise: float) -> float:
        count = len(asked)
        if count < 2:
            return prior
        judged = np.unique(np.linspace(0, count - 1, min(count, MAX_JUDGED)).astype(int))
        highest = np.concatenate(
            [self._highest_of_others(asked, judged[begin : begin + _BLOCK]) for begin in range(0, len(judged), _BLOCK)]
        )
        learnt = float(np.clip(np.quantile(highest, 1 - WRONG_SHARE), prior - MAX_LOWERING, prior + max_raise))
        return (count * learnt + PRIOR_CORRECTIONS * prior) / (count + PRIOR_CORRECTIONS)

    def _highest_of_others(self, asked: Vectors, which: NDArray[np.int_]) -> Scores:
        """For each of the corrections ``which``, the highest score that it has, asked as a question, with another one,
        as if it were not in the index itself."""
        bare = asked[which] @ self._known.T
        rows = np.arange(len(which))
        # Where it is among the nearest of another correction, the next nearest takes its place.
        counted = bare >= self._nearest[NEAREST - 1]
        near = np.where(counted, self._near + (self._nearest[NEAREST] - bare) / NEAREST, self._near)
        bare[rows, which] = -np.inf
        others = bare.copy()
        others[rows, bare.argmax(1)] = -np.inf
        own = _top(np.concatenate([others, asked[which] @ self._everyday.T], axis=1))[:, :NEAREST].mean(1)
        return np.asarray((bare - near).max(1) - QUESTION_SHARE * own, np.float32)


def _top(scores: Scores) -> Scores:
    """The ``NEAREST + 1`` highest scores of each row, the highest first."""
    cut = np.partition(scores, -NEAREST - 1, axis=1)[:, -NEAREST - 1 :]
    return np.asarray(-np.sort(-cut, axis=1), np.float32)
