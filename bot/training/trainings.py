"""Trainings of guilds: planned, promised, followed to their end, and taken up again after a restart."""

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
"""A training that another process follows, once that is told."""

TrainingWatcher = Callable[[Training, Model | None], Awaitable[None]]
"""Told of a training whenever more is known of it, and of the model that came of it."""


class Trainings(DataHolder):
    """All that is trained here."""

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
        """``trainers`` by their names, the preferred first; ``folder``: what they work in; ``max_per_day``: trainings
        that a guild may start. ``follows``: whether what is started here is followed here, too, and not by the one of
        several processes that calls ``follow``."""
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
        """Whose end this process has tried to tell: what could not be told is told after the next start."""
        self._left_s: dict[str, float | None] = {}
        self._shown: TrainingWatcher | None = None
        datasets.tell_of_versions(models.forget_noticed)

    def show_by(self, shown: TrainingWatcher) -> None:
        """Call ``shown`` from now on; what it raises is logged."""
        self._shown = shown

    def left_s(self, training: Training) -> float | None:
        """How long it will still take, roughly; None where nobody knows."""
        return self._left_s.get(training.id)

    async def plan(self, starter: TrainingStarter, spec: TrainingSpec) -> tuple[Training, Plan]:
        """What would be trained on what the guild has selected, kept until somebody starts it.

        Raises:
            NoTrainerError, NothingSelectedError
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.plan(starter, spec)

    async def plan_again(self, model: Model, starter: TrainingStarter) -> tuple[Training, Plan]:
        """The same as a model came of, with the same datasets as they are now: without what was taken back since.

        Raises:
            NoSuchTrainingError: nothing is known of it any more.
            NoTrainerError: what trained it is not set up any more.
            TrainingDatasetGoneError: a dataset that it learned from was deleted.
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.plan_again(model, starter)

    async def look_at(self, guild_id: int, spec: TrainingSpec, data: TrainingData) -> Plan:
        """What would be trained on ``data``; nothing is kept.

        Raises:
            NoTrainerError
            TrainingError: the trainer would refuse it.
        """
        return await self._planner.look_at(guild_id, spec, data)

    async def start(self, guild_id: int, id_: str, starter_id: int) -> Training:
        """Promise what was planned, and do it once it is its turn.

        Raises:
            NoSuchTrainingError, AlreadyStartedError, TooManyTrainingsError
        """
        training = await self._store.queue(guild_id, id_, starter_id, max_per_day=self._max_per_day)
        if self._follows:
            self._run(training)
        return training

    async def cancel(self, training: Training) -> Training | None:
        """End it before its time; None when it has ended already. One that is under way ends once its trainer has ended
        it, for which that is told again and again."""
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
        """Follow what is started by any of several processes, as the only one of them; ends by being cancelled."""
        self._follows = True
        try:
            while True:
                try:
                    await self.resume()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("it cannot be seen what is to be trained", why=str(error).partition("\n")[0])
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._follows = False
            await self._follow_no_more()

    async def resume(self) -> None:
        """Take up what the last stop interrupted, or another process has started."""
        for training in await self._store.unfinished():
            if training.id in self._tasks:
                continue
            if training.is_open:
                log.info("taking up a training", training=training.id, trainer=training.trainer)
                self._run(training)
            else:
                await self._tell_end(training)

    async def stop(self) -> None:
        """Follow no longer; trainings go on, and are taken up at the next start."""
        await self._follow_no_more()
        for trainer in self.trainers.values():
            await trainer.close()

    async def _follow_no_more(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all trainings and models of a guild; those that run are cancelled."""
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
        """Forget who has started trainings of guilds, and promoted what came of them."""
        return await self._store.forget_user(user_id) + await self._models.forget_user(user_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget cards that were deleted."""
        return await self._store.forget_messages(message_ids)

    async def _end_elsewhere(self, running: Collection[Training]) -> None:
        """Have the process that follows ``running`` end them, for which it is waited a while."""
        for training in running:
            await self.cancel(training)
        until = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < until:
            left = [await self._store.by_id(training.id) for training in running]
            if not any(one is not None and one.is_open for one in left):
                return
            await asyncio.sleep(0.5)
        log.warning("trainings of a guild that is forgotten do not end")

    def _run(self, training: Training) -> None:
        task = asyncio.create_task(self._guarded(training))
        self._tasks[training.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(training.id, None))

    async def _guarded(self, training: Training) -> None:
        with structlog.contextvars.bound_contextvars(training=training.id, guild=training.guild_id):
            try:
                await self._carry_out(training)
            except StarlingError as error:
                log.warning("a training has failed", why=str(error))
                await self._end(training, TrainingState.FAILED, error=LazyMessage(error.sentence, error.params))
            except Exception:
                log.exception("a training has failed")
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
        """Begin, or find what was begun already; its handle, stored."""
        folder = self._packs.folder_of(training)
        was_begun = await asyncio.to_thread(folder.is_dir)
        data = await self._take_data(trainer, training, was_begun=was_begun)
        recipe = await self._planner.recipe(training.guild_id, training.spec)

        def begin() -> Awaitable[str]:
            # After an interruption the same folder is given again: the trainer finds there what it had begun.
            return trainer.start(data, recipe, folder)

        # What a service may have begun must not be left alone there, so then it is waited for.
        handle = await (patiently(begin, first_pause_s=LOOK_EVERY_S) if was_begun else begin())
        # Examples that were taken back since the plan was made are not learnt.
        heldout = [example.key for example in data.split.heldout]
        noted = await self._store.note(training.id, handle=handle, content_hash=data.content_hash, heldout=heldout)
        if noted is None or noted.is_cancelled:
            await self._end_at(trainer, handle)
        return handle

    async def _take_data(self, trainer: Trainer, training: Training, *, was_begun: bool) -> TrainingData:
        """What is learnt from. Only what a model learns from is noted as such: of what is packed, nothing stays but the
        file, which is deleted when something in it is taken back."""
        ids = [one.id for one in training.datasets]
        if not trainer.makes_models:
            return await self._datasets.look_at(training.guild_id, ids, seed=training.seed)
        if not was_begun:  # else what was taken back since may have been sent already
            counted = [await self._datasets.withdrawn_from(training.guild_id, id_) for id_ in ids]
            refs = zip(training.datasets, counted, strict=True)
            known = [dataclasses.replace(one, withdrawn_before=count) for one, count in refs]
            await self._store.note_datasets(training.id, known)
        return await self._datasets.take_for_training(training.guild_id, ids, seed=training.seed)

    async def _keep(self, training: Training, made: TrainedModel) -> str:
        """Keep what came out, as a candidate. Returns what is to be told of it: where it is a file for people, which is
        put among those of the guild, its path there; else the states of the model that the service keeps besides."""
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
            log.warning("what a training needs no more stays", why=str(error))

    async def _tell_end(self, training: Training) -> None:
        """Tell of it now, or else after the next start."""
        if training.id in self._told or self._shown is None:
            return
        self._told.add(training.id)
        if await self._tell(training, await self._models.of_training(training.id)):
            await self._store.note_announced(training.id)

    async def _tell(self, training: Training, model: Model | None) -> bool:
        """Says whether that went well: that something cannot be told must not end what is trained."""
        if self._shown is None:
            return False
        try:
            await self._shown(training, model)
        except Exception:
            log.exception("a training could not be shown")
            return False
        return True
