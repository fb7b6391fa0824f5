"""Conversations with chat models that behave, and with those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import (
    ChatBrokenOffError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatForbiddenError,
    ChatModelUnknownError,
    ChatOverloadedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatSaidNothingError,
    ChatTimedOutError,
    ChatUnreachableError,
    ContextTooLongError,
)
from bot.conversation.tokens import TokenUse, count_tokens
from tests.scripted_chat import ScriptedChat

QUESTION = (ChatMessage("system", "Be brief."), ChatMessage("user", "What is the capital of France?"))


async def _reply(chat: ChatModel) -> str:
    return "".join([part async for part in chat.stream(QUESTION)])


async def test_a_reply_comes_in_parts(chat: ChatModel, endpoint: ScriptedChat) -> None:
    parts = [part async for part in chat.stream(QUESTION)]
    assert "".join(parts) == "Paris is the capital of France."
    assert len(parts) > 3
    assert endpoint.requests[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    assert endpoint.requests[0]["max_tokens"] == 50


async def test_a_steady_model_draws_no_lots_where_the_endpoint_allows_it(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    steady = chat.steady()
    assert await _reply(steady) == await _reply(chat) == "Paris is the capital of France."
    assert [request.get("temperature") for request in endpoint.requests] == [0, None]
    endpoint.requests.clear()
    refusal = {"message": "Unsupported value: 'temperature' does not support 0", "code": "unsupported_value"}
    endpoint.trouble, endpoint.times = {"status": 400, "error": refusal}, 1
    for _time in range(2):
        assert await _reply(steady) == "Paris is the capital of France."
    assert [request.get("temperature") for request in endpoint.requests] == [0, None, None]
    assert all("stream_options" in request for request in endpoint.requests)


async def test_what_a_reasoning_model_says_to_itself_is_left_out(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.answer = "<think>The user wants a city. It is</think>Paris, <th of course."
    assert (await _reply(chat)).strip() == "Paris, <th of course."


@pytest.mark.parametrize("answer", ["", "  \n ", "<think>I had better say nothing.</think>", "<think>never ends"])
async def test_a_model_that_says_nothing_is_told_of(chat: ChatModel, endpoint: ScriptedChat, answer: str) -> None:
    endpoint.answer = answer
    with pytest.raises(ChatSaidNothingError):
        await _reply(chat)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ({"status": 401}, ChatRefusedError),
        ({"status": 403}, ChatForbiddenError),
        ({"status": 404}, ChatModelUnknownError),
        ({"status": 402}, ChatQuotaExceededError),
        ({"status": 400, "error": {"message": "too long", "code": "context_length_exceeded"}}, ContextTooLongError),
        ({"status": 400, "error": {"message": "no", "code": "content_filter"}}, ChatFilteredError),
        ({"status": 429, "error": {"message": "pay", "code": "insufficient_quota"}}, ChatQuotaExceededError),
        ({"status": 500, "headers": {"retry-after-ms": "1"}}, ChatFailedError),
        ({"status": 503, "headers": {"retry-after-ms": "1"}}, ChatOverloadedError),
        ("stall", ChatTimedOutError),
        ("drop", ChatBrokenOffError),
        ("filter", ChatFilteredError),
        ("overflow", ContextTooLongError),
    ],
)
async def test_each_trouble_has_its_name(
    chat: ChatModel, endpoint: ScriptedChat, trouble: dict[str, Any] | str, expected: type[ChatError]
) -> None:
    endpoint.trouble = trouble
    with pytest.raises(expected):
        await _reply(chat)


async def test_a_rate_limit_says_how_long_to_wait(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble = {"status": 429, "headers": {"retry-after": "7", "x-should-retry": "false"}}
    with pytest.raises(ChatRateLimitedError, match="7 s"):
        await _reply(chat)


async def test_a_passing_failure_is_not_noticed(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble, endpoint.times = {"status": 500, "headers": {"retry-after-ms": "1"}}, 2
    assert await _reply(chat) == "Paris is the capital of France."
    assert len(endpoint.requests) == 3


async def test_an_endpoint_that_is_not_there_is_told_of() -> None:
    chat = ChatModel(
        EndpointAddress("http://127.0.0.1:9/v1", "key"),
        "scripted",
        ChatLimits(timeout_s=1.0, max_reply_tokens=50, context_tokens=8192),
    )
    with pytest.raises(ChatUnreachableError):
        await _reply(chat)
    with pytest.raises(ChatUnreachableError):
        await chat.check()
    await chat.close()


async def test_an_endpoint_is_checked_for_its_model(endpoint: ScriptedChat, chat: ChatModel) -> None:
    await chat.check()
    other = ChatModel(
        EndpointAddress(endpoint.base_url, "key"),
        "unheard-of",
        ChatLimits(timeout_s=1.0, max_reply_tokens=50, context_tokens=8192),
    )
    with pytest.raises(ChatModelUnknownError, match="unheard-of"):
        await other.check()
    await other.close()


async def _use(chat: ChatModel) -> TokenUse:
    use = TokenUse()
    async for _part in chat.stream(QUESTION, use):
        pass
    return use


async def test_tokens_are_those_that_the_endpoint_counts(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.usage = (120, 45)
    assert await _use(chat) == TokenUse(120, 45)
    assert len(endpoint.requests) == 1


async def test_tokens_are_counted_here_when_the_endpoint_does_not(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.answer = "<think>It is</think>Paris."
    use = await _use(chat)
    assert use.reply_tokens == count_tokens("<think>It is</think>Paris.")
    assert use.prompt_tokens == sum(count_tokens(turn.text) + 4 for turn in QUESTION)


async def test_an_endpoint_that_refuses_to_count_is_asked_once(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble = "no usage"
    for _time in range(2):
        assert (await _use(chat)).reply_tokens == count_tokens("Paris is the capital of France.")
    assert ["stream_options" in request for request in endpoint.requests] == [True, False, False]


async def test_a_reply_that_breaks_off_is_counted_as_far_as_it_came(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble, use = "drop", TokenUse()
    with pytest.raises(ChatBrokenOffError):
        async for _part in chat.stream(QUESTION, use):
            pass
    assert use.reply_tokens == count_tokens("Paris")


async def test_nobody_waits_long_for_a_count_that_does_not_come(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.trouble, use = "late usage", TokenUse()
    said = [part async for part in chat.stream(QUESTION, use)]
    assert "".join(said) == "Paris is the capital of France."
    assert use.reply_tokens == count_tokens("Paris is the capital of France.")


def test_a_prompt_leaves_room_for_the_reply() -> None:
    long_winded = ChatModel(
        EndpointAddress("http://x/v1", "key"), "m", ChatLimits(timeout_s=1, max_reply_tokens=9000, context_tokens=8192)
    )
    assert long_winded.prompt_tokens == 2048
    usual = ChatModel(
        EndpointAddress("http://x/v1", "key"), "m", ChatLimits(timeout_s=1, max_reply_tokens=800, context_tokens=8192)
    )
    assert usual.prompt_tokens == 7392
