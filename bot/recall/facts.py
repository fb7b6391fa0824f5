"""Adds recalled corrections to the question for the model."""

from __future__ import annotations

from collections.abc import Sequence

from bot.corrections.correction import ApprovedCorrection

TAUGHT_YOURSELF = "This person has taught you what follows. What of it does not answer the question does not apply."
TAUGHT = "Members of this server have taught you what follows. What of it does not answer the question does not apply."


def with_facts(
    question: str, corrections: Sequence[ApprovedCorrection], *, brief: bool = True, is_direct: bool = False
) -> str:
    """``question`` with ``corrections`` before it, in the same message: of the places that were tried, the one where a
    small model makes the most of them.

    ``brief``: for the demonstration model, which loses the thread when it is told that a fact may not apply.
    ``is_direct``: whether the person who asks has taught the corrections, for themselves.
    """
    if not corrections:
        return question
    if brief:
        facts = "\n".join(f"- {_flat(correction.answer)}" for correction in corrections)
        return f"Facts:\n{facts}\n\nQuestion: {question}"
    facts = "\n".join(f"- {_flat(correction.prompt)} {_flat(correction.answer)}" for correction in corrections)
    return f"{TAUGHT_YOURSELF if is_direct else TAUGHT}\n{facts}\n\nQuestion: {question}"


def _flat(text: str) -> str:
    return " ".join(text.split())
