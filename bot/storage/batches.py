"""Deleting many rows without keeping others from the database meanwhile."""

from __future__ import annotations

import asyncio

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from bot.storage.database import Database, rows_changed
from bot.storage.tables import Base

BATCH_ROWS = 5_000
"""A batch of exchanges is gone within tenths of a second, while SQLite lets nobody else write."""
PAUSE_S = 0.2
"""Between two batches. Whoever waits to write in SQLite looks every tenth of a second whether they may."""


async def delete_in_batches(database: Database, table: type[Base], which: ColumnElement[bool]) -> int:
    """Delete the rows of ``table`` such that ``which``, ``BATCH_ROWS`` in a transaction; says how many.

    What is interrupted has deleted whole batches, and goes on when it is called again.
    """
    key = tuple_(*inspect(table).primary_key)
    batch = delete(table).where(key.in_(select(*inspect(table).primary_key).where(which).limit(BATCH_ROWS)))
    gone = 0
    while True:
        async with database.sessions.begin() as session:
            deleted = await rows_changed(session, batch)
        gone += deleted
        if deleted < BATCH_ROWS:
            return gone
        await asyncio.sleep(PAUSE_S)
