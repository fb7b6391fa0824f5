"""The trainer that trains on this machine."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from audio.child_environment import child_environment
from bot.conversation.prompting import BRIEF_INSTRUCTION
from bot.datasets.training_data import TrainingData
from bot.errors import translatable as _
from bot.i18n.message import lazy
from bot.training.errors import (
    TrainingCancelledError,
    TrainingFailedError,
    TrainingNotDoneError,
    UnknownTrainingError,
)
from bot.training.examples import examples_for
from bot.training.local.child import HELD_ALREADY
from bot.training.local.errors import (
    INSTALL,
    CannotTrainError,
    NothingLearntYetError,
    NothingToGoOnFromError,
    TrainerDiedError,
    TrainerDoesNotStartError,
    TrainingDiskError,
    TrainingNotInstalledError,
)
from bot.training.local.job import JobFolder, TrainingTask
from bot.training.model_store import Model, ModelKind
from bot.training.recipe import Recipe, TrainingMethod
from bot.training.registry import TRAINERS, TrainerRegistration
from bot.training.states import OPEN, TrainingState
from bot.training.trainer import LossPoint, Plan, TrainedModel, TrainingProgress
from bot.weights.weights import WeightsCache, WeightsMissingError

log = structlog.get_logger()

BASE = "smollm2-135m"
"""Its name in the catalogue of weights."""
PACKAGES = ("torch", "transformers", "peft", "gguf")
MIN_EXAMPLES = 4
"""One batch."""
BATCH_SIZE, RANK, COMMON = 4, 16, 2
EPOCHS: dict[TrainingMethod, int] = {TrainingMethod.SUPERVISED: 12, TrainingMethod.PREFERENCE: 8}
LEARNING_RATE: dict[TrainingMethod, float] = {TrainingMethod.SUPERVISED: 1e-3, TrainingMethod.PREFERENCE: 5e-4}
"""Measured with these: of 40 rephrased questions about 20 learnt facts, 15 to 19 were answered correctly (none by the
base model), and of the 30 general ones 10 to 13 (11 by the base model); 18 epochs made no difference. Preference
training against ten answers learnt before reversed all ten and left 13 of the 30 correct; with half the epochs and
2e-4, it reversed two of the ten."""
CHECKPOINT_STEPS = 10
NICENESS = 10
"""Training leaves the processor to processes that answer people."""
MAX_TRIES = 3
"""Consecutive starts of the process without getting further."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0

_LOADING_S, _TOKEN_S, _COMMON_S = 20.0, 0.012, 0.6
"""Measured on one busy core of 2024."""
LABEL = _("on this machine")
STAYS_HERE = _("The examples stay on this machine; the training takes one core and 2 GB of memory.")


