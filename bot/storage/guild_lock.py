"""A lock per guild, under which all processes make their changes to what the guild has taught, one after the other."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.database import Database
from bot.storage.tables import DatasetRow


async def settled(database: Database, guild_id: int) -> None:
    """Return once every change to what the guild has taught that was in progress is committed or rolled back."""
    async with database.sessions.begin() as session:
        await lock_guild(session, guild_id)


async def lock_guild(session: AsyncSession, guild_id: int) -> None:
    """Acquire the guild's lock, waiting for other transactions that have it; it is held until this transaction ends.
    Call it first in the transaction. For what a person has taught only for themselves, pass the person's id."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(int(guild_id))))
    else:  # the first statement that could write takes SQLite's single write lock
        await session.execute(update(DatasetRow).where(DatasetRow.id == "").values(version=0))
