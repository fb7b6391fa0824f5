"""The embedded chat model answers without any account, and comes back when it dies."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation.chat import ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.errors import ChatRefusedError, ContextTooLongError, EngineNotStartedError
from bot.conversation.prompting import build_prompt
from bot.conversation.turns import Turn

QUESTION = (Turn("user", "What is the capital of France?"),)


@pytest.fixture
async def engine(smollm2: Path) -> AsyncIterator[EmbeddedChat]:
    engine = EmbeddedChat(smollm2)
    await engine.start()
    yield engine
    await engine.stop()


async def _reply(chat: ChatModel, *turns: Turn) -> str:
    return "".join([part async for part in chat.stream(turns or QUESTION)])


async def test_it_answers_and_survives_what_people_do_to_it(engine: EmbeddedChat) -> None:
    chat = engine.model(timeout_s=30, max_reply_tokens=40)
    assert chat.is_demonstration
    assert re.search(r"\w{3,}", await _reply(chat))

    with pytest.raises(ContextTooLongError):
        await _reply(chat, Turn("user", "word " * 20_000))

    history = [Turn("user", f"{n} Сегодня поговорим про то, как они учатся понимать речь. " * 5) for n in range(30)]
    prompt = build_prompt(
        "Be brief.",
        history,
        Turn("user", "О чём мы говорили?", "Аня"),
        guild_name=None,
        now=datetime.now(UTC),
        room_tokens=chat.prompt_tokens,
        brief=True,
    )
    assert prompt.history_cut
    assert await _reply(chat, *prompt.turns)

    stream = chat.stream((Turn("user", "Count from one to a hundred."),))
    assert await anext(stream)
    await stream.aclose()
    assert re.search(r"\w{3,}", await _reply(chat))

    stranger = ChatModel(engine.base_url, "guessed", "x", timeout_s=5, max_reply_tokens=5, context_tokens=64)
    with pytest.raises(ChatRefusedError):
        await _reply(stranger)
    await stranger.close()
    await chat.close()


async def test_it_is_started_again_when_it_is_killed(engine: EmbeddedChat) -> None:
    chat = engine.model(timeout_s=30, max_reply_tokens=40)
    first = engine.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(30):
        while engine.process_id == first:
            await asyncio.sleep(0.05)
    assert re.search(r"\w{3,}", await _reply(chat))
    await chat.close()


async def test_it_ends_when_it_is_told_to(smollm2: Path) -> None:
    engine = EmbeddedChat(smollm2)
    await engine.start()
    child = engine.process_id
    assert child is not None
    await engine.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_weights_that_cannot_be_loaded_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "not.gguf"
    file.write_bytes(b"not a model")
    with pytest.raises(EngineNotStartedError):
        await EmbeddedChat(file).start()
