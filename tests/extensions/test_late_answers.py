"""Discord takes the answer to a command for a quarter of an hour: what comes later is posted, and loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

LIFETIME_S = 1.0
TOO_LATE = "took longer than Discord lets a command wait"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hasty_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    """Where a command has one second."""
    async with ScriptedChat() as chat, Sandbox(options=Options(token_lifetime_s=LIFETIME_S)) as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with (
            running(tmp_path_factory.mktemp("hasty"), sandbox, **settings),
            populated(sandbox, chat) as harness,
        ):
            yield harness


def texts_in(part: Any) -> str:
    """All that a message says, in its text and in its components."""
    if isinstance(part, list):
        return "\n".join(texts_in(one) for one in part)
    if not isinstance(part, dict):
        return ""
    return "\n".join([str(part.get("content", "")), texts_in(part.get("components", []))]).strip()


async def late(harness: BotHarness, command: str, options: dict[str, Any], says: str) -> list[Message]:
    """What comes by direct message, up to one that ``says`` that, from a command of the administrator whose answer is
    too late."""
    sandbox, person = harness.sandbox, harness.administrator
    before = await person.messages(await harness.dm(person))
    sandbox.fault("slow", path="^/webhooks/", only_bot=True, delay_s=LIFETIME_S * 1.3)
    try:
        await person.slash(command, options, channel=harness.channel("general"))
        async with asyncio.timeout(30):
            while True:
                after = await person.messages(await harness.dm(person))
                known = {message["id"] for message in before}
                new = sorted((m for m in after if m["id"] not in known), key=lambda message: int(message["id"]))
                if says in texts_in(new):
                    return new
                await asyncio.sleep(0.1)
    finally:
        sandbox.faults.clear()


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("usage", {}, "tokens"),
        ("test", {"data": '[{"prompt": "Capital of France?", "answer": "Paris"}]'}, "Capital of France?"),
    ],
)
async def test_a_card_that_comes_too_late_comes_whole(
    hasty_harness: BotHarness, command: str, options: dict[str, Any], says: str
) -> None:
    told = await late(hasty_harness, command, options, says)
    assert TOO_LATE in texts_in(told)
    assert len(told) == 1
