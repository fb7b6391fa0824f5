"""Whether a person was forgotten while something of theirs was being made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.guild_lock import lock_guild
from bot.storage.tables import WithdrawalRow


async def was_forgotten(session: AsyncSession, user_id: int, since: datetime) -> bool:
    """Whether a person was forgotten at or after ``since`` (aware), by any process. Takes the lock of the person's id,
    which forgetting takes as well: if they are forgotten later, that waits until this transaction has ended and then
    finds what it has stored."""
    await lock_guild(session, user_id)
    row = await session.get(WithdrawalRow, user_id)
    return row is not None and row.withdrawn_at >= since
