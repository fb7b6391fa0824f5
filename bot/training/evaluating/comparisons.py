"""Blind comparisons: two models' answers to one prompt, and people's votes on them before the names are shown."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.database import Database, count_rows, rows_changed
from bot.storage.forgotten import was_forgotten
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import ComparisonRow, ComparisonVoteRow


class ComparisonChoice(StrEnum):
    """The answer that somebody finds better."""

    A = "a"
    B = "b"
    ALIKE = "alike"


class ComparisonGoneError(StarlingError):
    """Raised when a comparison no longer exists."""

    sentence = _("I no longer have this comparison.")


class ComparisonRevealedError(StarlingError):
    """Raised when somebody votes after the names were revealed."""

    sentence = _("The names are known now, so voting is closed.")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; which model is A was drawn at random."""

    id: str
    guild_id: int
    channel_id: int
    message_id: int | None
    asked_by: int
    prompt: str
    model_a: str
    model_b: str
    answer_a: str
    answer_b: str
    created_at: datetime
    revealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people prefer which answer."""

    a: int
    b: int
    alike: int

    @property
    def count(self) -> int:
        """The number of all votes."""
        return self.a + self.b + self.alike


@dataclass(frozen=True, slots=True)
class ComparisonVote:
    """One person's vote."""

    comparison_id: str
    user_id: int
    choice: str
    voted_at: datetime


