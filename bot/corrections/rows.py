"""Database rows of corrections, read and changed within a transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.corrections.correction import Correction, CorrectionAction, CorrectionState, NoSuchCorrectionError
from bot.corrections.deciding import require_revision, require_undecided
from bot.storage.tables import CorrectionDecisionRow, CorrectionRow

KEPT = (CorrectionState.PENDING, CorrectionState.APPROVED)
"""The states of corrections that wait for a decision or are in force."""


def kept_in(guild_id: int) -> Select[CorrectionRow]:
    """A query for the corrections of a guild that are not withdrawn."""
    return select(CorrectionRow).where(
        CorrectionRow.guild_id == guild_id, CorrectionRow.state != CorrectionState.WITHDRAWN
    )


def correction_of(row: CorrectionRow) -> Correction:
    """A copy of ``row`` that does not depend on its session."""
    values = {name: getattr(row, name) for name in Correction.__dataclass_fields__}
    return Correction(**values | {"state": CorrectionState(row.state)})


async def correction_row(session: AsyncSession, guild_id: int, id_: str, revision: int | None = None) -> CorrectionRow:
    """The row of a guild's correction, whose text must be that of ``revision`` if one is given.

    Raises:
        NoSuchCorrectionError, ChangedMeanwhileError
    """
    row = await session.get(CorrectionRow, id_)
    if row is None or row.guild_id != guild_id:
        raise NoSuchCorrectionError("?")
    if row.state == CorrectionState.WITHDRAWN:
        raise NoSuchCorrectionError(row.number)
    require_revision(correction_of(row), revision)
    return row


async def undecided_row(session: AsyncSession, guild_id: int, id_: str, revision: int | None) -> CorrectionRow:
    """Like ``correction_row``, for a correction that must be waiting for a decision.

    Raises:
        NoSuchCorrectionError, ChangedMeanwhileError, AlreadyApprovedError, AlreadyRejectedError, AlreadyRetiredError
    """
    row = await correction_row(session, guild_id, id_, revision)
    history = CorrectionDecisionRow
    last = select(history.actor_id).where(history.correction_id == row.id, history.action == row.state)
    decided_by = await session.scalar(last.order_by(history.id.desc()).limit(1))
    require_undecided(correction_of(row), decided_by)
    return row


async def approvers_of(session: AsyncSession, of: CorrectionRow | Correction) -> set[int]:
    """The ids of the people who have approved the current text."""
    history = CorrectionDecisionRow
    wanted = select(history.actor_id).where(
        history.correction_id == of.id,
        history.revision == of.revision,
        history.action == CorrectionAction.APPROVED,
        history.actor_id.is_not(None),
    )
    return {actor for actor in await session.scalars(wanted) if actor is not None}


def note_action(
    session: AsyncSession, row: CorrectionRow, action: CorrectionAction, actor_id: int | None, now: datetime
) -> None:
    """Add what ``actor_id`` has done with a correction to its history."""
    decision = CorrectionDecisionRow(
        correction_id=row.id, guild_id=row.guild_id, revision=row.revision,
        actor_id=actor_id, action=action, decided_at=now,
    )  # fmt: skip
    session.add(decision)
