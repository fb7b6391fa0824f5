"""All holders of personal data, in one list."""

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
    """Build the list. Data of people, guilds or messages in a store that is not listed is neither exported nor deleted.

    Pairs come before the comparisons and answers that they are made from, trainings before what they read, and datasets
    before corrections, so that each example is counted as what it is to its giver; archives come after the datasets
    that they are made from. ``tombstones``: see ``PersonalData``.
    """
    pairs = pairs_of(stores, tombstones)
    holders = (
        stores.jobs, pairs, stores.exchanges, trainings, stores.datasets, archives, stores.uploads, corrections,
        stores.consents, stores.feedback, stores.memories, stores.comparisons, stores.tests, stores.instructions,
        stores.usage, stores.preferences,
    )  # fmt: skip
    return PersonalData(holders, stores.database.scrub, tombstones)


def pairs_of(stores: Stores, tombstones: Tombstones | None) -> PreferencePairs:
    """The service that makes pairs from what people prefer, and withdraws them."""
    return PreferencePairs(
        stores.comparisons, stores.exchanges, stores.feedback, stores.consents, stores.datasets, tombstones
    )
