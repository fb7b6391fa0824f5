"""SQLite's thread gets one request per statement, and a cancelled caller holds up nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.sqlite_connection import ROWS_AHEAD, SqliteConnection

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {}) SELECT {} FROM numbers"


@pytest_asyncio.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{tmp_path}/starling.db")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE numbers_said (n INTEGER)"))
    yield database
    await database.close()


async def asked_of(connection: AsyncConnection) -> int:
    """How many requests the thread of ``connection`` has received."""
    own = (await connection.get_raw_connection()).driver_connection
    assert isinstance(own, SqliteConnection)
    return own._asked


async def test_the_thread_is_asked_once_to_read_and_twice_to_write(opened: Database) -> None:
    async with opened.engine.connect() as connection:
        before = await asked_of(connection)
    async with opened.sessions() as session:
        assert (await session.scalars(text(NUMBERS.format(3, "n")))).all() == [1, 2, 3]
    async with opened.engine.connect() as connection:
        read = await asked_of(connection)
    async with opened.sessions.begin() as session:
        await session.execute(text("INSERT INTO numbers_said VALUES (7)"))
    async with opened.engine.connect() as connection:
        assert (read - before, await asked_of(connection) - read) == (1, 2)


@pytest.mark.parametrize("rows", [0, 1, ROWS_AHEAD - 1, ROWS_AHEAD, ROWS_AHEAD + 1, 3 * ROWS_AHEAD])
async def test_all_rows_come_at_once_and_bit_by_bit(opened: Database, rows: int) -> None:
    statement, wanted = text(NUMBERS.format(max(rows, 1), "n") + f" LIMIT {rows}"), list(range(1, rows + 1))
    async with opened.engine.connect() as connection:
        assert (await connection.scalars(statement)).all() == wanted
        async with connection.stream(statement) as streamed:
            assert [row.n async for row in streamed] == wanted
        async with connection.stream(statement) as streamed:
            parts = [len(part) async for part in streamed.partitions(100)]
        assert sum(parts) == rows
        assert set(parts[:-1]) <= {100}


async def test_what_was_not_kept_is_undone(opened: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opened.sessions.begin() as session:
            await session.execute(text("INSERT INTO numbers_said VALUES (7)"))
            raise ZeroDivisionError
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM numbers_said")) == 0


async def test_a_long_statement_that_nobody_waits_for_any_more_holds_up_nobody(opened: Database) -> None:
    async def count(numbers: int) -> None:
        async with opened.sessions() as session:
            await session.execute(text(NUMBERS.format(numbers, "sum(n)")))

    begun = time.monotonic()
    await count(2_000_000)
    alone_s = time.monotonic() - begun

    task = asyncio.create_task(count(2_000_000))
    await asyncio.sleep(alone_s / 10)
    task.cancel()
    longest_s = 0.0
    while not task.done():
        before = time.monotonic()
        await asyncio.sleep(alone_s / 100)
        longest_s = max(longest_s, time.monotonic() - before)
    assert task.cancelled()
    assert longest_s < alone_s / 2
    await count(10)