class ComparisonStore(DataHolder):
    """Stores comparisons and the votes on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        guild_id: int,
        channel_id: int,
        asked_by: int,
        prompt: str,
        models: tuple[str, str],
        answers: tuple[str, str],
        asked_at: datetime | None = None,
    ) -> Comparison:
        """Store a comparison; ``models`` and ``answers``: of A and of B. ``asked_at``: when the two were asked
        (timezone-aware); None: just now.

        Raises:
            ComparisonGoneError: the user who asked was forgotten since.
        """
        row = ComparisonRow(
            id=uuid.uuid4().hex, guild_id=guild_id, channel_id=channel_id, message_id=None,
            asked_by=asked_by, prompt=prompt, model_a=models[0], model_b=models[1], answer_a=answers[0],
            answer_b=answers[1], created_at=datetime.now(UTC), revealed_at=None,
        )  # fmt: skip
        async with self._database.sessions.begin() as session:
            if await was_forgotten(session, asked_by, asked_at or row.created_at):
                raise ComparisonGoneError
            session.add(row)
            return _read(row)

    async def posted(self, comparison_id: str, message_id: int) -> None:
        """Note which message shows it."""
        async with self._database.sessions.begin() as session:
            row = await session.get(ComparisonRow, comparison_id)
            if row is not None:
                row.message_id = message_id

    async def get(self, guild_id: int, comparison_id: str) -> tuple[Comparison, Tally]:
        """A comparison of the guild, with its votes.

        Raises:
            ComparisonGoneError
        """
        async with self._database.sessions() as session:
            row = await _row(session, guild_id, comparison_id)
            return _read(row), await _tally(session, row.id)

    async def vote(self, guild_id: int, comparison_id: str, user_id: int, choice: str) -> tuple[Comparison, Tally]:
        """Count a person's vote, replacing any earlier one; ``choice``: from the button that was pressed.

        Raises:
            ComparisonGoneError
            ComparisonRevealedError
        """
        if choice not in set(ComparisonChoice):
            raise ComparisonGoneError
        async with self._database.sessions.begin() as session:
            row = await _row(session, guild_id, comparison_id)
            if row.revealed_at is not None:
                raise ComparisonRevealedError
            vote = ComparisonVoteRow(comparison_id=row.id, user_id=user_id, choice=choice, voted_at=datetime.now(UTC))
            await session.merge(vote)
            await session.flush()
            return _read(row), await _tally(session, row.id)

    async def reveal(self, guild_id: int, comparison_id: str) -> tuple[Comparison, Tally]:
        """Close the vote and mark the names as revealed.

        Raises:
            ComparisonGoneError
        """
        async with self._database.sessions.begin() as session:
            row = await _row(session, guild_id, comparison_id)
            row.revealed_at = row.revealed_at or datetime.now(UTC)
            return _read(row), await _tally(session, row.id)

    async def revealed(self, guild_id: int) -> list[tuple[Comparison, Tally]]:
        """The comparisons of a guild whose names were revealed, the oldest first."""
        row = ComparisonRow
        wanted = select(row).where(row.guild_id == guild_id, row.revealed_at.is_not(None)).order_by(row.created_at)
        async with self._database.sessions() as session:
            return [(_read(one), await _tally(session, one.id)) for one in list(await session.scalars(wanted))]

    async def shown_by(self, message_ids: Collection[int]) -> list[str]:
        """The ids of the comparisons that these messages show."""
        wanted = select(ComparisonRow.id).where(ComparisonRow.message_id.in_(message_ids))
        async with self._database.sessions() as session:
            return list(await session.scalars(wanted))

    async def forget(self, ids: Collection[str]) -> int:
        """Forget these comparisons; returns how many there were."""
        return await self._forget(ComparisonRow.id.in_(ids))

    async def of_user(self, user_id: int) -> tuple[list[Comparison], list[ComparisonVote]]:
        """All comparisons that a person has asked for, and all their votes."""
        async with self._database.sessions() as session:
            asked = await session.scalars(select(ComparisonRow).where(ComparisonRow.asked_by == user_id))
            votes = await session.scalars(select(ComparisonVoteRow).where(ComparisonVoteRow.user_id == user_id))
            return [_read(row) for row in asked], [
                ComparisonVote(vote.comparison_id, vote.user_id, vote.choice, vote.voted_at) for vote in votes
            ]

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget the comparisons that a person has asked for, and their votes on others' comparisons."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, user_id)
        gone = await self._forget(ComparisonRow.asked_by == user_id)
        async with self._database.sessions.begin() as session:
            votes = delete(ComparisonVoteRow).where(ComparisonVoteRow.user_id == user_id)
            return ErasureResult(gone + await rows_changed(session, votes))

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all comparisons of a guild."""
        return await self._forget(ComparisonRow.guild_id == guild_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget the comparisons whose messages were deleted."""
        return await self._forget(ComparisonRow.message_id.in_(message_ids))

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Forget comparisons made before ``moment``, of one guild or of all; returns how many."""
        old = ComparisonRow.created_at < moment
        return await self._forget(old if guild_id is None else old & (ComparisonRow.guild_id == guild_id))

    async def count(self, user_id: int) -> StoredDataSummary:
        """The comparisons that a person has asked for, and their votes."""
        async with self._database.sessions() as session:
            asked = await count_rows(session, ComparisonRow.asked_by == user_id)
            votes = await count_rows(session, ComparisonVoteRow.user_id == user_id)
        return StoredDataSummary({DataKind.EXCHANGES: asked, DataKind.VOTES: votes})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The comparisons that a person has asked for, and their votes."""
        asked, votes = await self.of_user(user_id)
        return {"comparisons": asked, "votes_in_comparisons": votes}

    async def _forget(self, which: ColumnElement[bool]) -> int:
        async with self._database.sessions.begin() as session:
            concerned = select(ComparisonRow.id).where(which)
            await session.execute(delete(ComparisonVoteRow).where(ComparisonVoteRow.comparison_id.in_(concerned)))
            return await rows_changed(session, delete(ComparisonRow).where(which))


async def _row(session: AsyncSession, guild_id: int, comparison_id: str) -> ComparisonRow:
    row = await session.get(ComparisonRow, comparison_id)
    if row is None or row.guild_id != guild_id:
        raise ComparisonGoneError
    return row


async def _tally(session: AsyncSession, comparison_id: str) -> Tally:
    choices = await session.scalars(
        select(ComparisonVoteRow.choice).where(ComparisonVoteRow.comparison_id == comparison_id)
    )
    counted = Counter(choices)
    return Tally(*(counted[choice] for choice in ComparisonChoice))


def _read(row: ComparisonRow) -> Comparison:
    return Comparison(
        row.id, row.guild_id, row.channel_id, row.message_id, row.asked_by, row.prompt, row.model_a, row.model_b,
        row.answer_a, row.answer_b, row.created_at, row.revealed_at,
    )  # fmt: skip
