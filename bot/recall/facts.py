"""Telling the model what was recalled."""

from __future__ import annotations

from collections.abc import Sequence

from bot.corrections.store import Approved


def with_facts(question: str, lessons: Sequence[Approved]) -> str:
    """``question`` with ``lessons`` before it, in the one turn: of the places that were tried, the one where a small
    model makes most of them."""
    if not lessons:
        return question
    facts = "\n".join(f"- {' '.join(lesson.answer.split())}" for lesson in lessons)
    return f"Facts:\n{facts}\n\nQuestion: {question}"
