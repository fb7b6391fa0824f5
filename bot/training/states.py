"""The states that a training goes through, whatever the trainer."""

from __future__ import annotations

from enum import StrEnum


class TrainingState(StrEnum):
    """How far a training has got."""

    PLANNED = "planned"
    """Shown to those who may start it, but not started; no trainer has it yet."""
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (TrainingState.QUEUED, TrainingState.RUNNING)
"""Started and not ended."""
ENDED = frozenset((TrainingState.SUCCEEDED, TrainingState.FAILED, TrainingState.CANCELLED))