class LocalTrainer:
    """Trains adapters for the demonstration model, one at a time: to give answers, or, after it has learnt those, to
    prefer them to others. The handle is the training's folder.

    Each training is a separate process that outlives the bot. If it has died, asking for its state starts it again, and
    it continues from its last checkpoint.
    """

    makes_models = True

    def __init__(self, weights: WeightsCache, home: Path, inference_priority: Path) -> None:
        """``weights``: where the model is. ``home``: the folder that handles are relative to, so that it may be moved
        while nothing is trained; ``inference_priority``: the lock file of ``InferencePriority``."""
        self._weights = weights
        self._home = home
        self._inference_priority = inference_priority

    async def check(self) -> None:
        """See ``Trainer``.

        Raises:
            TrainingNotInstalledError
            WeightsMissingError: the model was not fetched.
        """
        if not is_installed():
            raise TrainingNotInstalledError
        if not await asyncio.to_thread(self._weights.is_here, BASE):
            raise WeightsMissingError(BASE)

    def bases(self, answering: Sequence[str]) -> list[str]:
        """See ``Trainer``."""
        return [BASE]

    def default_base(self, method: TrainingMethod, trained: Sequence[Model]) -> str:
        """See ``Trainer``; preferences are learnt on top of answers."""
        if method is TrainingMethod.PREFERENCE:
            return next((model.name for model in trained if model.kind is ModelKind.ADAPTER), BASE)
        return BASE

    def continues(self, model: Model, method: TrainingMethod, seed: int) -> Recipe | None:
        """See ``Trainer``."""
        if model.kind is not ModelKind.ADAPTER or model.path is None:
            return None
        return Recipe(model.base, method, seed=seed, adapter=str(model.path))

    async def plan(self, data: TrainingData, recipe: Recipe) -> Plan:
        """See ``Trainer``.

        Raises:
            TrainingNotInstalledError, CannotTrainError, NothingLearntYetError, TooFewExamplesError
        """
        _demand(recipe)
        examples = examples_for(data, recipe.method, least=MIN_EXAMPLES)
        epochs = recipe.epochs or EPOCHS[recipe.method]
        steps = -(-len(examples.training) // (recipe.batch_size or BATCH_SIZE)) * epochs
        tokens = await asyncio.to_thread(lambda: examples.tokens) * epochs
        return Plan(
            examples=len(examples.training),
            heldout=len(examples.heldout),
            tokens=tokens,
            destination=lazy(STAYS_HERE),
            duration_s=_LOADING_S + tokens * _TOKEN_S + steps * COMMON * _COMMON_S,
            price=0.0,
            warnings=tuple(examples.warnings),
        )

    async def start(self, data: TrainingData, recipe: Recipe, folder: Path) -> str:
        """See ``Trainer``.

        Raises:
            TrainingNotInstalledError, CannotTrainError, NothingLearntYetError, TooFewExamplesError
            TrainerDoesNotStartError, TrainingDiskError
            WeightsMissingError, WeightsDamagedError: the model is not here, or its file is damaged.
        """
        _demand(recipe)
        examples = examples_for(data, recipe.method, least=MIN_EXAMPLES)
        work = TrainingTask(
            instruction=BRIEF_INSTRUCTION,
            epochs=recipe.epochs or EPOCHS[recipe.method],
            batch_size=recipe.batch_size or BATCH_SIZE,
            common=COMMON,
            learning_rate=LEARNING_RATE[recipe.method] * (recipe.learning_rate_multiplier or 1.0),
            rank=RANK,
            seed=recipe.seed,
            checkpoint_steps=CHECKPOINT_STEPS,
            method=recipe.method,
            beta=recipe.beta,
        )
        job, handle = JobFolder(folder), str(folder.relative_to(self._home))
        before = None if recipe.adapter is None else self._home / recipe.adapter
        try:
            await asyncio.to_thread(job.fill, work, examples.training_file, examples.heldout_file, before)
        except FileNotFoundError as error:
            raise NothingToGoOnFromError(recipe.base) from error
        except OSError as error:
            raise TrainingDiskError(error.strerror or str(error)) from error
        await self.state(handle)
        return handle

    async def state(self, handle: str) -> TrainingProgress:
        """See ``Trainer``; restarts a process that has died.

        Raises:
            UnknownTrainingError
            TrainerDoesNotStartError, TrainingNotInstalledError, WeightsMissingError, WeightsDamagedError: the process
                had died and cannot be restarted.
        """
        job = await self._existing(handle)
        # In this order, since a process that ends in between has noted how it ended.
        runs = await asyncio.to_thread(lambda: job.runs)
        progress = await asyncio.to_thread(_progress_of, job, runs=runs)
        if not runs and progress.state in OPEN:
            await self._spawn(job)
        return progress

    async def result(self, handle: str) -> TrainedModel:
        """See ``Trainer``."""
        job = await self._existing(handle)
        progress = await self.state(handle)
        if progress.state is TrainingState.CANCELLED:
            raise TrainingCancelledError
        if progress.error is not None:
            raise progress.error
        if progress.state is not TrainingState.SUCCEEDED:
            raise TrainingNotDoneError
        return TrainedModel(ModelKind.ADAPTER, BASE, job.adapter.name, job.adapter.relative_to(self._home))

    async def cancel(self, handle: str) -> None:
        """See ``Trainer``; waits up to ``STOP_TIMEOUT_S`` for the process to end."""
        job = await self._existing(handle)
        if (await asyncio.to_thread(_progress_of, job, runs=True)).state not in OPEN:
            return
        await asyncio.to_thread(job.note_cancelled)
        await asyncio.to_thread(job.wait_until_gone, STOP_TIMEOUT_S)

    async def tidy(self, handle: str) -> None:
        """See ``Trainer``."""
        job = await self._existing(handle)
        if (await asyncio.to_thread(_progress_of, job, runs=True)).state in OPEN:
            raise TrainingNotDoneError
        await asyncio.to_thread(job.tidy)

    async def close(self) -> None:
        """See ``Trainer``."""

    async def _existing(self, handle: str) -> JobFolder:
        job = JobFolder(self._home / handle)
        if not await asyncio.to_thread(lambda: job.is_filled):
            raise UnknownTrainingError(handle)
        return job

    async def _spawn(self, job: JobFolder) -> None:
        """Start the process, unless it is running already."""
        if not is_installed():
            raise TrainingNotInstalledError
        gguf = await asyncio.to_thread(self._weights.verified, BASE)
        log.info("starting a training process", folder=str(job.path))
        turns = self._weights.folder / ".training.lock"
        try:
            status = await asyncio.to_thread(_launch, job, gguf, turns, self._inference_priority)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TrainerDoesNotStartError(str(error)) from error
        if status not in (0, HELD_ALREADY):
            raise TrainerDoesNotStartError(await asyncio.to_thread(_last_line, job.log))


def is_installed() -> bool:
    """Whether the packages of the extra ``train`` are installed; none of them is imported."""
    return all(importlib.util.find_spec(package) is not None for package in PACKAGES)


def _demand(recipe: Recipe) -> None:
    if recipe.base != BASE:
        raise CannotTrainError(BASE)
    if recipe.method is TrainingMethod.PREFERENCE and recipe.adapter is None:
        raise NothingLearntYetError
    if not is_installed():
        raise TrainingNotInstalledError


def _launch(job: JobFolder, gguf: Path, turns: Path, inference_priority: Path) -> int:
    """Run the first of the child's two processes, which exits once the second is on its way; returns its status."""
    paths = [str(path.absolute()) for path in (job.path, gguf, turns, inference_priority)]
    with job.log.open("ab") as output:
        return subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bot.training.local.child", *paths, str(NICENESS)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=START_TIMEOUT_S, check=False,
            env=child_environment(),
        ).returncode  # fmt: skip


