"""Changes of what a guild has taught come one after the other, whoever makes them."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.database import Database
from bot.storage.tables import DatasetRow


async def settled(database: Database, guild_id: int) -> None:
    """Return once every change that was under way of what the guild has taught is there to be seen."""
    async with database.sessions.begin() as session:
        await lock_guild(session, guild_id)


async def lock_guild(session: AsyncSession, guild_id: int) -> None:
    """Wait until no other transaction has the guild's lock; this one has it until it ends. Call it first. What a person
    has taught for themselves alone has a lock by their id."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(int(guild_id))))
    else:  # SQLite's one lock is taken by the first statement that could write
        await session.execute(update(DatasetRow).where(DatasetRow.id == "").values(version=0))
