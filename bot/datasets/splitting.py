"""Splits a dataset into training examples and held-out examples."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.datasets.example import Example
from bot.datasets.similarity import Embedding, cluster, join, plain, trigram_vectors

MIN_SHARE, SHARE, MAX_SHARE = 0.10, 0.15, 0.20
"""The least, intended and greatest share of the examples that are held out."""

SEED = 2026
"""The default seed."""
SIMILARITIES = (0.5, 0.6, 0.7, 0.8)
"""Thresholds from which prompts are kept on the same side. Each is tried only if the clusters at the previous one are
too large to hold out ``MIN_SHARE``; prompts at least as similar as the last are never separated."""


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides, each in the order of the dataset."""

    training: tuple[Example, ...]
    heldout: tuple[Example, ...]
    """10 to 20 % of all; fewer or none if there are less than five examples, or if nearly all resemble each other."""
    similarity: float
    """Prompts at least this similar are on the same side."""


def split(examples: Sequence[Example], *, seed: int, embed: Embedding = trigram_vectors) -> Split:
    """Split ``examples`` so that paraphrases of a prompt, and the parts of a conversation, are never on both sides.

    The same examples in any order and the same seed give the same sides. Blocks: seconds for 20,000 examples.
    """
    least = max(1, -(-len(examples) * MIN_SHARE // 1))
    best, used = frozenset[str](), SIMILARITIES[0]
    prompts = sorted({plain(example.prompt) for example in examples})
    vectors = embed(prompts) if prompts else np.zeros((0, 1), np.float32)
    for similarity in SIMILARITIES:
        roots = _with_conversations(cluster(vectors, similarity), prompts, examples)
        groups: dict[int, list[str]] = defaultdict(list)
        at = {prompt: int(root) for prompt, root in zip(prompts, roots, strict=True)}
        for example in examples:
            groups[at[plain(example.prompt)]].append(example.key)
        chosen = _chosen(list(groups.values()), len(examples), seed)
        if len(chosen) > len(best) or not best:
            best, used = chosen, similarity
        if len(best) >= least:
            break
    return Split(
        training=tuple(example for example in examples if example.key not in best),
        heldout=tuple(example for example in examples if example.key in best),
        similarity=used,
    )


def _with_conversations(
    roots: NDArray[np.intp], prompts: Sequence[str], examples: Sequence[Example]
) -> NDArray[np.intp]:
    """``roots``, with the clusters merged of prompts whose conversations have the same opening message."""
    row = {prompt: number for number, prompt in enumerate(prompts)}
    opened: dict[str, int] = {}
    first, second = [], []
    for example in examples:
        at = row[plain(example.prompt)]
        opening = plain(example.turns[0].text) if example.turns else plain(example.prompt)
        first.append(opened.setdefault(opening, row.get(opening, at)))
        second.append(at)
    joined = roots.copy()
    join(joined, np.array(first, np.intp), np.array(second, np.intp))
    return joined


def _chosen(groups: list[list[str]], count: int, seed: int) -> frozenset[str]:
    """The keys of the groups to hold out: groups are taken in an order given by the seed, skipping those that would
    exceed ``MAX_SHARE``, until ``SHARE`` is reached."""
    groups.sort(key=lambda keys: hashlib.sha256(f"{seed}:{min(keys)}".encode()).digest())
    chosen: list[str] = []
    for keys in groups:
        if len(chosen) + len(keys) <= MAX_SHARE * count:
            chosen += keys
        if len(chosen) >= SHARE * count:
            break
    return frozenset(chosen)
