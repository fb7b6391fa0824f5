"""Choosing the number type in which matrices are multiplied."""

from __future__ import annotations

import timeit

import torch

SHORT = torch.bfloat16
"""16 bits with the range of 32. Processors with AMX, AVX512-BF16 or SVE, and graphics cards, multiply these several
times as fast. Others convert each number to 32 bits first, or process them one by one, which takes forty times as long
(torch 2.13 on a processor with AVX2)."""

WORTH = 0.8
"""16 bits must take less than this share of the time of 32 bits: a smaller gain is not worth the lost precision."""

_ROWS, _WIDTH, _TRIES = 64, 512, 7


def quickest_type(device: torch.device) -> torch.dtype:
    """``SHORT`` if ``device`` is faster with it, else 32 bits. On a processor both are timed, which takes a moment."""
    if device.type == "cuda":
        return SHORT if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    return SHORT if product_s(SHORT) < WORTH * product_s(torch.float32) else torch.float32


def product_s(kind: torch.dtype) -> float:
    """How many seconds a small matrix product takes in ``kind`` on the processor."""
    rows, matrix = torch.ones(_ROWS, _WIDTH, dtype=kind), torch.ones(_WIDTH, _WIDTH, dtype=kind)
    # The first run prepares what the next ones use.
    return min(timeit.repeat(lambda: rows @ matrix, number=1, repeat=1 + _TRIES))
