"""The embedded chat model answers without any account, and is restarted when it dies."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import CONTEXT_TOKENS, EmbeddedChat
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import ChatRefusedError, ContextTooLongError, EngineNotStartedError
from bot.conversation.prompting import build_prompt

QUESTION = (ChatMessage("user", "What is the capital of France?"),)
SECRET = "nobody-else-may-see-this"
"""Set in the bot's environment."""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_engine(smollm2: Path) -> AsyncIterator[EmbeddedChat]:
    engine = EmbeddedChat(smollm2)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DISCORD_TOKEN", "TRAINING_API_KEY", "DATABASE_URL", "ANYTHING_ELSE"):
            patch.setenv(name, SECRET)
        yield engine
        await engine.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def engine(shared_engine: EmbeddedChat) -> EmbeddedChat:
    """A running engine."""
    if shared_engine.process_id is None:
        await shared_engine.start()
    return shared_engine


async def _reply(chat: ChatModel, *turns: ChatMessage) -> str:
    return "".join([part async for part in chat.stream(turns or QUESTION)])


async def test_it_answers_and_survives_what_people_do_to_it(engine: EmbeddedChat) -> None:
    chat = engine.model(timeout_s=30, max_reply_tokens=12)
    assert chat.is_demonstration
    assert re.search(r"\w{3,}", await _reply(chat))

    with pytest.raises(ContextTooLongError):
        await _reply(chat, ChatMessage("user", "word " * 20_000))

    stream = chat.stream((ChatMessage("user", "Count from one to a hundred."),))
    assert await anext(stream)
    await stream.aclose()
    assert re.search(r"\w{3,}", await _reply(chat))

    stranger = ChatModel(
        EndpointAddress(engine.base_url, "guessed"), "x", ChatLimits(timeout_s=5, max_reply_tokens=5, context_tokens=64)
    )
    with pytest.raises(ChatRefusedError):
        await _reply(stranger)
    await stranger.close()
    await chat.close()


@pytest.mark.parametrize("words", ["Сегодня поговорим про речь. ", "今天我们来谈谈人类语言。", "word "])
async def test_the_longest_prompt_fits_its_context_in_any_language(engine: EmbeddedChat, words: str) -> None:
    chat = engine.model(timeout_s=30, max_reply_tokens=250)
    history = [ChatMessage("user", words * 20) for _time in range(60)]
    now, room = datetime.now(UTC), chat.prompt_tokens
    prompt = build_prompt(
        "Be brief.", history, ChatMessage("user", "?", "A"), guild_name=None, now=now, room_tokens=room
    )
    await chat.close()
    assert prompt.history_cut
    body = {"content": "\n".join(turn.text for turn in prompt.messages)}
    url, headers = engine.base_url.removesuffix("/v1") + "/tokenize", {"Authorization": f"Bearer {engine._key}"}
    async with aiohttp.ClientSession(raise_for_status=True) as http, http.post(url, json=body, headers=headers) as said:
        tokens = len((await said.json())["tokens"])
    assert CONTEXT_TOKENS // 8 < tokens < CONTEXT_TOKENS - 250


async def test_it_is_started_again_when_it_is_killed(engine: EmbeddedChat) -> None:
    chat = engine.model(timeout_s=30, max_reply_tokens=12)
    first = engine.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(30):
        while engine.process_id == first:
            await asyncio.sleep(0.05)
    assert re.search(r"\w{3,}", await _reply(chat))
    await chat.close()


async def test_it_is_given_no_secret_of_the_bot_and_ends_when_it_is_told_to(engine: EmbeddedChat) -> None:
    assert SECRET in os.environ.values()
    child = engine.process_id
    assert child is not None
    process = psutil.Process(child)
    assert "bot.conversation.engine" in process.cmdline()
    for each in (process, *process.children(recursive=True)):
        assert SECRET not in each.environ().values()
    await engine.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_weights_that_cannot_be_loaded_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "not.gguf"
    file.write_bytes(b"not a model")
    with pytest.raises(EngineNotStartedError):
        await EmbeddedChat(file).start()
