"""Questions that were asked while the bot was away are answered when it is back, once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.answering import missed_questions
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

SETTLED_S = 2.5
"""How long to wait after a start or a new session until everything that could have been missed has been checked."""


@pytest.fixture(autouse=True)
def _little_to_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settling time is short, since a sandbox announces its few guilds at once."""
    monkeypatch.setattr(missed_questions, "SETTLING_S", 0.5)


async def replies_to(harness: BotHarness, asked: Message) -> list[Message]:
    """The bot's replies to ``asked``."""
    return [
        message
        for message in await harness.after(asked)
        if (message.get("message_reference") or {}).get("message_id") == asked["id"]
    ]


async def test_what_was_asked_while_it_was_away_is_answered_once(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        member, dm = harness.member, await harness.dm(harness.member)
        async with running(tmp_path, sandbox, **settings):
            for channel, text in ((dm, "Hello"), ("general", f"{harness.mention} hello")):
                await harness.complete_answer_to(await member.send(channel, text))
            await asyncio.sleep(SETTLED_S)
        missed = [
            await member.send(dm, "What is the capital of France?"),
            await member.send("general", f"{harness.mention} and of France?"),
            # More than one person may have waiting while the bot is running.
            *[await member.send(dm, f"And the capital of France, number {n}?") for n in range(15)],
        ]
        for_others = await member.send("general", "Has anyone seen my cat?")
        async with running(tmp_path, sandbox, **settings):
            for asked in missed:
                answer = await harness.complete_answer_to(asked)
                assert answer["content"].startswith("Paris")
            await asyncio.sleep(SETTLED_S)
        async with running(tmp_path, sandbox, **settings):
            await asyncio.sleep(SETTLED_S)
        assert [len(await replies_to(harness, asked)) for asked in (*missed, for_others)] == [1] * 17 + [0]
        assert list(sandbox.failures) == []


async def test_what_was_asked_while_discord_had_lost_the_session_is_answered(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    await harness.complete_answer_to(await harness.member.send(channel, "Hello"))
    harness.sandbox.invalidate_sessions(resumable=False)
    while harness.sandbox.bot_sessions:
        await asyncio.sleep(0.01)
    asked = await harness.member.send(channel, "What is the capital of France?")
    answer = await harness.complete_answer_to(asked)
    await asyncio.sleep(SETTLED_S)
    assert [message["id"] for message in await replies_to(harness, asked)] == [answer["id"]]


async def test_what_was_asked_long_ago_is_offered_an_answer(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        channel = await harness.dm(harness.member)
        async with running(tmp_path, sandbox, **settings):
            await harness.complete_answer_to(await harness.member.send(channel, "Hello"))
            await asyncio.sleep(SETTLED_S)
        asked = await harness.member.send(channel, "What is the capital of France?")
        async with running(tmp_path, sandbox, lambda: datetime.now(UTC) + timedelta(hours=2), **settings):
            offer = await harness.answer_to(asked, lambda text: "I was away" in text)
            assert buttons_of(offer) == ["again"]
            await harness.member.click(offer, "again")
            answer = await harness.answer_to(asked, lambda text: text.startswith("Paris"))
        assert answer["id"] == offer["id"]
