"""The limit on how many datasets are processed at the same time."""

from __future__ import annotations

import asyncio

AT_ONCE = 2
"""Datasets that are read or checked at the same time; each may take a core and 200 MB."""


def dataset_slots() -> asyncio.Semaphore:
    """The semaphore shared by everything in one process that reads or checks datasets."""
    return asyncio.Semaphore(AT_ONCE)
