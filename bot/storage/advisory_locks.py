"""PostgreSQL advisory locks, for work that only one of several processes may do. They last as long as one connection.

A process holds all its locks on one dedicated connection, outside the pool. They belong to the session, so the server
must be reached directly, or through a pooler that gives each client its own session (pgbouncer:
``pool_mode = session``, never ``transaction``).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Self, TypeVar

import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.database import reason_of

log = structlog.get_logger()

BEAT_S = 1.0
"""How often the connection is checked."""
STATEMENT_TIMEOUT_S = 5.0
GRACE_S = 10.0
"""How long to try to reconnect after the connection was lost. A server that is not running gives locks to nobody, so
the time until it is back does not count."""
_RETRY_S = 0.5
_LOOK_EVERY_S = 0.5
"""The polling interval while waiting for a lock: a statement that waits in the server would hold up all others."""
_SERVER_SETTINGS = {
    "application_name": "starling locks",
    # The locks of a machine that has vanished are released within 15 seconds.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
_STARTING_UP = "57P03"
"""PostgreSQL's error code while the server is starting up or shutting down and accepts no connections."""

_ResultT = TypeVar("_ResultT")


class LocksLostError(StarlingError):
    """Raised when the connection that holds the locks was lost and the locks could not be acquired again."""

    sentence = _(
        "The connection to PostgreSQL that keeps other processes from this one's shards was lost, and another process "
        "may have them by now, so this one stops. Start it again once the database can be reached."
    )


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """The key of a lock: two signed 32-bit numbers, or a single 64-bit number, as PostgreSQL has them."""

    space: int
    number: int | None = None
    is_shared: bool = False
    """Whether others may hold the lock at the same time, if they share it too."""

    @property
    def keys(self) -> str:
        return str(self.space) if self.number is None else f"{self.space}, {self.number}"

    @property
    def taking(self) -> str:
        return f"SELECT pg_try_advisory_lock{'_shared' if self.is_shared else ''}({self.keys})"

    @property
    def giving_back(self) -> str:
        return f"SELECT pg_advisory_unlock{'_shared' if self.is_shared else ''}({self.keys})"

    @property
    def shown_as(self) -> tuple[int, int, int]:
        """``classid``, ``objid`` and ``objsubid`` in ``pg_locks``."""
        if self.number is None:
            return self.space >> 32, self.space & 0xFFFF_FFFF, 1
        return self.space, self.number, 2


@dataclass(frozen=True, slots=True)
class _Session:
    """One connection, as the server identifies it."""

    pid: int
    began_at: datetime


