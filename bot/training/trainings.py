"""Trainings of guilds: planned, promised, followed to their end, and taken up again after a restart."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.files import FileStore
from bot.storage.models import Model, ModelStore
from bot.storage.trainings import Taken, Training, TrainingStore
from bot.teaching.datasets.service import Datasets, TrainingData
from bot.training.recipe import Recipe
from bot.training.trainer import ENDED, Plan, Progress, Trainer, follow

log = structlog.get_logger()

LOOK_EVERY_S = 3.0
QUEUE_LOOK_EVERY_S = 3.0
SEED = 2026

Shown = Callable[[Training, Model | None], Awaitable[None]]
"""Told of a training whenever more is known of it, and of the model that came of it."""


class NoTrainerError(StarlingError):
    """Raised when a trainer is named that is not there."""

    sentence = _("There is no trainer {name} here; there is: {known}.")

    def __init__(self, name: str, known: str) -> None:
        super().__init__(name=name[:40], known=known)


class DatasetsChangedError(StarlingError):
    """Raised when what was planned to be learnt is no longer what is selected."""

    sentence = _("What is selected for training has changed since. Please call /train again.")


class Trainings:
    """All that is trained here."""

    def __init__(
        self,
        store: TrainingStore,
        models: ModelStore,
        datasets: Datasets,
        files: FileStore,
        trainers: Mapping[str, Trainer],
        folder: Path,
        *,
        most_a_day: int,
    ) -> None:
        """``trainers`` by their names; ``folder``: what they work in; ``most_a_day``: trainings that a guild may
        start."""
        self.trainers = trainers
        self._store = store
        self._models = models
        self._datasets = datasets
        self._files = files
        self._folder = folder
        self._most_a_day = most_a_day
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._shown: Shown | None = None

    def show_by(self, shown: Shown) -> None:
        """Call ``shown`` from now on; what it raises is logged."""
        self._shown = shown

    def trainer(self, name: str) -> Trainer:
        """
        Raises:
            NoTrainerError
        """
        if name not in self.trainers:
            raise NoTrainerError(name, ", ".join(self.trainers))
        return self.trainers[name]

    async def plan(
        self, *, guild_id: int, starter_id: int, channel_id: int, locale: str, trainer: str, base: str
    ) -> tuple[Training, Plan]:
        """What would be trained on what the guild has selected, kept until somebody starts it.

        Raises:
            NoTrainerError, NothingSelectedError
            TrainingError: the trainer would refuse it.
        """
        data = await self._datasets.preview_for_training(guild_id, seed=SEED)
        plan = await self.trainer(trainer).plan(data, Recipe(base=base, seed=SEED))
        training = await self._store.plan(
            guild_id=guild_id, starter_id=starter_id, channel_id=channel_id, locale=locale, trainer=trainer,
            base=base, seed=SEED, datasets=_taken(data), content_hash=data.content_hash, examples=plan.examples,
        )  # fmt: skip
        return training, plan

    async def start(self, guild_id: int, id_: str, starter_id: int) -> Training:
        """Promise what was planned, and do it once it is its turn.

        Raises:
            NoSuchTrainingError, AlreadyStartedError, TooManyTrainingsError, NothingSelectedError, DatasetsChangedError
        """
        planned = await self._store.by_id(id_)
        data = await self._datasets.preview_for_training(guild_id, seed=SEED)
        if planned is not None and planned.content_hash != data.content_hash:
            raise DatasetsChangedError
        training = await self._store.queue(guild_id, id_, starter_id, most_a_day=self._most_a_day)
        self._run(training)
        return training

    async def cancel(self, training: Training) -> Training | None:
        """End it before its time; None when it has ended already."""
        ended = await self._store.end(training.id, "cancelled")
        if ended is None:
            return None
        if (task := self._tasks.get(training.id)) is not None:
            task.cancel()
        known = await self._store.by_id(training.id)
        if known is not None and known.handle is not None:
            await self.trainer(known.trainer).cancel(known.handle)
        await self._tell(ended, None)
        return ended

    async def resume(self) -> None:
        """Take up what the last stop interrupted."""
        for training in await self._store.unfinished():
            log.info("taking up a training", training=training.id, trainer=training.trainer)
            self._run(training)

    async def stop(self) -> None:
        """Follow no longer; trainings go on, and are taken up at the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for trainer in self.trainers.values():
            await trainer.close()

    async def forget_guild(self, guild_id: int) -> None:
        """Forget all trainings and models of a guild; those that run are cancelled."""
        for training in await self._store.forget_guild(guild_id):
            if (task := self._tasks.get(training.id)) is not None:
                task.cancel()
            if training.handle is not None:
                try:
                    await self.trainer(training.trainer).cancel(training.handle)
                except StarlingError as error:
                    log.warning("a training could not be cancelled", training=training.id, why=str(error))
        await self._models.forget_guild(guild_id)
        await asyncio.to_thread(shutil.rmtree, self._folder / str(int(guild_id)), ignore_errors=True)

    def folder_of(self, training: Training) -> Path:
        """What is the training's own."""
        return self._folder / str(training.guild_id) / training.id

    def _run(self, training: Training) -> None:
        task = asyncio.create_task(self._guarded(training))
        self._tasks[training.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(training.id, None))

    async def _guarded(self, training: Training) -> None:
        with structlog.contextvars.bound_contextvars(training=training.id, guild=training.guild_id):
            try:
                await self._follow(training)
            except StarlingError as error:
                log.warning("a training has failed", why=str(error))
                await self._end(training, "failed", str(error))
            except Exception:
                log.exception("a training has failed")
                await self._end(training, "failed", "")

    async def _follow(self, training: Training) -> None:
        while not await self._store.begin(training.guild_id, training.id):
            known = await self._store.by_id(training.id)
            if known is None or not known.is_open:
                return
            await asyncio.sleep(QUEUE_LOOK_EVERY_S)
        trainer = self.trainer(training.trainer)
        handle = training.handle
        if handle is None:
            # After an interruption the same folder is given again: the trainer finds there what it had begun.
            data = await self._datasets.take_for_training(training.guild_id, seed=training.seed)
            if data.content_hash != training.content_hash:
                raise DatasetsChangedError
            recipe = Recipe(base=training.base, seed=training.seed)
            handle = await trainer.start(data, recipe, self.folder_of(training))
            await self._store.note(training.id, handle=handle)
        last: Progress | None = None
        async for progress in follow(trainer, handle, every_s=LOOK_EVERY_S):
            last = progress
            if progress.state not in ENDED:
                await self._note(training, progress)
        if last is None or last.state == "cancelled":
            await self._end(training, "cancelled", "")
            return
        if last.state == "failed":
            await self._note(training, last)
            await self._end(training, "failed", str(last.error or last.message))
            return
        await self._note(training, last)
        result = await trainer.result(handle)
        model = await self._models.add(
            guild_id=training.guild_id, training_id=training.id, name=f"trained-{training.number}", kind=result.kind,
            base=result.base or training.base, remote_name=result.name, path=result.path,
        )  # fmt: skip
        told = ""
        if result.kind == "files" and result.path is not None:
            packed = await asyncio.to_thread(result.path.read_bytes)
            kept = await self._files.of_guild(training.guild_id).write(f"trainings/{model.name}.zip", packed)
            told = kept.path
        await self._end(training, "succeeded", told, model)

    async def _note(self, training: Training, progress: Progress) -> None:
        curve = [[point.step, point.training, point.heldout] for point in progress.curve]
        await self._store.note(
            training.id, fraction=progress.fraction, curve=curve or [list(point) for point in training.curve],
            told=progress.message[:500],
        )  # fmt: skip
        known = await self._store.by_id(training.id)
        if known is not None and known.is_open:
            await self._tell(known, None)

    async def _end(self, training: Training, state: str, told: str, model: Model | None = None) -> None:
        ended = await self._store.end(
            training.id, "succeeded" if state == "succeeded" else "failed" if state == "failed" else "cancelled", told
        )
        if ended is not None:
            log.info("a training has ended", state=state)
            await self._tell(ended, model)

    async def _tell(self, training: Training, model: Model | None) -> None:
        if self._shown is not None:
            try:
                await self._shown(training, model)
            except Exception:
                log.exception("a training could not be shown")


def _taken(data: TrainingData) -> list[Taken]:
    labels = ("positive", "negative")
    return [Taken(one.id, one.name, one.version, label) for one, label in zip(data.datasets, labels, strict=False)]
