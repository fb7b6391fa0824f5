"""Instructions for how the bot answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import GuildId, UserId


class InstructionRow(Base):
    """One version of one of a guild's instructions; the one with the highest id is in force."""

    __tablename__ = "instructions"
    __table_args__ = (Index(None, "guild_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    name: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[int | None] = mapped_column(UserId)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
