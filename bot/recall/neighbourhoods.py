"""Scores that say how much nearer a correction is to a question than to all that is asked otherwise.

The best of many unrelated scores grows with their number, so that no threshold for bare similarities holds on a server
that goes on teaching. What is compared instead is what is left of a similarity when the neighbourhoods of both sides
are taken away: what the correction has in common with the questions that come nearest to it, and what the question has
in common with the corrections that come nearest to it. (Speaker verification calls this score normalisation; the
retrieval of words across languages, cross-domain similarity local scaling.)

How high such a score must be is learnt from the corrections themselves: each of them, asked of all others, is a
question that none of them answers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.recall.everyday_vectors import Vectors

Scores = NDArray[np.float32]

NEAREST = 10
"""Neighbours on either side. Five and twenty do no better."""
QUESTION_SHARE = 0.7
"""Of the question's own neighbourhood. All of it, and a small index is asked for too much."""
WRONG_SHARE = 0.03
"""Of the corrections, asked of the others, so many may recall something."""
PRIOR_CORRECTIONS = 60
"""What a server's own corrections say counts as much as what was measured elsewhere when there are so many of them."""
MAX_RAISE, MAX_LOWERING = 0.05, 0.02
"""How far the threshold may go from where it was measured: corrections that ask the same thing twice must not make
recall deaf, and what sounds unlike all else in a large index is still asked for every day."""
MAX_JUDGED = 600
"""Corrections that are asked of the others: more of them say the same."""
_BLOCK = 512
"""Rows that are multiplied at once: 10 MB with 5,000 corrections."""


class Neighbourhoods:
    """The corrections of one index among each other and among questions that are asked everywhere."""

    def __init__(
        self,
        known: Vectors,
        asked: Vectors,
        everyday_known: Vectors,
        everyday_asked: Vectors,
        prior: float,
        max_raise: float = MAX_RAISE,
    ) -> None:
        """``known`` and ``asked`` are the corrections' questions on both sides, row by row; ``prior`` is the threshold
        where there are no corrections to learn it from, and ``max_raise`` how far what is learnt may be above it."""
        self._known = known
        self._everyday = everyday_known
        self._nearest = self._nearest_to_each(asked, everyday_asked)
        """Of shape (NEAREST + 1, corrections): the highest scores of other questions with each, the highest first."""
        self._near = self._nearest[:NEAREST].mean(0)
        self.threshold = self._learnt(asked, prior, max_raise)
        """What scores below it has nothing to do with the question."""

    @property
    def size_bytes(self) -> int:
        """What it takes of the memory."""
        return self._known.nbytes + self._nearest.nbytes

    def scores(self, asked: Vectors) -> Scores:
        """Of one question, of shape (dimensions,), with each correction."""
        # A product by BLAS would wake a thread for each core, which takes longer than all of it.
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
        """The highest score that each of the corrections ``which`` has with another, as if it was not there itself."""
        bare = asked[which] @ self._known.T
        rows = np.arange(len(which))
        # Where it is among the nearest of another, the next one takes its place.
        counted = bare >= self._nearest[NEAREST - 1]
        near = np.where(counted, self._near + (self._nearest[NEAREST] - bare) / NEAREST, self._near)
        bare[rows, which] = -np.inf
        others = bare.copy()
        others[rows, bare.argmax(1)] = -np.inf
        own = _top(np.concatenate([others, asked[which] @ self._everyday.T], axis=1))[:, :NEAREST].mean(1)
        return np.asarray((bare - near).max(1) - QUESTION_SHARE * own, np.float32)


def _top(scores: Scores) -> Scores:
    """The ``NEAREST + 1`` highest of each row, the highest first."""
    cut = np.partition(scores, -NEAREST - 1, axis=1)[:, -NEAREST - 1 :]
    return np.asarray(-np.sort(-cut, axis=1), np.float32)
