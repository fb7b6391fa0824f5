"""Withdraws corrections: their texts, and what came of them in datasets and answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.exchanges import forget_replies, replies_given
from bot.corrections.correction import Correction, CorrectionAction, CorrectionState, ReviewMessage, WithdrawalResult
from bot.corrections.rows import correction_of, correction_row, note_action
from bot.corrections.taught import forget_taught, note_taught
from bot.datasets.store import DatasetStore
from bot.preferences.store import Scope
from bot.privacy.data_holder import ErasureResult
from bot.storage.database import Database, in_parts, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import CorrectionDecisionRow, CorrectionRow


class CorrectionErasure:
    """Withdraws corrections of all guilds."""

    def __init__(self, database: Database, datasets: DatasetStore) -> None:
        """``datasets``: withdrawn corrections are removed from these as well."""
        self._database = database
        self._datasets = datasets

    async def withdraw(self, guild_id: int, id_: str, by: int) -> tuple[Correction, ErasureResult]:
        """Delete the texts of a correction, also in datasets; its number and history stay. Returns the correction as it
        was, and what was erased from datasets.

        Raises:
            NoSuchCorrectionError
        """
        async with self._database.sessions() as session:
            await correction_row(session, guild_id, id_)
        removed = await self.withdraw_elsewhere(guild_id, [id_])
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await correction_row(session, guild_id, id_)
            before = correction_of(row)
            removed += await self._withdraw(session, guild_id, [row], by)
        await self._database.scrub()
        return before, removed

    async def remove_withdrawn_from_datasets(self, guild_id: int, given: Sequence[Correction]) -> None:
        """Remove from datasets what came from those of ``given`` that are no longer approved with this text. This
        covers changes made between reading the corrections and adding them to a dataset."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = CorrectionRow
            wanted = select(row.id, row.revision).where(row.guild_id == guild_id, row.state == CorrectionState.APPROVED)
            still = {(id_, revision) for id_, revision in await session.execute(wanted)}
            gone = [each.id for each in given if (each.id, each.revision) not in still]
            if gone:
                await self._datasets.withdraw_corrections(session, guild_id, gone)

    async def withdraw_all(self, ids: Collection[str]) -> WithdrawalResult:
        """Withdraw the corrections with these ids, in whichever guilds they are."""
        return await self._withdraw_all(CorrectionRow.id.in_(ids))

    async def forget_messages(self, message_ids: Collection[int]) -> WithdrawalResult:
        """Delete what the bot said in deleted answers, and withdraw the corrections of answers to deleted questions,
        except those submitted by the person who had asked."""
        ids, row = set(message_ids), CorrectionRow
        others = and_(row.question_id.in_(ids), row.asker_id.is_not(None), row.author_id != row.asker_id)
        withdrawn = await self._withdraw_all(others)
        async with self._database.sessions.begin() as session:
            answers = update(row).where(row.message_id.in_(ids)).values(message_id=None, original="")
            questions = update(row).where(row.question_id.in_(ids)).values(question_id=None)
            reviews = (
                update(row).where(row.review_message_id.in_(ids)).values(review_message_id=None, review_channel_id=None)
            )
            changed = sum([await rows_changed(session, each) for each in (answers, questions, reviews)])
        return replace(withdrawn, forgotten=withdrawn.forgotten + ErasureResult(changed))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all corrections of a guild, with their history; returns how many."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            history = CorrectionDecisionRow
            await session.execute(delete(history).where(history.guild_id == guild_id))
            await forget_taught(session, Scope.GUILD, guild_id)
            return await rows_changed(session, delete(CorrectionRow).where(CorrectionRow.guild_id == guild_id))

    async def forget_user(self, user_id: int) -> WithdrawalResult:
        """Withdraw what a person has submitted or written, and what others have submitted about their questions; remove
        their id from the decisions that they made on other corrections."""
        row, history = CorrectionRow, CorrectionDecisionRow
        withdrawn = await self._withdraw_all(
            or_(row.author_id == user_id, row.text_by == user_id, row.asker_id == user_id)
        )
        async with self._database.sessions.begin() as session:
            for column in (row.author_id, row.text_by, row.asker_id):
                await session.execute(update(row).where(column == user_id).values({column: None}))
            decided = update(history).where(history.actor_id == user_id).values(actor_id=None)
            changed = await rows_changed(session, decided)
        return replace(withdrawn, forgotten=withdrawn.forgotten + ErasureResult(changed))

    async def _withdraw_all(self, which: ColumnElement[bool]) -> WithdrawalResult:
        wanted = select(CorrectionRow).where(which, CorrectionRow.state != CorrectionState.WITHDRAWN)
        async with self._database.sessions() as session:
            found = {row.id: row.guild_id for row in await session.scalars(wanted)}
        forgotten, reviews = ErasureResult(), list[ReviewMessage]()
        for guild_id in sorted(set(found.values())):
            ids = [id_ for id_, guild in found.items() if guild == guild_id]
            forgotten += await self.withdraw_elsewhere(guild_id, ids)
            async with self._database.sessions.begin() as session:
                await lock_guild(session, guild_id)
                rows = list(await session.scalars(wanted.where(CorrectionRow.guild_id == guild_id)))
                reviews += [review for row in rows if (review := correction_of(row).review) is not None]
                forgotten += ErasureResult(len(rows)) + await self._withdraw(session, guild_id, rows, None)
        return WithdrawalResult(forgotten, tuple(reviews))

    async def _withdraw(
        self, session: AsyncSession, guild_id: int, rows: Sequence[CorrectionRow], by: int | None
    ) -> ErasureResult:
        now = datetime.now(UTC)
        if approved := [row.number for row in rows if row.state == CorrectionState.APPROVED]:
            await note_taught(session, Scope.GUILD, guild_id, approved)
        for row in rows:
            row.state, row.decided_at, row.changed_at = CorrectionState.WITHDRAWN, now, now
            row.prompt = row.answer = row.original = row.prompt_key = row.answer_key = ""
            row.message_id = row.question_id = row.asker_id = None
            row.review_channel_id = row.review_message_id = None
            note_action(session, row, CorrectionAction.WITHDRAWN, by, now)
        return await self.withdraw_here(session, guild_id, [row.id for row in rows])

    async def _repeating(
        self, session: AsyncSession, guild_id: int, ids: Collection[str]
    ) -> tuple[list[int], list[str]]:
        """The messages of answers for which one of these corrections was recalled, and the other corrections of those
        answers: both may repeat the texts of these."""
        row = CorrectionRow
        numbers = list(await session.scalars(select(row.number).where(row.guild_id == guild_id, row.id.in_(ids))))
        replies, others = await replies_given(session, guild_id, numbers), list[str]()
        for some in in_parts(replies):
            of_them = and_(row.guild_id == guild_id, row.message_id.in_(some), row.id.not_in(ids))
            others += await session.scalars(select(row.id).where(of_them))
        return replies, others

    async def withdraw_elsewhere(self, guild_id: int, ids: Collection[str]) -> ErasureResult:
        """Remove what came from these corrections from files, and from datasets of other guilds. Call it before the
        transaction with ``withdraw_here``: if the process stops in between, the whole can be repeated."""
        async with self._database.sessions() as session:
            _replies, others = await self._repeating(session, guild_id, ids)
        return await self._datasets.withdraw_corrections_elsewhere(guild_id, [*ids, *others])

    async def withdraw_here(self, session: AsyncSession, guild_id: int, ids: Collection[str]) -> ErasureResult:
        """Remove what came from these corrections from the guild's datasets and from stored answers. Other corrections
        of those answers stay, without what the bot had said; they may be added to datasets again."""
        replies, others = await self._repeating(session, guild_id, ids)
        await forget_replies(session, replies)
        await session.execute(update(CorrectionRow).where(CorrectionRow.id.in_(others)).values(original=""))
        return await self._datasets.withdraw_corrections(session, guild_id, [*ids, *others])
