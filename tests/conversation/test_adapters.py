"""The embedded model answers with an adapter to those who choose it, and as before to everyone else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import EmbeddedChat
from bot.conversation.errors import AdapterNotLoadedError, EngineNotStartedError
from bot.training.local.gguf_adapter import Shape, write_adapter

SMOLLM2 = Shape(layers=30, heads=9, key_value_heads=3)
QUESTION = (ChatMessage("system", "Be brief."), ChatMessage("user", "Capital of France?"))


def _adapter(path: Path, *, seed: int) -> Path:
    """An adapter that was not trained: it changes the model's replies at random."""
    random = np.random.default_rng(seed)
    name = "base_model.model.model.layers.29.self_attn.{}_proj.{}.default.weight"
    parameters = {
        name.format(matrix, side): random.normal(size=size).astype(np.float32)
        for matrix, rows in (("q", 576), ("k", 192), ("v", 192), ("o", 576))
        for side, size in (("lora_A", (2, 576)), ("lora_B", (rows, 2)))
    }
    write_adapter(parameters, SMOLLM2, alpha=8.0, path=path)
    return path


@pytest.fixture
async def engine(smollm2: Path) -> AsyncIterator[EmbeddedChat]:
    engine = EmbeddedChat(smollm2)
    await engine.start()
    yield engine
    await engine.stop()


def _chat(engine: EmbeddedChat, adapter: Path | None = None) -> ChatModel:
    """A model that always chooses the likeliest token, so that the same question has the same answer."""
    chat = engine.model(timeout_s=30, max_reply_tokens=3, adapter=adapter)
    access = chat._access

    @contextlib.asynccontextmanager
    async def greedy() -> AsyncIterator[Mapping[str, object]]:
        async with access() as fields:
            yield {**fields, "temperature": 0}

    chat._access = greedy
    return chat


async def _reply(chat: ChatModel) -> str:
    return "".join([part async for part in chat.stream(QUESTION)])


async def test_each_request_is_answered_with_the_adapter_that_it_chooses_however_they_change(
    engine: EmbeddedChat, tmp_path: Path
) -> None:
    first, second = (_adapter(tmp_path / f"{seed}.gguf", seed=seed) for seed in (1, 2))
    plain, with_first, with_second = (_chat(engine, adapter) for adapter in (None, first, second))
    address, before, as_ever = engine.base_url, engine.process_id, await _reply(plain)
    with pytest.raises(AdapterNotLoadedError):
        await _reply(with_first)

    # No reply is lost when the adapters change: one in progress is finished, and later ones wait.
    under_way = plain.stream(QUESTION)
    said = [await anext(under_way)]
    changing = asyncio.create_task(engine.use_adapters([first, second]))
    await asyncio.sleep(0)
    later = [asyncio.create_task(_reply(plain)) for _one in range(2)]
    said += [part async for part in under_way]
    assert "".join(said) == as_ever
    assert engine.process_id == before
    await changing
    assert await asyncio.gather(*later) == [as_ever] * 2
    assert engine.process_id != before
    assert engine.base_url == address

    replies = [await _reply(chat) for chat in (with_first, plain, with_second, plain, with_first)]
    assert replies[1] == replies[3] == as_ever
    assert replies[0] == replies[4]
    assert len(set(replies)) == 3

    # Without the first, the second gets another number.
    await engine.use_adapters([second])
    assert await _reply(with_second) == replies[2]
    with pytest.raises(AdapterNotLoadedError):
        await _reply(with_first)

    # An adapter that cannot be loaded leaves everything as it was.
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"not an adapter")
    with pytest.raises(EngineNotStartedError):
        await engine.use_adapters([second, bad])
    assert engine.adapters == (second,)
    assert [await _reply(chat) for chat in (plain, with_second)] == [as_ever, replies[2]]

    # An engine that is stopped during a change stays stopped.
    under_way = plain.stream(QUESTION)
    await anext(under_way)
    changing = asyncio.create_task(engine.use_adapters([first]))
    await asyncio.sleep(0)
    await engine.stop()
    await under_way.aclose()
    await changing
    assert engine.process_id is None
