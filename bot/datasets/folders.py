"""Folders of a guild's own files, of which datasets are made and archives kept."""

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
"""Where archives of folders lie."""
OWN = frozenset({"datasets", "trainings", ARCHIVES})
"""Folders that only Starling writes: what lies there is deleted with what it was made of."""


class NoSuchFolderError(StarlingError):
    """Raised when there is nothing in a folder, or no such folder."""

    sentence = _(
        "There is nothing in a folder {folder} here. /files list shows what there is, /files upload adds to it."
    )

    def __init__(self, folder: str) -> None:
        super().__init__(folder=shown(folder))


class OwnFolderError(StarlingError):
    """Raised for a folder in which only Starling puts files."""

    sentence = _("In {folder} I keep what I make myself. Choose another folder.")

    def __init__(self, folder: str) -> None:
        super().__init__(folder=shown(folder))


def folder_named(given: str) -> str:
    """``given`` as the path of a folder that people may use, without slashes at its ends.

    Raises:
        BadFileNameError: no folder is called so.
        OwnFolderError
    """
    names = split_path(given.strip().strip("/"))
    if names[0].casefold() in OWN:
        raise OwnFolderError(names[0])
    return "/".join(names)


def files_below(listing: Sequence[StoredFile], folder: str) -> list[StoredFile]:
    """Those of ``listing`` that lie in ``folder`` or in folders of it, by their paths; or the one file of that path.

    Raises:
        NoSuchFolderError: there is none.
    """
    found = [file for file in listing if file.path == folder or file.path.startswith(f"{folder}/")]
    if not found:
        raise NoSuchFolderError(folder)
    return sorted(found, key=lambda file: file.path)


def folders_of(listing: Sequence[StoredFile]) -> dict[str, int]:
    """The folders that people may use, with the number of files below each, those with the newest files first."""
    counts: dict[str, int] = {}
    for file in listing:
        names = file.path.split("/")[:-1]
        if names and names[0].casefold() not in OWN:
            for depth in range(len(names)):
                folder = "/".join(names[: depth + 1])
                counts[folder] = counts.get(folder, 0) + 1
    return counts


async def readable_in(files: Folder, folder: str) -> list[ReadableFile]:
    """What examples can be read from in ``folder``.

    Raises:
        NoSuchFolderError
        UploadRefusedError: it is too much.
    """
    listed = [file for file in files_below(await files.listing(), folder) if is_readable(file.path)]
    try:
        require_room([(file.path, file.size_bytes) for file in listed])
    except Problem as problem:
        raise UploadRefusedError(folder, [problem.message]) from None
    return [ReadableFile(file.path, await _content(files, file)) for file in listed]


async def archived(files: Folder, folder: str) -> tuple[StoredFile, list[str]]:
    """Pack ``folder`` as a zip among the archives; the same files give the same zip. Returns also what is in it.

    Raises:
        NoSuchFolderError
        FileNotThereError: one was deleted meanwhile.
        QuotaExceededError, TooManyFilesError, DiskFullError: there is no room.
    """
    listed = files_below(await files.listing(), folder)
    state = "\n".join(f"{file.path}\t{file.size_bytes}\t{file.modified_at.isoformat()}" for file in listed)
    name = f"{folder.replace('/', ' ')[:100].strip(' .')} {hashlib.sha256(state.encode()).hexdigest()[:8]}.zip"
    paths = [file.path for file in listed]
    return await files.write_zip(f"{ARCHIVES}/{name}", paths), paths


async def _content(files: Folder, file: StoredFile) -> bytes:
    with await files.open(file.path) as source:
        # What has grown since it was listed is cut, and then is no such file any more.
        return await asyncio.to_thread(source.read, file.size_bytes)
