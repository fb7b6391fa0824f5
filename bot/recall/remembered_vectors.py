"""Caches the vectors of texts, so that each is computed no more often than necessary."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from bot.recall.everyday_vectors import Side, Vectors, worked_out

MAX_CHARS = 400
"""Per text; what comes later says little about what is asked, and costs as much."""

MAX_REMEMBERED = 500
"""Texts whose vectors are cached, in a megabyte: a question is often asked, then taught, then asked again."""


class RememberedVectors:
    """A model's vectors of texts: precomputed, cached, or computed on demand. Thread-safe if the model is."""

    def __init__(self, weights_sha256: str, side: Side, embedded: Callable[[str], Vectors]) -> None:
        """``embedded`` computes the vector of one text, of shape (dimensions,)."""
        self._ahead = worked_out(weights_sha256, side)
        self._remembered = functools.lru_cache(MAX_REMEMBERED)(embedded)

    def of(self, texts: Sequence[str]) -> Vectors:
        """The vectors of ``texts``, of shape (texts, dimensions); only the first ``MAX_CHARS`` of each text count."""
        return np.stack([self._ahead[t] if t in self._ahead else self._remembered(t[:MAX_CHARS]) for t in texts])
