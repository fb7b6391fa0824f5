"""What people think of answers and of the bot. It shows what to correct, and which answer is better."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, delete, func, select, tuple_

from bot.corrections.limits import DAY, require_room_for_feedback
from bot.datasets.text_fingerprint import key_of_text
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.privacy.tombstones import TombstoneKind, Tombstones
from bot.storage.database import Database, count_rows, rows_changed
from bot.storage.tables import FeedbackRow, VoteRow

MAX_CHARS = 2000
_REASONS = 3


class FeedbackKind(StrEnum):
    """What a feedback entry is about."""

    FEEDBACK = "feedback"
    WORDS = "words"
    """Words that are new to the bot, from a transcript that was corrected."""
    MISFIT = "misfit"
    """A correction that was recalled for a question it has nothing to do with. Only a fingerprint of the question is
    stored."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's vote on one answer."""

    message_id: int
    channel_id: int
    guild_id: int | None
    user_id: int
    good: bool
    reason: str
    voted_at: datetime


@dataclass(frozen=True, slots=True)
class DislikedAnswer:
    """An answer that more people found bad than good."""

    message_id: int
    channel_id: int
    bad: int
    good: int
    reasons: tuple[str, ...]
    """The latest few, newest first."""


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """Something that a person has said."""

    guild_id: int | None
    user_id: int
    kind: FeedbackKind
    text: str
    given_at: datetime


