"""Every holder of personal data that there is, in one list."""

from __future__ import annotations

from bot.app.stores import Stores
from bot.corrections.service import Corrections
from bot.datasets.archives import DatasetArchives
from bot.privacy.personal_data import PersonalData
from bot.privacy.tombstones import Tombstones
from bot.training.preference_pairs import PreferencePairs
from bot.training.trainings import Trainings


def build_personal_data(
    stores: Stores,
    trainings: Trainings,
    archives: DatasetArchives,
    corrections: Corrections,
    tombstones: Tombstones | None = None,
) -> PersonalData:
    """A store of data of people, guilds or messages is asked nothing unless it is here.

    Pairs come before the comparisons and the answers that they are of, trainings before what they read, and datasets
    before corrections, so that each example is counted as what it is to its giver; archives come after the datasets
    that they are made of. ``tombstones``: see ``PersonalData``.
    """
    pairs = pairs_of(stores, tombstones)
    holders = (
        stores.jobs, pairs, stores.exchanges, trainings, stores.datasets, archives, stores.uploads, corrections,
        stores.consents, stores.feedback, stores.memories, stores.comparisons, stores.tests, stores.instructions,
        stores.usage, stores.preferences,
    )  # fmt: skip
    return PersonalData(holders, stores.database.scrub, tombstones)


def pairs_of(stores: Stores, tombstones: Tombstones | None) -> PreferencePairs:
    """What makes pairs of what people prefer, and takes them back."""
    return PreferencePairs(
        stores.comparisons, stores.exchanges, stores.feedback, stores.consents, stores.datasets, tombstones
    )
