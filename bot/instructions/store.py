"""Stores the instructions that guilds have written, by name, with their earlier versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.instructions.limits import MAX_VERSIONS, require_room
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.database import Database, rows_changed
from bot.storage.tables import InstructionRow


@dataclass(frozen=True, slots=True)
class Instruction:
    """One version of an instruction."""

    id: int
    name: str
    text: str
    written_by: int | None
    """The author's Discord id; None once their data was erased."""
    written_at: datetime


class InstructionStore(DataHolder):
    """The instructions of all guilds, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, guild_id: int, name: str) -> Instruction | None:
        """The current version of an instruction, or None if there is none of that name."""
        wanted = select(InstructionRow).where(InstructionRow.guild_id == guild_id, InstructionRow.name == name)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted.order_by(InstructionRow.id.desc()).limit(1))
            return None if row is None else _read(row)

    async def versions(self, guild_id: int) -> list[Instruction]:
        """All versions of all instructions of a guild, the latest first."""
        wanted = select(InstructionRow).where(InstructionRow.guild_id == guild_id)
        async with self._database.sessions() as session:
            return [_read(row) for row in await session.scalars(wanted.order_by(InstructionRow.id.desc()))]

    async def names(self, guild_id: int) -> list[str]:
        """The names of the guild's instructions, sorted."""
        async with self._database.sessions() as session:
            return sorted(await _names(session, guild_id))

    async def write(self, guild_id: int, name: str, text: str, by: int) -> Instruction:
        """Save ``text`` (not empty) as the current version of ``name`` (at most 32 characters).

        Raises:
            TooManyInstructionsError: the name is new, and the guild has ``MAX_NAMES`` already.
        """
        row = InstructionRow(guild_id=guild_id, name=name, text=text, written_by=by, written_at=datetime.now(UTC))
        async with self._database.sessions.begin() as session:
            names = await _names(session, guild_id)
            require_room(name, names)
            session.add(row)
            await session.flush()
            of_name = (InstructionRow.guild_id == guild_id, InstructionRow.name == name)
            kept = select(InstructionRow.id).where(*of_name).order_by(InstructionRow.id.desc()).limit(MAX_VERSIONS)
            oldest_kept = min(await session.scalars(kept))
            await session.execute(delete(InstructionRow).where(*of_name, InstructionRow.id < oldest_kept))
            return _read(row)

    async def delete(self, guild_id: int, name: str) -> bool:
        """Delete an instruction with all its versions; returns whether there was one."""
        gone = delete(InstructionRow).where(InstructionRow.guild_id == guild_id, InstructionRow.name == name)
        async with self._database.sessions.begin() as session:
            return bool(await rows_changed(session, gone))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all instructions of a guild; returns how many rows were deleted."""
        async with self._database.sessions.begin() as session:
            return await rows_changed(session, delete(InstructionRow).where(InstructionRow.guild_id == guild_id))

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Remove the person's id from the instructions they wrote; the texts stay, as they are the guilds'."""
        theirs = update(InstructionRow).where(InstructionRow.written_by == user_id)
        async with self._database.sessions.begin() as session:
            return ErasureResult(await rows_changed(session, theirs.values(written_by=None)))


async def _names(session: AsyncSession, guild_id: int) -> set[str]:
    found = select(InstructionRow.name).where(InstructionRow.guild_id == guild_id).group_by(InstructionRow.name)
    return set(await session.scalars(found))


def _read(row: InstructionRow) -> Instruction:
    return Instruction(row.id, row.name, row.text, row.written_by, row.written_at)
