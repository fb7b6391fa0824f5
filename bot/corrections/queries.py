"""Reads the corrections of guilds."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.corrections.correction import (
    ApprovedCorrection,
    Correction,
    CorrectionAction,
    CorrectionState,
    Decision,
    NoSuchCorrectionError,
    SimilarCorrections,
)
from bot.corrections.rows import KEPT, approvers_of, correction_of, correction_row, kept_in
from bot.corrections.taught import StoredTaught
from bot.datasets.text_fingerprint import key_of_text
from bot.preferences.store import Scope
from bot.storage.database import Database, count_rows
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import CorrectionDecisionRow, CorrectionRow

_SEARCHED_CHARS = 200
_SEARCHED = 500
_MAX_SIMILAR = 10


class CorrectionQueries:
    """Reads the corrections of all guilds; withdrawn ones count as absent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.taught = StoredTaught(database, Scope.GUILD, _approved)
        """The approved corrections of guilds, as recall needs them."""

    async def by_id(self, guild_id: int, id_: str) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        async with self._database.sessions() as session:
            return correction_of(await correction_row(session, guild_id, id_))

    async def get(self, guild_id: int, number: int) -> Correction:
        """
        Raises:
            NoSuchCorrectionError
        """
        wanted = kept_in(guild_id).where(CorrectionRow.number == number)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
        if row is None:
            raise NoSuchCorrectionError(number)
        return correction_of(row)

    async def approved_same(self, guild_id: int, prompt: str, answer: str) -> Correction | None:
        """The approved correction that already gives ``answer`` to ``prompt``, if there is one."""
        row = CorrectionRow
        wanted = kept_in(guild_id).where(
            row.prompt_key == key_of_text(prompt),
            row.answer_key == key_of_text(answer),
            row.state == CorrectionState.APPROVED,
        )
        async with self._database.sessions() as session:
            found = await session.scalar(wanted.order_by(row.number).limit(1))
            return None if found is None else correction_of(found)

    async def taught_guilds(self, limit: int) -> list[int]:
        """At most ``limit`` guilds with approved corrections, those with the latest approval first."""
        row = CorrectionRow
        wanted = select(row.guild_id).where(row.state == CorrectionState.APPROVED).group_by(row.guild_id)
        async with self._database.sessions() as session:
            return list(await session.scalars(wanted.order_by(func.max(row.decided_at).desc()).limit(limit)))

    async def waiting(self, guild_id: int) -> int:
        """How many of a guild's corrections wait for a decision."""
        row = CorrectionRow
        async with self._database.sessions() as session:
            return await count_rows(session, and_(row.guild_id == guild_id, row.state == CorrectionState.PENDING))

    async def corrected_among(self, guild_id: int, message_ids: Collection[int]) -> set[int]:
        """Those of ``message_ids`` that are answers with a pending or approved correction."""
        row = CorrectionRow
        wanted = select(row.message_id).where(
            row.guild_id == guild_id, row.message_id.in_(message_ids), row.state.in_(KEPT)
        )
        async with self._database.sessions() as session:
            return {id_ for id_ in await session.scalars(wanted) if id_ is not None}

    async def page(
        self,
        guild_id: int,
        number: int,
        a_page: int,
        *,
        state: CorrectionState | None = None,
        author_id: int | None = None,
    ) -> tuple[list[Correction], int, int]:
        """Page ``number`` (from 1, or the nearest that exists) of ``a_page`` corrections each, newest first; its
        number; and how many corrections there are in all. ``state`` and ``author_id`` limit these, if given."""
        wanted = kept_in(guild_id)
        if state is not None:
            wanted = wanted.where(CorrectionRow.state == state)
        if author_id is not None:
            wanted = wanted.where(CorrectionRow.author_id == author_id)
        async with self._database.sessions() as session:
            count = await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            number = max(1, min(number, -(-count // a_page)))
            rows = wanted.order_by(CorrectionRow.number.desc()).offset((number - 1) * a_page).limit(a_page)
            return [correction_of(row) for row in await session.scalars(rows)], number, count

    async def search(self, guild_id: int, typed: str, limit: int, *, author_id: int | None = None) -> list[Correction]:
        """At most ``limit`` corrections whose number begins with ``typed``, or that contain it in the first
        ``_SEARCHED_CHARS`` characters of the prompt or answer. The one with exactly this number comes first, then
        pending ones, then the newest; only the first ``_SEARCHED`` in this order are searched."""
        row = CorrectionRow
        wanted = kept_in(guild_id)
        if author_id is not None:
            wanted = wanted.where(row.author_id == author_id)
        typed = typed.strip().removeprefix("#").casefold()
        number = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
        wanted = wanted.order_by(row.number != number, row.state != CorrectionState.PENDING, row.number.desc()).limit(
            _SEARCHED
        )
        async with self._database.sessions() as session:
            found = [correction_of(each) for each in await session.scalars(wanted)]
        fitting = (
            each
            for each in found
            if str(each.number).startswith(typed)
            or typed in each.prompt[:_SEARCHED_CHARS].casefold()
            or typed in each.answer[:_SEARCHED_CHARS].casefold()
        )
        return [each for each, _number in zip(fitting, range(limit), strict=False)]

    async def history(self, id_: str) -> list[Decision]:
        """What was done with a correction, oldest first."""
        row = CorrectionDecisionRow
        async with self._database.sessions() as session:
            rows = await session.scalars(select(row).where(row.correction_id == id_).order_by(row.id))
            return [
                Decision(each.actor_id, CorrectionAction(each.action), each.revision, each.decided_at) for each in rows
            ]

    async def approvals(self, correction: Correction) -> int:
        """How many people have approved the current text."""
        async with self._database.sessions() as session:
            return len(await approvers_of(session, correction))

    async def similar(self, correction: Correction) -> SimilarCorrections:
        """Other corrections of the same question in the guild, at most ``_MAX_SIMILAR`` of each kind."""
        row = CorrectionRow
        asks = kept_in(correction.guild_id).where(
            row.prompt_key == key_of_text(correction.prompt), row.id != correction.id
        )
        answer_key = key_of_text(correction.answer)
        says = asks.where(row.answer_key == answer_key, row.state.in_(KEPT))
        differs = asks.where(row.answer_key != answer_key, row.state == CorrectionState.APPROVED)
        async with self._database.sessions() as session:
            return SimilarCorrections(*[
                tuple(each.number for each in await session.scalars(wanted.order_by(row.number).limit(_MAX_SIMILAR)))
                for wanted in (says, differs)
            ])  # fmt: skip

    async def approved_answers(self, guild_id: int, numbers: Collection[int]) -> set[str]:
        """The answers of those of ``numbers`` that are approved. Waits for the guild's lock, and so for changes under
        way."""
        row = CorrectionRow
        wanted = select(row.answer).where(
            row.guild_id == guild_id, row.number.in_(numbers), row.state == CorrectionState.APPROVED
        )
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            return set(await session.scalars(wanted))

    async def approved_whole(self, guild_id: int) -> list[Correction]:
        """The approved corrections of a guild in full, by number."""
        wanted = kept_in(guild_id).where(CorrectionRow.state == CorrectionState.APPROVED).order_by(CorrectionRow.number)
        async with self._database.sessions() as session:
            return [correction_of(row) for row in await session.scalars(wanted)]

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
            return {author: number for author, number in rows if author is not None}

    async def of_user(self, user_id: int) -> list[Correction]:
        """All that a person has submitted or written, in all guilds, except withdrawn corrections; oldest first."""
        wanted = select(CorrectionRow).where(_given_by(user_id)).order_by(CorrectionRow.created_at)
        async with self._database.sessions() as session:
            return [correction_of(row) for row in await session.scalars(wanted)]

    async def count_of_user(self, user_id: int) -> int:
        """How many corrections ``of_user`` returns."""
        async with self._database.sessions() as session:
            return await count_rows(session, _given_by(user_id))


async def _approved(
    session: AsyncSession, guild_id: int, numbers: Collection[int] | None = None
) -> list[ApprovedCorrection]:
    row = CorrectionRow
    wanted = select(row.id, row.number, row.prompt, row.answer).where(
        row.guild_id == guild_id, row.state == CorrectionState.APPROVED
    )
    if numbers is not None:
        wanted = wanted.where(row.number.in_(numbers))
    return [ApprovedCorrection(*found) for found in await session.execute(wanted.order_by(row.number))]


def _given_by(user_id: int) -> ColumnElement[bool]:
    theirs = or_(CorrectionRow.author_id == user_id, CorrectionRow.text_by == user_id)
    return and_(theirs, CorrectionRow.state != CorrectionState.WITHDRAWN)
