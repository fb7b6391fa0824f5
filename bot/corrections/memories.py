"""What a person has taught the bot in direct messages, only for themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.exchanges import forget_replies, replies_given
from bot.corrections.correction import ApprovedCorrection
from bot.corrections.limits import require_text
from bot.corrections.taught import StoredTaught, forget_taught, note_taught
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.store import Scope
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.privacy.tombstones import TombstoneKind, Tombstones
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import MemoryRow

MAX_MEMORIES = 500
"""Per person."""


class NoSuchMemoryError(StarlingError):
    """Raised when a person has no memory with that number (any more)."""

    sentence = _("There is nothing under the number {number} here, or not any more. /memory list shows it all.")

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


class TooManyMemoriesError(StarlingError):
    """Raised when a person teaches more than ``MAX_MEMORIES``."""

    sentence = _("You have taught me {count} things here, which is the most that I keep. /memory forget makes room.")

    def __init__(self) -> None:
        super().__init__(count=MAX_MEMORIES)


@dataclass(frozen=True, slots=True)
class PersonalMemory:
    """An answer that the bot should give to one person."""

    number: int
    """Counts from 1 for each person."""
    prompt: str
    answer: str
    taught_at: datetime
    """Aware, UTC."""


class MemoryStore(DataHolder):
    """What people have taught for themselves. It needs no approval, is never used for anyone else, and no model is
    trained with it. User ids are Discord's."""

    def __init__(self, database: Database, tombstones: Tombstones | None = None) -> None:
        """``tombstones`` records what a restored backup must not bring back."""
        self._database = database
        self._tombstones = tombstones
        self.taught = StoredTaught(database, Scope.USER, _taught)
        """What people have taught, as recall needs it."""

    async def teach(self, user_id: int, prompt: str, answer: str) -> PersonalMemory:
        """Store ``answer`` as the reply to ``prompt`` from now on, replacing what was taught for that before.

        Raises:
            TextLengthError, TooManyMemoriesError
        """
        prompt, answer = require_text(prompt), require_text(answer)
        of_person, now = MemoryRow.user_id == user_id, datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
            key = key_of_text(prompt)
            row = await session.scalar(select(MemoryRow).where(of_person, MemoryRow.prompt_key == key))
            if row is not None:
                await note_taught(session, Scope.USER, user_id, [row.number])
                row.prompt, row.answer, row.taught_at = prompt, answer, now
                return _memory(row)
            count, last = (
                await session.execute(select(func.count(), func.max(MemoryRow.number)).where(of_person))
            ).one()
            if count >= MAX_MEMORIES:
                raise TooManyMemoriesError
            row = MemoryRow(
                user_id=user_id, number=(last or 0) + 1, prompt=prompt, answer=answer, prompt_key=key, taught_at=now
            )
            session.add(row)
            await note_taught(session, Scope.USER, user_id)
            return _memory(row)

    async def all(self, user_id: int) -> list[PersonalMemory]:
        """All that a person has taught, the newest first."""
        wanted = select(MemoryRow).where(MemoryRow.user_id == user_id).order_by(MemoryRow.number.desc())
        async with self._database.sessions() as session:
            return [_memory(row) for row in await session.scalars(wanted)]

    async def answers(self, user_id: int, numbers: Collection[int]) -> set[str]:
        """The answers of those of ``numbers`` that still exist. Waits for the person's lock, and so for deletions that
        are under way."""
        wanted = select(MemoryRow.answer).where(MemoryRow.user_id == user_id, MemoryRow.number.in_(numbers))
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
            return set(await session.scalars(wanted))

    async def forget(self, user_id: int, number: int) -> PersonalMemory:
        """Delete a memory, and the stored answers for which it was recalled; returns it as it was.

        Raises:
            NoSuchMemoryError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
            row = await session.get(MemoryRow, (user_id, number))
            if row is None:
                raise NoSuchMemoryError(number)
            before = _memory(row)
            await session.delete(row)
            await note_taught(session, Scope.USER, user_id, [number])
            await forget_replies(session, await replies_given(session, None, [number], user_id=user_id))
        await self._database.scrub()
        if self._tombstones is not None:
            await self._tombstones.bury(TombstoneKind.MEMORY, [f"{user_id}/{number}"])
        return before

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Delete the memories with these ids, ``USER/NUMBER``; does nothing for other kinds of tombstones."""
        if kind is not TombstoneKind.MEMORY:
            return 0
        numbers: dict[int, list[int]] = {}
        for id_ in ids:
            user, _slash, number = id_.partition("/")
            numbers.setdefault(int(user), []).append(int(number))
        gone = 0
        for user_id, theirs in numbers.items():
            which = and_(MemoryRow.user_id == user_id, MemoryRow.number.in_(theirs))
            async with self._database.sessions.begin() as session:
                await lock_guild(session, user_id)
                await note_taught(session, Scope.USER, user_id, theirs)
                gone += await rows_changed(session, delete(MemoryRow).where(which))
        return gone

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete all that a person has taught."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
            await forget_taught(session, Scope.USER, user_id)
            return ErasureResult(await rows_changed(session, delete(MemoryRow).where(MemoryRow.user_id == user_id)))

    async def count(self, user_id: int) -> StoredDataSummary:
        """How many memories a person has."""
        return StoredDataSummary({DataKind.MEMORIES: len(await self.all(user_id))})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """What a person has taught."""
        return {"taught_in_direct_messages": await self.all(user_id)}


async def _taught(
    session: AsyncSession, user_id: int, numbers: Collection[int] | None = None
) -> list[ApprovedCorrection]:
    row = MemoryRow
    wanted = select(row.number, row.prompt, row.answer).where(row.user_id == user_id)
    if numbers is not None:
        wanted = wanted.where(row.number.in_(numbers))
    found = await session.execute(wanted.order_by(row.number))
    return [ApprovedCorrection(f"memory-{number}", number, prompt, answer) for number, prompt, answer in found]


def _memory(row: MemoryRow) -> PersonalMemory:
    return PersonalMemory(row.number, row.prompt, row.answer, row.taught_at)
