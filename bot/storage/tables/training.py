"""Trainings, the models that they produced, and how good those are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import ChannelId, GuildId, MessageId, UserId


class TrainingRow(Base):
    """A training, from when it was requested to its end."""

    __tablename__ = "trainings"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index(None, "state"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    number: Mapped[int] = mapped_column()
    starter_id: Mapped[int | None] = mapped_column(UserId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    """The card that shows its progress."""
    locale: Mapped[str] = mapped_column(String(16))
    trainer: Mapped[str] = mapped_column(String(32))
    base: Mapped[str] = mapped_column(String(200))
    seed: Mapped[int] = mapped_column()
    datasets: Mapped[list[list[Any]]] = mapped_column(JSON)
    """Id, name, version and label of each dataset, and how many examples had been taken back from it beforehand."""
    content_hash: Mapped[str] = mapped_column(String(64))
    heldout: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The keys of the held-out examples, once the training has begun: examples that are taken back later must not move
    others into the held-out set."""
    examples: Mapped[int] = mapped_column()
    method: Mapped[str] = mapped_column(String(16))
    handle: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    is_cancelled: Mapped[bool] = mapped_column(server_default=false())
    """Whether somebody has cancelled it; it may still be running."""
    fraction: Mapped[float | None] = mapped_column(Double)
    curve: Mapped[list[list[Any]]] = mapped_column(JSON)
    """A list of points: step, training loss and held-out loss."""
    message: Mapped[str] = mapped_column("told", Text)
    """The trainer's last message, or the path of the file that it made."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Why it failed: a translatable sentence, and the values to fill in."""
    announced: Mapped[bool] = mapped_column()
    """Whether the people who wait for its end were notified."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ModelRow(Base):
    """A model that a training produced."""

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
    """Ten questions with this model's answers and those of the model before it; deleted along with the texts that they
    come from."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PromotionRow(Base):
    """Which model answers in a guild from then on; the row with the highest id is in force. Rows are only added, and
    deleted with their guild."""

    __tablename__ = "promotions"
    __table_args__ = (Index(None, "guild_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    model_id: Mapped[str | None] = mapped_column(String(32))
    """None for the model that is not trained."""
    promoted_by: Mapped[int | None] = mapped_column(UserId)
    promoted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModelTestRow(Base):
    """The result of a test of models."""

    __tablename__ = "model_tests"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index(None, "tester_id"), Index(None, "ended_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    number: Mapped[int] = mapped_column()
    tester_id: Mapped[int | None] = mapped_column(UserId)
    datasets: Mapped[str] = mapped_column(String(80))
    """The ids of the dataset versions that its prompts were taken from, separated by spaces."""
    summary: Mapped[str] = mapped_column(Text)
    report: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ComparisonRow(Base):
    """Two models' answers to one prompt, labelled A and B."""

    __tablename__ = "comparisons"
    __table_args__ = (Index(None, "guild_id"), Index(None, "asked_by"), Index(None, "message_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    channel_id: Mapped[int] = mapped_column(ChannelId)
    message_id: Mapped[int | None] = mapped_column(MessageId)
    """None until the comparison is posted."""
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
