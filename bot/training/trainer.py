"""The interface of trainers, and what they report."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import structlog

from bot.datasets.training_data import TrainingData
from bot.i18n.message import LazyMessage
from bot.training.errors import TrainingError
from bot.training.model_store import Model, ModelKind
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.states import ENDED, TrainingState

log = structlog.get_logger()

LONGEST_PAUSE_S = 600.0
MAX_PAUSES = 150
"""Consecutive pauses before giving up on a service that does not answer: a day, mostly of the longest pauses."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training would do, before anything is sent or started."""

    examples: int
    """How many are learnt from."""
    heldout: int
    """How many are held out to measure the loss on."""
    tokens: int
    """How many are trained on in all epochs together, as ``count_tokens`` counts."""
    destination: LazyMessage
    """Where the examples go."""
    duration_s: float | None = None
    """Roughly how long it takes; None if unknown."""
    price: float | None = None
    """What it costs, in the currency of the price that the trainer was given; None if unknown."""
    warnings: tuple[LazyMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class LossPoint:
    """One point of the loss curve."""

    step: int
    training: float | None
    """Loss per token on the training examples; None if it was not measured."""
    heldout: float | None = None
    """Loss per token on the held-out examples; None if it was not measured."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a training has got."""

    state: TrainingState
    fraction: float | None = None
    """0 to 1; None if unknown."""
    curve: tuple[LossPoint, ...] = ()
    """By step, ascending."""
    message: str = ""
    """The trainer's latest message, in English, for those who want to know more."""
    left_s: float | None = None
    """Roughly how many seconds it will still take; None if unknown."""
    error: TrainingError | None = None
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The result of a training."""

    kind: ModelKind
    """remote: a model at the service. adapter: a GGUF file for the embedded model. files: packed examples."""
    base: str
    """The model that training started from."""
    name: str
    """The model's name at the service, or the name of ``path``."""
    path: Path | None = None
    """Relative to the folder that the trainer was made with; None for a model at a service."""
    checkpoints: tuple[str, ...] = ()
    """Names of its checkpoints at the service, oldest first."""


class Trainer(Protocol):
    """A way to train a model. Every training can be resumed from its handle alone, even by another process.

    Each call raises a ``TrainingError`` that says in one sentence what is wrong.
    """

    makes_models: bool
    """Whether it makes a model, which then knows the examples; otherwise they are only packed."""

    async def check(self) -> None:
        """Check that it could train now.

        Raises:
            TrainingError, WeightsMissingError: it cannot.
        """
        ...

    def bases(self, answering: Sequence[str]) -> list[str]:
        """Models that it can start from, the usual one first. ``answering``: names of those at the chat endpoint."""
        ...

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        """The model to start from by default. ``trained``: models that it has trained for the guild, latest first."""
        ...

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        """The recipe to continue training a model that it has trained for the guild; None if it cannot."""
        ...

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        """What ``start`` would do.

        Raises:
            TrainingError: it would be refused.
        """
        ...

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        """Start training; returns the handle.

        ``folder`` belongs to this training, below the one that the trainer was made with; it is created if missing.
        After an interruption, ``start`` is called again with the same folder, where the trainer finds what it had
        begun, so that nothing is begun twice.

        Raises:
            TrainingError: it cannot start.
        """
        ...

    async def state(self, handle: str) -> TrainingProgress:
        """How far it has got.

        Raises:
            TrainingError: this cannot be determined; the training itself may still be running.
        """
        ...

    async def result(self, handle: str) -> TrainedModel:
        """The result of a training that has succeeded.

        Raises:
            TrainingNotDoneError, TrainingCancelledError
            TrainingError: the reason why it failed.
        """
        ...

    async def cancel(self, handle: str) -> None:
        """Cancel it; one that has already ended stays as it is."""
        ...

    async def tidy(self, handle: str) -> None:
        """Delete what an ended training no longer needs: uploaded examples, checkpoints. Its result stays."""
        ...

    async def close(self) -> None:
        """Close connections. Running trainings go on."""
        ...


async def follow(trainer: Trainer, handle: str, *, every_s: float) -> AsyncIterator[TrainingProgress]:
    """The progress of a training, every ``every_s`` seconds until it ends.

    Raises:
        TrainingError: the trainer does not know the training, or its service has not answered for a day.
    """
    while True:
        progress = await patiently(lambda: trainer.state(handle), first_pause_s=every_s)
        yield progress
        if progress.state in ENDED:
            return
        await asyncio.sleep(every_s)


async def patiently(call: Callable[[], Awaitable[T]], *, first_pause_s: float) -> T:
    """The result of ``call``, which is retried while it raises transient errors, after pauses that double each time up
    to ``LONGEST_PAUSE_S``.

    Raises:
        TrainingError: ``call`` still failed after ``MAX_PAUSES`` pauses, or its error is not transient.
    """
    for pauses in itertools.count():
        try:
            return await call()
        except TrainingError as error:
            if pauses >= MAX_PAUSES or not error.is_transient:
                raise
            log.warning("a training service does not answer", why=str(error), pauses=pauses)
        await asyncio.sleep(min(first_pause_s * 2 ** min(pauses, 20), LONGEST_PAUSE_S))
    raise AssertionError("it either returns or raises")
