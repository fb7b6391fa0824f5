"""The database load of a voice note: few statements, and fewer transactions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running, voice
from tests.scripted_chat import ScriptedChat

MAX_STATEMENTS, MAX_TRANSACTIONS = 20, 6
BEGIN = "BEGIN"
BESIDE = ("SELECT 1", "FROM trainings")
"""Statements that are made now and then, even if nobody writes."""


@contextmanager
def asked() -> Iterator[list[str]]:
    """Everything sent to any database during the block: statements, and ``BEGIN`` where a transaction starts."""
    said: list[str] = []
    begun: set[Connection] = set()
    """Connections whose transaction has had no statement yet."""

    def statement(connection: Connection, _cursor: object, text: str, *_: object) -> None:
        if any(beside in text for beside in BESIDE):
            return
        if connection in begun:
            begun.remove(connection)
            said.append(BEGIN)
        said.append(re.sub(r"\s+", " ", text)[:150])

    def begin(connection: Connection) -> None:
        # Read-only connections start no transaction, although SQLAlchemy emits the event.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            begun.add(connection)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "begin", begin)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "begin", begin)


async def answered(harness: BotHarness, place: str) -> Message:
    """Send a voice note there, and wait for its answer and the answer's voice message."""
    note = await harness.member.send(place, voice=voice("americans.ogg"))
    answer = await harness.complete_answer_to(note)
    await harness.voice_reply_to(answer)
    return note


async def ended(said: list[str]) -> None:
    """Return once there have been no statements for a while, since an answer's last word comes after its voice
    message."""
    count = -1
    while count != len(said):
        count = len(said)
        await asyncio.sleep(0.3)


@pytest.mark.parametrize("url_with_tables", ["postgresql"], indirect=True)
async def test_a_voice_note_takes_few_statements_and_transactions_also_of_one_gateway_of_several(
    tmp_path: Path, url_with_tables: str, whisper_base: Path
) -> None:
    shares: dict[str, Any] = {"gateways": 2, "gateway": 0, "shards": 2, "database_url": url_with_tables}
    settings: dict[str, Any] = {
        "chat_model": "scripted",
        "message_content_intent": True,
        "tts_engine": "espeak",
    } | shares
    async with (
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
        running(tmp_path, sandbox, openai_base_url=chat.base_url, **settings),
    ):
        channel = next(
            str(one["id"])
            for one in harness.directory["channels"]
            if one["name"] == "general" and one.get("guild_id") and (int(one["guild_id"]) >> 22) % 2 == 0
        )
        await (await harness.administrator.slash("join", channel=channel)).response()
        for place in (await harness.dm(harness.member), channel):
            with asked() as said:
                await answered(harness, place)
                await ended(said)
            with asked() as said:
                await answered(harness, place)
                await ended(said)
            transactions = said.count(BEGIN)
            listed = f"in {place}:\n" + "\n".join(said)
            assert 4 <= transactions <= MAX_TRANSACTIONS, listed
            assert len(said) - transactions <= MAX_STATEMENTS, listed
