"""Comparing two models' answers to the same cases, case by case."""

from __future__ import annotations

from dataclasses import dataclass

from bot.training.evaluating.interval import Interval, wilson
from bot.training.evaluating.running import ModelRun

ALIKE = 0.05
"""Answers count as alike up to this difference in points, a tenth of similarity, which rephrasing alone can change."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """In how many cases each of two models was better."""

    first: int
    second: int
    alike: int

    @property
    def of_first(self) -> Interval:
        """The share of cases where the first was better, among those where one was."""
        return wilson(self.first, self.first + self.second)


def pair(first: ModelRun, second: ModelRun) -> Pairing:
    """Compare two models' answers to the same cases; cases without an expected answer do not count.

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
