"""The files of each guild, and of each user in direct messages: listing, reading, writing and deleting, with a quota.

They are stored below the data folder as ``guilds/<guild id>/<path>`` and ``users/<user id>/<path>``. See ``file_names``
for valid paths, and ``sealed_folder`` for why no path can lead outside.
"""

from __future__ import annotations

import asyncio
import os
import time
import weakref
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import is_key, key_of, shown, split_path
from bot.storage.sealed_folder import FileNotThereError, SealedFolder
from bot.storage.zip_sink import ZipSink

MAX_FILES = 20_000
"""The most files of one guild or user: this many can still be listed while somebody types."""

_CHUNK = 1 << 20
_LISTING_AGE_S = 10.0
"""How long a listing is cached; writing or deleting through a ``Folder`` discards it at once."""
_LISTINGS_KEPT = 16
_GUILDS = "guilds"

Place = tuple[str, str]


class QuotaExceededError(StarlingError):
    """Raised when a guild or a user would exceed the storage that the settings allow; nothing was written."""

    sentence = _(
        "There is no room for {path}: {used_mb:.1f} of {quota_mb:.0f} MB are taken. Delete something with "
        "/files delete, or ask the operator to raise GUILD_FILES_MB."
    )

    def __init__(self, path: str, used_bytes: int, quota_bytes: int) -> None:
        super().__init__(path=shown(path), used_mb=used_bytes / (1 << 20), quota_mb=quota_bytes / (1 << 20))


class TooManyFilesError(StarlingError):
    """Raised when a guild or a user would have more than ``MAX_FILES`` files; nothing was written."""

    sentence = _("There is no room for {path}: there are {limit} files already. Delete some with /files delete.")

    def __init__(self, path: str) -> None:
        super().__init__(path=shown(path), limit=MAX_FILES)


