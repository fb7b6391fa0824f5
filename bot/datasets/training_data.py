"""What is done with datasets that takes more than the store: reading, looking over, drawing, archiving."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from bot.charts import draw_in_thread
from bot.datasets.archiving import ArchiveSource, archive, table_in
from bot.datasets.dataset import Dataset, DatasetChange, DatasetLabel, DatasetSelection, NoSuchDatasetError
from bot.datasets.example import Example, ExampleKind, content_hash
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.folders import archived, folder_named, readable_in
from bot.datasets.leaks import Leaks, unpacked_leaks
from bot.datasets.limits import EmptyDatasetError, require_room_for_examples
from bot.datasets.linting import LintReport, lint, packed_texts
from bot.datasets.merging import taken
from bot.datasets.naming import tidied
from bot.datasets.problems import Problem, UploadRefusedError
from bot.datasets.reading import MAX_BYTES, TOO_LARGE, read_upload
from bot.datasets.restoring import is_zip
from bot.datasets.several_files import read_files
from bot.datasets.signing import ArchiveSigner
from bot.datasets.splitting import Split, split
from bot.datasets.store import DatasetStore, VersionWatcher
from bot.datasets.unpacking import (
    MAX_UNPACKED_BYTES,
    TOOK_TOO_MUCH,
    ReadableFile,
    is_dataset_archive,
    parted,
)
from bot.datasets.uploads import Uploads
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.files import FileStore, StoredFile
from bot.storage.sealed_folder import FileNotThereError
from bot.work.sealed import SealedProcesses, SealedWorkError, WorkLimitError, WorkLimits

FOLDER = "datasets"
"""Of a guild's files, where its archives lie."""
SEED = 2026
"""Of the split in archives."""
AT_ONCE = 2
"""Datasets that are read or looked over; each may take a core and 200 MB."""


LEAKS_WORK = WorkLimits(memory_bytes=160 << 20, processor_s=60)
"""Of 20,000 examples; a quarter of a second is taken by 20,000 characters that are made to delay the search."""


UNPACKING_WORK = WorkLimits(memory_bytes=160 << 20, processor_s=20, output_bytes=MAX_UNPACKED_BYTES + (1 << 20))
"""Of a zip; what comes out is there three times."""


class LintTooLongError(StarlingError):
    """Raised when a dataset cannot be looked over, since its texts are made so that the search takes very long."""

    sentence = _(
        "Checking this dataset takes too long: texts made of the same few characters, such as slashes, cause "
        "that. Remove them first."
    )


@dataclass(frozen=True, slots=True)
class DatasetContents:
    """A version and what is in it."""

    dataset: Dataset
    examples: Sequence[Example]

    @property
    def counts(self) -> Counter[ExampleKind]:
        """How many examples there are of each kind."""
        return Counter(example.kind for example in self.examples)


@dataclass(frozen=True, slots=True)
class GivenExamples:
    """What a person gives, before it is in any dataset."""

    examples: Sequence[Example]
    given_by: int
    taken_over: bool = False
    """See ``DatasetChange``."""


@dataclass(frozen=True, slots=True)
class DatasetDifference:
    """Between two versions."""

    older: Dataset
    newer: Dataset
    added: tuple[Example, ...]
    removed: tuple[Example, ...]


class NothingSelectedError(StarlingError):
    """Raised when a model is to be trained for a guild that has selected no dataset of what to say."""

    sentence = _("No dataset is selected to learn from. Choose one with /select_dataset.")


class TrainingDatasetGoneError(StarlingError):
    """Raised when what a training was to learn from is not there any more."""

    sentence = _("The dataset that this training was to learn from was deleted.")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a model is to be trained on, and with what it is to be judged."""

    datasets: tuple[Dataset, ...]
    """What it was taken from: the one of what to say, and the one of what not to say if there is one."""
    split: Split
    content_hash: str
    """Of all examples, of both sides."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What of a dataset no model is trained on."""

    dataset: Dataset
    datasets: tuple[Dataset, ...]
    """All that it was taken from."""
    keys: frozenset[str]
    """Of all examples in those, before any was read."""
    examples: tuple[Example, ...]


