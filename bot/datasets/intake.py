"""Reads the files that people give, and adds their examples to a dataset."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.datasets.dataset import DatasetChange
from bot.datasets.example import Example
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.folders import folder_named, readable_in
from bot.datasets.problems import Problem, UploadRefusedError
from bot.datasets.reading import MAX_BYTES, TOO_LARGE, read_upload
from bot.datasets.restoring import is_zip
from bot.datasets.several_files import read_files
from bot.datasets.signing import ArchiveSigner
from bot.datasets.store import DatasetStore
from bot.datasets.unpacking import (
    MAX_UNPACKED_BYTES,
    TOOK_TOO_MUCH,
    ReadableFile,
    is_dataset_archive,
    parted,
)
from bot.datasets.uploads import Uploads
from bot.storage.files import FileStore
from bot.work.sealed import SealedProcesses, SealedWorkError, WorkLimits

UNPACKING_WORK = WorkLimits(memory_bytes=160 << 20, processor_s=20, output_bytes=MAX_UNPACKED_BYTES + (1 << 20))
"""For unpacking a zip; the contents are in memory three times."""


@dataclass(frozen=True, slots=True)
class GivenExamples:
    """Examples that a person gives, before they are added to a dataset."""

    examples: Sequence[Example]
    given_by: int
    taken_over: bool = False
    """See ``DatasetChange``."""


class ExampleIntake:
    """Reads examples from files, and adds them to datasets."""

    def __init__(
        self,
        store: DatasetStore,
        files: FileStore,
        uploads: Uploads,
        signer: ArchiveSigner,
        sealed: SealedProcesses,
        slots: asyncio.Semaphore,
    ) -> None:
        """``uploads`` knows who uploaded which files. ``signer`` tells archives that were made here from others."""
        self._store = store
        self._files = files
        self._uploads = uploads
        self._signer = signer
        self._sealed = sealed
        self._slots = slots

    async def read(self, file_name: str, data: bytes, *, given_by: int, positive: bool = True) -> GivenExamples:
        """The examples of an uploaded file: one that ``read_upload`` accepts, or a zip of such files. ``positive``:
        whether answers that carry no mark of their own are what to say.

        Raises:
            UploadRefusedError: something is wrong with the file.
        """
        if is_zip(data) and not is_dataset_archive(data):
            return await self._read_zip(file_name, data, given_by, positive=positive)
        origin = ExampleOrigin(given_by, datetime.now(UTC), positive)
        async with self._slots:
            examples = await asyncio.to_thread(read_upload, file_name, data, origin, self._signer)
        # Examples from an archive made here keep their dates, which are before now.
        is_new = all(example.created_at == origin.created_at for example in examples)
        return GivenExamples(examples, given_by, taken_over=is_zip(data) and is_new)

    async def read_folder(self, guild_id: int, folder: str, *, given_by: int, positive: bool = True) -> GivenExamples:
        """The examples of the files in a folder of the guild, or of a single file. They count as given by whoever
        uploaded the file, or by ``given_by`` where that is unknown. A zip is read as by ``read``.

        Raises:
            BadFileNameError, OwnFolderError, NoSuchFolderError
            UploadRefusedError: something is wrong with the files.
        """
        folder = folder_named(folder)
        if folder.casefold().endswith(".zip"):
            with await self._files.of_guild(guild_id).open(folder) as file:
                data = await asyncio.to_thread(file.read, MAX_BYTES + 1)
            return await self.read(folder, data, given_by=given_by, positive=positive)
        files = await readable_in(self._files.of_guild(guild_id), folder)
        whose = await self._uploads.people_of(guild_id, [file.name for file in files])
        files = [dataclasses.replace(file, given_by=whose.get(file.name)) for file in files]
        return await self._read_files(folder, files, given_by, positive=positive)

    async def add(self, guild_id: int, name: str, given: GivenExamples) -> DatasetChange:
        """Add the examples to the dataset ``name``.

        Raises:
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError: as ``DatasetStore.add``.
        """
        change = await self._store.add(guild_id, name, given.examples, given.given_by)
        return dataclasses.replace(change, taken_over=given.taken_over)

    async def _read_zip(self, name: str, data: bytes, given_by: int, *, positive: bool) -> GivenExamples:
        try:
            if len(data) > MAX_BYTES:
                raise Problem(TOO_LARGE, limit_mb=MAX_BYTES >> 20)
            made = await self._sealed.run("bot.datasets.unpacking.unpacked", data, UNPACKING_WORK)
            files = parted(made)
        except SealedWorkError:
            raise UploadRefusedError(name, [Problem(TOOK_TOO_MUCH).message]) from None
        except Problem as problem:
            raise UploadRefusedError(name, [problem.message]) from None
        return await self._read_files(name, files, given_by, positive=positive)

    async def _read_files(
        self, name: str, files: Sequence[ReadableFile], given_by: int, *, positive: bool
    ) -> GivenExamples:
        async with self._slots:
            now = datetime.now(UTC)
            examples = await asyncio.to_thread(read_files, name, files, given_by, now, positive=positive)
        return GivenExamples(examples, given_by)
