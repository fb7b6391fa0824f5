"""How many datasets are worked on at the same time."""

from __future__ import annotations

import asyncio

AT_ONCE = 2
"""Datasets that are read or looked over; each may take a core and 200 MB."""


def dataset_slots() -> asyncio.Semaphore:
    """For all that reads datasets and looks them over in one process."""
    return asyncio.Semaphore(AT_ONCE)