class Datasets(DataHolder):
    """The datasets of guilds, and the archives of them, which have texts of people and their ids as well."""

    def __init__(
        self, store: DatasetStore, files: FileStore, uploads: Uploads, signer: ArchiveSigner, sealed: SealedProcesses
    ) -> None:
        """``uploads``: knows who has put which files there. ``signer`` tells archives that were made here from
        others."""
        self._store = store
        self._files = files
        self._uploads = uploads
        self._signer = signer
        self._sealed = sealed
        self._slots = asyncio.Semaphore(AT_ONCE)
        store.tell_of_origins(self._delete_archives_of_origins)
        store.tell_of_withdrawals(self._delete_archive)

    def tell_of_versions(self, watcher: VersionWatcher) -> None:
        """As ``DatasetStore.tell_of_versions``."""
        self._store.tell_of_versions(watcher)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete the archives that have something that the person gave, of whatever datasets they were: whoever needs
        one archives the dataset anew."""
        return ErasureResult(files=await self._delete_archives(lambda table: f",{int(user_id)},".encode() in table))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete the archives of a guild, which nobody could reach any more, neither to take them nor to have somebody
        forgotten."""
        archives = await self._archives(guild_id)
        for path in archives:
            await self._delete_file(guild_id, path)
        return len(archives)

    async def _delete_archive(self, _session: AsyncSession, dataset: Dataset) -> int:
        """Delete the archive of a version as it is, from which examples are taken back; says how many that were."""
        try:
            await self._files.of_guild(dataset.guild_id).delete(_archive_path(dataset))
        except FileNotThereError:
            return 0
        return 1

    async def _delete_archives_of_origins(self, origin_ids: Collection[str]) -> int:
        wanted = [id_.encode() for id_ in origin_ids]
        return await self._delete_archives(lambda table: any(id_ in table for id_ in wanted))

    async def _delete_archives(self, concerns: Callable[[bytes], bool]) -> int:
        """Delete those whose table is such, in all guilds; says how many. Their tables have who gave what, and
        from what it came, whatever became of the dataset."""
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

    async def contents(self, guild_id: int, name: str, version: int | None = None) -> DatasetContents:
        """A version, or the newest, with its examples.

        Raises:
            NoSuchDatasetError
        """
        dataset = await self._store.get(guild_id, name, version)
        return DatasetContents(dataset, await self._store.examples(dataset.id))

    async def add_file(
        self, guild_id: int, name: str, file_name: str, data: bytes, *, given_by: int, positive: bool = True
    ) -> DatasetChange:
        """Add the examples of an uploaded file, as ``read`` gives them.

        Raises:
            UploadRefusedError: something is wrong with the file; nothing was added.
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError: as ``DatasetStore.add``.
        """
        await self._store.get(guild_id, name)
        return await self.add(guild_id, name, await self.read(file_name, data, given_by=given_by, positive=positive))

    async def read(self, file_name: str, data: bytes, *, given_by: int, positive: bool = True) -> GivenExamples:
        """The examples of an uploaded file: as ``read_upload`` takes it, or a zip of such files. ``positive``: whether
        answers that are not marked themselves are what to say.

        Raises:
            UploadRefusedError: something is wrong with the file.
        """
        if is_zip(data) and not is_dataset_archive(data):
            return await self._read_zip(file_name, data, given_by, positive=positive)
        origin = ExampleOrigin(given_by, datetime.now(UTC), positive)
        async with self._slots:
            examples = await asyncio.to_thread(read_upload, file_name, data, origin, self._signer)
        # What was archived here was given before now, whoever did.
        is_new = all(example.created_at == origin.created_at for example in examples)
        return GivenExamples(examples, given_by, taken_over=is_zip(data) and is_new)

    async def read_folder(self, guild_id: int, folder: str, *, given_by: int, positive: bool = True) -> GivenExamples:
        """The examples of what lies in a folder of the guild's files, or of one file: those of files that somebody is
        known to have put there are given by them.

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

    async def archive_folder(self, guild_id: int, folder: str) -> StoredFile:
        """Pack a folder of the guild's files as a zip among them; the same files give the same zip.

        Raises:
            BadFileNameError, OwnFolderError, NoSuchFolderError
            FileNotThereError: a file of it was deleted meanwhile.
            QuotaExceededError, TooManyFilesError, DiskFullError: there is no room.
        """
        file, paths = await archived(self._files.of_guild(guild_id), folder_named(folder))
        people = (await self._uploads.people_of(guild_id, paths)).values()
        await self._uploads.note(guild_id, {file.path: set(people)})
        return file

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

    async def add(self, guild_id: int, name: str, given: GivenExamples) -> DatasetChange:
        """Add what was read.

        Raises:
            NoSuchDatasetError, DatasetFullError, TooManyDatasetsError: as ``DatasetStore.add``.
        """
        change = await self._store.add(guild_id, name, given.examples, given.given_by)
        return dataclasses.replace(change, taken_over=given.taken_over)

    async def lint(self, guild_id: int, name: str) -> tuple[Dataset, LintReport]:
        """Look the newest version over.

        Raises:
            NoSuchDatasetError
            LintTooLongError: it takes too long to look for secrets in what its texts are made of.
        """
        contents = await self.contents(guild_id, name)
        async with self._slots:
            leaks = await self._leaks_in(contents.examples)
            return contents.dataset, await asyncio.to_thread(lint, contents.examples, leaks)

    async def _leaks_in(self, examples: Sequence[Example]) -> Sequence[Leaks]:
        packed = await asyncio.to_thread(packed_texts, examples)
        try:
            return unpacked_leaks(await self._sealed.run("bot.datasets.leaks.found", packed, LEAKS_WORK))
        except WorkLimitError as error:
            raise LintTooLongError from error

    async def picture(self, contents: DatasetContents, say: Callable[[str], str] = str) -> bytes:
        """A PNG of its shape; ``say`` translates the words in it."""
        title = f"{contents.dataset.name} v{contents.dataset.version}"

        def picture() -> bytes:
            # Matplotlib takes half a second to import, which no start should wait for.
            from bot.datasets.picture import draw

            return draw(title, contents.examples, say)

        return await draw_in_thread(picture)

    async def difference(
        self, guild_id: int, name: str, older: int | None = None, newer: int | None = None
    ) -> DatasetDifference:
        """What was added to and removed from a version since an ``older`` one: the newest and the one before it.

        Raises:
            NoSuchDatasetError: one of them is not there.
        """
        new = await self.contents(guild_id, name, newer)
        old = await self.contents(guild_id, name, new.dataset.version - 1 if older is None else older)
        old_keys, new_keys = ({example.key for example in contents.examples} for contents in (old, new))
        return DatasetDifference(
            old.dataset,
            new.dataset,
            added=tuple(example for example in new.examples if example.key not in old_keys),
            removed=tuple(example for example in old.examples if example.key not in new_keys),
        )

    async def archive(self, guild_id: int, name: str, version: int | None = None) -> tuple[Dataset, StoredFile]:
        """Archive a version, or the newest, in the guild's folder; the same examples give the same file.

        Raises:
            NoSuchDatasetError
            EmptyDatasetError: it has no examples.
            QuotaExceededError, TooManyFilesError, DiskFullError: as ``Folder.write``.
        """
        contents = await self.contents(guild_id, name, version)
        return contents.dataset, await self._archive(contents)

    async def select(self, guild_id: int, name: str, label: DatasetLabel) -> tuple[DatasetSelection, StoredFile | None]:
        """Make the newest version the one to train on as ``label``; what had been that is archived first.

        Returns also that archive, if there was anything.

        Raises:
            NoSuchDatasetError, EmptyDatasetError
            QuotaExceededError, TooManyFilesError, DiskFullError: the archive has no room; nothing was selected.
        """
        chosen = await self._store.get(guild_id, name)
        before = await self._store.selected(guild_id, label)
        file = None
        if before is not None and before.id != chosen.id:
            file = await self._archive(DatasetContents(before, await self._store.examples(before.id)))
        selection = await self._store.select(guild_id, name, label)
        replaced = selection.replaced
        if replaced is None:
            return selection, None
        if before is None or replaced.id != before.id:  # another moderator has selected in between
            file = await self._archive(DatasetContents(replaced, await self._store.examples(replaced.id)))
        return selection, file

    async def settled(self, guild_id: int) -> None:
        """As ``DatasetStore.settled``."""
        await self._store.settled(guild_id)

    async def withdrawn_from(self, guild_id: int, dataset_id: str) -> int:
        """How many examples people took back from a version since a model was first trained on it; 0 where it was
        deleted."""
        dataset = await self._store.by_id(guild_id, dataset_id)
        return 0 if dataset is None else dataset.withdrawn_examples

    async def look_at_selected(self, guild_id: int, *, seed: int = SEED) -> TrainingData:
        """What a model would learn from that is trained on what the guild has selected.

        Raises:
            NothingSelectedError
        """
        datasets = await self._selected(guild_id)
        if not datasets:
            raise NothingSelectedError
        return await self._training_data(datasets, seed)

    async def look_at_selected_with(
        self,
        guild_id: int,
        name: str,
        label: DatasetLabel,
        examples: Sequence[Example] = (),
        *,
        seed: int = SEED,
    ) -> TrainingData:
        """What a model would learn if ``examples`` were added to a dataset, which is made where it is not there, and
        that were selected as ``label``; nothing is changed.

        Raises:
            NothingSelectedError: it would be one of what not to say, and there is none of what to say.
            NoSuchDatasetError: it is not there, and nothing would be added.
            BadDatasetNameError, DatasetFullError
        """
        try:
            contents = await self.contents(guild_id, name)
        except NoSuchDatasetError:
            if not examples:
                raise
            contents = DatasetContents(_unmade(guild_id, name), ())
        given = await self._store.still_given(examples)
        together = {example.key: example for example in (*contents.examples, *given)}
        require_room_for_examples(name, len(together), sum(example.chars for example in together.values()))
        sides = {each: await self._store.selected(guild_id, each) for each in DatasetLabel}
        sides[label] = contents.dataset
        datasets = tuple(each for each in (sides[one] for one in DatasetLabel) if each is not None)
        if sides[DatasetLabel.POSITIVE] is None:
            raise NothingSelectedError
        rows = [
            list(together.values()) if each is contents.dataset else await self._store.examples(each.id)
            for each in datasets
        ]
        async with self._slots:
            divided = await asyncio.to_thread(split, taken(rows[0], rows[1] if rows[1:] else []), seed=seed)
        return _data_of(datasets, divided)

    async def look_at(self, guild_id: int, dataset_ids: Sequence[str], *, seed: int = SEED) -> TrainingData:
        """What a model would learn from these datasets, the one of what to say first, as they are now.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        datasets = await self._by_ids(guild_id, dataset_ids)
        if datasets is None:
            raise TrainingDatasetGoneError
        return await self._training_data(datasets, seed)

    async def take_for_training(self, guild_id: int, dataset_ids: Sequence[str], *, seed: int = SEED) -> TrainingData:
        """What a model learns from these datasets, noted as trained on before it is read: what is withdrawn later is
        told of, but the model has it.

        Raises:
            TrainingDatasetGoneError: one of them was deleted.
        """
        for dataset_id in dataset_ids:
            await self._store.mark_trained(guild_id, dataset_id)
        return await self.look_at(guild_id, dataset_ids, seed=seed)

    async def held_out_of(
        self, guild_id: int, dataset_ids: Sequence[str], *, seed: int, keys: Collection[str] | None = None
    ) -> tuple[Example, ...]:
        """What was held out of a training and is still there; nothing where its datasets were deleted.

        ``keys``: of what was held out, which without them is what a split would hold out now. That may be another
        where examples were taken back since.
        """
        datasets = await self._by_ids(guild_id, dataset_ids)
        if datasets is None:
            return ()
        if keys is None:
            return (await self._divided(datasets, seed)).heldout
        return tuple(example for example in await self._together(datasets) if example.key in keys)

    async def _by_ids(self, guild_id: int, dataset_ids: Sequence[str]) -> tuple[Dataset, ...] | None:
        found = [await self._store.by_id(guild_id, id_) for id_ in dataset_ids]
        known = tuple(dataset for dataset in found if dataset is not None)
        return known if known and len(known) == len(found) else None

    async def _training_data(self, datasets: tuple[Dataset, ...], seed: int) -> TrainingData:
        return _data_of(datasets, await self._divided(datasets, seed))

    async def held_out(self, guild_id: int, name: str, *, seed: int = SEED) -> HeldOut:
        """What of the newest version of a dataset models are not trained on, so that they can be tested with it. Of one
        that is selected for training this is what training holds out of all that is selected, which may be other
        examples than the dataset by itself would hold out.

        Raises:
            NoSuchDatasetError
        """
        dataset = await self._store.get(guild_id, name)
        selected = await self._selected(guild_id)
        datasets = selected if dataset.id in {each.id for each in selected} else (dataset,)
        keys = await self._store.keys([each.id for each in datasets])
        return HeldOut(dataset, datasets, keys, (await self._divided(datasets, seed)).heldout)

    async def _selected(self, guild_id: int) -> tuple[Dataset, ...]:
        """The dataset of what to say, and the one of what not to say if there is one; empty without the first."""
        positive = await self._store.selected(guild_id, DatasetLabel.POSITIVE)
        negative = await self._store.selected(guild_id, DatasetLabel.NEGATIVE)
        return () if positive is None else (positive,) if negative is None else (positive, negative)

    async def _divided(self, datasets: Sequence[Dataset], seed: int) -> Split:
        together = await self._together(datasets)
        async with self._slots:
            return await asyncio.to_thread(split, together, seed=seed)

    async def _together(self, datasets: Sequence[Dataset]) -> list[Example]:
        examples = [await self._store.examples(dataset.id) for dataset in datasets]
        return taken(examples[0], examples[1] if len(examples) > 1 else [])

    async def _archive(self, contents: DatasetContents) -> StoredFile:
        dataset, examples = contents.dataset, contents.examples
        if not examples:
            raise EmptyDatasetError(dataset.name)
        async with self._slots:
            data = await asyncio.to_thread(_zip, dataset, examples, self._signer)
        path = _archive_path(dataset)
        file = await self._files.of_guild(dataset.guild_id).write(path, data)
        # What is taken back from now on finds this file, and deletes it; what was taken back before is seen below.
        await self._store.settled(dataset.guild_id)
        now = await self._store.by_id(dataset.guild_id, dataset.id)
        if now is not None and _holds_the_same(dataset, now):
            return file
        await self._delete_file(dataset.guild_id, path)
        if now is None:
            raise NoSuchDatasetError(dataset.name, dataset.version)
        return await self._archive(DatasetContents(now, await self._store.examples(now.id)))


