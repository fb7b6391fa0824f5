"""The examples that a training held out, which show what its model has learned beyond what it was shown."""

from __future__ import annotations

from bot.datasets.training_data import TrainingDatasets
from bot.training.evaluating.cases import TestCase, from_examples
from bot.training.store import Training


async def held_out_cases(datasets: TrainingDatasets, training: Training | None) -> tuple[TestCase, ...]:
    """Test cases from the examples that ``training`` held out of its datasets, without those that were taken back
    since; none if the training or its datasets are no longer known."""
    if training is None or not training.datasets:
        return ()
    ids = [one.id for one in training.datasets]
    examples = await datasets.held_out_of(training.guild_id, ids, seed=training.seed, keys=training.heldout)
    return from_examples(examples)
