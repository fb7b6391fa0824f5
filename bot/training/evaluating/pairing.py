"""What two models said to the same cases, case by case."""

from __future__ import annotations

from dataclasses import dataclass

from bot.training.evaluating.interval import Interval, wilson
from bot.training.evaluating.running import ModelRun

ALIKE = 0.05
"""Points by which two answers must differ to be told apart: a tenth of similarity, which rephrasing alone changes."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """How often which of two was better."""

    first: int
    second: int
    alike: int

    @property
    def of_first(self) -> Interval:
        """The share of the first among those cases where one was better."""
        return wilson(self.first, self.first + self.second)


def pair(first: ModelRun, second: ModelRun) -> Pairing:
    """Compare what two models said to the same cases; those where nothing was expected do not count.

    Raises:
        ValueError: the cases are not the same.
    """
    if [answer.case for answer in first.answers] != [answer.case for answer in second.answers]:
        raise ValueError("two models can only be compared on the same cases")
    better = worse = 0
    for one, other in zip(first.judged, second.judged, strict=True):
        difference = one.points - other.points
        better += difference > ALIKE
        worse += difference < -ALIKE
    return Pairing(better, worse, len(first.judged) - better - worse)
