"""Folders among a guild's files: those that datasets can be made from, and those for archives."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from bot.datasets.problems import Problem, UploadRefusedError
from bot.datasets.unpacking import ReadableFile, is_readable, require_room
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import shown, split_path
from bot.storage.files import Folder, StoredFile

ARCHIVES = "archives"
"""The folder for archives of folders."""
OWN = frozenset({"datasets", "trainings", ARCHIVES})
"""Folders that only Starling writes to: a file there is deleted along with what it was made from."""


class NoSuchFolderError(StarlingError):
    """Raised when a folder is empty or does not exist."""

    sentence = _(
        "There is nothing in a folder {folder} here. /files list shows what there is, /files upload adds to it."
    )

    def __init__(self, folder: str) -> None:
        super().__init__(folder=shown(folder))


class OwnFolderError(StarlingError):
    """Raised for a folder that only Starling writes to."""

    sentence = _("In {folder} I keep what I make myself. Choose another folder.")

    def __init__(self, folder: str) -> None:
        super().__init__(folder=shown(folder))


def folder_named(given: str) -> str:
    """``given`` as the path of a folder that people may use, without leading and trailing slashes.

    Raises:
        BadFileNameError: it cannot be the path of a folder.
        OwnFolderError
    """
    names = split_path(given.strip().strip("/"))
    if names[0].casefold() in OWN:
        raise OwnFolderError(names[0])
    return "/".join(names)


def files_below(listing: Sequence[StoredFile], folder: str) -> list[StoredFile]:
    """The files of ``listing`` in ``folder`` and its subfolders, sorted by path; or the one file with that path.

    Raises:
        NoSuchFolderError: there are none.
    """
    found = [file for file in listing if file.path == folder or file.path.startswith(f"{folder}/")]
    if not found:
        raise NoSuchFolderError(folder)
    return sorted(found, key=lambda file: file.path)


def folders_of(listing: Sequence[StoredFile]) -> dict[str, int]:
    """The folders that people may use, with the number of files below each; those with the newest files come first if
    ``listing`` has the newest files first."""
    counts: dict[str, int] = {}
    for file in listing:
        names = file.path.split("/")[:-1]
        if names and names[0].casefold() not in OWN:
            for depth in range(len(names)):
                folder = "/".join(names[: depth + 1])
                counts[folder] = counts.get(folder, 0) + 1
    return counts


async def readable_in(files: Folder, folder: str) -> list[ReadableFile]:
    """Read the files in ``folder`` that can have examples.

    Raises:
        NoSuchFolderError
        UploadRefusedError: the files are too many or too large.
    """
    listed = [file for file in files_below(await files.listing(), folder) if is_readable(file.path)]
    try:
        require_room([(file.path, file.size_bytes) for file in listed])
    except Problem as problem:
        raise UploadRefusedError(folder, [problem.message]) from None
    return [ReadableFile(file.path, await _content(files, file)) for file in listed]


async def archived(files: Folder, folder: str) -> tuple[StoredFile, list[str]]:
    """Pack ``folder`` as a zip among the archives; the same files give the same zip. Also returns the paths of the
    files in it.

    Raises:
        NoSuchFolderError
        FileNotThereError: a file was deleted meanwhile.
        QuotaExceededError, TooManyFilesError, DiskFullError: there is no room.
    """
    listed = files_below(await files.listing(), folder)
    state = "\n".join(f"{file.path}\t{file.size_bytes}\t{file.modified_at.isoformat()}" for file in listed)
    name = f"{folder.replace('/', ' ')[:100].strip(' .')} {hashlib.sha256(state.encode()).hexdigest()[:8]}.zip"
    paths = [file.path for file in listed]
    return await files.write_zip(f"{ARCHIVES}/{name}", paths), paths


async def _content(files: Folder, file: StoredFile) -> bytes:
    with await files.open(file.path) as source:
        # A file that has grown since it was listed is cut off at its listed size, so that the limit holds.
        return await asyncio.to_thread(source.read, file.size_bytes)
