"""The vectors of texts, each worked out no more often than it must."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from bot.recall.everyday_vectors import Side, Vectors, worked_out

MAX_CHARS = 400
"""Of a text; what comes later says little about what is asked, and costs as much."""

MAX_REMEMBERED = 500
"""Texts whose vectors are remembered, in a megabyte: what is asked is taught next, and then asked again."""


class RememberedVectors:
    """What a model makes of texts: worked out ahead, remembered, or worked out now. Safe in several threads where the
    model is."""

    def __init__(self, weights_sha256: str, side: Side, embedded: Callable[[str], Vectors]) -> None:
        """``embedded`` works out the vector of one text, of shape (dimensions,)."""
        self._ahead = worked_out(weights_sha256, side)
        self._remembered = functools.lru_cache(MAX_REMEMBERED)(embedded)

    def of(self, texts: Sequence[str]) -> Vectors:
        """Of shape (texts, dimensions); of each text the first ``MAX_CHARS`` count."""
        return np.stack([self._ahead[t] if t in self._ahead else self._remembered(t[:MAX_CHARS]) for t in texts])
