"""Jobs: work that was promised to people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, UserId


class JobRow(Base):
    """A job: something that the bot has promised to do for a person."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("kind", "message_id"),
        Index(None, "state"),
        Index(None, "updated_at"),
        Index(None, "message_id"),
        Index(None, "user_id"),
        Index(None, "guild_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    user_id: Mapped[int] = mapped_column(UserId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    reference: Mapped[str | None] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
