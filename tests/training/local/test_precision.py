"""A processor multiplies in the number format in which it is fast."""

from __future__ import annotations

import pytest


def test_no_processor_is_made_to_multiply_in_numbers_that_it_is_slow_with() -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    from bot.training.local.precision import SHORT, product_s, quickest_type

    chosen = quickest_type(torch.device("cpu"))
    other = torch.float32 if chosen == SHORT else SHORT
    assert product_s(chosen) < 2 * product_s(other)
