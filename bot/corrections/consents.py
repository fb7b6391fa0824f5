"""Who has agreed that what they send in our forms is kept and taught."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.storage.database import Database
from bot.storage.tables import ConsentRow

VERSION = 1
"""Of the text that people agree to. Raise it when that text changes: everyone is asked anew."""


class ConsentStore:
    """One agreement a user, wherever they are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def given(self, user_id: int) -> bool:
        """Whether the user has agreed to the text as it is now."""
        async with self._database.sessions() as session:
            row = await session.get(ConsentRow, int(user_id))
            return row is not None and row.version == VERSION

    async def give(self, user_id: int) -> None:
        """The user agrees to the text as it is now."""
        row = ConsentRow(user_id=int(user_id), version=VERSION, given_at=datetime.now(UTC))
        async with self._database.sessions.begin() as session:
            await session.merge(row)
