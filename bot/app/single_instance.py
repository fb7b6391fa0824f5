"""One Starling at a time on a data folder, on a database, and with a token: two would answer everything twice."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import text

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.database import Database

_DATABASE_LOCK = 0x57A1_0001
"""PostgreSQL's advisory lock of the one that runs; any number that nothing else in the database uses."""


class FolderInUseError(StarlingError):
    """Raised when another process runs on the same data folder."""

    sentence = _(
        "Another Starling runs on the data folder {folder} already. Stop it first, or give this one another "
        "DATA_FOLDER."
    )

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder)


class FolderUnusableError(StarlingError):
    """Raised when nothing can be written into the data folder."""

    sentence = _(
        "The data folder {folder} cannot be used: {reason}. Set DATA_FOLDER to one that this user may write into, "
        "such as DATA_FOLDER={example}."
    )

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder=folder.absolute(), reason=reason, example="/var/lib/starling/data")


class TokenInUseError(StarlingError):
    """Raised when another process on this machine is connected with the same token."""

    sentence = _(
        "Another Starling on this machine uses the same DISCORD_TOKEN already, and everybody would be answered twice. "
        "Stop it first, or make another application for this one."
    )


class DatabaseInUseError(StarlingError):
    """Raised when another process, on whatever machine, runs on the same PostgreSQL database."""

    sentence = _(
        "Another Starling runs on the same database already. Stop it first, or give this one a DATABASE_URL of its own."
    )


@contextlib.contextmanager
def only_one_on(folder: Path, token: str, api_url: str | None) -> Iterator[None]:
    """Hold the locks of a data folder and of a token at one Discord; the system lets go of them when a process dies.
    The folder, which holds what people said, is for its owner alone from then on.

    Raises:
        FolderInUseError, TokenInUseError: somebody else has one of them.
        FolderUnusableError: nothing can be written there.
    """
    # The token itself is in no file: what opens nothing tells them apart as well.
    name = hashlib.sha256(f"{api_url} {token}".encode()).hexdigest()[:32]
    shared = Path(tempfile.gettempdir())
    with (
        only_one_in_folder(folder),
        _held(shared / f"starling-{os.getuid()}-{name}.running", TokenInUseError()),
    ):
        yield


@contextlib.contextmanager
def only_one_in_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a data folder alone, for what is done to it while no Starling runs there.

    Raises:
        FolderInUseError: somebody else has it.
        FolderUnusableError: nothing can be written there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's folder, such as a volume's
            folder.chmod(0o700)
        lock = _acquired(folder / ".running", FolderInUseError(folder))
    except OSError as error:
        raise FolderUnusableError(folder, error.strerror or str(error)) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _held(path: Path, refusal: StarlingError) -> Iterator[None]:
    lock = _acquired(path, refusal)
    try:
        yield
    finally:
        lock.release()


def _acquired(path: Path, refusal: StarlingError) -> FileLock:
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise refusal from None
    return lock


@contextlib.asynccontextmanager
async def only_one_in(database: Database) -> AsyncIterator[None]:
    """Hold the lock of a PostgreSQL database for as long as the block, by a connection of its own; of SQLite, the lock
    of its folder is enough.

    Raises:
        DatabaseInUseError: somebody else has it.
    """
    if database.engine.dialect.name != "postgresql":
        yield
        return
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _DATABASE_LOCK}):
            raise DatabaseInUseError
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _DATABASE_LOCK})