def _data_of(datasets: tuple[Dataset, ...], divided: Split) -> TrainingData:
    together = (*divided.training, *divided.heldout)
    return TrainingData(datasets, divided, content_hash(example.key for example in together))


def _unmade(guild_id: int, name: str) -> Dataset:
    """A dataset that is not there, as it would be made."""
    now = datetime.now(UTC)
    return Dataset("", int(guild_id), tidied(name), 1, None, now, now, content_hash([]), None, None, None)


def _archive_path(dataset: Dataset) -> str:
    return f"{FOLDER}/{dataset.name} v{dataset.version} {dataset.content_hash[:8]}.zip"


def _holds_the_same(dataset: Dataset, now: Dataset) -> bool:
    before = dataset.content_hash, dataset.withdrawn_examples
    return before == (now.content_hash, now.withdrawn_examples)


def _zip(dataset: Dataset, examples: Sequence[Example], signer: ArchiveSigner) -> bytes:
    archived = ArchiveSource(dataset.name, dataset.version, dataset.created_at)
    return archive(archived, examples, split(examples, seed=SEED), seed=SEED, signer=signer)


def _table_is(file: BinaryIO, wanted: Callable[[bytes], bool]) -> bool:
    """Whether the table in the archive ``file``, which is closed, is such; False of what is no archive."""
    with file:
        table = table_in(file)
    return table is not None and wanted(table)
