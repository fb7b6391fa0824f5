"""Stores datasets, their versions and their examples in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.additions import key_of_origin, new_examples, still_given
from bot.datasets.dataset import (
    Dataset,
    DatasetChange,
    DatasetExistsError,
    DatasetLabel,
    DatasetSelection,
    NoSuchDatasetError,
    NoSuchExampleError,
)
from bot.datasets.erasure import DatasetErasure
from bot.datasets.example import Example
from bot.datasets.limits import (
    EmptyDatasetError,
    require_room_for_dataset,
    require_room_for_examples,
    require_room_for_version,
)
from bot.datasets.naming import tidied
from bot.datasets.rows import dataset_of, example_values, new_row, version_rows
from bot.storage.guild_lock import lock_guild, settled
from bot.storage.tables import CorrectionRow, DatasetExampleRow, DatasetRow, TakenBackRow, WithdrawalRow

_IDS_AT_ONCE = 1000
"""Ids in one statement: SQLite takes at most 32,766 parameters."""


class DatasetStore(DatasetErasure):
    """The datasets of all guilds. Changes within a guild are serialised by its lock, whoever makes them."""

    async def create(self, guild_id: int, name: str, created_by: int) -> Dataset:
        """Create an empty dataset, version 1.

        Raises:
            BadDatasetNameError, DatasetExistsError, TooManyDatasetsError
        """
        name = tidied(name)
        try:
            async with self._database.sessions.begin() as session:
                await lock_guild(session, guild_id)
                names = select(func.count(DatasetRow.name_key.distinct())).where(DatasetRow.guild_id == guild_id)
                require_room_for_dataset(await session.scalar(names) or 0)
                if await version_rows(session, guild_id, name):
                    raise DatasetExistsError(name)
                row = new_row(guild_id, name, 1, created_by)
                session.add(row)
        except IntegrityError:
            raise DatasetExistsError(name) from None
        return dataset_of(row)

    async def add(self, guild_id: int, name: str, examples: Sequence[Example], added_by: int) -> DatasetChange:
        """Add ``examples``, all or none. Skipped are those whose key the dataset already has, and those that were
        taken back since they were given (an archive may still contain them).

        Raises:
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            latest = await self._latest(session, guild_id, name)
            of_latest = DatasetExampleRow.dataset_id == latest.id
            existing = set(await session.scalars(select(DatasetExampleRow.key).where(of_latest)))
            given = still_given(examples, *await self._taken_back(session, examples))
            new = new_examples(given, existing)
            chars, last = (
                await session.execute(
                    select(func.sum(DatasetExampleRow.chars), func.max(DatasetExampleRow.position)).where(of_latest)
                )
            ).one()
            all_chars = (chars or 0) + sum(example.chars for example in new.values())
            require_room_for_examples(latest.name, len(existing) + len(new), all_chars)
            if not new:
                return DatasetChange(
                    dataset_of(latest), made_version=False, changed=0,
                    unchanged=len(given), withdrawn=len(examples) - len(given),
                )  # fmt: skip
            row, made = await self._open(session, latest, added_by)
            start = 0 if last is None else last + 1
            values = [
                example_values(example, row.id, key, start + number)
                for number, (key, example) in enumerate(new.items())
            ]
            await session.execute(insert(DatasetExampleRow), values)
            await self._note_change(session, row)
        return DatasetChange(
            dataset_of(row), made_version=made, changed=len(new),
            unchanged=len(given) - len(new), withdrawn=len(examples) - len(given),
        )  # fmt: skip

    async def still_given(self, examples: Sequence[Example]) -> list[Example]:
        """``examples`` without those that were taken back since they were given; ``add`` skips these too."""
        async with self._database.sessions() as session:
            return still_given(examples, *await self._taken_back(session, examples))

    async def remove(self, guild_id: int, name: str, key: str, removed_by: int) -> DatasetChange:
        """Remove the example with this key.

        Raises:
            NoSuchDatasetError, NoSuchExampleError, TooManyDatasetsError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            latest = await self._latest(session, guild_id, name)
            if await session.get(DatasetExampleRow, (latest.id, key)) is None:
                raise NoSuchExampleError(latest.name)
            row, made = await self._open(session, latest, removed_by)
            await session.execute(
                delete(DatasetExampleRow).where(DatasetExampleRow.dataset_id == row.id, DatasetExampleRow.key == key)
            )
            await self._note_change(session, row)
        await self._database.scrub()
        return DatasetChange(dataset_of(row), made_version=made, changed=1, unchanged=0)

    async def select(self, guild_id: int, name: str, label: DatasetLabel) -> DatasetSelection:
        """Select the newest version for training as ``label``, and seal it.

        Raises:
            NoSuchDatasetError, EmptyDatasetError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await self._latest(session, guild_id, name)
            of_row = select(func.count()).where(DatasetExampleRow.dataset_id == row.id)
            if not await session.scalar(of_row):
                raise EmptyDatasetError(row.name)
            before = await session.scalar(
                select(DatasetRow).where(
                    DatasetRow.guild_id == guild_id, DatasetRow.selected_as == label, DatasetRow.id != row.id
                )
            )
            replaced = None if before is None else dataset_of(before)
            if before is not None:
                before.selected_as = None
                await session.flush()
            row.selected_as = label
            row.sealed_at = row.sealed_at or datetime.now(UTC)
        return DatasetSelection(dataset_of(row), replaced)

    async def settled(self, guild_id: int) -> None:
        """Return once every change to what the guild has taught that was in progress has been committed or rolled back.
        Call it after writing something made of earlier reads, then check that those reads are still current."""
        await settled(self._database, guild_id)

    async def mark_trained(self, guild_id: int, dataset_id: str) -> None:
        """Record that a model is trained on this version. Call it before its examples are read, so that examples
        withdrawn later are counted and reported as seen by the model."""
        async with self._database.sessions.begin() as session:
            row = await session.get(DatasetRow, dataset_id)
            if row is not None and row.guild_id == guild_id:
                row.trained_at = row.trained_at or datetime.now(UTC)
                row.sealed_at = row.sealed_at or row.trained_at

    async def delete(self, guild_id: int, name: str, version: int | None = None) -> list[Dataset]:
        """Delete a dataset, or one version of it; returns the deleted versions.

        Raises:
            NoSuchDatasetError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            rows = await version_rows(session, guild_id, name)
            gone = [dataset_of(row) for row in rows if version in (None, row.version)]
            if not gone:
                raise NoSuchDatasetError(name, version)
            for dataset in gone:
                await self._tell(session, dataset)
            await self._delete(session, [dataset.id for dataset in gone])
        await self._database.scrub()
        return gone

    async def _latest(self, session: AsyncSession, guild_id: int, name: str) -> DatasetRow:
        rows = await version_rows(session, guild_id, name)
        if not rows:
            raise NoSuchDatasetError(name)
        return rows[0]

    async def _open(self, session: AsyncSession, latest: DatasetRow, user_id: int) -> tuple[DatasetRow, bool]:
        """Return ``latest`` if it is not sealed, else a new version with copies of its examples; and whether it is
        new."""
        if latest.sealed_at is None:
            return latest, False
        require_room_for_version(len(await version_rows(session, latest.guild_id, latest.name)))
        row = new_row(latest.guild_id, latest.name, latest.version + 1, user_id)
        session.add(row)
        await session.flush()
        columns = [column for column in DatasetExampleRow.__table__.columns if column.key != "dataset_id"]
        copied = select(literal(row.id), *columns).where(DatasetExampleRow.dataset_id == latest.id)
        names = ["dataset_id", *(column.key for column in columns)]
        await session.execute(insert(DatasetExampleRow).from_select(names, copied))
        return row, True

    async def _taken_back(
        self, session: AsyncSession, examples: Sequence[Example]
    ) -> tuple[dict[int, datetime], dict[str, datetime]]:
        """Two mappings for ``examples``: from the ids of their givers to when they last withdrew everything, and from
        the ids of their origins to when the correction changed or the comparison was taken back."""
        wanted = select(WithdrawalRow).where(WithdrawalRow.user_id.in_({example.given_by for example in examples}))
        withdrawals = {row.user_id: row.withdrawn_at for row in await session.scalars(wanted)}
        origins = {key_of_origin(example.origin_id): example.origin_id for example in examples if example.origin_id}
        keys, changes = list(origins), dict[str, datetime]()
        for first in range(0, len(keys), _IDS_AT_ONCE):
            some = keys[first : first + _IDS_AT_ONCE]
            corrections = CorrectionRow.id.in_([origins[key] for key in some])
            for row in await session.scalars(select(CorrectionRow).where(corrections)):
                changes[row.id] = row.changed_at
            for gone in await session.scalars(select(TakenBackRow).where(TakenBackRow.origin_key.in_(some))):
                changes[origins[gone.origin_key]] = gone.taken_back_at
        return withdrawals, changes
