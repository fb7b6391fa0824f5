"""Deleting many rows without blocking other users of the database."""

from __future__ import annotations

import asyncio

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from bot.storage.database import Database, rows_changed
from bot.storage.tables import Base

BATCH_ROWS = 5_000
"""A batch of exchanges is deleted within tenths of a second, during which SQLite lets nobody else write."""
PAUSE_S = 0.2
"""The pause between two batches. A connection that waits to write to SQLite retries every tenth of a second."""


async def delete_in_batches(database: Database, table: type[Base], which: ColumnElement[bool]) -> int:
    """Delete the rows of ``table`` that match ``which``, ``BATCH_ROWS`` per transaction; returns how many.

    If it is interrupted, whole batches have been deleted, and calling it again deletes the rest.
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
