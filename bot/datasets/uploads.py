"""Files that people upload to a guild or, in direct messages, to their own folder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, select

from bot.datasets.folders import folder_named
from bot.datasets.restoring import is_zip
from bot.datasets.unpacking import is_dataset_archive
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.database import Database, rows_changed
from bot.storage.file_names import shown
from bot.storage.files import FileStore, Folder, StoredFile
from bot.storage.sealed_folder import FileNotThereError
from bot.storage.tables import UploadRow

MAX_BYTES = 25 << 20
"""Per file."""
USUAL_FOLDER = "uploads"


class FileThereError(StarlingError):
    """Raised when there is already a file at that path."""

    sentence = _("There is a file {path} already. Choose another folder, or delete it first with /files delete.")

    def __init__(self, path: str) -> None:
        super().__init__(path=shown(path))


class ArchiveUploadedError(StarlingError):
    """Raised for the archive of a dataset: once stored as a file, nobody's examples could be removed from it."""

    sentence = _("{name} is the archive of a dataset. Give it to /dataset add, so that I know who gave what is in it.")

    def __init__(self, name: str) -> None:
        super().__init__(name=shown(name))


class Uploads(DataHolder):
    """Records who uploaded which files. These, and archives that contain them, are deleted when the person or the guild
    is forgotten."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files

    async def keep(self, guild_id: int | None, user_id: int, folder: str | None, name: str, data: bytes) -> StoredFile:
        """Store a person's file: among those of a guild, or among their own if ``guild_id`` is None. ``folder`` is
        where; None: ``USUAL_FOLDER``.

        Raises:
            BadFileNameError, OwnFolderError: the file cannot be stored there.
            FileThereError, ArchiveUploadedError
            QuotaExceededError, TooManyFilesError, DiskFullError: there is no room.
        """
        place = self._place(guild_id, user_id)
        path = f"{folder_named(folder or USUAL_FOLDER)}/{name}"
        if is_zip(data) and await asyncio.to_thread(is_dataset_archive, data):
            raise ArchiveUploadedError(name)
        with contextlib.suppress(FileNotThereError):
            raise FileThereError((await place.find(path)).path)
        # Noted first: a file whose uploader is not recorded would survive the erasure of their data.
        await self.note(guild_id, {path: {user_id}})
        return await place.write(path, data)

    async def note(self, guild_id: int | None, whose: Mapping[str, Collection[int]]) -> None:
        """Record that the files at these paths contain something of these people."""
        now = datetime.now(UTC)
        rows = [
            UploadRow(guild_id=guild_id, path=path, user_id=user_id, uploaded_at=now)
            for path, people in whose.items()
            for user_id in people
        ]
        there = UploadRow.guild_id.is_(None) if guild_id is None else UploadRow.guild_id == guild_id
        async with self._database.sessions.begin() as session:
            # A file that is made again is recorded once.
            for path, people in whose.items():
                of_it = and_(there, UploadRow.path == path, UploadRow.user_id.in_(people))
                await session.execute(delete(UploadRow).where(of_it))
            session.add_all(rows)

    async def people_of(self, guild_id: int, paths: Collection[str]) -> dict[str, int]:
        """Who uploaded each of these files of a guild, where that is known."""
        wanted = select(UploadRow).where(UploadRow.guild_id == guild_id).order_by(UploadRow.id)
        async with self._database.sessions() as session:
            return {row.path: row.user_id for row in await session.scalars(wanted) if row.path in set(paths)}

    async def deleted(self, guild_id: int | None, user_id: int, path: str) -> None:
        """Forget who uploaded a file that was deleted. ``user_id``: whose file it was, if it was in no guild."""
        row = UploadRow
        there = and_(row.guild_id.is_(None), row.user_id == user_id) if guild_id is None else row.guild_id == guild_id
        async with self._database.sessions.begin() as session:
            await session.execute(delete(row).where(there, row.path == path))

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete the files that contain something of a person."""
        return await self._delete(UploadRow.user_id == user_id)

    async def forget_guild(self, guild_id: int) -> int:
        """Delete the files that people uploaded to a guild; returns how many rows were removed."""
        return (await self._delete(UploadRow.guild_id == guild_id)).rows

    async def count(self, user_id: int) -> StoredDataSummary:
        """How many files contain something of the person."""
        return StoredDataSummary({DataKind.FILES: len(await self._paths(UploadRow.user_id == user_id))})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The paths of these files."""
        return {"files": [path for _guild, _user, path in await self._paths(UploadRow.user_id == user_id)]}

    async def _paths(self, which: ColumnElement[bool]) -> list[tuple[int | None, int, str]]:
        async with self._database.sessions() as session:
            rows = await session.scalars(select(UploadRow).where(which).order_by(UploadRow.id))
            return [(row.guild_id, row.user_id, row.path) for row in rows]

    async def _delete(self, which: ColumnElement[bool]) -> ErasureResult:
        files = 0
        for guild_id, user_id, path in await self._paths(which):
            with contextlib.suppress(FileNotThereError):
                await self._place(guild_id, user_id).delete(path)
                files += 1
        async with self._database.sessions.begin() as session:
            return ErasureResult(await rows_changed(session, delete(UploadRow).where(which)), files=files)

    def _place(self, guild_id: int | None, user_id: int) -> Folder:
        return self._files.of_user(user_id) if guild_id is None else self._files.of_guild(guild_id)
