"""A chat endpoint for these tests, and a model that uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.endpoint import EndpointAddress
from tests.scripted_chat import ScriptedChat


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedChat]:
    async with ScriptedChat() as endpoint:
        yield endpoint


@pytest.fixture
async def chat(endpoint: ScriptedChat) -> AsyncIterator[ChatModel]:
    limits = ChatLimits(timeout_s=1.0, max_reply_tokens=50, context_tokens=8192)
    model = ChatModel(EndpointAddress(endpoint.base_url, "key"), "scripted", limits)
    yield model
    await model.close()
