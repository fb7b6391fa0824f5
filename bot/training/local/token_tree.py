"""Rows of tokens as a tree: a prefix that several rows share is processed only once.

All rows of a step begin with the same instruction, and the two answers of a pair share the question too: four short
facts take 116 tokens instead of 212, four pairs of answers 140 instead of 424. What a model makes of a token depends
only on the tokens before it, so the scores are the same (tree attention, with which Miao et al., SpecInfer, 2023,
verify many continuations at once).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from bot.training.local.rows import MAX_TOKENS, TokenizedExample


@dataclass(frozen=True, slots=True)
class TokenTree:
    """Some rows, as the input of a model that is told the position of each token and which tokens it attends to."""

    tokens: torch.Tensor
    """(1, tokens)"""
    positions: torch.Tensor
    """(1, tokens): how many tokens come before it in its rows."""
    seen: torch.Tensor
    """(1, 1, tokens, tokens): what each token attends to: itself and those before it in its rows."""
    before: torch.Tensor
    """(answers' tokens): for each answer token, row after row, the index of the token in the tree that precedes it."""
    wanted: torch.Tensor
    """(answers' tokens): the answer tokens themselves."""


def trees_of(rows: Sequence[TokenizedExample], device: torch.device) -> Iterator[TokenTree]:
    """``rows``, at least one, in order, as trees of at most ``MAX_TOKENS`` each, since the cost of attention grows with
    the square of the number of tokens."""
    growing = _GrowingTree()
    for row in rows:
        if growing.tokens and len(growing.tokens) + growing.lacking(row) > MAX_TOKENS:
            yield growing.grown(device)
            growing = _GrowingTree()
        growing.add(row)
    yield growing.grown(device)


class _GrowingTree:
    def __init__(self) -> None:
        self.tokens: list[int] = []
        self._parents: list[int] = []
        self._depths: list[int] = []
        self._places: dict[tuple[int, int], int] = {}
        """The place of each token, by the place of the token before it (-1 for none) and the token."""
        self._before: list[int] = []
        self._wanted: list[int] = []

    def lacking(self, row: TokenizedExample) -> int:
        """How many tokens of ``row`` are not in the tree yet."""
        place = -1
        for depth, token in enumerate(row.tokens):
            following = self._places.get((place, token))
            if following is None:
                return len(row.tokens) - depth
            place = following
        return 0

    def add(self, row: TokenizedExample) -> None:
        place = -1
        for depth, token in enumerate(row.tokens):
            if depth >= row.asked:
                self._before.append(place)
                self._wanted.append(token)
            following = self._places.setdefault((place, token), len(self.tokens))
            if following == len(self.tokens):
                self.tokens.append(token)
                self._parents.append(place)
                self._depths.append(depth)
            place = following

    def grown(self, device: torch.device) -> TokenTree:
        seen = torch.eye(len(self.tokens), dtype=torch.bool)
        for place, parent in enumerate(self._parents):
            if parent >= 0:
                seen[place] |= seen[parent]
        return TokenTree(
            torch.tensor([self.tokens], device=device),
            torch.tensor([self._depths], device=device),
            seen[None, None].to(device),
            torch.tensor(self._before, device=device),
            torch.tensor(self._wanted, device=device),
        )
