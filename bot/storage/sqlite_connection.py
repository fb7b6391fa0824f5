"""SQLite for asyncio, with one round trip to the connection's thread per statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from aiosqlite.context import contextmanager

ROWS_AHEAD = 256
"""How many rows are fetched together with the statement; further ones are fetched on demand."""

_T = TypeVar("_T")


class SqliteConnection(aiosqlite.Connection):
    """An aiosqlite connection that does without its thread what never waits: opening and closing a cursor, and rolling
    back when there is no transaction.

    aiosqlite makes a round trip to its thread for each of these, and another for the rows: six for a statement that
    reads, each of which takes as long as most statements. While the thread is busy, closing a cursor and rolling back
    go through it as in aiosqlite, since SQLite lets in one thread at a time.
    """

    # Each is only incremented by one thread.
    _asked = _done = 0

    @property
    def is_idle(self) -> bool:
        """Whether the thread has finished everything it was asked to do."""
        return self._asked == self._done

    async def _execute(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        self._asked += 1
        result: _T = await super()._execute(self._counted, partial(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        return result

    def _counted(self, work: Callable[[], _T]) -> _T:
        try:
            return work()
        finally:
            self._done += 1

    @contextmanager
    async def cursor(self) -> aiosqlite.Cursor:
        """Open a cursor. Raises ``ValueError`` if the connection is closed."""
        return SqliteCursor(self, self._conn.cursor())

    async def rollback(self) -> None:
        """Roll back the transaction, if there is one."""
        if not self.is_idle or self._conn.in_transaction:
            await super().rollback()


class SqliteCursor(aiosqlite.Cursor):
    """A cursor that fetches its first rows together with the statement."""

    def __init__(self, connection: SqliteConnection, cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._connection = connection
        self._ahead: list[Any] = []
        self._has_more = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> SqliteCursor:
        """Execute ``sql``."""
        given = () if parameters is None else parameters
        await self._execute(self._carried_out, sql, given)  # type: ignore[no-untyped-call]
        return self

    def _carried_out(self, sql: str, parameters: Any) -> None:
        self._ahead, self._has_more = [], False
        self._cursor.execute(sql, parameters)
        if self._cursor.description is not None:
            self._ahead = self._cursor.fetchmany(ROWS_AHEAD)
            self._has_more = len(self._ahead) == ROWS_AHEAD

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, up to ``size`` of them (by default ``arraysize``)."""
        wanted = self.arraysize if size is None else size
        rows, self._ahead = self._ahead[:wanted], self._ahead[wanted:]
        if self._has_more and len(rows) < wanted:
            rows += await super().fetchmany(wanted - len(rows))
        return rows

    async def fetchall(self) -> list[Any]:
        """All remaining rows."""
        rows, self._ahead = self._ahead, []
        return [*rows, *await super().fetchall()] if self._has_more else rows

    async def close(self) -> None:
        """Close the cursor, discarding the remaining rows."""
        if self._connection.is_idle:
            self._cursor.close()
        else:
            await super().close()


def connect(database: str | Path, **options: Any) -> SqliteConnection:
    """A connection to the file ``database``, open once it is awaited; ``options`` are those of ``sqlite3.connect``."""
    connection = SqliteConnection(partial(sqlite3.connect, database, **options), iter_chunk_size=ROWS_AHEAD)
    # A daemon thread, so that a connection that nobody closed does not keep the process from exiting.
    connection._thread.daemon = True
    return connection
