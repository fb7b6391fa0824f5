"""Backups of everything that Starling keeps, made while it runs, and restored into an empty place.

A backup is a gzipped tar file with ``manifest.json``, ``starling.db`` (always an SQLite database, whatever Starling
uses) and the files of the data folder that are not recreated by themselves. It contains no token and no key of a
service.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path, PurePosixPath

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.app.single_instance import only_one_in, only_one_in_folder
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.tombstones import BESIDE_NAME, Tombstone, TombstoneKind, Tombstones, read_tombstones
from bot.settings import Settings
from bot.storage.copying import copy_rows, copy_sqlite
from bot.storage.database import Database, DatabaseUnavailableError, reason_of, sqlite_file

FORMAT = 1
KEPT = ("guilds", "users", "trainings", "archive.key")
"""What is kept of the data folder, beside the database: files of people, adapters and packed trainings, and the key
that signs archives."""
PRIORITY = ".inference-priority"
"""The file that tells trainings on this machine to pause while somebody waits; it is not backed up."""
MANIFEST, DATABASE = "manifest.json", "starling.db"
PASSING = re.compile(r"\.running(-\d+)?|health(-\d+)?\.json|alive|starling\.db\.lock")
"""The files that a data folder may contain and still count as empty."""
_COMPRESSION = 3
"""It makes the database small, and the rest hardly compresses."""
_PART_BYTES = 1 << 20
_AT_ONCE = 500
"""How many ids are forgotten at once: databases take a few thousand values in one statement."""


class BackupFailedError(StarlingError):
    """Raised when a backup cannot be written; no partial one is left."""

    sentence = _("The backup {file} was not made: {reason}.")

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(file=file, reason=reason)


class NoBackupError(StarlingError):
    """Raised when a file is not a backup that can be restored here."""

    sentence = _("{file} cannot be restored: {reason}.")

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(file=file, reason=reason)


class PlaceNotEmptyError(StarlingError):
    """Raised when a backup is to be restored where something already exists; nothing was changed."""

    sentence = _(
        "{place} is not empty: there is {found}. Restore into an empty DATA_FOLDER, and move this one away first."
    )

    def __init__(self, place: Path, found: str) -> None:
        super().__init__(place=place, found=found)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup."""

    format: int
    starling: str
    """The version that made it."""
    taken_at: str
    """ISO 8601, UTC: what was forgotten later may still be in the backup."""
    rows: dict[str, int]
    """The number of rows of each table."""
    files: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has brought back, and what it has forgotten again."""

    manifest: Manifest
    users: int
    guilds: int
    messages: int
    texts: int
    """Corrections, memories and votes that had been withdrawn one by one."""
    knows_who_was_forgotten: bool
    """Whether there was a list of what was forgotten; without one, the data of those who have withdrawn since is
    back."""


async def make_backup(settings: Settings, file: Path) -> Manifest:
    """Write a backup of everything that the Starling of ``settings`` keeps to ``file``; it may be running.

    Raises:
        BackupFailedError: there is nothing to back up, or no room for it.
        DatabaseUnavailableError: the database cannot be reached.
    """
    taken_at = datetime.now(UTC)
    part = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(prefix=".starling-backup-", dir=file.parent) as name:
            copy = Path(name) / DATABASE
            rows = await _copied_database(settings, copy, file)
            manifest = await asyncio.to_thread(_pack, settings.data_folder, copy, part, taken_at, rows)
        await asyncio.to_thread(Tombstones(settings.data_folder).travel_beside, file.parent)
        part.replace(file)
    except (OSError, sqlite3.Error, SQLAlchemyError, tarfile.TarError) as error:
        reason = str(error).splitlines()[0]
        if isinstance(error, OSError) and error.strerror:
            reason = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        raise BackupFailedError(file, reason) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


async def _copied_database(settings: Settings, copy: Path, file: Path) -> dict[str, int]:
    source = sqlite_file(settings.database)
    if source is not None:
        if not source.is_file():
            raise BackupFailedError(file, f"there is no database at {source}")
        return await asyncio.to_thread(copy_sqlite, source, copy)
    reading = await Database.open_as_it_is(settings.database)
    try:
        writing = await Database.open(f"sqlite:///{copy}")
        try:
            rows = await copy_rows(reading, writing)
            await writing.scrub()
            return rows
        finally:
            await writing.close()
    finally:
        await reading.close()


def _pack(data_folder: Path, copy: Path, part: Path, taken_at: datetime, rows: dict[str, int]) -> Manifest:
    part.touch(mode=0o600)
    found = list(_files(data_folder))
    with tarfile.open(part, "w:gz", compresslevel=_COMPRESSION) as archive:
        archive.add(copy, DATABASE)
        packed = sum(_add(archive, path, path.relative_to(data_folder)) for path in found)
        manifest = Manifest(FORMAT, version("starling"), taken_at.isoformat(), rows, packed)
        told = json.dumps(asdict(manifest), indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode, entry.mtime = len(told), 0o600, int(taken_at.timestamp())
        archive.addfile(entry, BytesIO(told))
    return manifest


def _files(data_folder: Path) -> Iterator[Path]:
    for name in KEPT:
        path = data_folder / name
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (each for each in inside if each.is_file() and not each.is_symlink() and each.name != PRIORITY)


def _add(archive: tarfile.TarFile, path: Path, name: Path) -> int:
    """Add one file; return 1, or 0 if it is gone by now. Files are only replaced as a whole, so an open one does not
    change."""
    try:
        with path.open("rb") as stream:
            archive.addfile(archive.gettarinfo(arcname=str(name), fileobj=stream), stream)
    except FileNotFoundError:
        return 0
    return 1


async def restore(settings: Settings, file: Path, forgotten: Path | None) -> Restored:
    """Restore the backup in ``file`` into the empty place that ``settings`` name, and forget again who and what has
    been forgotten since it was made, according to the list ``forgotten`` (None: the one beside ``file``).

    Raises:
        NoBackupError: the file is not a backup or was made by a later Starling, or there is no list at ``forgotten``.
        PlaceNotEmptyError, DatabaseNotEmptyError: something is there already.
        DatabaseUnavailableError: the database cannot be reached.
        FolderInUseError, DatabaseInUseError: a Starling runs there.
    """
    folder = settings.data_folder
    tombstones = await asyncio.to_thread(_tombstones, file, forgotten)
    with only_one_in_folder(folder):
        _require_empty(folder)
        unpacked = folder / ".restoring"
        try:
            manifest = await asyncio.to_thread(_unpack, file, unpacked)
            await _place_database(settings, unpacked / DATABASE, file)
            for name in KEPT:
                if (unpacked / name).exists():
                    (unpacked / name).rename(folder / name)
        finally:
            await asyncio.to_thread(shutil.rmtree, unpacked, ignore_errors=True)
        since = datetime.fromisoformat(manifest.taken_at)
        again = [tombstone for tombstone in tombstones or () if tombstone.at >= since]
        await _forget(settings, again)
    # From now on, what is forgotten is listed beside that backup as well.
    with suppress(OSError):
        await asyncio.to_thread(Tombstones(folder).travel_beside, file.parent)
    counts = {kind: len({each.id for each in again if each.kind is kind}) for kind in TombstoneKind}
    users, guilds, messages = (
        counts.pop(kind) for kind in (TombstoneKind.USER, TombstoneKind.GUILD, TombstoneKind.MESSAGE)
    )
    return Restored(manifest, users, guilds, messages, sum(counts.values()), tombstones is not None)


def _tombstones(file: Path, forgotten: Path | None) -> list[Tombstone] | None:
    """The tombstones in ``forgotten``, or in the list beside ``file``; None if there is no list beside it."""
    if forgotten is not None and not forgotten.is_file():
        raise NoBackupError(forgotten, "there is no such list")
    listed = forgotten or file.absolute().parent / BESIDE_NAME
    return list(read_tombstones(listed)) if listed.is_file() else None


def _require_empty(folder: Path) -> None:
    found = sorted(each.name for each in folder.iterdir() if not PASSING.fullmatch(each.name))
    if found:
        raise PlaceNotEmptyError(folder, found[0])


def _unpack(file: Path, folder: Path) -> Manifest:
    try:
        with gzip.open(file) as stream:
            folder.mkdir(mode=0o700)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                _extract(archive, folder)
            # gzip's checksum stands after the end of the archive, and is only verified once that is read.
            while stream.read(_PART_BYTES):
                """Only padding is left."""
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**told)
    except FileNotFoundError as error:
        reason = "it is no backup of Starling's" if file.is_file() else "there is no such file"
        raise NoBackupError(file, reason) from error
    except (OSError, tarfile.TarError, zlib.error, EOFError, ValueError, TypeError) as error:
        raise NoBackupError(file, f"it is no whole backup ({str(error).splitlines()[0]})") from error
    if manifest.format > FORMAT:
        raise NoBackupError(file, f"Starling {manifest.starling} made it, which is later than this one")
    return manifest


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Extract a backup, which has only regular files. Python's own filter would enforce that, but is missing in 3.11.2,
    which Debian 12 has."""
    for member in archive:
        place = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or place.is_absolute() or ".." in place.parts:
            raise tarfile.TarError(f"{member.name} does not belong there")
        path = folder / place
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with content, path.open("xb") as target:
            shutil.copyfileobj(content, target)
        os.utime(path, (member.mtime, member.mtime))


