"""Whether somebody was forgotten while something of theirs was being made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.guild_lock import lock_guild
from bot.storage.tables import WithdrawalRow


async def was_forgotten(session: AsyncSession, user_id: int, since: datetime) -> bool:
    """Whether a person was forgotten after ``since`` (aware), by whatever process. Whoever forgets them later waits
    until the transaction has ended, and finds what it has stored: they take the lock by the person's id as well."""
    await lock_guild(session, user_id)
    row = await session.get(WithdrawalRow, user_id)
    return row is not None and row.withdrawn_at >= since
