"""Locks that PostgreSQL holds for as long as one connection lives: what only one of several processes may do.

A connection of its own holds them all, beside the pool. They belong to the session, so that the server must be reached
itself, or by a pooler that gives each client a session (pgbouncer: ``pool_mode = session``, never ``transaction``).
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
"""How often it is looked whether the connection lives."""
STATEMENT_TIMEOUT_S = 5.0
GRACE_S = 10.0
"""After the connection was lost, so long it is tried to connect again. A server that is away gives no locks to anybody,
so until it is back the time does not count."""
_RETRY_S = 0.5
_LOOK_EVERY_S = 0.5
"""Whoever waits for a lock looks as often whether it is free: a statement that waits would hold up all others."""
_SERVER_SETTINGS = {
    "application_name": "starling locks",
    # A machine that has vanished lets go of its locks within a quarter of a minute.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
_STARTING_UP = "57P03"
"""PostgreSQL's code for a server that takes no connections yet, or any more."""

_ResultT = TypeVar("_ResultT")


class LocksLostError(StarlingError):
    """Raised when the connection that holds the locks was lost and they could not be had again."""

    sentence = _(
        "The connection to PostgreSQL that keeps other processes from this one's shards was lost, and another process "
        "may have them by now, so this one stops. Start it again once the database can be reached."
    )


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """What is locked: PostgreSQL's two keys, 32 bits with a sign each, or a single one of 64."""

    space: int
    number: int | None = None
    is_shared: bool = False
    """Whether others may hold it as well who share it."""

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
    """One connection, as the server knows it."""

    pid: int
    began_at: datetime


class AdvisoryLocks:
    """The locks of one process."""

    def __init__(self, url: URL, *, grace_s: float = GRACE_S) -> None:
        """``url``: of a PostgreSQL database, with the driver that this project uses. ``grace_s``: see ``GRACE_S``."""
        self._grace_s = grace_s
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT",
            connect_args={"timeout": STATEMENT_TIMEOUT_S, "server_settings": _SERVER_SETTINGS},
        )  # fmt: skip
        self._connection: AsyncConnection | None = None
        self._held: list[AdvisoryLock] = []
        self._passing: dict[AdvisoryLock, asyncio.Event] = {}
        """Those of ``_held`` that may pass to another, and what tells of it."""
        self._session: _Session | None = None
        self._one_at_a_time = asyncio.Lock()
        """A connection carries out one statement at a time."""

    async def __aenter__(self) -> Self:
        """Connect. Raises what ``sqlalchemy`` does, or ``OSError``."""
        await self._ask(self._connect)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of all."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                    await connection.close()

    async def take(self, lock: AdvisoryLock, *, patience_s: float = 0.0) -> bool:
        """Hold ``lock`` from now on, waiting ``patience_s`` for whoever has it; says whether it is held.

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
        """Hold ``lock`` no longer. A connection that is lost holds nothing any more."""
        if lock not in self._held:
            return
        self._held.remove(lock)
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            await self._ask(lambda: self._scalar(lock.giving_back))

    @contextlib.asynccontextmanager
    async def held(self, lock: AdvisoryLock) -> AsyncIterator[asyncio.Event]:
        """Hold ``lock`` for as long as the block, however long another has it before; once, and by one block. Gives
        what is set when another got it because the connection was lost."""
        await self._wait_for(lock)
        self._passing[lock] = asyncio.Event()
        try:
            yield self._passing[lock]
        finally:
            del self._passing[lock]
            await self.release(lock)

    async def others_in(self, space: int, number: int) -> list[int]:
        """Numbers other than ``number`` that somebody holds in ``space``, in the same database."""
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
        """See that all stay held, for as long as this runs; ends by being cancelled.

        Raises:
            LocksLostError: they do not.
        """
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._ask(lambda: self._scalar("SELECT 1"))
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("the connection that holds the locks was lost", why=reason_of(error))
                await self._recover()

    async def _recover(self) -> None:
        """Get every lock again that was held.

        Raises:
            LocksLostError: another has one of them by now, or it took longer than ``grace_s``.
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
        """Says whether every lock is held again, and not by the session that was lost, which is ended.

        Raises:
            LocksLostError: another has one of them by now.
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
        """End the session that we have lost and that goes on at the server, where it has ``lock``; says whether it
        has, or nobody any more."""
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
            # While the connection is lost, ``watch`` gets it again, or ends the process.
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
    """Whether nobody can connect: the server's own machine says that it does not run, or it says that it begins or
    ends."""
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _STARTING_UP
