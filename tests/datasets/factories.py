"""Examples as people provide them."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.datasets.example import Example, ExampleSource
from bot.datasets.example_text import ExampleOrigin

ADA, BORIS = 101, 102
WHEN = datetime(2026, 1, 23, 12, tzinfo=UTC)
GIVING = ExampleOrigin(ADA, WHEN)


def said(prompt: str, answer: str | None, rejected: str | None = None, *, given_by: int = ADA) -> Example:
    """One example."""
    return Example(prompt, answer, rejected, given_by, ExampleSource.UPLOAD, WHEN)
