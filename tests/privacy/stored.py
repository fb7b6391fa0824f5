"""A row in every table, as after people have used every feature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select

from bot.corrections.consents import VERSION
from bot.storage.database import Database
from bot.storage.tables import Base
from bot.storage.tables.snowflake import GuildId, MessageId, ScopeId, UserId

THEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "the sparrow sleeps at noon"


@dataclass(frozen=True)
class Ids:
    """Whose rows they are. ``key`` distinguishes the rows from those of others."""

    user: int
    guild: int
    message: int
    key: str


ROWS: dict[str, Callable[[Ids], dict[str, Any]]] = {
    "preferences": lambda ids: {"scope": "guild", "scope_id": ids.guild, "name": "vocabulary", "value": SECRET,
                                "updated_at": THEN},
    "exchanges": lambda ids: {
        "reply_message_id": ids.message + 1, "channel_id": 1, "guild_id": ids.guild, "user_id": ids.user,
        "prompt_message_id": ids.message, "prompt": SECRET, "reply": SECRET, "language": "en",
        "parent_reply_id": None, "model": "m", "created_at": THEN, "words_by": ids.user,
    },
    "jobs": lambda ids: {
        "id": ids.key, "kind": "answer", "state": "running", "guild_id": ids.guild, "channel_id": 1,
        "user_id": ids.user, "message_id": ids.message, "payload": {"words": SECRET}, "reference": None,
        "attempts": 1, "created_at": THEN, "updated_at": THEN,
    },
    "usage": lambda ids: {
        "day": date(2026, 11, 23), "guild_id": ids.guild, "user_id": ids.user, "model": "m", "prompt_tokens": 1,
        "reply_tokens": 1, "heard_s": 1.0, "spoken_characters": 1, "cost": 0.0,
    },
    "datasets": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "name": "d", "name_key": "d", "version": 1, "created_by": ids.user,
        "created_at": THEN, "changed_at": THEN, "content_hash": "0", "selected_as": None, "sealed_at": THEN,
        "trained_at": THEN, "withdrawn_at": None, "withdrawn_examples": 0,
    },
    "dataset_examples": lambda ids: {
        "dataset_id": ids.key, "key": "k", "position": 0, "chars": 9, "prompt": SECRET, "answer": SECRET,
        "rejected": SECRET, "system": SECRET, "turns": [["user", SECRET]], "language": "en", "given_by": ids.user,
        "source": "correction", "correction_id": ids.key, "created_at": THEN,
    },
    "withdrawals": lambda ids: {"user_id": ids.user, "withdrawn_at": THEN},
    "instructions": lambda ids: {"guild_id": ids.guild, "name": "n", "text": "be brief", "written_by": ids.user,
                                 "written_at": THEN},
    "corrections": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "number": 1, "channel_id": 1, "message_id": ids.message + 1,
        "question_id": ids.message, "asker_id": ids.user, "author_id": ids.user, "text_by": ids.user,
        "prompt": SECRET, "answer": SECRET, "original": SECRET, "prompt_key": "p", "answer_key": "a",
        "state": "approved", "revision": 1, "created_at": THEN, "changed_at": THEN, "decided_at": THEN,
        "review_channel_id": 1, "review_message_id": ids.message,
    },
    "memories": lambda ids: {"user_id": ids.user, "number": 1, "prompt": SECRET, "answer": SECRET, "prompt_key": "p",
                             "taught_at": THEN},
    "taught_revisions": lambda ids: {"scope": "guild", "scope_id": ids.guild, "revision": ids.key},
    "recall_vectors": lambda ids: {"scope": "guild", "scope_id": ids.guild, "embedding": "e", "number": 1,
                                   "vectors": SECRET.encode()},
    "correction_decisions": lambda ids: {
        "correction_id": ids.key, "guild_id": ids.guild, "revision": 1, "actor_id": ids.user, "action": "approved",
        "decided_at": THEN,
    },
    "consents": lambda ids: {"user_id": ids.user, "version": VERSION, "given_at": THEN},
    "uploads": lambda ids: {"guild_id": ids.guild, "path": "uploads/a.csv", "user_id": ids.user, "uploaded_at": THEN},
    "taken_back": lambda ids: {"origin_key": ids.key, "taken_back_at": THEN},
    "votes": lambda ids: {
        "message_id": ids.message + 1, "user_id": ids.user, "guild_id": ids.guild, "channel_id": 1, "good": False,
        "reason": SECRET, "voted_at": THEN,
    },
    "feedback": lambda ids: {"guild_id": ids.guild, "user_id": ids.user, "kind": "feedback", "text": SECRET,
                             "given_at": THEN},
    "trainings": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "number": 1, "starter_id": ids.user, "channel_id": 1,
        "message_id": ids.message, "locale": "ru", "trainer": "export", "base": "b", "seed": 1, "datasets": [],
        "content_hash": "0", "heldout": None, "examples": 1, "method": "supervised", "handle": None,
        "state": "succeeded",
        "is_cancelled": False, "fraction": None, "curve": [], "told": "", "error": None, "announced": True,
        "created_at": THEN, "started_at": THEN, "ended_at": THEN,
    },
    "models": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "training_id": ids.key, "name": "trained-1", "kind": "adapter",
        "base": "b", "remote_name": "r", "path": None, "scores": None, "noticed": None,
        "created_at": THEN,
    },
    "model_tests": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "number": 1, "tester_id": ids.user, "datasets": "", "summary": SECRET,
        "report": SECRET, "ended_at": THEN,
    },
    "promotions": lambda ids: {"guild_id": ids.guild, "model_id": ids.key, "promoted_by": ids.user,
                               "promoted_at": THEN},
    "comparisons": lambda ids: {
        "id": ids.key, "guild_id": ids.guild, "channel_id": 1, "message_id": ids.message, "asked_by": ids.user,
        "prompt": SECRET, "model_a": "a", "model_b": "b", "answer_a": SECRET, "answer_b": SECRET,
        "created_at": THEN, "revealed_at": None,
    },
    "comparison_votes": lambda ids: {"comparison_id": ids.key, "user_id": ids.user, "choice": "a", "voted_at": THEN},
}  # fmt: skip


BY_SCOPE = tuple(name for name, table in Base.metadata.tables.items() if "scope" in table.columns)
"""The tables with rows for guilds and for people."""


async def fill(database: Database, ids: Ids) -> None:
    """Insert a row with these ids into every table; where both guilds and people have rows, one of each."""
    async with database.sessions.begin() as session:
        for name, table in Base.metadata.tables.items():
            await session.execute(insert(table).values(ROWS[name](ids)))
        for name in BY_SCOPE:
            of_person = ROWS[name](ids) | {"scope": "user", "scope_id": ids.user}
            of_person |= {"name": "voice"} if name == "preferences" else {}
            await session.execute(insert(Base.metadata.tables[name]).values(of_person))


async def holding(database: Database, kind: type[UserId | GuildId | MessageId], id_: int) -> list[str]:
    """The tables and columns that contain ``id_`` as an id of that kind."""
    scope = {UserId: "user", GuildId: "guild"}.get(kind)
    found: list[str] = []
    async with database.sessions() as session:
        for table in Base.metadata.tables.values():
            for column in table.columns:
                wanted = select(table).where(column == id_).limit(1)
                if isinstance(column.type, ScopeId):
                    wanted = wanted.where(table.c.scope == scope)
                elif not isinstance(column.type, kind):
                    continue
                if (await session.execute(wanted)).first() is not None:
                    found.append(f"{table.name}.{column.name}")
    return found


async def sizes(database: Database) -> dict[str, int]:
    """The number of rows in each table."""
    async with database.sessions() as session:
        return {name: len((await session.execute(select(table))).all()) for name, table in Base.metadata.tables.items()}


async def telling(database: Database, phrase: str) -> list[str]:
    """The tables that contain ``phrase`` in a row."""

    def texts(row: Any) -> Iterator[str]:
        return (str(value) for value in row)

    async with database.sessions() as session:
        return [
            name
            for name, table in Base.metadata.tables.items()
            if any(phrase in text for row in await session.execute(select(table)) for text in texts(row))
        ]
