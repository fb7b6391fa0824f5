"""SQLite for asyncio, whose thread is asked once for each statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from aiosqlite.context import contextmanager

ROWS_AHEAD = 256
"""Rows that come along with the statement that finds them; more are fetched when they are wanted."""

_T = TypeVar("_T")


class SqliteConnection(aiosqlite.Connection):
    """A connection of aiosqlite that does at once what never waits: opening and closing a cursor, and rolling back
    where nothing was begun.

    aiosqlite goes to its thread for each of them, and once more for the rows: six times for a statement that reads, of
    which each takes as long as most statements. While the thread is at work, all of it waits there as it does with
    aiosqlite, since SQLite lets one thread at a time in.
    """

    # Each is counted by one thread only.
    _asked = _done = 0

    @property
    def is_idle(self) -> bool:
        """Whether the thread has done all that it was asked for."""
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
        """A cursor. Raises ValueError: the connection is closed."""
        return SqliteCursor(self, self._conn.cursor())

    async def rollback(self) -> None:
        """Undo what the transaction has done, if there is one."""
        if not self.is_idle or self._conn.in_transaction:
            await super().rollback()


class SqliteCursor(aiosqlite.Cursor):
    """A cursor whose first rows come with its statement."""

    def __init__(self, connection: SqliteConnection, cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._connection = connection
        self._ahead: list[Any] = []
        self._has_more = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> SqliteCursor:
        """Carry out ``sql``."""
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
        """The next rows, ``size`` of them (by default ``arraysize``) where there are so many."""
        wanted = self.arraysize if size is None else size
        rows, self._ahead = self._ahead[:wanted], self._ahead[wanted:]
        if self._has_more and len(rows) < wanted:
            rows += await super().fetchmany(wanted - len(rows))
        return rows

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows, self._ahead = self._ahead, []
        return [*rows, *await super().fetchall()] if self._has_more else rows

    async def close(self) -> None:
        """Let go of the rows that are left."""
        if self._connection.is_idle:
            self._cursor.close()
        else:
            await super().close()


def connect(database: str | Path, **options: Any) -> SqliteConnection:
    """A connection to the file ``database``, open once it is awaited; ``options`` are those of ``sqlite3.connect``."""
    connection = SqliteConnection(partial(sqlite3.connect, database, **options), iter_chunk_size=ROWS_AHEAD)
    # A process that ends waits for no thread of a connection that nobody has closed.
    connection._thread.daemon = True
    return connection
