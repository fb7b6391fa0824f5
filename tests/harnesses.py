"""One sandbox and one bot for all tests that do not need their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, populated, running
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        folder = tmp_path_factory.mktemp("harness")
        # A context so long that no test's conversation is truncated because of other tests.
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "chat_timeout_s": 3.0}
        settings |= {"chat_context_tokens": 1_000_000, "private_tokens_a_day": 0}
        async with running(folder, sandbox, **settings), populated(sandbox, chat) as harness:
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def harness(shared_harness: BotHarness) -> AsyncIterator[BotHarness]:
    """The shared harness, with a chat model that behaves and no faults; afterwards the sandbox must not have failed."""
    shared_harness.chat.reset()
    shared_harness.sandbox.faults.clear()
    yield shared_harness
    shared_harness.sandbox.faults.clear()
    assert list(shared_harness.sandbox.failures) == []


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def strict_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    """A harness whose bot takes recordings of at most 1 MiB and two minutes."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        folder = tmp_path_factory.mktemp("strict-harness")
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "max_audio_mb": 1, "max_audio_s": 60.0}
        async with running(folder, sandbox, **settings), populated(sandbox, chat) as harness:
            yield harness
