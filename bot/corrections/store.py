"""Corrections of guilds: what people say that the bot should have said, and who decided what about it.

Every change is one transaction that has the guild's lock: of two that come at once, the second finds what the first
has done. What may be done is decided by ``deciding``, ``limits`` and ``consents``, of what was read in that
transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.exchanges import forget_replies, replies_given
from bot.corrections.consents import require_consent
from bot.corrections.correction import (
    ApprovalResult,
    ApprovedCorrection,
    CorrectedAnswer,
    Correction,
    CorrectionAction,
    CorrectionState,
    Decision,
    NoSuchCorrectionError,
    ReviewMessage,
    SimilarCorrections,
    WithdrawalResult,
)
from bot.corrections.deciding import missing_approvals, require_revision, require_undecided
from bot.corrections.limits import DAY, require_room_for_person, require_room_in_guild, require_text, storable
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.privacy.data_holder import ErasureResult
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import ConsentRow, CorrectionDecisionRow, CorrectionRow

_SEARCHED_CHARS = 200
_SEARCHED = 500
_MAX_SIMILAR = 10
_KEPT = (CorrectionState.PENDING, CorrectionState.APPROVED)


class CorrectionStore:
    """The corrections of all guilds."""

    def __init__(self, database: Database, datasets: DatasetStore) -> None:
        """``datasets``: where what is withdrawn is removed from as well."""
        self._database = database
        self._datasets = datasets

    async def submit(
        self, about: CorrectedAnswer, prompt: str, answer: str, author_id: int, *, limited: bool = True
    ) -> Correction:
        """Keep a correction, pending. The same of the same person, while it is pending or approved, is kept once.

        ``limited``: whether the limits on one person hold.

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
            again = _there(guild_id).where(
                CorrectionRow.author_id == author_id,
                CorrectionRow.prompt_key == key_of_text(prompt),
                CorrectionRow.prompt == prompt,
                CorrectionRow.answer == answer,
                CorrectionRow.state.in_(_KEPT),
            )
            if (twice := await session.scalar(again.limit(1))) is not None:
                return _correction(twice)
            if limited:
                today = await self._today(session, guild_id, author_id)
                require_room_for_person(pending=await _count(session, theirs), today=today)
            require_room_in_guild(await _count(session, and_(of_guild, CorrectionRow.state.in_(_KEPT))))
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
            self._note(session, row, CorrectionAction.SUBMITTED, author_id, now)
        return _correction(row)

    async def edit(
        self, guild_id: int, id_: str, revision: int, prompt: str, answer: str, by: int, *, limited: bool = True
    ) -> Correction:
        """Replace the text of ``revision``; the correction is pending again, and what came from it is removed from
        datasets.

        Raises:
            ConsentMissingError, TextLengthError, TooManyTodayError, NoSuchCorrectionError, ChangedMeanwhileError
        """
        prompt, answer, now = require_text(prompt), require_text(answer), datetime.now(UTC)
        if (await self.by_id(guild_id, id_)).state is CorrectionState.APPROVED:
            await self._withdraw_elsewhere(guild_id, [id_])
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            await self._require_consent(session, by)
            row = await self._row(session, guild_id, id_, revision)
            if limited:
                require_room_for_person(today=await self._today(session, guild_id, by))
            if row.state == CorrectionState.APPROVED:
                await self._withdraw_here(session, guild_id, [row.id])
            row.prompt, row.answer, row.text_by = prompt, answer, by
            row.prompt_key, row.answer_key = key_of_text(prompt), key_of_text(answer)
            row.state, row.revision, row.changed_at, row.decided_at = (
                CorrectionState.PENDING,
                row.revision + 1,
                now,
                None,
            )
            self._note(session, row, CorrectionAction.EDITED, by, now)
        return _correction(row)

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
        """Note that ``by`` approves; it is approved once ``votes`` people do. ``revision``: of the text that they saw.
        ``retiring``: the numbers of others that no longer hold once it is approved, of those that are approved and ask
        the same; what came from them is removed from datasets.

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, AlreadyVotedError, ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await self._undecided(session, guild_id, id_, revision)
            approvers = await self._approvers(session, row)
            missing = missing_approvals(_correction(row), approvers, by, votes=votes)
            self._note(session, row, CorrectionAction.APPROVED, by, now)
            if not missing:
                row.state, row.decided_at = CorrectionState.APPROVED, now
            retired = () if missing else await self._retire(session, row, retiring, by, now)
        return ApprovalResult(_correction(row), missing, retired)

    async def reject(self, guild_id: int, id_: str, by: int, *, revision: int | None = None) -> Correction:
        """Reject it.

        Raises:
            NoSuchCorrectionError, AlreadyApprovedError, AlreadyRejectedError, ChangedMeanwhileError
        """
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await self._undecided(session, guild_id, id_, revision)
            row.state, row.decided_at = CorrectionState.REJECTED, now
            self._note(session, row, CorrectionAction.REJECTED, by, now)
        return _correction(row)

    async def withdraw(self, guild_id: int, id_: str, by: int) -> tuple[Correction, ErasureResult]:
        """Forget its texts, also in datasets; its number and history stay. Returns it as it was, and the datasets.

        Raises:
            NoSuchCorrectionError
        """
        await self.by_id(guild_id, id_)
        removed = await self._withdraw_elsewhere(guild_id, [id_])
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await self._row(session, guild_id, id_)
            before = _correction(row)
            removed += await self._withdraw(session, guild_id, [row], by)
        await self._database.scrub()
        return before, removed

    async def by_id(self, guild_id: int, id_: str) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        async with self._database.sessions() as session:
            return _correction(await self._row(session, guild_id, id_))

    async def get(self, guild_id: int, number: int) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        wanted = _there(guild_id).where(CorrectionRow.number == number)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
        if row is None:
            raise NoSuchCorrectionError(number)
        return _correction(row)

    async def approved_same(self, guild_id: int, prompt: str, answer: str) -> Correction | None:
        """The approved correction that says ``answer`` to ``prompt`` already, if there is one."""
        row = CorrectionRow
        wanted = _there(guild_id).where(
            row.prompt_key == key_of_text(prompt),
            row.answer_key == key_of_text(answer),
            row.state == CorrectionState.APPROVED,
        )
        async with self._database.sessions() as session:
            found = await session.scalar(wanted.order_by(row.number).limit(1))
            return None if found is None else _correction(found)

    async def taught_guilds(self, most: int) -> list[int]:
        """The guilds that have approved something, those with the latest first."""
        row = CorrectionRow
        wanted = select(row.guild_id).where(row.state == CorrectionState.APPROVED).group_by(row.guild_id)
        async with self._database.sessions() as session:
            return list(await session.scalars(wanted.order_by(func.max(row.decided_at).desc()).limit(most)))

    async def waiting(self, guild_id: int) -> int:
        """How many wait for a decision."""
        row = CorrectionRow
        async with self._database.sessions() as session:
            return await _count(session, and_(row.guild_id == guild_id, row.state == CorrectionState.PENDING))

    async def corrected_among(self, guild_id: int, message_ids: Collection[int]) -> set[int]:
        """Those of ``message_ids`` that are answers of which a correction waits or is approved."""
        row = CorrectionRow
        wanted = select(row.message_id).where(
            row.guild_id == guild_id, row.message_id.in_(message_ids), row.state.in_(_KEPT)
        )
        async with self._database.sessions() as session:
            return {id_ for id_ in await session.scalars(wanted) if id_ is not None}

    async def note_review(self, id_: str, review: ReviewMessage | None) -> None:
        """Keep where a correction is shown to those who review it."""
        row = CorrectionRow
        values = (None, None) if review is None else (review.channel_id, review.message_id)
        noted = dict(zip((row.review_channel_id, row.review_message_id), values, strict=True))
        async with self._database.sessions.begin() as session:
            await session.execute(update(row).where(row.id == id_).values(noted))

    async def page(
        self,
        guild_id: int,
        number: int,
        a_page: int,
        *,
        state: CorrectionState | None = None,
        author_id: int | None = None,
    ) -> tuple[list[Correction], int, int]:
        """The newest first: page ``number`` from 1 (or the nearest that there is) of ``a_page``, its number, and how
        many corrections there are; of one state and one author only, where they are given."""
        wanted = _there(guild_id)
        if state is not None:
            wanted = wanted.where(CorrectionRow.state == state)
        if author_id is not None:
            wanted = wanted.where(CorrectionRow.author_id == author_id)
        async with self._database.sessions() as session:
            count = await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            number = max(1, min(number, -(-count // a_page)))
            rows = wanted.order_by(CorrectionRow.number.desc()).offset((number - 1) * a_page).limit(a_page)
            return [_correction(row) for row in await session.scalars(rows)], number, count

    async def search(self, guild_id: int, typed: str, most: int, *, author_id: int | None = None) -> list[Correction]:
        """Of the newest ``_SEARCHED``, those that wait first: whose number begins with ``typed``, or at the beginnings
        of whose texts it stands; and the one that has this number."""
        row = CorrectionRow
        wanted = _there(guild_id)
        if author_id is not None:
            wanted = wanted.where(row.author_id == author_id)
        typed = typed.strip().removeprefix("#").casefold()
        number = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
        wanted = wanted.order_by(row.number != number, row.state != CorrectionState.PENDING, row.number.desc()).limit(
            _SEARCHED
        )
        async with self._database.sessions() as session:
            found = [_correction(each) for each in await session.scalars(wanted)]
        fitting = (
            each
            for each in found
            if str(each.number).startswith(typed)
            or typed in each.prompt[:_SEARCHED_CHARS].casefold()
            or typed in each.answer[:_SEARCHED_CHARS].casefold()
        )
        return [each for each, _number in zip(fitting, range(most), strict=False)]

    async def history(self, id_: str) -> list[Decision]:
        """What was done with it, the oldest first."""
        row = CorrectionDecisionRow
        async with self._database.sessions() as session:
            rows = await session.scalars(select(row).where(row.correction_id == id_).order_by(row.id))
            return [
                Decision(each.actor_id, CorrectionAction(each.action), each.revision, each.decided_at) for each in rows
            ]

    async def approvals(self, correction: Correction) -> int:
        """How many people approve its text as it is now."""
        async with self._database.sessions() as session:
            return len(await self._approvers(session, correction))

    async def similar(self, correction: Correction) -> SimilarCorrections:
        """Others of its guild that ask the same."""
        row = CorrectionRow
        asks = _there(correction.guild_id).where(
            row.prompt_key == key_of_text(correction.prompt), row.id != correction.id
        )
        answer_key = key_of_text(correction.answer)
        says = asks.where(row.answer_key == answer_key, row.state.in_(_KEPT))
        differs = asks.where(row.answer_key != answer_key, row.state == CorrectionState.APPROVED)
        async with self._database.sessions() as session:
            return SimilarCorrections(*[
                tuple(each.number for each in await session.scalars(wanted.order_by(row.number).limit(_MAX_SIMILAR)))
                for wanted in (says, differs)
            ])  # fmt: skip

    async def approved(self, guild_id: int) -> list[ApprovedCorrection]:
        """What the guild has approved, the oldest first."""
        row = CorrectionRow
        wanted = select(row.id, row.number, row.prompt, row.answer).where(
            row.guild_id == guild_id, row.state == CorrectionState.APPROVED
        )
        async with self._database.sessions() as session:
            return [ApprovedCorrection(*found) for found in await session.execute(wanted.order_by(row.number))]

    async def approved_whole(self, guild_id: int) -> list[Correction]:
        """Approved corrections of a guild, with all that is known of them."""
        wanted = _there(guild_id).where(CorrectionRow.state == CorrectionState.APPROVED).order_by(CorrectionRow.number)
        async with self._database.sessions() as session:
            return [_correction(row) for row in await session.scalars(wanted)]

    async def contributors(self, guild_id: int) -> dict[int, int]:
        """How many approved corrections each person has given to a guild."""
        count = func.count()
        wanted = select(CorrectionRow.author_id, count).where(
            CorrectionRow.guild_id == guild_id,
            CorrectionRow.state == CorrectionState.APPROVED,
            CorrectionRow.author_id.is_not(None),
        )
        async with self._database.sessions() as session:
            rows = await session.execute(wanted.group_by(CorrectionRow.author_id))
            return {int(author): int(number) for author, number in rows if author is not None}

    async def of_user(self, user_id: int) -> list[Correction]:
        """All that a person has submitted or written, in all guilds, but for what is withdrawn; the oldest first."""
        theirs = or_(CorrectionRow.author_id == user_id, CorrectionRow.text_by == user_id)
        wanted = select(CorrectionRow).where(theirs, CorrectionRow.state != CorrectionState.WITHDRAWN)
        async with self._database.sessions() as session:
            return [_correction(row) for row in await session.scalars(wanted.order_by(CorrectionRow.created_at))]

    async def remove_withdrawn_from_datasets(self, guild_id: int, given: Sequence[Correction]) -> None:
        """Remove from datasets what came from those of ``given`` that are no longer approved, or not with this text:
        for the moment between reading and adding them."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = CorrectionRow
            wanted = select(row.id, row.revision).where(row.guild_id == guild_id, row.state == CorrectionState.APPROVED)
            still = {(id_, revision) for id_, revision in await session.execute(wanted)}
            gone = [each.id for each in given if (each.id, each.revision) not in still]
            if gone:
                await self._datasets.withdraw_corrections(session, guild_id, gone)

    async def forget_messages(self, message_ids: Collection[int]) -> WithdrawalResult:
        """What was said in a deleted answer is forgotten; a correction of the answer to a deleted question is
        withdrawn, unless the one who asked has corrected it themselves."""
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
        """Delete all corrections of a guild, with their history; says how many."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            history = CorrectionDecisionRow
            await session.execute(delete(history).where(history.guild_id == guild_id))
            return await rows_changed(session, delete(CorrectionRow).where(CorrectionRow.guild_id == guild_id))

    async def forget_user(self, user_id: int) -> WithdrawalResult:
        """Withdraw what a person has submitted or written, and what others have submitted about their questions;
        forget that it was they who decided on others."""
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
        forgotten, unapproved_in, reviews = ErasureResult(), set[int](), list[ReviewMessage]()
        for guild_id in sorted(set(found.values())):
            ids = [id_ for id_, guild in found.items() if guild == guild_id]
            forgotten += await self._withdraw_elsewhere(guild_id, ids)
            async with self._database.sessions.begin() as session:
                await lock_guild(session, guild_id)
                rows = list(await session.scalars(wanted.where(CorrectionRow.guild_id == guild_id)))
                if any(row.state == CorrectionState.APPROVED for row in rows):
                    unapproved_in.add(guild_id)
                reviews += [review for row in rows if (review := review_of(_correction(row))) is not None]
                forgotten += ErasureResult(len(rows)) + await self._withdraw(session, guild_id, rows, None)
        return WithdrawalResult(forgotten, frozenset(unapproved_in), tuple(reviews))

    async def _retire(
        self, session: AsyncSession, by_row: CorrectionRow, numbers: Collection[int], by: int, now: datetime
    ) -> tuple[Correction, ...]:
        if not numbers:
            return ()
        wanted = _there(by_row.guild_id).where(
            CorrectionRow.number.in_(numbers),
            CorrectionRow.prompt_key == by_row.prompt_key,
            CorrectionRow.id != by_row.id,
            CorrectionRow.state == CorrectionState.APPROVED,
        )
        rows = list(await session.scalars(wanted))
        for row in rows:
            row.state, row.decided_at = CorrectionState.RETIRED, now
            self._note(session, row, CorrectionAction.RETIRED, by, now)
        await self._datasets.withdraw_corrections(session, by_row.guild_id, [row.id for row in rows])
        return tuple(_correction(row) for row in rows)

    async def _withdraw(
        self, session: AsyncSession, guild_id: int, rows: Sequence[CorrectionRow], by: int | None
    ) -> ErasureResult:
        now = datetime.now(UTC)
        for row in rows:
            row.state, row.decided_at, row.changed_at = CorrectionState.WITHDRAWN, now, now
            row.prompt = row.answer = row.original = row.prompt_key = row.answer_key = ""
            row.message_id = row.question_id = row.asker_id = None
            row.review_channel_id = row.review_message_id = None
            self._note(session, row, CorrectionAction.WITHDRAWN, by, now)
        return await self._withdraw_here(session, guild_id, [row.id for row in rows])

    async def _repeating(
        self, session: AsyncSession, guild_id: int, ids: Collection[str]
    ) -> tuple[list[int], list[str]]:
        """The messages of answers that were given one of these corrections, and the corrections that others have
        written of those answers: both may say what these said."""
        row = CorrectionRow
        numbers = list(await session.scalars(select(row.number).where(row.guild_id == guild_id, row.id.in_(ids))))
        replies = await replies_given(session, guild_id, numbers)
        of_them = and_(row.guild_id == guild_id, row.message_id.in_(replies), row.id.not_in(ids))
        return replies, list(await session.scalars(select(row.id).where(of_them)))

    async def _withdraw_elsewhere(self, guild_id: int, ids: Collection[str]) -> ErasureResult:
        async with self._database.sessions() as session:
            _replies, others = await self._repeating(session, guild_id, ids)
        return await self._datasets.withdraw_corrections_elsewhere(guild_id, [*ids, *others])

    async def _withdraw_here(self, session: AsyncSession, guild_id: int, ids: Collection[str]) -> ErasureResult:
        """Let go what came from these corrections in datasets of the guild and in answers that are kept. What others
        have corrected stays, without what the bot had said; it may be added to datasets again."""
        replies, others = await self._repeating(session, guild_id, ids)
        await forget_replies(session, replies)
        await session.execute(update(CorrectionRow).where(CorrectionRow.id.in_(others)).values(original=""))
        return await self._datasets.withdraw_corrections(session, guild_id, [*ids, *others])

    async def _row(self, session: AsyncSession, guild_id: int, id_: str, revision: int | None = None) -> CorrectionRow:
        row = await session.get(CorrectionRow, id_)
        if row is None or row.guild_id != guild_id:
            raise NoSuchCorrectionError("?")
        if row.state == CorrectionState.WITHDRAWN:
            raise NoSuchCorrectionError(row.number)
        require_revision(_correction(row), revision)
        return row

    async def _undecided(self, session: AsyncSession, guild_id: int, id_: str, revision: int | None) -> CorrectionRow:
        row = await self._row(session, guild_id, id_, revision)
        history = CorrectionDecisionRow
        last = select(history.actor_id).where(history.correction_id == row.id, history.action == row.state)
        decided_by = await session.scalar(last.order_by(history.id.desc()).limit(1))
        require_undecided(_correction(row), decided_by)
        return row

    async def _approvers(self, session: AsyncSession, of: CorrectionRow | Correction) -> set[int]:
        history = CorrectionDecisionRow
        wanted = select(history.actor_id).where(
            history.correction_id == of.id,
            history.revision == of.revision,
            history.action == CorrectionAction.APPROVED,
            history.actor_id.is_not(None),
        )
        return {actor for actor in await session.scalars(wanted) if actor is not None}

    async def _require_consent(self, session: AsyncSession, user_id: int) -> None:
        consent = await session.get(ConsentRow, user_id)
        require_consent(None if consent is None else consent.version)

    async def _today(self, session: AsyncSession, guild_id: int, user_id: int) -> int:
        """How often a person has submitted or edited within the last day."""
        history = CorrectionDecisionRow
        lately = and_(
            history.actor_id == user_id,
            history.decided_at > datetime.now(UTC) - DAY,
            history.guild_id == guild_id,
            history.action.in_((CorrectionAction.SUBMITTED, CorrectionAction.EDITED)),
        )
        return await _count(session, lately)

    def _note(
        self, session: AsyncSession, row: CorrectionRow, action: CorrectionAction, actor_id: int | None, now: datetime
    ) -> None:
        decision = CorrectionDecisionRow(
            correction_id=row.id, guild_id=row.guild_id, revision=row.revision,
            actor_id=actor_id, action=action, decided_at=now,
        )  # fmt: skip
        session.add(decision)


def review_of(correction: Correction) -> ReviewMessage | None:
    """Where ``correction`` is shown to those who review it."""
    if correction.review_channel_id is None or correction.review_message_id is None:
        return None
    return ReviewMessage(correction.review_channel_id, correction.review_message_id)


def _there(guild_id: int) -> Select[CorrectionRow]:
    return select(CorrectionRow).where(
        CorrectionRow.guild_id == guild_id, CorrectionRow.state != CorrectionState.WITHDRAWN
    )


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).where(which)) or 0


def _correction(row: CorrectionRow) -> Correction:
    values = {name: getattr(row, name) for name in Correction.__dataclass_fields__}
    return Correction(**values | {"state": CorrectionState(row.state)})