class FeedbackStore(DataHolder):
    """Keeps votes and feedback."""

    def __init__(self, database: Database, tombstones: Tombstones | None = None) -> None:
        """``tombstones`` records what a restored backup must not bring back."""
        self._database = database
        self._tombstones = tombstones

    async def vote(
        self, *, message_id: int, channel_id: int, guild_id: int | None, user_id: int, good: bool
    ) -> bool | None:
        """Record a person's vote in place of any earlier one; the same vote again takes it back. Returns the vote that
        now holds, None if it was taken back."""
        key = (message_id, user_id)
        async with self._database.sessions.begin() as session:
            row = await session.get(VoteRow, key)
            taken_back = row is not None and row.good == good
            if taken_back:
                await session.delete(row)
            else:
                vote = VoteRow(
                    message_id=key[0], user_id=key[1], guild_id=guild_id,
                    channel_id=channel_id, good=good, reason="", voted_at=datetime.now(UTC),
                )  # fmt: skip
                await session.merge(vote)
        if not taken_back:
            return good
        await self._database.scrub()
        if self._tombstones is not None:
            await self._tombstones.bury(TombstoneKind.VOTE, [f"{message_id}/{user_id}"])
        return None

    async def explain(self, guild_id: int | None, message_id: int, user_id: int, reason: str) -> None:
        """Store why a person finds an answer of this guild bad, if their vote still says so."""
        async with self._database.sessions.begin() as session:
            row = await session.get(VoteRow, (message_id, user_id))
            if row is not None and not row.good and row.guild_id == guild_id:
                row.reason = reason[:MAX_CHARS]

    async def disliked(self, guild_id: int, limit: int) -> list[DislikedAnswer]:
        """The answers of a guild that more people find bad than good, those with the largest difference first."""
        good = func.sum(case((VoteRow.good, 1), else_=0))
        bad = func.sum(case((VoteRow.good, 0), else_=1))
        wanted = (
            select(VoteRow.message_id, func.max(VoteRow.channel_id), bad, good)
            .where(VoteRow.guild_id == guild_id)
            .group_by(VoteRow.message_id)
            .having(bad > good)
            .order_by((bad - good).desc(), VoteRow.message_id.desc())
            .limit(limit)
        )
        async with self._database.sessions() as session:
            rows = list(await session.execute(wanted))
            given = select(VoteRow).where(
                VoteRow.message_id.in_([row[0] for row in rows]), ~VoteRow.good, VoteRow.reason != ""
            )
            reasons: dict[int, list[str]] = {}
            for vote in await session.scalars(given.order_by(VoteRow.voted_at.desc())):
                reasons.setdefault(vote.message_id, []).append(vote.reason)
        return [
            DislikedAnswer(message, channel, int(bad), int(good), tuple(reasons.get(message, ())[:_REASONS]))
            for message, channel, bad, good in rows
        ]

    async def likes(self, guild_id: int, message_ids: Collection[int]) -> dict[int, int]:
        """Likes minus dislikes of each of these answers of a guild; answers that nobody voted on are left out."""
        row = VoteRow
        wanted = select(row.message_id, func.sum(case((row.good, 1), else_=-1))).where(row.guild_id == guild_id)
        async with self._database.sessions() as session:
            found = await session.execute(wanted.group_by(row.message_id))
            asked = set(message_ids)
            return {message: int(more) for message, more in found if message in asked}

    async def add(
        self, guild_id: int | None, user_id: int, text: str, kind: FeedbackKind = FeedbackKind.FEEDBACK
    ) -> None:
        """Store what a person says, cut to ``MAX_CHARS``.

        Raises:
            TooMuchFeedbackError
        """
        now = datetime.now(UTC)
        row = FeedbackRow(
            guild_id=guild_id, user_id=user_id, kind=kind,
            text=text[:MAX_CHARS], given_at=now,
        )  # fmt: skip
        lately = select(func.count()).where(FeedbackRow.user_id == user_id, FeedbackRow.given_at > now - DAY)
        async with self._database.sessions.begin() as session:
            require_room_for_feedback(await session.scalar(lately) or 0)
            session.add(row)

    async def entries(self, guild_id: int, kind: FeedbackKind, limit: int) -> list[FeedbackEntry]:
        """The latest ``limit`` entries of one kind in a guild, newest first."""
        wanted = select(FeedbackRow).where(FeedbackRow.guild_id == guild_id, FeedbackRow.kind == kind)
        async with self._database.sessions() as session:
            return [_entry(row) for row in await session.scalars(wanted.order_by(FeedbackRow.id.desc()).limit(limit))]

    async def say_misfit(self, guild_id: int, user_id: int, question: str, correction_id: str) -> None:
        """Record that a correction has nothing to do with ``question``.

        Raises:
            TooMuchFeedbackError
        """
        await self.add(guild_id, user_id, f"{key_of_text(question)}:{correction_id}", FeedbackKind.MISFIT)

    async def misfits(self, guild_id: int, question: str) -> frozenset[str]:
        """The ids of a guild's corrections that someone has reported to have nothing to do with ``question``."""
        row, key = FeedbackRow, f"{key_of_text(question)}:"
        wanted = select(row.text).where(
            row.guild_id == guild_id, row.kind == FeedbackKind.MISFIT, row.text.startswith(key, autoescape=True)
        )
        async with self._database.sessions() as session:
            return frozenset(text.removeprefix(key) for text in await session.scalars(wanted))

    async def dismiss(self, guild_id: int, message_id: int) -> None:
        """Delete all votes on an answer of a guild."""
        await self._delete(and_(VoteRow.guild_id == guild_id, VoteRow.message_id == message_id))

    async def of_user(self, user_id: int) -> tuple[list[Vote], list[FeedbackEntry]]:
        """All votes and feedback entries of a person."""
        async with self._database.sessions() as session:
            votes = await session.scalars(select(VoteRow).where(VoteRow.user_id == user_id))
            said = await session.scalars(select(FeedbackRow).where(FeedbackRow.user_id == user_id))
            return [_vote(row) for row in votes], [_entry(row) for row in said]

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete all votes and feedback entries of a person."""
        return ErasureResult(await self._delete(VoteRow.user_id == user_id, FeedbackRow.user_id == user_id))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all votes and feedback entries of a guild."""
        return await self._delete(VoteRow.guild_id == guild_id, FeedbackRow.guild_id == guild_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Delete the votes on deleted answers."""
        return await self._delete(VoteRow.message_id.in_(message_ids))

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Delete the votes with these ids, ``MESSAGE/USER``; does nothing for other kinds of tombstones."""
        if kind is not TombstoneKind.VOTE:
            return 0
        keys = [tuple(int(part) for part in id_.split("/")) for id_ in ids]
        return await self._delete(tuple_(VoteRow.message_id, VoteRow.user_id).in_(keys))

    async def count(self, user_id: int) -> StoredDataSummary:
        """How many votes and feedback entries a person has given."""
        async with self._database.sessions() as session:
            votes = await count_rows(session, VoteRow.user_id == user_id)
            said = await count_rows(session, FeedbackRow.user_id == user_id)
        return StoredDataSummary({DataKind.VOTES: votes, DataKind.FEEDBACK: said})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """The votes and feedback entries of a person."""
        votes, said = await self.of_user(user_id)
        return {"votes": votes, "feedback": said}

    async def _delete(self, votes: ColumnElement[bool], said: ColumnElement[bool] | None = None) -> int:
        async with self._database.sessions.begin() as session:
            gone = await rows_changed(session, delete(VoteRow).where(votes))
            return gone if said is None else gone + await rows_changed(session, delete(FeedbackRow).where(said))


def _vote(row: VoteRow) -> Vote:
    return Vote(row.message_id, row.channel_id, row.guild_id, row.user_id, row.good, row.reason, row.voted_at)


def _entry(row: FeedbackRow) -> FeedbackEntry:
    return FeedbackEntry(row.guild_id, row.user_id, FeedbackKind(row.kind), row.text, row.given_at)
