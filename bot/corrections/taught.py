"""What may be recalled: its revision, and the vectors that it is found by, which are deleted along with it."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.corrections.correction import ApprovedCorrection
from bot.preferences.store import Scope
from bot.storage.database import Database, in_parts
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import RecallVectorRow, TaughtRevisionRow


class Taught(Protocol):
    """What guilds have approved, or people have taught for themselves; ``owner`` is the Discord id of either."""

    async def revision(self, owner: int) -> str | None:
        """A value that changes whenever what ``owner`` has taught changes; None if nothing was taught."""

    async def all(self, owner: int) -> Sequence[ApprovedCorrection]:
        """All that ``owner`` has taught, oldest first."""

    async def vectors(self, owner: int, embedding: str) -> Mapping[int, bytes]:
        """The stored vectors of one embedding, by correction number."""

    async def keep_vectors(
        self, owner: int, embedding: str, worked_out: Collection[tuple[ApprovedCorrection, bytes]]
    ) -> None:
        """Store vectors computed for corrections in one embedding, except where the question has changed or gone."""


Read = Callable[[AsyncSession, int, Collection[int] | None], Awaitable[list[ApprovedCorrection]]]
"""Reads what an owner has taught, oldest first: everything (None), or what has these numbers."""


class StoredTaught:
    """``Taught``, in the database."""

    def __init__(self, database: Database, scope: Scope, read: Read) -> None:
        self._database = database
        self._scope = scope
        self._read = read

    async def revision(self, owner: int) -> str | None:
        """See ``Taught``."""
        row = TaughtRevisionRow
        wanted = select(row.revision).where(row.scope == self._scope, row.scope_id == owner)
        async with self._database.sessions() as session:
            return await session.scalar(wanted)

    async def all(self, owner: int) -> Sequence[ApprovedCorrection]:
        """See ``Taught``."""
        async with self._database.sessions() as session:
            return await self._read(session, owner, None)

    async def vectors(self, owner: int, embedding: str) -> Mapping[int, bytes]:
        """See ``Taught``."""
        row = RecallVectorRow
        wanted = select(row.number, row.vectors).where(
            row.scope == self._scope, row.scope_id == owner, row.embedding == embedding
        )
        async with self._database.sessions() as session:
            return {found.number: found.vectors for found in await session.execute(wanted)}

    async def keep_vectors(
        self, owner: int, embedding: str, worked_out: Collection[tuple[ApprovedCorrection, bytes]]
    ) -> None:
        """See ``Taught``."""
        row, made = RecallVectorRow, {correction.number: (correction.prompt, data) for correction, data in worked_out}
        async with self._database.sessions.begin() as session:
            # Under the lock, nothing can be withdrawn between the check of what still exists and the commit.
            await lock_guild(session, owner)
            for numbers in in_parts(made):
                there = await self._read(session, owner, numbers)
                still = [one.number for one in there if one.prompt == made[one.number][0]]
                if still:
                    of_these = and_(
                        row.scope == self._scope, row.scope_id == owner,
                        row.embedding == embedding, row.number.in_(still),
                    )  # fmt: skip
                    await session.execute(delete(row).where(of_these))
                    key = {"scope": self._scope, "scope_id": owner, "embedding": embedding}
                    rows = [key | {"number": number, "vectors": made[number][1]} for number in still]
                    await session.execute(insert(row), rows)


async def note_taught(session: AsyncSession, scope: Scope, owner: int, gone: Collection[int] = ()) -> None:
    """Record that this transaction, which holds the lock of ``owner``, changes what they have taught, and delete the
    vectors of the numbers ``gone``, which were deleted or changed."""
    row = RecallVectorRow
    for numbers in in_parts(gone):
        theirs = and_(row.scope == scope, row.scope_id == owner, row.number.in_(numbers))
        await session.execute(delete(row).where(theirs))
    await session.merge(TaughtRevisionRow(scope=scope, scope_id=owner, revision=uuid.uuid4().hex))


async def forget_taught(session: AsyncSession, scope: Scope, owner: int) -> None:
    """Delete the vectors and the revision of ``owner``, in a transaction that holds their lock and deletes all that
    they have taught."""
    for row in (RecallVectorRow, TaughtRevisionRow):
        await session.execute(delete(row).where(row.scope == scope, row.scope_id == owner))