class FileGoneError(FileNotThereError):
    """Raised when the file that a key stands for no longer exists."""

    sentence = _("This file no longer exists.")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The state of a file at the time it was read."""

    path: str
    """Relative, separated by ``/``, in NFC."""
    size_bytes: int
    modified_at: datetime
    """Aware, UTC."""


@dataclass(frozen=True, slots=True)
class FolderUsage:
    """How much a guild or a user has stored."""

    files: int
    used_bytes: int
    quota_bytes: int


class FileStore:
    """The folders of all guilds and users."""

    def __init__(self, data_folder: Path, *, quota_bytes: int) -> None:
        """``quota_bytes``: how much one guild or one user may store."""
        self.quota_bytes = quota_bytes
        self._base = data_folder
        self._locks: weakref.WeakValueDictionary[Place, asyncio.Lock] = weakref.WeakValueDictionary()
        self._listings: OrderedDict[Place, tuple[float, asyncio.Task[Sequence[StoredFile]]]] = OrderedDict()

    def of_guild(self, guild_id: int) -> Folder:
        """The folder of a guild."""
        return self._folder((_GUILDS, str(int(guild_id))))

    async def guilds(self) -> list[int]:
        """The ids of the guilds that have a folder."""
        return await asyncio.to_thread(self._guilds)

    def of_user(self, user_id: int) -> Folder:
        """The folder of a user, for direct messages."""
        return self._folder(("users", str(int(user_id))))

    def _guilds(self) -> list[int]:
        try:
            names = [folder.name for folder in (self._base / _GUILDS).iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def _folder(self, place: Place) -> Folder:
        return Folder(self, place, SealedFolder(self._base, place))

    def _lock(self, place: Place) -> asyncio.Lock:
        return self._locks.setdefault(place, asyncio.Lock())

    async def _listing(self, place: Place, folder: SealedFolder) -> Sequence[StoredFile]:
        """A listing at most ``_LISTING_AGE_S`` old: cached, still being made for another caller, or new."""
        began_s, task = self._listings.pop(place, (0.0, None))
        if task is None or time.monotonic() - began_s > _LISTING_AGE_S or (task.done() and task.exception()):
            began_s, task = time.monotonic(), asyncio.create_task(asyncio.to_thread(_listed, folder))
        self._listings[place] = began_s, task
        while len(self._listings) > _LISTINGS_KEPT:
            self._listings.popitem(last=False)
        return await asyncio.shield(task)

    def _changed(self, place: Place) -> None:
        self._listings.pop(place, None)


class Folder:
    """The files of one guild or user."""

    def __init__(self, store: FileStore, place: Place, folder: SealedFolder) -> None:
        self._store = store
        self._place = place
        self._folder = folder

    @property
    def place(self) -> str:
        """The path of the folder below the data folder, for the operator."""
        return "/".join(self._place)

    async def listing(self) -> Sequence[StoredFile]:
        """Every file, newest first; changes not made by Starling may show up to ten seconds late."""
        return await self._store._listing(self._place, self._folder)

    async def find(self, given: str) -> StoredFile:
        """The file with the path or the key ``given``.

        Raises:
            BadFileNameError, FileNotThereError: as ``open``.
        """
        if not is_key(given):
            with await self.open(given) as file:
                return await asyncio.to_thread(_described, "/".join(split_path(given)), file)
        if (found := await self._of_key(given)) is None:
            # Someone other than Starling may have put it there a moment ago.
            self._store._changed(self._place)
            found = await self._of_key(given)
        if found is None:
            raise FileGoneError(given)
        return found

    async def _of_key(self, key: str) -> StoredFile | None:
        listing = await self.listing()
        return await asyncio.to_thread(lambda: next((file for file in listing if key_of(file.path) == key), None))

    async def open(self, path: str) -> BinaryIO:
        """Open the file at ``path`` for reading. The caller closes it, and must not read it on the event loop.

        Raises:
            BadFileNameError: no file may have such a path.
            FileNotThereError: there is no such file.
        """
        return await asyncio.to_thread(self._folder.open, path)

    async def write(self, path: str, data: bytes | Iterable[bytes]) -> StoredFile:
        """Write ``data`` to ``path`` atomically: readers see either the old file or the new one.

        If ``data`` is not ``bytes``, it is iterated in a thread. Folders are created as needed.

        Raises:
            BadFileNameError: no file may have such a path.
            QuotaExceededError, TooManyFilesError: there is no room; the old file, if any, is unchanged.
            DiskFullError: the disk is full.
        """
        chunks = (data,) if isinstance(data, bytes) else data
        async with self._store._lock(self._place):
            try:
                return await asyncio.to_thread(self._write, path, chunks)
            finally:
                self._store._changed(self._place)

    async def write_zip(self, path: str, members: Sequence[str]) -> StoredFile:
        """Write a zip of the files ``members``, under their paths, to ``path``.

        Raises:
            FileNotThereError: one of the members no longer exists.
            BadFileNameError, QuotaExceededError, TooManyFilesError, DiskFullError: as ``write``.
        """
        return await self.write(path, _zipped(self._folder, members))

    async def delete(self, path: str) -> None:
        """Delete the file at ``path``; raises as ``open`` does."""
        try:
            await asyncio.to_thread(self._folder.delete, path)
        finally:
            self._store._changed(self._place)

    async def usage(self) -> FolderUsage:
        """How much is stored, without using the cached listing."""
        sizes = await asyncio.to_thread(lambda: [state.st_size for _path, state in self._folder.scan()])
        return FolderUsage(len(sizes), sum(sizes), self._store.quota_bytes)

    def _write(self, path: str, chunks: Iterable[bytes]) -> StoredFile:
        path = "/".join(split_path(path))
        others = [state.st_size for other, state in self._folder.scan() if other != path]
        if len(others) >= MAX_FILES:
            raise TooManyFilesError(path)
        state = self._folder.write(path, self._within_quota(path, chunks, sum(others)))
        return _stored(path, state)

    def _within_quota(self, path: str, chunks: Iterable[bytes], used_bytes: int) -> Iterator[bytes]:
        taken = used_bytes
        for chunk in chunks:
            taken += len(chunk)
            if taken > self._store.quota_bytes:
                raise QuotaExceededError(path, used_bytes, self._store.quota_bytes)
            yield chunk


def _zipped(folder: SealedFolder, members: Sequence[str]) -> Iterator[bytes]:
    """The chunks of a zip of ``members``. It has no dates, so the same files give the same zip."""
    sink = ZipSink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            with folder.open(name) as source, zipped.open(info, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                    yield sink.take(len(sink.data))
    yield sink.take(len(sink.data))


def _listed(folder: SealedFolder) -> Sequence[StoredFile]:
    newest_first = sorted(folder.scan(), key=lambda found: (-found[1].st_mtime_ns, found[0]))
    return [_stored(path, state) for path, state in newest_first]


def _described(path: str, file: BinaryIO) -> StoredFile:
    return _stored(path, os.fstat(file.fileno()))


def _stored(path: str, state: os.stat_result) -> StoredFile:
    return StoredFile(path, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))
