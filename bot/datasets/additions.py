"""Which of the examples that somebody gives are added to a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from bot.datasets.example import Example


def still_given(
    examples: Sequence[Example], withdrawals: Mapping[int, datetime], changes: Mapping[str, datetime]
) -> list[Example]:
    """``examples`` without those that their givers have withdrawn, and without those from corrections and comparisons
    that were taken back or say something else since: an archive may have either.

    ``withdrawals``: when people last withdrew all that they had given, by their ids. ``changes``: when corrections last
    changed, or comparisons were taken back, by their ids.
    """
    return [example for example in examples if _is_given(example, withdrawals, changes)]


def _is_given(example: Example, withdrawals: Mapping[int, datetime], changes: Mapping[str, datetime]) -> bool:
    withdrawn_at = withdrawals.get(example.given_by)
    changed_at = None if example.origin_id is None else changes.get(example.origin_id)
    return (withdrawn_at is None or example.created_at > withdrawn_at) and (
        changed_at is None or example.created_at >= changed_at
    )


def key_of_origin(id_: str) -> str:
    """64 hexadecimal digits for what an example comes from: of what was taken back no more is kept."""
    return hashlib.sha256(id_.encode()).hexdigest()


def new_examples(examples: Sequence[Example], existing: Container[str]) -> dict[str, Example]:
    """Those of ``examples``, by their keys and in their order, that teach what none of the ``existing`` keys teaches;
    of several that teach the same, the first."""
    new: dict[str, Example] = {}
    for example in examples:
        if (key := example.key) not in existing:
            new.setdefault(key, example)
    return new
