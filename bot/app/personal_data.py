"""Every holder of personal data that there is, in one list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.conversation.exchanges import ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.memories import MemoryStore
from bot.corrections.service import Corrections
from bot.datasets.service import Datasets
from bot.datasets.store import DatasetStore
from bot.instructions.store import InstructionStore
from bot.preferences.preferences import Preferences
from bot.privacy.personal_data import PersonalData
from bot.privacy.tombstones import Tombstones
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.evaluating.results import ModelTestStore
from bot.training.trainings import Trainings
from bot.usage.store import UsageStore
from bot.work.job_store import JobStore


def build_personal_data(
    *,
    jobs: JobStore,
    exchanges: ExchangeStore,
    trainings: Trainings,
    dataset_store: DatasetStore,
    datasets: Datasets,
    corrections: Corrections,
    consents: ConsentStore,
    feedback: FeedbackStore,
    memories: MemoryStore,
    comparisons: ComparisonStore,
    tests: ModelTestStore,
    instructions: InstructionStore,
    usage: UsageStore,
    preferences: Preferences,
    scrub: Callable[[], Awaitable[None]],
    tombstones: Tombstones | None = None,
) -> PersonalData:
    """A store of data of people, guilds or messages is asked nothing unless it is here.

    Trainings come before what they read, and datasets before corrections, so that each example is counted as what it is
    to its giver; archives come after the datasets that they are made of. ``scrub``: see ``Database.scrub``;
    ``tombstones``: see ``PersonalData``.
    """
    holders = (
        jobs, exchanges, trainings, dataset_store, datasets, corrections, consents, feedback, memories, comparisons,
        tests, instructions, usage, preferences,
    )  # fmt: skip
    return PersonalData(holders, scrub, tombstones)
