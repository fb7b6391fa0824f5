"""In which numbers matrices are multiplied."""

from __future__ import annotations

import timeit

import torch

SHORT = torch.bfloat16
"""16 bits with the range of 32: what processors with AMX, AVX512-BF16 or SVE and graphics cards multiply several times
as quickly. Others turn each number into 32 bits first, or go through them one by one, which takes forty times as long
(torch 2.13 on a processor with AVX2)."""

WORTH = 0.8
"""Of the time that 32 bits take; what gains less is not worth the digits that are lost."""

_ROWS, _WIDTH, _TRIES = 64, 512, 7


def quickest_type(device: torch.device) -> torch.dtype:
    """``SHORT`` where ``device`` is quicker with it, else 32 bits. A processor tries both, which takes a moment."""
    if device.type == "cuda":
        return SHORT if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    return SHORT if product_s(SHORT) < WORTH * product_s(torch.float32) else torch.float32


def product_s(kind: torch.dtype) -> float:
    """How long a small product of the processor's takes in ``kind``."""
    rows, matrix = torch.ones(_ROWS, _WIDTH, dtype=kind), torch.ones(_WIDTH, _WIDTH, dtype=kind)
    # The first prepares what the next ones use.
    return min(timeit.repeat(lambda: rows @ matrix, number=1, repeat=1 + _TRIES))
