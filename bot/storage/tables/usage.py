"""Usage of the models."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base
from bot.storage.tables.snowflake import GuildId, UserId


class UsageRow(Base):
    """What one user has used of one model in one guild on one day (UTC)."""

    __tablename__ = "usage"
    __table_args__ = (Index(None, "guild_id", "day"), Index(None, "user_id", "day"))

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId, primary_key=True, autoincrement=False)
    """0 in direct messages."""
    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    prompt_tokens: Mapped[int] = mapped_column(BigInteger)
    reply_tokens: Mapped[int] = mapped_column(BigInteger)
    heard_s: Mapped[float] = mapped_column(Double)
    spoken_characters: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[float] = mapped_column(Double)
