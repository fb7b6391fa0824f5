"""How many examples models have seen that were taken back since; nothing but the number is kept."""

from __future__ import annotations

from collections.abc import Collection

from bot.datasets.training_data import TrainingDatasets
from bot.privacy.data_holder import LearnedVersion
from bot.training.model_store import Model, ModelKind, ModelStore
from bot.training.store import Training, TrainingStore


class WithdrawnExamples:
    """Knows which models have learned from examples that were taken back."""

    def __init__(self, models: ModelStore, trainings: TrainingStore, datasets: TrainingDatasets) -> None:
        self._models = models
        self._trainings = trainings
        self._datasets = datasets

    async def seen_by(self, model: Model) -> int:
        """How many examples taken back since a model has learned from, itself or through a model it was based on."""
        known = {each.name: each for each in await self._models.of_guild(model.guild_id)}
        count, passed, current = 0, set[str](), known.get(model.name)
        while current is not None and current.name not in passed and current.kind is not ModelKind.FILES:
            passed.add(current.name)
            training = await self._trainings.by_id(current.training_id)
            count += 0 if training is None else await self._withdrawn_from(training)
            current = None if training is None else known.get(training.base)
        return count

    async def models_of(self, versions: Collection[LearnedVersion]) -> list[Model]:
        """The models that learned from these versions, by guild and creation, without ones that were only packed."""
        found: dict[str, Model] = {}
        for version in versions:
            trainings = await self._trainings.learned_from(version.guild_id, version.dataset_id)
            made = [await self._models.of_training(training.id) for training in trainings]
            found |= {model.id: model for model in made if model is not None and model.kind is not ModelKind.FILES}
        return sorted(found.values(), key=lambda model: (model.guild_id, model.created_at))

    async def _withdrawn_from(self, training: Training) -> int:
        """How many examples that a training has read were taken back since."""
        withdrawn = [await self._datasets.withdrawn_from(training.guild_id, one.id) for one in training.datasets]
        return sum(
            max(0, count - one.withdrawn_before) for count, one in zip(withdrawn, training.datasets, strict=True)
        )
