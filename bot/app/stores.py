"""What is stored, and where."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from bot.app.single_instance import only_one_in
from bot.conversation.exchanges import ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.memories import MemoryStore
from bot.corrections.store import CorrectionStore
from bot.datasets.store import DatasetStore
from bot.datasets.uploads import Uploads
from bot.instructions.store import InstructionStore
from bot.preferences.preferences import Preferences
from bot.privacy.tombstones import Tombstones
from bot.settings import Settings
from bot.storage.advisory_locks import AdvisoryLocks
from bot.storage.database import Database
from bot.storage.files import FileStore
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.evaluating.results import ModelTestStore
from bot.training.model_store import ModelStore
from bot.training.store import TrainingStore
from bot.usage.store import Clock, UsageStore
from bot.work.job_store import JobStore
from bot.work.shards import WHOLE, ShardShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One store of each kind, on one database; files are in a folder."""

    preferences: Preferences
    jobs: JobStore
    exchanges: ExchangeStore
    instructions: InstructionStore
    usage: UsageStore
    files: FileStore
    uploads: Uploads
    datasets: DatasetStore
    corrections: CorrectionStore
    consents: ConsentStore
    feedback: FeedbackStore
    memories: MemoryStore
    trainings: TrainingStore
    models: ModelStore
    comparisons: ComparisonStore
    tests: ModelTestStore
    database: Database
    """It holds everything except files."""
    lock: AdvisoryLocks | None = None
    """The lock that keeps other processes off the database and has to be watched; None for SQLite, and for one of
    several gateways."""


async def build_stores(settings: Settings, stack: AsyncExitStack, *, clock: Clock, share: ShardShare = WHOLE) -> Stores:
    """Open the database and bring it up to date; ``stack`` closes it. ``clock`` says which day it is for budgets.
    ``share``: the share of one of several gateways, which has to hold ``gateway_locks`` as well.

    Raises:
        StarlingError: it cannot be opened, or another Starling uses it.
    """
    database = await Database.open(settings.database)
    stack.push_async_callback(database.close)
    lock = await stack.enter_async_context(only_one_in(database)) if share.is_whole else None
    stores = stores_in(database, settings, clock=clock, share=share)
    stack.push_async_callback(stores.usage.close)
    return replace(stores, lock=lock)


def stores_in(database: Database, settings: Settings, *, clock: Clock, share: ShardShare = WHOLE) -> Stores:
    """One store of each kind on ``database``, which is open; see ``build_stores``."""
    datasets, tombstones = DatasetStore(database), Tombstones(settings.data_folder)
    usage = UsageStore(database, clock=clock)
    files = FileStore(settings.data_folder, quota_bytes=settings.guild_files_bytes)
    return Stores(
        preferences=Preferences(database, share),
        jobs=JobStore(database, share, beside=usage.write),
        exchanges=ExchangeStore(database, is_shared=not share.is_whole),
        instructions=InstructionStore(database),
        usage=usage,
        files=files,
        uploads=Uploads(database, files),
        datasets=datasets,
        corrections=CorrectionStore(database, datasets),
        consents=ConsentStore(database),
        feedback=FeedbackStore(database, tombstones),
        memories=MemoryStore(database, tombstones),
        trainings=TrainingStore(database),
        models=ModelStore(database),
        comparisons=ComparisonStore(database),
        tests=ModelTestStore(database),
        database=database,
    )
