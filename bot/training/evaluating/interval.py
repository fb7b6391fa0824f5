"""How sure a share is that was counted in few cases."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and between what it lies with 95 % confidence; all from 0 to 1."""

    share: float
    low: float
    high: float

    @property
    def leaves_open(self) -> bool:
        """Whether one half lies within: of two, either may be the more frequent."""
        return self.low <= 0.5 <= self.high


def wilson(successes: int, count: int) -> Interval:
    """Wilson's score interval (JASA 22, 1927), which also holds for few cases and for none or all of them.

    ``count`` 0 says nothing: the share is 0, between 0 and 1.
    """
    if not count:
        return Interval(0.0, 0.0, 1.0)
    share, z2 = successes / count, Z * Z / count
    middle = (share + z2 / 2) / (1 + z2)
    half = Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count)) / (1 + z2)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0))