def _progress_of(job: JobFolder, *, runs: bool) -> TrainingProgress:
    notes = job.notes
    curve = _curve(notes)
    steps = next((note["steps"] for note in reversed(notes) if "steps" in note), None)
    done = next((note["step"] for note in reversed(notes) if "step" in note), 0)
    fraction = done / steps if steps else 0.0
    state = TrainingState(next((note["state"] for note in reversed(notes) if "state" in note), TrainingState.QUEUED))
    if state is TrainingState.SUCCEEDED:
        return TrainingProgress(TrainingState.SUCCEEDED, 1.0, curve)
    if state is TrainingState.FAILED:
        reason = next(str(note["reason"]) for note in reversed(notes) if "reason" in note)
        return TrainingProgress(TrainingState.FAILED, fraction, curve, error=TrainingFailedError(reason))
    if job.is_cancelled:
        return TrainingProgress(TrainingState.CANCELLED, fraction, curve)
    tries = _tries_in_vain(notes)
    if not runs and tries >= MAX_TRIES:
        return TrainingProgress(TrainingState.FAILED, fraction, curve, error=TrainerDiedError(tries))
    message = next((str(note["message"]) for note in reversed(notes) if "message" in note), "")
    if state is TrainingState.RUNNING:
        return TrainingProgress(TrainingState.RUNNING, fraction, curve, message, _left_s(notes, steps))
    return TrainingProgress(TrainingState.QUEUED, fraction, curve)


def _curve(notes: Sequence[Mapping[str, Any]]) -> tuple[LossPoint, ...]:
    """The loss by step; for a repeated step, the last value."""
    training = {note["step"]: note["loss"] for note in notes if "loss" in note}
    heldout = {note["step"]: note["heldout"] for note in notes if "heldout" in note}
    return tuple(LossPoint(at, training.get(at), heldout.get(at)) for at in sorted(training.keys() | heldout.keys()))


def _tries_in_vain(notes: Sequence[Mapping[str, Any]]) -> int:
    """How often the process was started since its furthest checkpoint."""
    furthest, tries = 0, 0
    for note in notes:
        if note.get("state") == TrainingState.QUEUED:
            tries += 1
        if note.get("checkpoint", 0) > furthest:
            furthest, tries = note["checkpoint"], 0
    return tries


def _left_s(notes: Sequence[Mapping[str, Any]], steps: int | None) -> float | None:
    """How many seconds remain, from the pace of the current process; None if unknown."""
    begin = next((at for at in reversed(range(len(notes))) if notes[at].get("state") == TrainingState.RUNNING), None)
    if begin is None or not steps:
        return None
    done = [note for note in notes[begin:] if "step" in note]
    if len(done) < 2 or done[-1]["step"] <= done[0]["step"]:
        return None
    pace_s = (done[-1]["at"] - done[0]["at"]) / (done[-1]["step"] - done[0]["step"])
    return float(pace_s * (steps - done[-1]["step"]))


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"


TRAINERS.register(
    TrainerRegistration(
        name="local",
        label=lambda _settings: lazy(LABEL),
        preference=100,
        build=lambda settings, cache: LocalTrainer(cache, settings.trainings_folder, settings.inference_priority),
        packages=PACKAGES,
        install=INSTALL,
    )
)
