"""The tables. A change here needs a migration in ``bot/storage/migrations``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.storage.snowflake import ChannelId, GuildId, MessageId, ScopeId, UserId


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, aware and in UTC on both databases (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can change it on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PreferenceRow(Base):
    """One value that a guild or a user has chosen."""

    __tablename__ = "preferences"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope_id: Mapped[int] = mapped_column(ScopeId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
    """The numbers of the guild's corrections that the model was given, each between commas; in direct messages, of what
    the person has taught for themselves."""
    is_given: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was asked by /ask, whose questions may be learnt from where the one who asked agrees."""


class JobRow(Base):
    """Something that was promised to a person."""

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


class DatasetRow(Base):
    """One version of a dataset of a guild."""

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
    """When examples were last taken back that models have learned from it."""
    withdrawn_examples: Mapped[int] = mapped_column(server_default="0")
    """How many those are; nothing else of them is kept."""


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
    """The correction or the comparison that it comes from."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InstructionRow(Base):
    """One version of one of a guild's instructions; the highest id is the one that holds."""

    __tablename__ = "instructions"
    __table_args__ = (Index(None, "guild_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int] = mapped_column(GuildId)
    name: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[int | None] = mapped_column(UserId)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


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


class RecallVectorRow(Base):
    """What one embedding makes of the question of an approved correction, or of what a person has taught for
    themselves. It tells something of their words: it is there for as long as these are, and no longer."""

    __tablename__ = "recall_vectors"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope_id: Mapped[int] = mapped_column(ScopeId, primary_key=True, autoincrement=False)
    embedding: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the correction in its guild, or of what the person has taught."""
    vectors: Mapped[bytes] = mapped_column(LargeBinary)


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


class WithdrawalRow(Base):
    """When a user last took back all examples that they had given until then."""

    __tablename__ = "withdrawals"

    user_id: Mapped[int] = mapped_column(UserId, primary_key=True, autoincrement=False)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TakenBackRow(Base):
    """A comparison that was taken back, so that no archive brings back what came of it. Nothing else of it is kept."""

    __tablename__ = "taken_back"

    origin_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A fingerprint of its id."""
    taken_back_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UploadRow(Base):
    """A file among those of a guild, or of a person in direct messages, that has something of a person."""

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "guild_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    guild_id: Mapped[int | None] = mapped_column(GuildId)
    path: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(UserId)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
