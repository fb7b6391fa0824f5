"""Takes examples back: out of all versions, out of files made from them, and out of archives uploaded later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.additions import key_of_origin
from bot.datasets.dataset import Dataset
from bot.datasets.example import content_hash
from bot.datasets.queries import DatasetQueries
from bot.datasets.rows import dataset_of
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, LearnedVersion, StoredDataSummary
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import DatasetExampleRow, DatasetRow, TakenBackRow, WithdrawalRow

VersionWatcher = Callable[[AsyncSession, Dataset], Awaitable[int]]
OriginsWatcher = Callable[[Collection[str]], Awaitable[int]]
"""Called with ids, or parts of ids, of corrections or comparisons; returns how many files it deleted."""


class DatasetErasure(DatasetQueries, DataHolder):
    """Takes back what people gave to the datasets of all guilds, and notifies whatever has made something of it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._version_watchers: list[VersionWatcher] = []
        self._withdrawal_watchers: list[VersionWatcher] = []
        self._origins_watchers: list[OriginsWatcher] = []

    def tell_of_versions(self, watcher: VersionWatcher) -> None:
        """Call ``watcher`` for each version that is deleted or loses examples that were taken back, before that is
        committed, to delete what was made from the version. It changes rows in the session that it is given, and
        returns how many files it deleted."""
        self._version_watchers.append(watcher)

    def tell_of_withdrawals(self, watcher: VersionWatcher) -> None:
        """Call ``watcher`` within each transaction that takes examples back from a version, but not when a whole
        version is deleted."""
        self._withdrawal_watchers.append(watcher)

    def tell_of_origins(self, watcher: OriginsWatcher) -> None:
        """Call ``watcher`` with the ids of corrections and comparisons that are to be taken back, whether or not any
        version still has examples from them. It deletes the files that do, and returns how many."""
        self._origins_watchers.append(watcher)

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all datasets of a guild; returns how many versions were deleted."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            ids = list(await session.scalars(select(DatasetRow.id).where(DatasetRow.guild_id == guild_id)))
            await self._delete(session, ids)
        return len(ids)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Remove what a person gave from all versions, and their id from versions that they made. The time is recorded
        so that no archive brings the examples back; what they give later counts."""
        async with self._database.sessions.begin() as session:
            await session.merge(WithdrawalRow(user_id=user_id, withdrawn_at=datetime.now(UTC)))
            made = update(DatasetRow).where(DatasetRow.created_by == user_id).values(created_by=None)
            forgotten = ErasureResult(await rows_changed(session, made))
        return forgotten + await self._withdraw_in_all(DatasetExampleRow.given_by == user_id)

    async def count(self, user_id: int) -> StoredDataSummary:
        """How many examples the person gave, each counted once."""
        return StoredDataSummary({DataKind.EXAMPLES: len(await self.of_user(user_id))})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The examples that the person gave, each once."""
        return {"examples_in_datasets": await self.of_user(user_id)}

    async def take_back(self, guild_id: int | None, origin_ids: Collection[str]) -> ErasureResult:
        """Remove what comes from these comparisons from all versions and archives, and record that they were taken
        back, so that no archive in anybody's hands brings them back. ``guild_id``: where they were made; None if
        unknown."""
        if not origin_ids:
            return ErasureResult()
        async with self._database.sessions.begin() as session:
            for id_ in origin_ids:
                await session.merge(TakenBackRow(origin_key=key_of_origin(id_), taken_back_at=datetime.now(UTC)))
        forgotten = ErasureResult(files=await self._tell_of_origins(origin_ids))
        theirs = DatasetExampleRow.origin_id.in_(origin_ids)
        forgotten += await self._withdraw_in_all(theirs, also_in=guild_id)
        await self._database.scrub()
        return forgotten

    async def forget_files_of(self, parts: Collection[str]) -> ErasureResult:
        """Delete the archives with an example whose origin id contains one of ``parts``."""
        return ErasureResult(files=await self._tell_of_origins(parts) if parts else 0)

    async def origins(self, beginning: str) -> set[str]:
        """The origin ids of examples, in all versions of all datasets, that start with ``beginning``."""
        row = DatasetExampleRow
        wanted = select(row.origin_id).where(row.origin_id.startswith(beginning, autoescape=True)).distinct()
        async with self._database.sessions() as session:
            return {id_ for id_ in await session.scalars(wanted) if id_ is not None}

    async def withdraw_corrections_elsewhere(self, guild_id: int, correction_ids: Collection[str]) -> ErasureResult:
        """Delete the files with examples that come from these corrections of a guild, and remove such examples from
        other guilds' datasets, which may have got them from an archive. Call it before the transaction with
        ``withdraw_corrections``: if the process stops in between, both can be repeated."""
        if not correction_ids:
            return ErasureResult()
        forgotten = ErasureResult(files=await self._tell_of_origins(correction_ids))
        theirs = DatasetExampleRow.origin_id.in_(correction_ids)
        return forgotten + await self._withdraw_in_all(theirs, but_in=guild_id)

    async def withdraw_corrections(
        self, session: AsyncSession, guild_id: int, correction_ids: Collection[str]
    ) -> ErasureResult:
        """Remove what comes from these corrections from all versions of the guild, in a transaction that holds the
        guild's lock."""
        return await self._withdraw(session, guild_id, DatasetExampleRow.origin_id.in_(correction_ids))

    async def _withdraw_in_all(
        self, which: ColumnElement[bool], *, but_in: int | None = None, also_in: int | None = None
    ) -> ErasureResult:
        """Remove the examples that match ``which`` from all versions of all guilds except ``but_in``, one guild after
        the other. ``also_in``: a guild to search in any case, as some may be about to be added there."""
        containing = select(DatasetExampleRow.dataset_id).where(which).distinct()
        async with self._database.sessions() as session:
            guilds = set(await session.scalars(select(DatasetRow.guild_id).where(DatasetRow.id.in_(containing))))
        forgotten = ErasureResult()
        if also_in is not None:
            guilds.add(also_in)
        for guild_id in sorted(guilds - {but_in}):
            async with self._database.sessions.begin() as session:
                await lock_guild(session, guild_id)
                forgotten += await self._withdraw(session, guild_id, which)
        return forgotten

    async def _withdraw(self, session: AsyncSession, guild_id: int, which: ColumnElement[bool]) -> ErasureResult:
        forgotten = ErasureResult()
        containing = select(DatasetExampleRow.dataset_id).where(which).distinct()
        rows = select(DatasetRow).where(DatasetRow.guild_id == guild_id, DatasetRow.id.in_(containing))
        for row in list(await session.scalars(rows)):
            gone = delete(DatasetExampleRow).where(DatasetExampleRow.dataset_id == row.id, which)
            removed = await rows_changed(session, gone)
            forgotten += ErasureResult(removed, removed, await self._tell_withdrawn(session, dataset_of(row)))
            if row.trained_at is None:
                await self._note_change(session, row)
            else:  # the hash stays that of the examples that were learned
                row.withdrawn_at, row.withdrawn_examples = datetime.now(UTC), row.withdrawn_examples + removed
                forgotten += ErasureResult(learned=(LearnedVersion(row.guild_id, row.id, row.name, row.version),))
        return forgotten

    async def _tell_of_origins(self, ids: Collection[str]) -> int:
        return sum([await watcher(ids) for watcher in self._origins_watchers])

    async def _tell(self, session: AsyncSession, dataset: Dataset) -> int:
        """Tell the watchers of a version that it loses examples; returns how many files they deleted."""
        return sum([await watcher(session, dataset) for watcher in self._version_watchers])

    async def _tell_withdrawn(self, session: AsyncSession, dataset: Dataset) -> int:
        """As ``_tell``, for examples that are taken back: the withdrawal watchers are told as well."""
        deleted = sum([await watcher(session, dataset) for watcher in self._withdrawal_watchers])
        return deleted + await self._tell(session, dataset)

    async def _note_change(self, session: AsyncSession, row: DatasetRow) -> None:
        keys = await session.scalars(select(DatasetExampleRow.key).where(DatasetExampleRow.dataset_id == row.id))
        row.content_hash = content_hash(keys)
        row.changed_at = datetime.now(UTC)

    async def _delete(self, session: AsyncSession, ids: Collection[str]) -> None:
        await session.execute(delete(DatasetExampleRow).where(DatasetExampleRow.dataset_id.in_(ids)))
        await session.execute(delete(DatasetRow).where(DatasetRow.id.in_(ids)))
