"""The results of model tests, stored before they are shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.dataset import Dataset
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database, count_rows, rows_changed
from bot.storage.forgotten import was_forgotten
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import DatasetExampleRow, ModelTestRow

MAX_KEPT = 50
"""The most tests kept per guild; a new one replaces the oldest."""


class NoSuchModelTestError(StarlingError):
    """Raised when a guild has no such test, or no longer has it."""

    sentence = _("There is no test #{number} here, or not any more. /tests list shows what there is.")

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


class AskedTextGoneError(StarlingError):
    """Raised when a text that a model was asked was taken back before its answers could be stored."""

    sentence = _("Something that was asked was taken back meanwhile, so I have kept none of it. Please test again.")


@dataclass(frozen=True, slots=True)
class AskedFrom:
    """Where the cases of a test came from."""

    datasets: tuple[Dataset, ...] = ()
    """The datasets that the cases were taken from; none if the tester gave them, or if they are general."""
    keys: frozenset[str] = frozenset()
    """The keys of all examples of those datasets, whichever were asked."""
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """A time before any of the cases was read, timezone-aware."""


@dataclass(frozen=True, slots=True)
class ModelTest:
    """One test that has ended."""

    number: int
    """From 1 in each guild."""
    tester_id: int | None
    """None if they were forgotten."""
    summary: str
    """Markdown: what was tested, what was asked, and the results."""
    report: str
    """Markdown: all prompts and answers."""
    ended_at: datetime
    """Timezone-aware, in UTC."""


class ModelTestStore(DataHolder):
    """Stores tests, for as long as questions and answers are kept. Tests with the tester's own texts are deleted when
    the tester is forgotten; tests with a dataset's examples, when examples of that dataset are taken back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, guild_id: int, tester_id: int, asked: AskedFrom, *, summary: str, report: str) -> ModelTest:
        """Store the results of a test.

        Raises:
            AskedTextGoneError: part of ``asked`` was taken back since by whoever gave it.
        """
        row, datasets = ModelTestRow, asked.datasets
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            is_forgotten = await was_forgotten(session, tester_id, asked.began_at)
            if (is_forgotten and not datasets) or await _missing(session, asked):
                raise AskedTextGoneError
            last = await session.scalar(select(func.max(row.number)).where(row.guild_id == guild_id)) or 0
            made = ModelTestRow(
                id=uuid.uuid4().hex, guild_id=guild_id, number=last + 1,
                tester_id=None if is_forgotten else tester_id,
                datasets=" ".join(each.id for each in datasets), summary=summary, report=report,
                ended_at=datetime.now(UTC),
            )  # fmt: skip
            session.add(made)
            await session.execute(delete(row).where(row.guild_id == guild_id, row.number <= last + 1 - MAX_KEPT))
        return _read(made)

    async def of_guild(self, guild_id: int, limit: int) -> list[ModelTest]:
        """The guild's tests, the latest first."""
        wanted = select(ModelTestRow).where(ModelTestRow.guild_id == guild_id)
        async with self._database.sessions() as session:
            return [
                _read(row) for row in await session.scalars(wanted.order_by(ModelTestRow.number.desc()).limit(limit))
            ]

    async def get(self, guild_id: int, number: int) -> ModelTest:
        """
        Raises:
            NoSuchModelTestError
        """
        wanted = select(ModelTestRow).where(ModelTestRow.guild_id == guild_id, ModelTestRow.number == number)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
        if row is None:
            raise NoSuchModelTestError(number)
        return _read(row)

    async def forget_dataset(self, session: AsyncSession, dataset: Dataset) -> int:
        """Delete tests with examples of a version from which some are taken back. Returns 0: no files are deleted."""
        of_it = ModelTestRow.datasets.contains(dataset.id)
        await session.execute(delete(ModelTestRow).where(ModelTestRow.guild_id == dataset.guild_id, of_it))
        return 0

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete the tests that a person made with their own texts. Tests that they made with a dataset belong to the
        guild, which keeps them without the person's id."""
        theirs = ModelTestRow.tester_id == user_id
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
            own = delete(ModelTestRow).where(theirs, ModelTestRow.datasets == "")
            others = update(ModelTestRow).where(theirs).values(tester_id=None)
            return ErasureResult(await rows_changed(session, own) + await rows_changed(session, others))

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all tests of a guild."""
        return await delete_in_batches(self._database, ModelTestRow, ModelTestRow.guild_id == guild_id)

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete tests that ended before ``moment``, of one guild or of all."""
        old = ModelTestRow.ended_at < moment
        which = old if guild_id is None else old & (ModelTestRow.guild_id == guild_id)
        return await delete_in_batches(self._database, ModelTestRow, which)

    async def count(self, user_id: int) -> StoredDataSummary:
        """The tests that a person has made."""
        async with self._database.sessions() as session:
            return StoredDataSummary({DataKind.TESTS: await count_rows(session, ModelTestRow.tester_id == user_id)})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The tests that a person has made."""
        return {"tests_of_models": await self._of_user(user_id)}

    async def _of_user(self, user_id: int) -> list[ModelTest]:
        wanted = select(ModelTestRow).where(ModelTestRow.tester_id == user_id).order_by(ModelTestRow.ended_at)
        async with self._database.sessions() as session:
            return [_read(row) for row in await session.scalars(wanted)]


async def _missing(session: AsyncSession, asked: AskedFrom) -> bool:
    """Whether any of the examples is no longer in the datasets."""
    row = DatasetExampleRow
    wanted = select(row.key).where(row.dataset_id.in_([one.id for one in asked.datasets]))
    return not asked.keys <= set(await session.scalars(wanted))


def _read(row: ModelTestRow) -> ModelTest:
    return ModelTest(row.number, row.tester_id, row.summary, row.report, row.ended_at)