class AdvisoryLocks:
    """The locks of one process."""

    def __init__(self, url: URL, *, grace_s: float = GRACE_S) -> None:
        """``url``: a PostgreSQL database, with the driver that this project uses. ``grace_s``: see ``GRACE_S``."""
        self._grace_s = grace_s
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT",
            connect_args={"timeout": STATEMENT_TIMEOUT_S, "server_settings": _SERVER_SETTINGS},
        )  # fmt: skip
        self._connection: AsyncConnection | None = None
        self._held: list[AdvisoryLock] = []
        self._passing: dict[AdvisoryLock, asyncio.Event] = {}
        """The locks of ``_held`` that another process may take over, each with the event that is set when it does."""
        self._session: _Session | None = None
        self._one_at_a_time = asyncio.Lock()
        """A connection executes one statement at a time."""

    async def __aenter__(self) -> Self:
        """Connect. Raises ``SQLAlchemyError`` or ``OSError``."""
        await self._ask(self._connect)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Release all locks by closing the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                    await connection.close()

    async def take(self, lock: AdvisoryLock, *, patience_s: float = 0.0) -> bool:
        """Acquire ``lock``, waiting up to ``patience_s`` if someone else holds it; returns whether it was acquired.

        Raises: as ``__aenter__``, when the connection is lost.
        """
        until = time.monotonic() + patience_s
        while True:
            if await self._ask(lambda: self._take(lock)):
                self._held.append(lock)
                return True
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)

    async def release(self, lock: AdvisoryLock) -> None:
        """Release ``lock``. Errors are ignored: a lost connection holds no locks."""
        if lock not in self._held:
            return
        self._held.remove(lock)
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            await self._ask(lambda: self._scalar(lock.giving_back))

    @contextlib.asynccontextmanager
    async def held(self, lock: AdvisoryLock) -> AsyncIterator[asyncio.Event]:
        """Hold ``lock`` during the block, after waiting however long another process has it. Only one block at a time
        may hold a lock. Yields an event that is set when another process took the lock because the connection was
        lost."""
        await self._wait_for(lock)
        self._passing[lock] = asyncio.Event()
        try:
            yield self._passing[lock]
        finally:
            del self._passing[lock]
            await self.release(lock)

    async def others_in(self, space: int, number: int) -> list[int]:
        """The numbers, other than ``number``, of the locks that are held in ``space`` in the same database."""
        wanted = text(
            "SELECT DISTINCT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = :space AND objid::bigint <> :number ORDER BY 1"
        )

        async def ask() -> list[int]:
            found = await self._connected.execute(wanted, {"space": space, "number": number})
            return [int(one) for one in found.scalars()]

        return await self._ask(ask)

    async def watch(self) -> NoReturn:
        """Check that all locks stay held, reconnecting if needed. Runs until it is cancelled.

        Raises:
            LocksLostError: they could not be acquired again.
        """
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._ask(lambda: self._scalar("SELECT 1"))
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("the connection that holds the locks was lost", why=reason_of(error))
                await self._recover()

    async def _recover(self) -> None:
        """Acquire again every lock that was held, except those that may pass to another process and did.

        Raises:
            LocksLostError: another process has one of the others by now, or it took longer than ``grace_s``.
        """
        left_s, last = self._grace_s, time.monotonic()
        while left_s > 0:
            is_away = False
            try:
                if await self._ask(self._reconnect):
                    log.info("the locks are held again")
                    return
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                is_away = _is_away(error)
            await asyncio.sleep(_RETRY_S)
            now = time.monotonic()
            left_s, last = left_s if is_away else left_s - (now - last), now
        raise LocksLostError

    async def _reconnect(self) -> bool:
        """Connect and try to acquire the locks again; returns False if the lost session still held one of them, in
        which case that session was terminated and the caller should try again. Locks that may pass to another process
        and did are given up.

        Raises:
            LocksLostError: another process has one of the others by now.
        """
        before = self._session
        await self._drop()
        await self._connect()
        for lock in list(self._held):
            if await self._take(lock):
                continue
            if before is not None and await self._end_of(before, lock):
                self._session = before
                return False
            if lock not in self._passing:
                raise LocksLostError
            self._held.remove(lock)
            self._passing[lock].set()
        return True

    async def _end_of(self, session: _Session, lock: AdvisoryLock) -> bool:
        """Terminate ``session``, which we have lost, if it is still alive on the server and holds ``lock``. Returns
        whether no other session holds the lock."""
        space, number, kind = lock.shown_as
        wanted = text(
            "SELECT pid, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' "
            "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = :space AND objid::bigint = :number AND objsubid = :kind"
        )
        found = await self._connected.execute(wanted, {"space": space, "number": number, "kind": kind})
        holders = {_Session(pid, began_at) for pid, began_at in found}
        if session in holders:
            await self._scalar(f"SELECT pg_terminate_backend({session.pid})")
        return holders <= {session}

    async def _wait_for(self, lock: AdvisoryLock) -> None:
        while True:
            # If the connection is lost, ``watch`` reconnects or ends the process.
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                if await self.take(lock):
                    return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _take(self, lock: AdvisoryLock) -> bool:
        return bool(await self._scalar(lock.taking))

    async def _scalar(self, statement: str) -> object:
        return await self._connected.scalar(text(statement))

    @property
    def _connected(self) -> AsyncConnection:
        if self._connection is None:
            raise ConnectionResetError("the connection that holds the locks is lost")
        return self._connection

    async def _ask(self, ask: Callable[[], Awaitable[_ResultT]]) -> _ResultT:
        async with self._one_at_a_time, asyncio.timeout(STATEMENT_TIMEOUT_S):
            return await ask()

    async def _connect(self) -> None:
        self._connection = await self._engine.connect()
        wanted = text("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        pid, began_at = (await self._connection.execute(wanted)).one()
        self._session = _Session(pid, began_at)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                await connection.invalidate()
                await connection.close()


def _is_away(error: Exception) -> bool:
    """Whether nobody at all can connect: the server's machine refuses the connection because the server is not running,
    or the server says that it is starting up or shutting down."""
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _STARTING_UP
