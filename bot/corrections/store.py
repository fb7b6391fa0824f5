"""Corrections of guilds: what people say the bot should have said, and who decided what about it.

Every submission, edit and decision is one transaction that holds the guild's lock: of two at the same time, the second
sees what the first has done. What is allowed is decided by ``deciding``, ``limits`` and ``consents``, from what was
read in that transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.corrections.consents import require_consent
from bot.corrections.correction import (
    ApprovalResult,
    CorrectedAnswer,
    Correction,
    CorrectionAction,
    CorrectionState,
    ReviewMessage,
)
from bot.corrections.deciding import missing_approvals
from bot.corrections.erasure import CorrectionErasure
from bot.corrections.limits import DAY, require_room_for_person, require_room_in_guild, require_text, storable
from bot.corrections.queries import CorrectionQueries
from bot.corrections.rows import (
    KEPT,
    approvers_of,
    correction_of,
    correction_row,
    kept_in,
    note_action,
    undecided_row,
)
from bot.corrections.taught import note_taught
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.preferences.store import Scope
from bot.storage.database import Database, count_rows
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import ConsentRow, CorrectionDecisionRow, CorrectionRow


class CorrectionStore(CorrectionQueries):
    """The corrections of all guilds, submitted and decided on."""

    def __init__(self, database: Database, datasets: DatasetStore) -> None:
        """``datasets``: withdrawn corrections are removed from these as well."""
        super().__init__(database)
        self.erasure = CorrectionErasure(database, datasets)
        """Withdraws corrections."""
        self._datasets = datasets

    async def submit(
        self, about: CorrectedAnswer, prompt: str, answer: str, author_id: int, *, limited: bool = True
    ) -> Correction:
        """Store a pending correction. If the same person's same correction is already pending or approved, that one is
        returned.

        ``limited``: whether the limits per person apply.

        Raises:
            ConsentMissingError, TextLengthError, TooManyPendingError, TooManyTodayError, TooManyKeptError
        """
        prompt, answer = require_text(prompt), require_text(answer)
        now, guild_id = datetime.now(UTC), about.guild_id
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            await self._require_consent(session, author_id)
            of_guild = CorrectionRow.guild_id == guild_id
            theirs = and_(
                of_guild, CorrectionRow.author_id == author_id, CorrectionRow.state == CorrectionState.PENDING
            )
            again = kept_in(guild_id).where(
                CorrectionRow.author_id == author_id,
                CorrectionRow.prompt_key == key_of_text(prompt),
                CorrectionRow.prompt == prompt,
                CorrectionRow.answer == answer,
                CorrectionRow.state.in_(KEPT),
            )
            if (twice := await session.scalar(again.limit(1))) is not None:
                return correction_of(twice)
            if limited:
                today = await self._today(session, guild_id, author_id)
                require_room_for_person(pending=await count_rows(session, theirs), today=today)
            require_room_in_guild(await count_rows(session, and_(of_guild, CorrectionRow.state.in_(KEPT))))
            last = await session.scalar(select(func.max(CorrectionRow.number)).where(of_guild))
            row = CorrectionRow(
                id=uuid.uuid4().hex, guild_id=guild_id, number=(last or 0) + 1,
                channel_id=about.channel_id, message_id=about.message_id,
                question_id=about.question_id, asker_id=about.asker_id, author_id=author_id, text_by=author_id,
                prompt=prompt, answer=answer, original=storable(about.original),
                prompt_key=key_of_text(prompt), answer_key=key_of_text(answer),
                state=CorrectionState.PENDING, revision=1, created_at=now, changed_at=now, decided_at=None,
            )  # fmt: skip
            session.add(row)
            note_action(session, row, CorrectionAction.SUBMITTED, author_id, now)
        return correction_of(row)

    async def edit(
        self, guild_id: int, id_: str, revision: int, prompt: str, answer: str, by: int, *, limited: bool = True
    ) -> Correction:
        """Replace the text of ``revision``. The correction becomes pending again, and what came from it is removed from
        datasets.

        Raises:
            ConsentMissingError, TextLengthError, TooManyTodayError, NoSuchCorrectionError, ChangedMeanwhileError
        """
        prompt, answer, now = require_text(prompt), require_text(answer), datetime.now(UTC)
        if (await self.by_id(guild_id, id_)).state is CorrectionState.APPROVED:
            await self.erasure.withdraw_elsewhere(guild_id, [id_])
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            await self._require_consent(session, by)
            row = await correction_row(session, guild_id, id_, revision)
            if limited:
                require_room_for_person(today=await self._today(session, guild_id, by))
            if row.state == CorrectionState.APPROVED:
                await self.erasure.withdraw_here(session, guild_id, [row.id])
                await note_taught(session, Scope.GUILD, guild_id, [row.number])
            row.prompt, row.answer, row.text_by = prompt, answer, by
            row.prompt_key, row.answer_key = key_of_text(prompt), key_of_text(answer)
            row.state, row.revision, row.changed_at, row.decided_at = (
                CorrectionState.PENDING,
                row.revision + 1,
                now,
                None,
            )
            note_action(session, row, CorrectionAction.EDITED, by, now)
        return correction_of(row)

    async def approve(
        self,
        guild_id: int,
        id_: str,
        by: int,
        *,
        votes: int = 1,
        revision: int | None = None,
        retiring: Collection[int] = (),
    ) -> ApprovalResult:
        """Record that ``by`` approves; the correction is approved once ``votes`` people do. ``revision``: that of the
        text they saw. ``retiring``: the numbers of approved corrections of the same question that are retired once this
        one is approved; what came from them is removed from datasets.

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError
            AlreadyVotedError, ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await undecided_row(session, guild_id, id_, revision)
            approvers = await approvers_of(session, row)
            missing = missing_approvals(correction_of(row), approvers, by, votes=votes)
            note_action(session, row, CorrectionAction.APPROVED, by, now)
            if not missing:
                row.state, row.decided_at = CorrectionState.APPROVED, now
            retired = () if missing else await self._retire(session, row, retiring, by, now)
            if not missing:
                await note_taught(session, Scope.GUILD, guild_id, [one.number for one in retired])
        return ApprovalResult(correction_of(row), missing, retired)

    async def reject(self, guild_id: int, id_: str, by: int, *, revision: int | None = None) -> Correction:
        """Reject the text of ``revision`` (None: the current text).

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError
            ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await undecided_row(session, guild_id, id_, revision)
            row.state, row.decided_at = CorrectionState.REJECTED, now
            note_action(session, row, CorrectionAction.REJECTED, by, now)
        return correction_of(row)

    async def note_review(self, id_: str, review: ReviewMessage | None) -> None:
        """Record which message shows a correction to its reviewers; None if none does any more."""
        row = CorrectionRow
        values = (None, None) if review is None else (review.channel_id, review.message_id)
        noted = dict(zip((row.review_channel_id, row.review_message_id), values, strict=True))
        async with self._database.sessions.begin() as session:
            await session.execute(update(row).where(row.id == id_).values(noted))

    async def _retire(
        self, session: AsyncSession, by_row: CorrectionRow, numbers: Collection[int], by: int, now: datetime
    ) -> tuple[Correction, ...]:
        if not numbers:
            return ()
        wanted = kept_in(by_row.guild_id).where(
            CorrectionRow.number.in_(numbers),
            CorrectionRow.prompt_key == by_row.prompt_key,
            CorrectionRow.id != by_row.id,
            CorrectionRow.state == CorrectionState.APPROVED,
        )
        rows = list(await session.scalars(wanted))
        for row in rows:
            row.state, row.decided_at = CorrectionState.RETIRED, now
            note_action(session, row, CorrectionAction.RETIRED, by, now)
        await self._datasets.withdraw_corrections(session, by_row.guild_id, [row.id for row in rows])
        return tuple(correction_of(row) for row in rows)

    async def _require_consent(self, session: AsyncSession, user_id: int) -> None:
        consent = await session.get(ConsentRow, user_id)
        require_consent(None if consent is None else consent.version)

    async def _today(self, session: AsyncSession, guild_id: int, user_id: int) -> int:
        """How often a person has submitted or edited in a guild within the last ``DAY``."""
        history = CorrectionDecisionRow
        lately = and_(
            history.actor_id == user_id,
            history.decided_at > datetime.now(UTC) - DAY,
            history.guild_id == guild_id,
            history.action.in_((CorrectionAction.SUBMITTED, CorrectionAction.EDITED)),
        )
        return await count_rows(session, lately)
