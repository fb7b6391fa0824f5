"""Successive questions use the same connection: a new one costs two or three round trips."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import ChatError
from tests.scripted_chat import Scripted, ScriptedChat, words


async def ask(chat: ChatModel) -> str:
    return "".join([part async for part in chat.stream([ChatMessage("user", "What is the capital of France?")])])


async def test_questions_share_a_connection_whether_or_not_tokens_are_counted(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    for usage in (None, (20, 7)):
        endpoint.usage = usage
        for _time in range(3):
            assert await ask(chat) == "Paris is the capital of France."
    assert len(endpoint.connections) == 1


async def test_the_connection_is_kept_while_nobody_asks_for_a_while(chat: ChatModel, endpoint: ScriptedChat) -> None:
    await ask(chat)
    # Longer than the five seconds after which the client would close it by default.
    await asyncio.sleep(5.5)
    await ask(chat)
    assert len(endpoint.connections) == 1


async def test_an_endpoint_that_has_closed_its_end_is_connected_to_anew(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    endpoint.script = lambda _body: Scripted(words("Paris."), is_cut=True)
    assert await ask(chat) == "Paris."
    endpoint.script = lambda _body: None
    assert await ask(chat) == "Paris is the capital of France."
    assert len(endpoint.connections) == 2


@pytest.mark.parametrize("pause_s", [0.01, 60.0])
async def test_who_does_not_end_what_is_over_is_not_waited_for(
    chat: ChatModel, endpoint: ScriptedChat, pause_s: float
) -> None:
    rest = [b": still here\n\n"] * 3000
    endpoint.script = lambda _body: Scripted([words("Paris."), *rest], pause_s=pause_s)
    begun_s = time.monotonic()
    assert await ask(chat) == "Paris."
    assert time.monotonic() - begun_s < 5.0


async def test_a_reply_that_breaks_off_is_told_as_before(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble = "drop"
    with pytest.raises(ChatError):
        await ask(chat)
    endpoint.trouble = None
    assert await ask(chat) == "Paris is the capital of France."
