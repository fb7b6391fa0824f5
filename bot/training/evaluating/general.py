"""General questions that any chat model can answer, and that one must still answer after it was taught other things."""

from __future__ import annotations

import functools
from pathlib import Path

from bot.training.evaluating.cases import TestCase, read_cases

_FILE = Path(__file__).parent / "general_questions.json"


@functools.cache
def general_questions() -> tuple[TestCase, ...]:
    """Thirty questions in English and Russian, each with several accepted answers; always the same."""
    return read_cases(_FILE.read_bytes())
