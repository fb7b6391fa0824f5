"""Archives of datasets among a guild's files. They contain people's texts and ids, so erasure applies to them too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from bot.datasets.archiving import ArchiveSource, archive, table_in
from bot.datasets.dataset import Dataset, DatasetLabel, DatasetSelection, NoSuchDatasetError
from bot.datasets.example import Example
from bot.datasets.folders import archived, folder_named
from bot.datasets.limits import EmptyDatasetError
from bot.datasets.signing import ArchiveSigner
from bot.datasets.splitting import SEED, split
from bot.datasets.store import DatasetStore
from bot.datasets.uploads import Uploads
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.files import FileStore, StoredFile
from bot.storage.sealed_folder import FileNotThereError

FOLDER = "datasets"
"""The folder for archives among a guild's files."""


class DatasetArchives(DataHolder):
    """Makes archives of datasets, and deletes those that contain something that is taken back."""

    def __init__(
        self,
        store: DatasetStore,
        files: FileStore,
        uploads: Uploads,
        signer: ArchiveSigner,
        slots: asyncio.Semaphore,
    ) -> None:
        """``uploads`` knows who uploaded which files."""
        self._store = store
        self._files = files
        self._uploads = uploads
        self._signer = signer
        self._slots = slots
        store.tell_of_origins(self._delete_archives_of_origins)
        store.tell_of_withdrawals(self._delete_archive)

    async def archive(self, guild_id: int, name: str, version: int | None = None) -> tuple[Dataset, StoredFile]:
        """Archive a version (None: the newest) among the guild's files; the same examples give the same file.

        Raises:
            NoSuchDatasetError
            EmptyDatasetError: it has no examples.
            QuotaExceededError, TooManyFilesError, DiskFullError: as ``Folder.write``.
        """
        dataset = await self._store.get(guild_id, name, version)
        return dataset, await self._archive(dataset)

    async def archive_folder(self, guild_id: int, folder: str) -> StoredFile:
        """Pack a folder of the guild's files as a zip among these files; the same contents give the same zip.

        Raises:
            BadFileNameError, OwnFolderError, NoSuchFolderError
            FileNotThereError: a file in it was deleted meanwhile.
            QuotaExceededError, TooManyFilesError, DiskFullError: there is no room.
        """
        file, paths = await archived(self._files.of_guild(guild_id), folder_named(folder))
        people = (await self._uploads.people_of(guild_id, paths)).values()
        await self._uploads.note(guild_id, {file.path: set(people)})
        return file

    async def select(self, guild_id: int, name: str, label: DatasetLabel) -> tuple[DatasetSelection, StoredFile | None]:
        """Select the newest version for training as ``label``, after archiving the version it replaces.

        Also returns that archive, or None if nothing was replaced.

        Raises:
            NoSuchDatasetError, EmptyDatasetError
            QuotaExceededError, TooManyFilesError, DiskFullError: there is no room for the archive; nothing was
                selected, unless somebody else made a selection meanwhile.
        """
        chosen = await self._store.get(guild_id, name)
        before = await self._store.selected(guild_id, label)
        file = None
        if before is not None and before.id != chosen.id:
            file = await self._archive(before)
        selection = await self._store.select(guild_id, name, label)
        replaced = selection.replaced
        if replaced is None:
            return selection, None
        if before is None or replaced.id != before.id:  # another moderator has selected in between
            file = await self._archive(replaced)
        return selection, file

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete the archives of any dataset that contain something the person gave; whoever needs one can archive the
        dataset again."""
        return ErasureResult(files=await self._delete_archives(lambda table: f",{user_id},".encode() in table))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete the archives of a guild, as nobody could reach them any more, either to download them or to have
        somebody forgotten; returns how many."""
        archives = await self._archives(guild_id)
        for path in archives:
            await self._delete_file(guild_id, path)
        return len(archives)

    async def _archive(self, dataset: Dataset) -> StoredFile:
        examples = await self._store.examples(dataset.id)
        if not examples:
            raise EmptyDatasetError(dataset.name)
        async with self._slots:
            data = await asyncio.to_thread(_zip, dataset, examples, self._signer)
        path = _archive_path(dataset)
        file = await self._files.of_guild(dataset.guild_id).write(path, data)
        # A withdrawal from now on finds this file and deletes it; an earlier one is noticed below.
        await self._store.settled(dataset.guild_id)
        now = await self._store.by_id(dataset.guild_id, dataset.id)
        if now is not None and _holds_the_same(dataset, now):
            return file
        await self._delete_file(dataset.guild_id, path)
        if now is None:
            raise NoSuchDatasetError(dataset.name, dataset.version)
        return await self._archive(now)

    async def _delete_archive(self, _session: AsyncSession, dataset: Dataset) -> int:
        """Delete the archive of the current state of a version that loses examples; returns how many files it was."""
        try:
            await self._files.of_guild(dataset.guild_id).delete(_archive_path(dataset))
        except FileNotThereError:
            return 0
        return 1

    async def _delete_archives_of_origins(self, origin_ids: Collection[str]) -> int:
        wanted = [id_.encode() for id_ in origin_ids]
        return await self._delete_archives(lambda table: any(id_ in table for id_ in wanted))

    async def _delete_archives(self, concerns: Callable[[bytes], bool]) -> int:
        """Delete the archives, in all guilds, for whose table ``concerns`` is true; returns how many. The table has who
        gave what and where it came from, whatever has become of the dataset."""
        deleted = 0
        for guild_id in await self._files.guilds():
            for path in await self._archives(guild_id):
                with contextlib.suppress(FileNotThereError):
                    async with self._slots:
                        file = await self._files.of_guild(guild_id).open(path)
                        found = await asyncio.to_thread(_table_is, file, concerns)
                    if found:
                        await self._delete_file(guild_id, path)
                        deleted += 1
        return deleted

    async def _archives(self, guild_id: int) -> list[str]:
        listing = await self._files.of_guild(guild_id).listing()
        return [file.path for file in listing if file.path.startswith(f"{FOLDER}/") and file.path.endswith(".zip")]

    async def _delete_file(self, guild_id: int, path: str) -> None:
        with contextlib.suppress(FileNotThereError):
            await self._files.of_guild(guild_id).delete(path)


def _archive_path(dataset: Dataset) -> str:
    return f"{FOLDER}/{dataset.name} v{dataset.version} {dataset.content_hash[:8]}.zip"


def _holds_the_same(dataset: Dataset, now: Dataset) -> bool:
    before = dataset.content_hash, dataset.withdrawn_examples
    return before == (now.content_hash, now.withdrawn_examples)


def _zip(dataset: Dataset, examples: Sequence[Example], signer: ArchiveSigner) -> bytes:
    archived = ArchiveSource(dataset.name, dataset.version, dataset.created_at)
    return archive(archived, examples, split(examples, seed=SEED), seed=SEED, signer=signer)


def _table_is(file: BinaryIO, wanted: Callable[[bytes], bool]) -> bool:
    """Whether ``wanted`` is true for the table in the archive ``file``, which is closed; False if it is no archive."""
    with file:
        table = table_in(file)
    return table is not None and wanted(table)
