"""How certain a share is that was counted in few cases."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959964
"""The quantile of the normal distribution for 95 % confidence."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % confidence interval; all values from 0 to 1."""

    share: float
    low: float
    high: float

    @property
    def leaves_open(self) -> bool:
        """Whether one half lies within the interval, so that either of two outcomes may be the more frequent."""
        return self.low <= 0.5 <= self.high


def wilson(successes: int, count: int) -> Interval:
    """Wilson's score interval (JASA 22, 1927), which also holds for few cases, and for no or only successes.

    With ``count`` 0 nothing is known: the share is 0, and the interval 0 to 1.
    """
    if not count:
        return Interval(0.0, 0.0, 1.0)
    share, z2 = successes / count, Z * Z / count
    middle = (share + z2 / 2) / (1 + z2)
    half = Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count)) / (1 + z2)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0))
