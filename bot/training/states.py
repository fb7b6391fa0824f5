"""The states that a training goes through, at every trainer."""

from __future__ import annotations

from enum import StrEnum


class TrainingState(StrEnum):
    """How far a training is."""

    PLANNED = "planned"
    """Shown to whoever may start it, and not started; no trainer has it."""
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (TrainingState.QUEUED, TrainingState.RUNNING)
"""What has been started and has not ended."""
ENDED = frozenset((TrainingState.SUCCEEDED, TrainingState.FAILED, TrainingState.CANCELLED))
