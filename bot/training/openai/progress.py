"""What the jobs, events and checkpoints of OpenAI's contract tell of how far a training is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.training.states import TrainingState
from bot.training.trainer import LossPoint

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

_STATES: Mapping[str, TrainingState] = {
    "validating_files": TrainingState.QUEUED,
    "queued": TrainingState.QUEUED,
    "paused": TrainingState.QUEUED,
    "pending": TrainingState.QUEUED,
    "succeeded": TrainingState.SUCCEEDED,
    "failed": TrainingState.FAILED,
    "cancelled": TrainingState.CANCELLED,
    "canceled": TrainingState.CANCELLED,
}
"""``paused`` is what a job is between pause and resume, though the description does not name it; ``pending`` and
``canceled`` are what some compatible services say."""
_STEP = re.compile(r"\bstep (\d+) ?(?:/|of) ?(\d+)", re.IGNORECASE)


def state_of(job: FineTuningJob) -> TrainingState:
    """What the job is in our words; a state that nobody has described is taken for running."""
    return _STATES.get(job.status, TrainingState.RUNNING)


def share_done(job: FineTuningJob, events: Sequence[FineTuningJobEvent]) -> float | None:
    """0 to 1, by the steps that events tell of; None where they tell of none."""
    state = state_of(job)
    if state is TrainingState.SUCCEEDED:
        return 1.0
    if state is TrainingState.QUEUED:
        return 0.0
    shares = []
    for event in events:
        data, match = _data(event), _STEP.search(event.message)
        if data.get("step") is not None and data.get("total_steps"):
            shares.append(data["step"] / data["total_steps"])
        elif match is not None and int(match[2]):
            shares.append(int(match[1]) / int(match[2]))
    return min(max(shares), 1.0) if shares else None


def curve_of(
    events: Sequence[FineTuningJobEvent], checkpoints: Sequence[FineTuningJobCheckpoint]
) -> tuple[LossPoint, ...]:
    """The loss at each step that is told of."""
    points: dict[int, LossPoint] = {}
    for event in events:
        data = _data(event)
        if event.type == "metrics" and isinstance(data.get("step"), int):
            _add(points, data["step"], data.get("train_loss"), data.get("full_valid_loss", data.get("valid_loss")))
    for checkpoint in checkpoints:
        metrics = checkpoint.metrics
        heldout = metrics.full_valid_loss if metrics.full_valid_loss is not None else metrics.valid_loss
        _add(points, checkpoint.step_number, metrics.train_loss, heldout)
    return tuple(points[step] for step in sorted(points))


def _add(points: dict[int, LossPoint], step: int, training: float | None, heldout: float | None) -> None:
    known = points.get(step)
    if known is not None:
        training = known.training if training is None else training
        heldout = known.heldout if heldout is None else heldout
    if training is not None or heldout is not None:
        points[step] = LossPoint(step, training, heldout)


def _data(event: FineTuningJobEvent) -> Mapping[str, Any]:
    return event.data if isinstance(event.data, dict) else {}
