"""Corrections of answers, people's consent to give them, and votes and feedback."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, ScopeId, UserId


class CorrectionRow(Base):
    """A correction: what the bot should have answered, as a person submitted it in one of our forms."""

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
    """The message that shows it to its reviewers."""


class CorrectionDecisionRow(Base):
    """What somebody did with a correction. Rows are only added, and deleted only with their guild."""

    __tablename__ = "correction_decisions"
    __table_args__ = (Index(None, "correction_id"), Index(None, "guild_id"), Index(None, "actor_id", "decided_at"))

    # SQLite numbers rows automatically only if the key is of type INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    correction_id: Mapped[str] = mapped_column(String(32))
    guild_id: Mapped[int] = mapped_column(GuildId)
    revision: Mapped[int] = mapped_column()
    actor_id: Mapped[int | None] = mapped_column(UserId)
    action: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentRow(Base):
    """A user's consent that what they submit in our forms is stored and used for training."""

    __tablename__ = "consents"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column()
    """The version of the text that they agreed to."""
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MemoryRow(Base):
    """An answer that a person has taught in direct messages, only for themselves."""

    __tablename__ = "memories"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    prompt_key: Mapped[str] = mapped_column(String(32))
    taught_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TaughtRevisionRow(Base):
    """The current revision of what is approved in a guild, or of what a person has taught for themselves. It gets a new
    value in the same transaction as each change, so that what was read before is known to be outdated."""

    __tablename__ = "taught_revisions"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope_id: Mapped[int] = mapped_column(ScopeId, primary_key=True, autoincrement=False)
    revision: Mapped[str] = mapped_column(String(32))


class VoteRow(Base):
    """What one person thinks of one answer."""

    __tablename__ = "votes"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id"))

    message_id: Mapped[int] = mapped_column(MessageId, primary_key=True, autoincrement=False)
    """The answer's last message, which has the buttons."""
    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    good: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    voted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeedbackRow(Base):
    """What a person has said about the bot, words that it does not know, or a correction that was recalled for an
    unrelated question."""

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id", "given_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    user_id: Mapped[int] = mapped_column(UserId)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
