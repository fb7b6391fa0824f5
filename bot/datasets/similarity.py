"""Measures how similar texts are by their character trigrams, without a model."""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import regex
from numpy.typing import NDArray

from bot.datasets.example import Example

Vectors = NDArray[np.float32]
Embedding = Callable[[Sequence[str]], Vectors]
"""Maps texts to vectors of length 1, one a row, whose dot products are the texts' similarities (1: the same)."""

_DIMENSIONS = 512
_CHARS = 300
"""Only this many characters at the beginning of a text are compared."""
_BLOCK = 512
_NO_WORD = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def plain(text: str) -> str:
    """``text`` normalised in what does not change its meaning: case, punctuation, white space, character forms."""
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip() or text.strip()


def asked(example: Example) -> tuple[object, ...]:
    """A key for what an example's answer responds to: its prompt, system text and turns. Prompts and turns that differ
    only in what ``plain`` removes count as the same."""
    return plain(example.prompt), example.system, tuple(plain(turn.text) for turn in example.turns)


def trigram_vectors(texts: Sequence[str]) -> Vectors:
    """Vectors of character trigrams hashed into 512 dimensions, in which rarer ones weigh more (TF-IDF)."""
    counts = [Counter(_trigrams(plain(text)[:_CHARS])) for text in texts]
    vectors = np.zeros((len(texts), _DIMENSIONS), np.float32)
    for row, found in enumerate(counts):
        for slot, count in found.items():
            vectors[row, slot] = count
    frequency = (vectors > 0).sum(axis=0)
    vectors = np.log1p(vectors) * np.log((1 + len(texts)) / (1 + frequency) + 1).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def similar_pairs(vectors: Vectors, similarity: float) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The pairs of rows whose dot product is at least ``similarity``, in blocks: each pair once, the smaller row number
    first."""
    for start in range(0, len(vectors), _BLOCK):
        products = vectors[start : start + _BLOCK] @ vectors[start:].T
        first, second = np.nonzero(products >= similarity)
        later = second > first
        yield first[later] + start, second[later] + start


def cluster(vectors: Vectors, similarity: float) -> NDArray[np.intp]:
    """Cluster rows that chains of similar ones connect: for each row, the smallest row number in its cluster."""
    roots = np.arange(len(vectors))
    for first, second in similar_pairs(vectors, similarity):
        join(roots, first, second)
    return roots


def join(roots: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]) -> None:
    """Merge the clusters of the two rows of each pair, in place; ``roots`` is as ``cluster`` returns it."""
    while True:
        one, other = roots[first], roots[second]
        apart = one != other
        if not apart.any():
            return
        np.minimum.at(roots, np.maximum(one, other)[apart], np.minimum(one, other)[apart])
        while not np.array_equal(roots, shortened := roots[roots]):
            roots[:] = shortened


def _trigrams(text: str) -> Iterator[int]:
    padded = f" {text} "
    return (zlib.crc32(padded[at : at + 3].encode()) % _DIMENSIONS for at in range(len(padded) - 2))
