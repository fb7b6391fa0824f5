"""Locks that a connection to PostgreSQL holds: regained when it is lost, unless another process has taken them
meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage.advisory_locks import AdvisoryLock, AdvisoryLocks, LocksLostError
from bot.storage.database import async_url

ONE, OTHER, COMMON = AdvisoryLock(7, 1), AdvisoryLock(7, 2), AdvisoryLock(70_000_000_001, is_shared=True)


@contextlib.asynccontextmanager
async def locks_at(url: str) -> AsyncIterator[AdvisoryLocks]:
    async with AdvisoryLocks(async_url(url)) as locks:
        yield locks


async def kill_connections(url: str) -> int:
    """End every connection that holds locks, as a network or a server failure does, and return their number."""
    engine = create_async_engine(async_url(url))
    of_locks = "application_name = 'starling locks' AND datname = current_database()"
    async with engine.connect() as connection:
        found = await connection.scalars(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {of_locks}")
        )
        killed = len(found.all())
    await engine.dispose()
    return killed


async def pids_with(lock: AdvisoryLock, url: str) -> list[int]:
    """The server processes whose sessions hold ``lock``."""
    held = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND objid = :number")
    engine = create_async_engine(async_url(url))
    async with engine.connect() as connection:
        found = await connection.scalars(held, {"space": lock.space, "number": lock.number})
    await engine.dispose()
    return list(found)


async def test_what_one_holds_no_other_gets_until_it_ends(empty_postgresql: str) -> None:
    async with locks_at(empty_postgresql) as other:
        async with locks_at(empty_postgresql) as first:
            assert [await first.take(lock) for lock in (ONE, COMMON)] == [True, True]
            assert [await other.take(lock) for lock in (ONE, OTHER, COMMON)] == [False, True, True]
            assert await first.others_in(7, 1) == [2]
            assert await other.others_in(7, 2) == [1]
        assert await other.take(ONE, patience_s=5.0)


async def test_one_does_at_a_time_what_all_wait_for(empty_postgresql: str) -> None:
    at_once, most = 0, 0
    async with locks_at(empty_postgresql) as first, locks_at(empty_postgresql) as second:

        async def turn(locks: AdvisoryLocks) -> None:
            nonlocal at_once, most
            async with locks.held(ONE):
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0.05)
                at_once -= 1

        await asyncio.gather(turn(first), turn(second))
    assert (at_once, most) == (0, 1)


async def test_a_lost_connection_is_made_anew_and_holds_the_same(empty_postgresql: str) -> None:
    async with locks_at(empty_postgresql) as locks:
        assert [await locks.take(lock) for lock in (ONE, COMMON)] == [True, True]
        watching = asyncio.create_task(locks.watch())
        assert await kill_connections(empty_postgresql) == 1
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(SQLAlchemyError, OSError):
                    assert await locks.take(OTHER)
                    break
                await asyncio.sleep(0.1)
        assert not watching.done()
        async with locks_at(empty_postgresql) as late:
            assert not await late.take(ONE)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_a_session_that_goes_on_without_us_at_the_server_is_ended_for_its_locks(empty_postgresql: str) -> None:
    async with locks_at(empty_postgresql) as locks:
        assert await locks.take(ONE)
        lost, locks._connection = locks._connection, None
        assert lost is not None, "the network has lost it, and the server has not noticed"
        assert locks._session is not None
        gone = locks._session.pid
        watching = asyncio.create_task(locks.watch())
        async with asyncio.timeout(20), locks_at(empty_postgresql) as other:
            while await pids_with(ONE, empty_postgresql) in ([], [gone]):
                await asyncio.sleep(0.1)
            assert not await other.take(ONE)
        with pytest.raises(SQLAlchemyError):
            await lost.execute(text("SELECT 1"))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_locks_that_another_has_by_then_are_lost_at_once(empty_postgresql: str) -> None:
    async with locks_at(empty_postgresql) as locks:
        assert await locks.take(ONE)
        await kill_connections(empty_postgresql)
        async with locks_at(empty_postgresql) as other:
            assert await other.take(ONE, patience_s=5.0)
            with pytest.raises(LocksLostError, match="another process may have them by now"):
                async with asyncio.timeout(9):
                    await locks.watch()


async def test_what_may_be_done_by_anybody_passes_to_another_with_the_connection(empty_postgresql: str) -> None:
    async with locks_at(empty_postgresql) as locks:
        assert await locks.take(OTHER)
        async with locks.held(ONE) as lost:
            await kill_connections(empty_postgresql)
            async with locks_at(empty_postgresql) as other:
                assert await other.take(ONE, patience_s=5.0)
                watching = asyncio.create_task(locks.watch())
                async with asyncio.timeout(9):
                    await lost.wait()
                assert not await other.take(OTHER)
                assert not watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
