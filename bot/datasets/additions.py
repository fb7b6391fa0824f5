"""Decides which of the examples that somebody gives are added to a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from bot.datasets.example import Example


def still_given(
    examples: Sequence[Example], withdrawals: Mapping[int, datetime], changes: Mapping[str, datetime]
) -> list[Example]:
    """``examples`` without those that their givers have withdrawn, and without those whose correction or comparison has
    been changed or taken back since; an archive may contain both sorts.

    ``withdrawals``: when people last withdrew all that they had given, by user id. ``changes``: when a correction last
    changed, or a comparison was taken back, by its id.
    """
    return [example for example in examples if _is_given(example, withdrawals, changes)]


def _is_given(example: Example, withdrawals: Mapping[int, datetime], changes: Mapping[str, datetime]) -> bool:
    withdrawn_at = withdrawals.get(example.given_by)
    changed_at = None if example.origin_id is None else changes.get(example.origin_id)
    return (withdrawn_at is None or example.created_at > withdrawn_at) and (
        changed_at is None or example.created_at >= changed_at
    )


def key_of_origin(id_: str) -> str:
    """A hash of an example's origin id, 64 hexadecimal digits: all that is kept of an origin that was taken back."""
    return hashlib.sha256(id_.encode()).hexdigest()


def new_examples(examples: Sequence[Example], existing: Container[str]) -> dict[str, Example]:
    """Those of ``examples`` whose key is not ``existing``, by key, in their order; of several with the same key, the
    first."""
    new: dict[str, Example] = {}
    for example in examples:
        if (key := example.key) not in existing:
            new.setdefault(key, example)
    return new
