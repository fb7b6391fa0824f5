"""A folder on disk that no path can lead out of.

Each component of a path is opened separately, relative to the folder before it and never through a link (openat with
O_NOFOLLOW). So nothing is gained by replacing a folder with a link while a path is being followed: what is already open
stays open. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.file_names import MAX_DEPTH, BadFileNameError, is_name, shown, split_path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
"""ELOOP and ENOTDIR are also the errors for a link with O_NOFOLLOW; ENXIO is the error for a socket."""

_WRITING = ".writing-"
"""The prefix of a file's name until it is complete; no path may contain such a name."""
_ABANDONED_S = 24 * 3600


class FileNotThereError(StarlingError):
    """Raised when there is no such file, or what is there is not a regular file: a link, a folder, a pipe, a device."""

    sentence = _("File not found: {path}")

    def __init__(self, path: str) -> None:
        super().__init__(path=shown(path))


class DiskFullError(StarlingError):
    """Raised when the disk is full."""

    sentence = _("The disk of the machine that Starling runs on is full, so {path} was not saved. Tell the operator.")
    concerns_host = True

    def __init__(self, path: str) -> None:
        super().__init__(path=shown(path))


class SealedFolder:
    """The folder ``place`` below ``base``. It need not exist before the first write.

    ``base`` belongs to the operator and may be reached through links; ``place`` may not contain any.
    """

    def __init__(self, base: Path, place: Sequence[str]) -> None:
        self._base = base
        self._place = tuple(place)

    def scan(self) -> list[tuple[str, os.stat_result]]:
        """The path and state of every regular file, in no particular order. Files that cannot have been written by this
        class are left out: those with invalid names, with hard links, or nested too deeply."""
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(self._opened(()))
            except OSError as error:
                if error.errno in _NOT_THERE:
                    return []
                raise
            return _files_in(folder, "", MAX_DEPTH)

    def open(self, path: str) -> BinaryIO:
        """Open the file at ``path`` for reading. Later writes to ``path`` do not change what is read.

        Raises:
            BadFileNameError: see ``split_path``.
            FileNotThereError: there is no such file, or it is not a regular file, or it has a second hard link.
        """
        *folders, name = split_path(path)
        with _found(path), self._opened(folders) as folder:
            # Checked before opening, since opening a device may have effects, and after, in case it was swapped.
            _require_plain(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
            descriptor = os.open(name, _READ, dir_fd=folder)
            try:
                _require_plain(path, os.fstat(descriptor))
                return os.fdopen(descriptor, "rb")
            except BaseException:
                os.close(descriptor)
                raise

    def write(self, path: str, chunks: Iterable[bytes]) -> os.stat_result:
        """Write ``chunks`` to ``path``, creating folders as needed. If anything fails, also in iterating ``chunks``,
        the old file stays.

        Raises:
            BadFileNameError: see ``split_path``; or a folder has that name, or one of the folders in ``path`` is not a
                folder.
            DiskFullError: the disk is full.
        """
        *folders, name = split_path(path)
        unfinished = _WRITING + secrets.token_hex(8)
        self._base.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_room_on_disk(path))
            with _nameable(path):
                root = stack.enter_context(self._opened((), create=True))
                folder = stack.enter_context(self._opened(folders, create=True))
            _sweep(root)
            descriptor = os.open(unfinished, _CREATE, 0o600, dir_fd=root)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.writelines(chunks)
                    file.flush()
                    os.fsync(descriptor)
                    state = os.fstat(descriptor)
                with _nameable(path):
                    os.rename(unfinished, name, src_dir_fd=root, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(unfinished, dir_fd=root)
                raise
            os.fsync(folder)
        return state

    def delete(self, path: str) -> None:
        """Delete the file at ``path``; raises as ``open`` does."""
        *folders, name = split_path(path)
        with _found(path), self._opened(folders) as folder:
            _require_plain(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
            os.unlink(name, dir_fd=folder)

    @contextlib.contextmanager
    def _opened(self, folders: Sequence[str], *, create: bool = False) -> Iterator[int]:
        """Open the folder that ``folders`` lead to, one name at a time; yields its descriptor."""
        folder = os.open(self._base, _FOLDER)
        try:
            for name in (*self._place, *folders):
                if create:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=folder)
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _files_in(folder: int, prefix: str, depth: int) -> list[tuple[str, os.stat_result]]:
    found: list[tuple[str, os.stat_result]] = []
    inner: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_name(entry.name):
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if _is_plain(state):
                found.append((prefix + entry.name, state))
            elif stat.S_ISDIR(state.st_mode):
                inner.append(entry.name)
    for name in inner if depth > 1 else ():
        try:
            descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        except OSError as error:
            if error.errno in _NOT_THERE:
                continue
            raise
        try:
            found += _files_in(descriptor, f"{prefix}{name}/", depth - 1)
        finally:
            os.close(descriptor)
    return found


def _is_plain(state: os.stat_result) -> bool:
    return stat.S_ISREG(state.st_mode) and state.st_nlink <= 1


def _require_plain(path: str, state: os.stat_result) -> None:
    if not _is_plain(state):
        raise FileNotThereError(path)


@contextlib.contextmanager
def _found(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise FileNotThereError(path) from error
        raise


@contextlib.contextmanager
def _nameable(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP, errno.EISDIR):
            raise BadFileNameError(path) from error
        raise


@contextlib.contextmanager
def _room_on_disk(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(path) from error
        raise


def _sweep(root: int) -> None:
    """Delete unfinished files that are older than ``_ABANDONED_S``: the process that wrote them was killed."""
    with os.scandir(root) as entries:
        left = [entry.name for entry in entries if entry.name.startswith(_WRITING)]
    for name in left:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            if os.stat(name, dir_fd=root, follow_symlinks=False).st_mtime < time.time() - _ABANDONED_S:
                os.unlink(name, dir_fd=root)
