"""General questions, which every model that can talk answers: one that was taught something else must still do so."""

from __future__ import annotations

import functools
from pathlib import Path

from bot.training.evaluating.cases import TestCase, read_cases

_FILE = Path(__file__).parent / "general_questions.json"


@functools.cache
def general_questions() -> tuple[TestCase, ...]:
    """Thirty, in English and Russian, each with several accepted answers; always the same."""
    return read_cases(_FILE.read_bytes())
