"""Locks that let only one Starling run on a data folder, on a database, and with a token: two would answer everything
twice. Several gateways share all of these, but no two of them may have the same number."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.settings import Settings
from bot.storage.advisory_locks import AdvisoryLock, AdvisoryLocks
from bot.storage.database import Database, DatabaseUnavailableError, reason_of

DATABASE_LOCK = 0x57A1_0001
"""The PostgreSQL advisory lock of the running Starling, which several gateways share; an arbitrary number that nothing
else in the database uses."""
LOCK_NAME = ".running"
"""The name of a data folder's lock file; gateways that share the folder append "-0", "-1" and so on."""
GATEWAY_PATIENCE_S = 5.0


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
def only_one_on(settings: Settings, token: str, api_url: str | None) -> Iterator[None]:
    """Hold the locks of a data folder and of a token at one Discord; the system releases them when a process dies. From
    then on only its owner can open the folder, which holds what people said. Of several gateways, each has locks of its
    own there.

    Raises:
        FolderInUseError, TokenInUseError: another process has one of the locks.
        FolderUnusableError: nothing can be written there.
    """
    # The token itself is in no file: a hash tells tokens apart as well, and gives access to nothing.
    name = hashlib.sha256(f"{api_url} {token}".encode()).hexdigest()[:32]
    of_token = Path(tempfile.gettempdir()) / f"starling-{os.getuid()}-{name}.running"
    with (
        only_one_in_folder(settings.data_folder, settings.of_gateway),
        _held(of_token, settings.of_gateway, TokenInUseError()),
    ):
        yield


@contextlib.contextmanager
def only_one_in_folder(folder: Path, of_gateway: str = "") -> Iterator[None]:
    """Hold only the lock of a data folder, for work on it while no Starling runs there. ``of_gateway``: the suffix of
    one of several gateways, see ``Settings.of_gateway``; the others may hold theirs.

    Raises:
        FolderInUseError: another process has it.
        FolderUnusableError: nothing can be written there.
    """
    refusal = FolderInUseError(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's folder, such as a volume's
            folder.chmod(0o700)
        locks = _acquired(folder / LOCK_NAME, of_gateway, refusal)
    except OSError as error:
        raise FolderUnusableError(folder, error.strerror or str(error)) from error
    try:
        yield
    finally:
        _release(locks)


@contextlib.contextmanager
def _held(path: Path, of_gateway: str, refusal: StarlingError) -> Iterator[None]:
    locks = _acquired(path, of_gateway, refusal)
    try:
        yield
    finally:
        _release(locks)


def _acquired(path: Path, of_gateway: str, refusal: StarlingError) -> list[FileLock]:
    """Acquire the lock at ``path`` and those of all gateways beside it; for a gateway, only its own, provided that
    nobody holds the one at ``path``."""
    if not of_gateway:
        locks = [_locked(path, refusal)]
        try:
            locks += [_locked(each, refusal) for each in sorted(path.parent.glob(f"{path.name}-*"))]
        except BaseException:
            _release(locks)
            raise
        return locks
    # Other gateways hold it for a moment when they start.
    door = _locked(path, refusal, patience_s=GATEWAY_PATIENCE_S)
    try:
        return [_locked(path.with_name(f"{path.name}{of_gateway}"), refusal)]
    finally:
        door.release()


def _locked(path: Path, refusal: StarlingError, patience_s: float = 0.0) -> FileLock:
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=patience_s)
    except Timeout:
        raise refusal from None
    return lock


def _release(locks: list[FileLock]) -> None:
    for lock in locks:
        lock.release()


@contextlib.asynccontextmanager
async def only_one_in(database: Database) -> AsyncIterator[AdvisoryLocks | None]:
    """Hold the lock of a PostgreSQL database while the block runs, on a connection of its own; for SQLite, the lock of
    its folder is enough. Gives the locks, or None for SQLite. They have to be watched in a long block, because a
    restarted server has lost them.

    Raises:
        DatabaseInUseError: another process has it.
        DatabaseUnavailableError: the database cannot be reached.
    """
    if database.engine.dialect.name != "postgresql":
        yield None
        return
    async with contextlib.AsyncExitStack() as stack:
        try:
            locks = await stack.enter_async_context(AdvisoryLocks(database.engine.url, grace_s=math.inf))
            is_held = await locks.take(AdvisoryLock(DATABASE_LOCK))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise DatabaseUnavailableError(database.engine.url.render_as_string(), reason_of(error)) from error
        if not is_held:
            raise DatabaseInUseError
        yield locks
