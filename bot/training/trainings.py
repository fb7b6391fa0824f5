"""Trainings of guilds: planned, queued, followed to their end, and resumed after a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.datasets.training_data import TrainingData, TrainingDatasets
from bot.errors import StarlingError
from bot.i18n.message import LazyMessage
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.files import FileStore
from bot.training.model_store import Model, ModelKind, ModelStore
from bot.training.packs import TrainingPacks
from bot.training.planning import TrainingPlanner
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.states import ENDED, TrainingState
from bot.training.store import Training, TrainingStore
from bot.training.trainer import Plan, TrainedModel, Trainer, TrainingProgress, follow, patiently
from bot.training.trainers import Trainers

log = structlog.get_logger()

LOOK_EVERY_S = 3.0
QUEUE_LOOK_EVERY_S = 3.0
ENDS_WITHIN_S = 20.0
"""How long to wait for the process that follows a training to end it, once it is cancelled."""

TrainingWatcher = Callable[[Training, Model | None], Awaitable[None]]
"""Called with a training whenever more is known about it, and with the model that it made, if it has ended with one."""


class Trainings(DataHolder):
    """Plans, starts and follows trainings."""

    def __init__(
        self,
        store: TrainingStore,
        models: ModelStore,
        datasets: TrainingDatasets,
        files: FileStore,
        trainers: Mapping[str, Trainer],
        folder: Path,
        *,
        max_per_day: int,
        follows: bool = True,
    ) -> None:
        """``trainers``: by name, the preferred first; ``folder``: where they work; ``max_per_day``: how many trainings
        a guild may start in a day. ``follows``: whether this process follows the trainings that it starts; else the one
        process that calls ``follow`` does."""
        self.trainers = Trainers(trainers)
        self._planner = TrainingPlanner(store, models, datasets, self.trainers)
        self._packs = TrainingPacks(store, models, datasets, files, folder)
        self._store = store
        self._models = models
        self._datasets = datasets
        self._max_per_day = max_per_day
        self._follows = follows
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told = set[str]()
        """Ids of trainings whose end this process has tried to announce; failed ones are tried again after the next
        start."""
        self._left_s: dict[str, float | None] = {}
        self._shown: TrainingWatcher | None = None
        datasets.tell_of_versions(models.forget_noticed)

    def show_by(self, shown: TrainingWatcher) -> None:
        """Call ``shown`` from now on; errors that it raises are logged."""
        self._shown = shown

    def left_s(self, training: Training) -> float | None:
        """Roughly how many seconds it will still take; None if unknown."""
        return self._left_s.get(training.id)

    async def plan(self, starter: TrainingStarter, spec: TrainingSpec) -> tuple[Training, Plan]:
        """Plan a training on the datasets that the guild has selected; the plan is kept until somebody starts it.

        Raises:
            NoTrainerError, NothingSelectedError
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.plan(starter, spec)

    async def plan_again(self, model: Model, starter: TrainingStarter) -> tuple[Training, Plan]:
        """Plan the training that made ``model`` again, with the current state of the same datasets: without the
        examples that were taken back since.

        Raises:
            NoSuchTrainingError: that training is not stored any more.
            NoTrainerError: its trainer is not set up any more.
            TrainingDatasetGoneError: a dataset that it learned from was deleted.
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.plan_again(model, starter)

    async def look_at(self, guild_id: int, spec: TrainingSpec, data: TrainingData) -> Plan:
        """The plan of a training on ``data``; nothing is stored.

        Raises:
            NoTrainerError
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.look_at(guild_id, spec, data)

    async def start(self, guild_id: int, id_: str, starter_id: int) -> Training:
        """Queue a planned training; it begins when its turn comes.

        Raises:
            NoSuchTrainingError, AlreadyStartedError, TooManyTrainingsError
        """
        training = await self._store.queue(guild_id, id_, starter_id, max_per_day=self._max_per_day)
        if self._follows:
            self._run(training)
        return training

    async def cancel(self, training: Training) -> Training | None:
        """Cancel a training; None if it has already ended. A running one ends once its trainer has stopped it; the
        trainer is asked to again and again until then."""
        ended = await self._store.end_before_its_turn(training.id)
        if ended is not None:
            if self._follows:
                await self._tell_end(ended)
            return ended
        noted = await self._store.note_cancelled(training.id)
        if self._follows and noted is not None and noted.handle is not None:
            await self._end_at(self.trainers.named(noted.trainer), noted.handle)
        return noted

    async def follow(self) -> None:
        """Follow the trainings that any of several processes starts, until cancelled. Only one process may do so."""
        self._follows = True
        try:
            while True:
                try:
                    await self.resume()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("open trainings cannot be read", why=str(error).partition("\n")[0])
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._follows = False
            await self._follow_no_more()

    async def resume(self) -> None:
        """Resume the trainings that the last stop interrupted or that another process has started, and announce those
        that ended unannounced."""
        for training in await self._store.unfinished():
            if training.id in self._tasks:
                continue
            if training.is_open:
                log.info("resuming a training", training=training.id, trainer=training.trainer)
                self._run(training)
            else:
                await self._tell_end(training)

    async def stop(self) -> None:
        """Stop following; trainings go on, and are followed again after the next start."""
        await self._follow_no_more()
        for trainer in self.trainers.values():
            await trainer.close()

    async def _follow_no_more(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all trainings and models of a guild; running trainings are cancelled."""
        running = await self._store.open_in(guild_id)
        if not self._follows:
            await self._end_elsewhere(running)
        models = await self._models.of_guild(guild_id)
        gone = await self._store.forget_guild(guild_id) + await self._models.forget_guild(guild_id)
        for training in running:
            if (task := self._tasks.get(training.id)) is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if self._follows and training.handle is not None and training.trainer in self.trainers:
                trainer = self.trainers[training.trainer]
                await self._end_at(trainer, training.handle)
                await self._tidy(trainer, training.handle)
        await self._packs.forget_guild(guild_id, models)
        return gone

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget that the user started trainings or promoted models; the guilds keep both."""
        return await self._store.forget_user(user_id) + await self._models.forget_user(user_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget the message ids of cards that were deleted."""
        return await self._store.forget_messages(message_ids)

    async def _end_elsewhere(self, running: Collection[Training]) -> None:
        """Have the process that follows ``running`` end them; waits up to ``ENDS_WITHIN_S`` for that."""
        for training in running:
            await self.cancel(training)
        until = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < until:
            left = [await self._store.by_id(training.id) for training in running]
            if not any(one is not None and one.is_open for one in left):
                return
            await asyncio.sleep(0.5)
        log.warning("trainings of a forgotten guild do not end")

    def _run(self, training: Training) -> None:
        task = asyncio.create_task(self._guarded(training))
        self._tasks[training.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(training.id, None))

    async def _guarded(self, training: Training) -> None:
        with structlog.contextvars.bound_contextvars(training=training.id, guild=training.guild_id):
            try:
                await self._carry_out(training)
            except StarlingError as error:
                log.warning("a training failed", why=str(error))
                await self._end(training, TrainingState.FAILED, error=LazyMessage(error.sentence, error.params))
            except Exception:
                log.exception("a training failed")
                await self._end(training, TrainingState.FAILED)
            finally:
                self._left_s.pop(training.id, None)

    async def _carry_out(self, training: Training) -> None:
        while not await self._store.begin(training.guild_id, training.id):
            known = await self._store.by_id(training.id)
            if known is None or not known.is_open:
                return
            await asyncio.sleep(QUEUE_LOOK_EVERY_S)
        trainer = self.trainers.named(training.trainer)
        handle = training.handle or await self._begin(trainer, training)
        last: TrainingProgress | None = None
        async for progress in follow(trainer, handle, every_s=LOOK_EVERY_S):
            known = await self._store.by_id(training.id)
            if known is None:  # its guild was forgotten
                return
            if known.is_cancelled and progress.state not in ENDED:
                await self._end_at(trainer, handle)
            if progress != last:
                await self._note(known, progress)
            last = progress
        assert last is not None, "a training that is followed to its end has one"
        if last.state is TrainingState.SUCCEEDED:
            made = await patiently(lambda: trainer.result(handle), first_pause_s=LOOK_EVERY_S)
            message = await self._keep(training, made)
            await self._tidy(trainer, handle)
            await self._end(training, TrainingState.SUCCEEDED, message)
            return
        await self._tidy(trainer, handle)
        error = last.error
        await self._end(
            training, TrainingState.FAILED if last.state is TrainingState.FAILED else TrainingState.CANCELLED,
            error=None if error is None else LazyMessage(error.sentence, error.params),
        )  # fmt: skip

    async def _begin(self, trainer: Trainer, training: Training) -> str:
        """Start the training, or find it started already; returns its handle, which is stored."""
        folder = self._packs.folder_of(training)
        was_begun = await asyncio.to_thread(folder.is_dir)
        data = await self._take_data(trainer, training, was_begun=was_begun)
        recipe = await self._planner.recipe(training.guild_id, training.spec)

        def begin() -> Awaitable[str]:
            # After an interruption the same folder is passed again: the trainer finds there what it had begun.
            return trainer.start(data, recipe, folder)

        # A service may have begun this job already and must not be left alone with it, so its answer is waited for.
        handle = await (patiently(begin, first_pause_s=LOOK_EVERY_S) if was_begun else begin())
        # Examples that were taken back since the plan was made are not learnt.
        heldout = [example.key for example in data.split.heldout]
        noted = await self._store.note(training.id, handle=handle, content_hash=data.content_hash, heldout=heldout)
        if noted is None or noted.is_cancelled:
            await self._end_at(trainer, handle)
        return handle

    async def _take_data(self, trainer: Trainer, training: Training, *, was_begun: bool) -> TrainingData:
        """The data to learn from. It is marked as trained on only if a model is made: packing leaves nothing but the
        file, which is deleted when any of its examples is taken back."""
        ids = [one.id for one in training.datasets]
        if not trainer.makes_models:
            return await self._datasets.look_at(training.guild_id, ids, seed=training.seed)
        if not was_begun:  # otherwise, examples that were taken back since may already have been sent
            counted = [await self._datasets.withdrawn_from(training.guild_id, id_) for id_ in ids]
            refs = zip(training.datasets, counted, strict=True)
            known = [dataclasses.replace(one, withdrawn_before=count) for one, count in refs]
            await self._store.note_datasets(training.id, known)
        return await self._datasets.take_for_training(training.guild_id, ids, seed=training.seed)

    async def _keep(self, training: Training, made: TrainedModel) -> str:
        """Store the result as a candidate. Returns the message for its card: for packed files, which are put among the
        guild's files, the path there; else the names of the checkpoints that the service keeps, if any."""
        model = await self._models.add(
            guild_id=training.guild_id, training_id=training.id, name=f"trained-{training.number}", kind=made.kind,
            base=made.base or training.base, remote_name=made.name, path=made.path,
        )  # fmt: skip
        if made.kind is not ModelKind.FILES or made.path is None:
            return f"checkpoints: {', '.join(made.checkpoints)}"[:500] if made.checkpoints else ""
        return await self._packs.keep(training, model, made.path)

    async def _note(self, training: Training, progress: TrainingProgress) -> None:
        self._left_s[training.id] = progress.left_s
        curve = [[point.step, point.training, point.heldout] for point in progress.curve]
        noted = await self._store.note(
            training.id, fraction=progress.fraction, curve=curve or [list(point) for point in training.curve],
            message=progress.message[:500],
        )  # fmt: skip
        if noted is not None:
            await self._tell(noted, None)

    async def _end(
        self,
        training: Training,
        state: TrainingState,
        message: str = "",
        *,
        error: LazyMessage | None = None,
    ) -> None:
        ended = await self._store.end(training.id, state, message, error)
        if ended is not None:
            log.info("a training has ended", state=state)
            await self._tell_end(ended)

    async def _end_at(self, trainer: Trainer, handle: str) -> None:
        try:
            await trainer.cancel(handle)
        except StarlingError as error:
            log.warning("a training cannot be cancelled now", why=str(error))

    async def _tidy(self, trainer: Trainer, handle: str) -> None:
        try:
            await trainer.tidy(handle)
        except StarlingError as error:
            log.warning("files of a finished training cannot be deleted", why=str(error))

    async def _tell_end(self, training: Training) -> None:
        """Announce the end of a training now, or, if that fails, after the next start."""
        if training.id in self._told or self._shown is None:
            return
        self._told.add(training.id)
        if await self._tell(training, await self._models.of_training(training.id)):
            await self._store.note_announced(training.id)

    async def _tell(self, training: Training, model: Model | None) -> bool:
        """Returns whether the training could be shown; a failure to show it must not end it."""
        if self._shown is None:
            return False
        try:
            await self._shown(training, model)
        except Exception:
            log.exception("a training could not be shown")
            return False
        return True
