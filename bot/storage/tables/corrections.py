"""What should have been answered, who says so, and what people think of answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, ScopeId, UserId


class CorrectionRow(Base):
    """What a person says that the bot should have said, in a form of ours."""

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index(None, "guild_id", "prompt_key"),
        Index(None, "author_id"),
        Index(None, "text_by"),
        Index(None, "asker_id"),
        Index(None, "message_id"),
        Index(None, "question_id"),
        Index(None, "review_message_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    number: Mapped[int] = mapped_column()
    channel_id: Mapped[int] = mapped_column(ChannelId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    question_id: Mapped[int | None] = mapped_column(MessageId)
    asker_id: Mapped[int | None] = mapped_column(UserId)
    author_id: Mapped[int | None] = mapped_column(UserId)
    text_by: Mapped[int | None] = mapped_column(UserId)
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    original: Mapped[str] = mapped_column(Text)
    prompt_key: Mapped[str] = mapped_column(String(32))
    answer_key: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_channel_id: Mapped[int | None] = mapped_column(ChannelId)
    review_message_id: Mapped[int | None] = mapped_column(MessageId)
    """Where it is shown to those who review it."""


class CorrectionDecisionRow(Base):
    """What somebody did with a correction; rows are added, and go with their guild only."""

    __tablename__ = "correction_decisions"
    __table_args__ = (Index(None, "correction_id"), Index(None, "guild_id"), Index(None, "actor_id", "decided_at"))

    # SQLite counts by itself in INTEGER keys only.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    correction_id: Mapped[str] = mapped_column(String(32))
    guild_id: Mapped[int] = mapped_column(GuildId)
    revision: Mapped[int] = mapped_column()
    actor_id: Mapped[int | None] = mapped_column(UserId)
    action: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentRow(Base):
    """A user's agreement that what they send in our forms is kept and taught."""

    __tablename__ = "consents"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column()
    """Of the text that they agreed to."""
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MemoryRow(Base):
    """What a person has taught in direct messages, for themselves alone."""

    __tablename__ = "memories"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    prompt_key: Mapped[str] = mapped_column(String(32))
    taught_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TaughtRevisionRow(Base):
    """What is approved in a guild, or was taught by a person for themselves, as it stands: another value after each
    change, in the same transaction, so that what others have read of it is known to be of before."""

    __tablename__ = "taught_revisions"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope_id: Mapped[int] = mapped_column(ScopeId, primary_key=True, autoincrement=False)
    revision: Mapped[str] = mapped_column(String(32))


class VoteRow(Base):
    """What one person thinks of one answer."""

    __tablename__ = "votes"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id"))

    message_id: Mapped[int] = mapped_column(MessageId, primary_key=True, autoincrement=False)
    """Of the answer's last message, which has the buttons."""
    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    good: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    voted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeedbackRow(Base):
    """Something that a person has said about the bot, or words that it does not know."""

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id", "given_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    user_id: Mapped[int] = mapped_column(UserId)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
