"""The vectors that approved corrections are found by."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables.base import Base
from bot.storage.tables.snowflake import ScopeId


class RecallVectorRow(Base):
    """The vectors that one embedding gives for the question of an approved correction, or of what a person has taught
    for themselves. They reveal something of the words, so they are deleted together with them."""

    __tablename__ = "recall_vectors"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope_id: Mapped[int] = mapped_column(ScopeId, primary_key=True, autoincrement=False)
    embedding: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the correction in its guild, or of what the person has taught."""
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
