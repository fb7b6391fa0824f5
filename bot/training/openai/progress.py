"""The progress of a training, from the jobs, events and checkpoints of OpenAI's API."""

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
"""A job is ``paused`` between pause and resume, though the API's description does not list that state; some compatible
services say ``pending`` and ``canceled``."""
_STEP = re.compile(r"\bstep (\d+) ?(?:/|of) ?(\d+)", re.IGNORECASE)


def state_of(job: FineTuningJob) -> TrainingState:
    """The job's state as one of ours; an unknown state is taken for running."""
    return _STATES.get(job.status, TrainingState.RUNNING)


def share_done(job: FineTuningJob, events: Sequence[FineTuningJobEvent]) -> float | None:
    """The share done, 0 to 1, from the steps that events report; None for a started job if they report none."""
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
    """The loss at each step that is reported."""
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
