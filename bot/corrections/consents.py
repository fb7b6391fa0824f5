"""Who has agreed that what they send in our forms is stored and used to teach the bot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.database import Database, rows_changed
from bot.storage.tables import ConsentRow

VERSION = 2
"""The version of the text that people agree to. Raise it when the text changes, so that everyone is asked again."""
TEXT = _(
    "The question and the answer that you write in the form are kept with your name, shown to this server's "
    "moderators, and, once they approve, used to answer here and to train models. The questions that you give to "
    "/compare and /ask, earlier ones too, may train models with the answers of which people preferred one. You can "
    "take back what you gave at any time, with /corrections delete, below the comparison, or all of it with /privacy "
    "forget; nothing else that you say is kept for this."
)


class ConsentMissingError(StarlingError):
    """Raised when a person submits something without having agreed to the current text."""

    sentence = _("You have not agreed that I keep what you write, so I have kept nothing. Please start again.")


def require_consent(version: int | None) -> None:
    """Check that ``version``, the version of the text that a person has agreed to (None: they have not), is current.

    Raises:
        ConsentMissingError: it is not.
    """
    if version != VERSION:
        raise ConsentMissingError


class ConsentStore(DataHolder):
    """Stores one agreement per user, which is valid everywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def given(self, user_id: int) -> bool:
        """Whether the user has agreed to the current text."""
        async with self._database.sessions() as session:
            row = await session.get(ConsentRow, user_id)
            return row is not None and row.version == VERSION

    async def give(self, user_id: int) -> None:
        """Record that the user agrees to the current text."""
        row = ConsentRow(user_id=user_id, version=VERSION, given_at=datetime.now(UTC))
        async with self._database.sessions.begin() as session:
            await session.merge(row)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete a person's agreement, which ends it."""
        async with self._database.sessions.begin() as session:
            gone = delete(ConsentRow).where(ConsentRow.user_id == user_id)
            return ErasureResult(await rows_changed(session, gone))

    async def count(self, user_id: int) -> StoredDataSummary:
        """Whether a person has agreed to the current text, as 0 or 1."""
        return StoredDataSummary({DataKind.AGREEMENTS: int(await self.given(user_id))})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """Whether a person has agreed to the current text."""
        return {"agreed_that_corrections_are_kept": await self.given(user_id)}
