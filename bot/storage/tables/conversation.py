"""Prompts and replies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, UserId


class ExchangeRow(Base):
    """A prompt and the bot's reply to it."""

    __tablename__ = "exchanges"
    __table_args__ = (
        Index(None, "created_at"),
        Index(None, "guild_id"),
        Index(None, "prompt_message_id"),
        Index(None, "channel_id", "reply_message_id"),
        Index(None, "user_id"),
        Index(None, "parent_reply_id"),
        Index(None, "words_by"),
    )

    reply_message_id: Mapped[int] = mapped_column(MessageId, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    user_id: Mapped[int] = mapped_column(UserId)
    prompt_message_id: Mapped[int] = mapped_column(MessageId)
    prompt: Mapped[str] = mapped_column(Text)
    reply: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(16))
    parent_reply_id: Mapped[int | None] = mapped_column(MessageId)
    model: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    has_files: Mapped[bool] = mapped_column(server_default=false())
    recalled: Mapped[str] = mapped_column(String(200), server_default="")
    """The numbers of the guild's corrections that the model was given, each between commas; in direct messages, the
    numbers of what the person has taught for themselves."""
    is_given: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was asked with /ask. Such questions may be used for training if the person who asked agrees."""
    words_by: Mapped[int | None] = mapped_column(UserId)
    """The author of the prompt's words, if it is not the person who asked."""
