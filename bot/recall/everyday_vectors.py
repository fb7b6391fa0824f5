"""What the embeddings make of the questions that people ask everywhere, worked out ahead.

It is the same on every machine and takes four seconds of a processor in many languages and half a second in English,
which the first question would wait for. ``python -m bot.recall.everyday_writing`` writes it anew, for other weights and
for other questions.
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
"""Of shape (texts, dimensions), rows of unit length; or one of them."""

FILE = Path(__file__).with_name("everyday_vectors.npz")
TEXTS = (*EVERYDAY, *TYPED)


class Side(StrEnum):
    """Which vectors of a text."""

    KNOWN = "known"
    ASKED = "asked"


def worked_out(weights_sha256: str, side: Side) -> Mapping[str, Vectors]:
    """The vector of each of ``TEXTS`` from a model with these weights, each of shape (dimensions,) and of unit length;
    nothing where they were worked out for other weights, or for other texts."""
    with np.load(FILE) as kept:
        name = _name(weights_sha256, side)
        return dict(zip(TEXTS, kept[name].astype(np.float32), strict=True)) if name in kept else {}


def write(vectors: Mapping[tuple[str, Side], Callable[[str], Vectors]], file: Path = FILE) -> None:
    """Write ``file``: ``vectors`` gives the vector of a text, for the weights and the side that are named."""
    made = {_name(*of): _all(TEXTS, vector) for of, vector in vectors.items()}
    np.savez(file, allow_pickle=False, **made)


def _all(texts: Sequence[str], vector: Callable[[str], Vectors]) -> NDArray[np.float16]:
    # As corrections are stored: what is lost is a thousandth, of scores that are told apart by hundredths.
    return np.stack([vector(text).reshape(-1) for text in texts]).astype(np.float16)


def _name(weights_sha256: str, side: Side) -> str:
    return hashlib.sha256(repr((weights_sha256, side.value, TEXTS)).encode()).hexdigest()[:32]
