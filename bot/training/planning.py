"""Plans of trainings, kept until somebody starts them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.datasets.dataset import DatasetLabel
from bot.datasets.training_data import TrainingData, TrainingDatasets
from bot.training.model_store import Model, ModelStore
from bot.training.recipe import Recipe
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.store import DatasetRef, Training, TrainingStore
from bot.training.trainer import Plan
from bot.training.trainers import Trainers


class TrainingPlanner:
    """Plans trainings of guilds."""

    def __init__(
        self, store: TrainingStore, models: ModelStore, datasets: TrainingDatasets, trainers: Trainers
    ) -> None:
        self._store = store
        self._models = models
        self._datasets = datasets
        self._trainers = trainers

    async def plan(self, starter: TrainingStarter, spec: TrainingSpec) -> tuple[Training, Plan]:
        """Plan a training on the datasets that the guild has selected; the plan is kept until somebody starts it.

        Raises:
            NoTrainerError, NothingSelectedError
            TrainingError: the trainer would refuse it.
        """
        data = await self._datasets.look_at_selected(starter.guild_id, seed=spec.seed)
        return await self._plan(starter, spec, data, _dataset_refs(data))

    async def plan_again(self, model: Model, starter: TrainingStarter) -> tuple[Training, Plan]:
        """Plan the training that made ``model`` again, with the current state of the same datasets: without the
        examples that were taken back since.

        Raises:
            NoSuchTrainingError: that training is not stored any more.
            NoTrainerError: its trainer is not set up any more.
            TrainingDatasetGoneError: a dataset that it learned from was deleted.
            TrainingError: the trainer would refuse it.
        """
        before = await self._store.in_guild(model.guild_id, model.training_id)
        data = await self._datasets.look_at(before.guild_id, [one.id for one in before.datasets], seed=before.seed)
        return await self._plan(starter, before.spec, data, before.datasets)

    async def look_at(self, guild_id: int, spec: TrainingSpec, data: TrainingData) -> Plan:
        """The plan of a training on ``data``; nothing is stored.

        Raises:
            NoTrainerError
            TrainingError: the trainer would refuse it.
        """
        return await self._trainers.named(spec.trainer).plan(data, await self.recipe(guild_id, spec))

    async def _plan(
        self, starter: TrainingStarter, spec: TrainingSpec, data: TrainingData, datasets: Sequence[DatasetRef]
    ) -> tuple[Training, Plan]:
        plan = await self.look_at(starter.guild_id, spec, data)
        training = await self._store.plan(
            starter, spec, datasets, content_hash=data.content_hash, examples=plan.examples
        )
        return training, plan

    async def recipe(self, guild_id: int, spec: TrainingSpec) -> Recipe:
        """The recipe for ``spec``. If its base is a model that the guild has trained with the same trainer, training
        continues on top of it, where the trainer can do that.

        Raises:
            NoTrainerError
        """
        trained = {model.name: model for model in await self._models.of_guild(guild_id, spec.trainer)}.get(spec.base)
        continued = None
        if trained is not None:
            continued = self._trainers.named(spec.trainer).continues(trained, spec.method, spec.seed)
        return continued or Recipe(spec.base, spec.method, seed=spec.seed)


def _dataset_refs(data: TrainingData) -> list[DatasetRef]:
    return [
        DatasetRef(one.id, one.name, one.version, label)
        for one, label in zip(data.datasets, DatasetLabel, strict=False)
    ]
