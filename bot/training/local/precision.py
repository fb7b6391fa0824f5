"""In which numbers matrices are multiplied."""

from __future__ import annotations

import time

import torch

SHORT = torch.bfloat16
"""16 bits with the range of 32: what processors with AMX, AVX512-BF16 or SVE and graphics cards multiply several times
as quickly. Others turn each number into 32 bits first, or go through them one by one, which takes forty times as long
(torch 2.13 on a processor with AVX2)."""

WORTH = 0.8
"""Of the time that 32 bits take; what gains less is not worth the digits that are lost."""

_ROWS, _WIDTH, _TRIES = 64, 512, 3


def quickest_type(device: torch.device) -> torch.dtype:
    """``SHORT`` where ``device`` is quicker with it, else 32 bits. Tries both, a tenth of a second at most."""
    return SHORT if product_s(SHORT, device) < WORTH * product_s(torch.float32, device) else torch.float32


def product_s(kind: torch.dtype, device: torch.device) -> float:
    """How long a small product takes in ``kind``."""
    rows = torch.ones(_ROWS, _WIDTH, dtype=kind, device=device)
    matrix = torch.ones(_WIDTH, _WIDTH, dtype=kind, device=device)
    # The first prepares what the next ones use.
    return min(_once_s(rows, matrix) for _ in range(1 + _TRIES))


def _once_s(rows: torch.Tensor, matrix: torch.Tensor) -> float:
    began_s = time.perf_counter()
    # A graphics card is done when its result is here.
    (rows @ matrix).cpu()
    return time.perf_counter() - began_s
