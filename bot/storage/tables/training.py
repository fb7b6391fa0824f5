"""Trainings, the models that came of them, and what these are worth."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, UserId


class TrainingRow(Base):
    """A training, from its promise to its end."""

    __tablename__ = "trainings"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index(None, "state"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    number: Mapped[int] = mapped_column()
    starter_id: Mapped[int | None] = mapped_column(UserId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    """Of the card that shows how far it is."""
    locale: Mapped[str] = mapped_column(String(16))
    trainer: Mapped[str] = mapped_column(String(32))
    base: Mapped[str] = mapped_column(String(200))
    seed: Mapped[int] = mapped_column()
    datasets: Mapped[list[list[Any]]] = mapped_column(JSON)
    """Id, name, version and label of each, and how many examples had been taken back from it before."""
    content_hash: Mapped[str] = mapped_column(String(64))
    heldout: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The keys of what was held out, once it has begun: what is taken back later must not move others there."""
    examples: Mapped[int] = mapped_column()
    method: Mapped[str] = mapped_column(String(16))
    handle: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    is_cancelled: Mapped[bool] = mapped_column(server_default=false())
    """Whether somebody wants it to end."""
    fraction: Mapped[float | None] = mapped_column(Double)
    curve: Mapped[list[list[Any]]] = mapped_column(JSON)
    """Step, training loss and held-out loss of each point."""
    message: Mapped[str] = mapped_column("told", Text)
    """The trainer's last words, or where its file is."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Why it failed: a sentence to be translated, and its facts."""
    announced: Mapped[bool] = mapped_column()
    """Whether those who wait for its end were told of it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ModelRow(Base):
    """A model that came of a training."""

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("guild_id", "name"), UniqueConstraint("training_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    training_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    base: Mapped[str] = mapped_column(String(200))
    remote_name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str | None] = mapped_column(Text)
    scores: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    noticed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Ten questions with the answers before it and its own; they go with the texts that they come from."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PromotionRow(Base):
    """Which model answers in a guild from then on; the highest id holds. Rows are added, and go with their guild."""

    __tablename__ = "promotions"
    __table_args__ = (Index(None, "guild_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    model_id: Mapped[str | None] = mapped_column(String(32))
    """None: the model that is not trained."""
    promoted_by: Mapped[int | None] = mapped_column(UserId)
    promoted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModelTestRow(Base):
    """What came out of a test of models."""

    __tablename__ = "model_tests"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index(None, "tester_id"), Index(None, "ended_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    number: Mapped[int] = mapped_column()
    tester_id: Mapped[int | None] = mapped_column(UserId)
    datasets: Mapped[str] = mapped_column(String(80))
    """The ids of the versions that its prompts were taken from, with spaces between."""
    summary: Mapped[str] = mapped_column(Text)
    report: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ComparisonRow(Base):
    """Two models' answers to one prompt, under A and B."""

    __tablename__ = "comparisons"
    __table_args__ = (Index(None, "guild_id"), Index(None, "asked_by"), Index(None, "message_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    """None until it is posted."""
    asked_by: Mapped[int] = mapped_column(UserId)
    prompt: Mapped[str] = mapped_column(Text)
    model_a: Mapped[str] = mapped_column(String(200))
    model_b: Mapped[str] = mapped_column(String(200))
    answer_a: Mapped[str] = mapped_column(Text)
    answer_b: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ComparisonVoteRow(Base):
    """Which of two answers one person prefers."""

    __tablename__ = "comparison_votes"
    __table_args__ = (Index(None, "user_id"),)

    comparison_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    choice: Mapped[str] = mapped_column(String(8))
    voted_at: Mapped[datetime] = mapped_column(UtcDateTime)
