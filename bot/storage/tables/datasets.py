"""Examples that people gave, and which of them were taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.snowflake import GuildId, UserId


class DatasetRow(Base):
    """One version of a guild's dataset."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("guild_id", "name_key", "version"), UniqueConstraint("guild_id", "selected_as"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column()
    created_by: Mapped[int | None] = mapped_column(UserId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_hash: Mapped[str] = mapped_column(String(64))
    selected_as: Mapped[str | None] = mapped_column(String(16))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When examples that models have learned from were last taken back from it."""
    withdrawn_examples: Mapped[int] = mapped_column(server_default="0")
    """How many such examples were taken back; nothing else about them is kept."""


class DatasetExampleRow(Base):
    """One example in one version of a dataset."""

    __tablename__ = "dataset_examples"
    __table_args__ = (Index(None, "given_by"),)

    dataset_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column()
    chars: Mapped[int] = mapped_column()
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    rejected: Mapped[str | None] = mapped_column(Text)
    system: Mapped[str | None] = mapped_column(Text)
    turns: Mapped[list[list[str]]] = mapped_column(JSON)
    language: Mapped[str | None] = mapped_column(String(16))
    given_by: Mapped[int] = mapped_column(UserId)
    source: Mapped[str] = mapped_column(String(16))
    origin_id: Mapped[str | None] = mapped_column("correction_id", String(64))
    """The id of the correction or comparison that it comes from."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UploadRow(Base):
    """A stored file of a guild, or of a person in direct messages, that contains something of a person's."""

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    path: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(UserId)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WithdrawalRow(Base):
    """When a user last took back all the examples that they had given by then."""

    __tablename__ = "withdrawals"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TakenBackRow(Base):
    """A comparison that was taken back: examples made from it are not restored from archives. Nothing else about it is
    kept."""

    __tablename__ = "taken_back"

    origin_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A fingerprint of the comparison's id."""
    taken_back_at: Mapped[datetime] = mapped_column(UtcDateTime)