async def _place_database(settings: Settings, unpacked: Path, file: Path) -> None:
    """Migrate the ``unpacked`` database to today's schema, and move it, or copy its rows, to where the settings want
    it."""
    try:
        brought = await Database.open(f"sqlite:///{unpacked}")
    except CommandError as error:
        raise NoBackupError(file, "a later Starling made it") from error
    try:
        target_file = sqlite_file(settings.database)
        if target_file is None:
            target = await Database.open(settings.database)
            try:
                async with only_one_in(target):
                    await copy_rows(brought, target)
            finally:
                await target.close()
            return
        await brought.scrub()
    finally:
        await brought.close()
    if target_file.exists():
        raise PlaceNotEmptyError(target_file.parent, target_file.name)
    target_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.move(unpacked, target_file)


async def _forget(settings: Settings, tombstones: list[Tombstone]) -> None:
    if not tombstones:
        return
    # Only a restore needs everything that learns, which takes seconds to import.
    from bot.app.learning import build_personal_data_alone
    from bot.app.stores import build_stores

    ids = {kind: list({each.id for each in tombstones if each.kind is kind}) for kind in TombstoneKind}
    async with AsyncExitStack() as stack:
        stores = await build_stores(settings, stack, clock=lambda: datetime.now(UTC))
        data = build_personal_data_alone(settings, stores)
        for user in ids.pop(TombstoneKind.USER):
            await data.forget_user(int(user))
        for guild in ids.pop(TombstoneKind.GUILD):
            await data.forget_guild(int(guild))
        for kind, of_kind in ids.items():
            for begin in range(0, len(of_kind), _AT_ONCE):
                some = of_kind[begin : begin + _AT_ONCE]
                if kind is TombstoneKind.MESSAGE:
                    await data.forget_messages([int(id_) for id_ in some])
                else:
                    await data.forget_again(kind, some)


async def move_database(settings: Settings, url: str) -> dict[str, int]:
    """Copy every row of the database of ``settings`` into the empty one at ``url``, and return how many rows each table
    has. Starling must not be running. The old database stays as it is.

    Raises:
        DatabaseNotEmptyError, RowsDifferError: nothing was copied.
        DatabaseUnavailableError: one of them cannot be reached.
        FolderInUseError, DatabaseInUseError: a Starling runs.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one_in_folder(settings.data_folder))
        source = await Database.open(settings.database)
        stack.push_async_callback(source.close)
        await stack.enter_async_context(only_one_in(source))
        target = await Database.open(url)
        stack.push_async_callback(target.close)
        await stack.enter_async_context(only_one_in(target))
        try:
            return await copy_rows(source, target)
        except SQLAlchemyError as error:
            raise DatabaseUnavailableError(target.engine.url.render_as_string(), reason_of(error)) from error
