"""What every trainer does, and what it tells."""

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
"""In a row, before a service that does not answer is given up: a day, most of it in the longest pauses."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training would be, before anything is sent or begun."""

    examples: int
    """That are learnt from."""
    heldout: int
    """That are kept back to measure the loss on."""
    tokens: int
    """That are trained on, in all epochs together, as ``count_tokens`` counts."""
    destination: LazyMessage
    """Where the examples go."""
    duration_s: float | None = None
    """How long it takes, roughly; None where nobody knows."""
    price: float | None = None
    """What it costs, in the currency of the prices that the trainer was given; None where nobody knows."""
    warnings: tuple[LazyMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class LossPoint:
    """One point of the loss curve."""

    step: int
    training: float | None
    """Loss per token on what is learnt from, or None where it was not measured."""
    heldout: float | None = None
    """Loss per token on what is held out."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a training is."""

    state: TrainingState
    fraction: float | None = None
    """0 to 1; None where nobody knows."""
    curve: tuple[LossPoint, ...] = ()
    """By step, ascending."""
    message: str = ""
    """The trainer's own last words, in English, for those who want to know more."""
    left_s: float | None = None
    """How long it will still take, roughly."""
    error: TrainingError | None = None
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What came out."""

    kind: ModelKind
    """remote: a model at the service. adapter: a GGUF file for the embedded model. files: what others may train on."""
    base: str
    """The model that it began with."""
    name: str
    """The model's name at the service, or the name of ``path``."""
    path: Path | None = None
    """Below the folder that the trainer was made with."""
    checkpoints: tuple[str, ...] = ()
    """Names of earlier states of it at the service, oldest first."""


class Trainer(Protocol):
    """A way to train a model. Every training can be taken up again from its handle alone, also by another process.

    Each call raises a TrainingError that says in one sentence what is wrong.
    """

    makes_models: bool
    """Whether a model comes out, which then knows what it has learned from; else examples are only packed."""

    async def check(self) -> None:
        """See whether it could train now.

        Raises:
            TrainingError, WeightsMissingError: it could not.
        """
        ...

    def bases(self, answering: Sequence[str]) -> list[str]:
        """Models that it can begin with, the usual one first. ``answering``: names of those at the chat endpoint."""
        ...

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        """What is begun with where nobody says. ``trained``: what the guild has had it train, the latest first."""
        ...

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        """How more is learnt on top of a model that it has trained for the guild; None where it cannot."""
        ...

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        """What ``start`` would do.

        Raises:
            TrainingError: it would be refused.
        """
        ...

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        """Begin to train; returns the handle.

        ``folder`` is this training's own, below the one that the trainer was made with; it is made where it is missing.
        A start that was interrupted is done again with the same folder: what was begun is found there, and nothing is
        begun twice.

        Raises:
            TrainingError: it cannot begin.
        """
        ...

    async def state(self, handle: str) -> TrainingProgress:
        """How far it is.

        Raises:
            TrainingError: that cannot be told; the training may go on all the same.
        """
        ...

    async def result(self, handle: str) -> TrainedModel:
        """What came out of a training that has succeeded.

        Raises:
            TrainingNotDoneError, TrainingCancelledError
            TrainingError: why it failed.
        """
        ...

    async def cancel(self, handle: str) -> None:
        """End it before its time; one that has ended already stays as it is."""
        ...

    async def tidy(self, handle: str) -> None:
        """Delete what an ended training needs no more: uploaded examples, checkpoints. Its result stays."""
        ...

    async def close(self) -> None:
        """Let go of connections. Trainings that run go on."""
        ...


async def follow(trainer: Trainer, handle: str, *, every_s: float) -> AsyncIterator[TrainingProgress]:
    """How far a training is, every ``every_s`` until it ends.

    Raises:
        TrainingError: the trainer does not know of it, or could not tell for a day.
    """
    while True:
        progress = await patiently(lambda: trainer.state(handle), first_pause_s=every_s)
        yield progress
        if progress.state in ENDED:
            return
        await asyncio.sleep(every_s)


async def patiently(call: Callable[[], Awaitable[T]], *, first_pause_s: float) -> T:
    """What ``call`` gives. While its service does not answer it is called again, after pauses that become twice as long
    each time.

    Raises:
        TrainingError: what it raised after ``MAX_PAUSES`` of them, or what no pause would change.
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
