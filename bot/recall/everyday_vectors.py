"""The embeddings' vectors of the everyday questions, precomputed.

They are the same on every machine, and take four seconds of CPU time to compute for the multilingual embeddings and
half a second for the English one, which the first question would have to wait for. After a change of weights or
questions, ``python -m bot.recall.everyday_writing`` writes them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.recall.everyday import EVERYDAY, TYPED

Vectors = NDArray[np.float32]
"""Of shape (texts, dimensions), with rows of unit length; or one such row."""

FILE = Path(__file__).with_name("everyday_vectors.npz")
TEXTS = (*EVERYDAY, *TYPED)


class Side(StrEnum):
    """Whether a vector is of a known question, which has an answer, or of one that is asked."""

    KNOWN = "known"
    ASKED = "asked"


def worked_out(weights_sha256: str, side: Side) -> Mapping[str, Vectors]:
    """The precomputed vector of each of ``TEXTS`` from the model with these weights, of shape (dimensions,) and unit
    length; empty if there are none for these weights and texts."""
    with np.load(FILE) as kept:
        name = _name(weights_sha256, side)
        return dict(zip(TEXTS, kept[name].astype(np.float32), strict=True)) if name in kept else {}


def write(vectors: Mapping[tuple[str, Side], Callable[[str], Vectors]], file: Path = FILE) -> None:
    """Write ``file``. For each SHA-256 of weights and side, ``vectors`` has a function that gives a text's vector."""
    made = {_name(*of): _all(TEXTS, vector) for of, vector in vectors.items()}
    np.savez(file, allow_pickle=False, **made)


def _all(texts: Sequence[str], vector: Callable[[str], Vectors]) -> NDArray[np.float16]:
    # In 16 bits, as the vectors of corrections are stored: see ``bot.recall.embeddings.STORED``.
    return np.stack([vector(text).reshape(-1) for text in texts]).astype(np.float16)


def _name(weights_sha256: str, side: Side) -> str:
    return hashlib.sha256(repr((weights_sha256, side.value, TEXTS)).encode()).hexdigest()[:32]
