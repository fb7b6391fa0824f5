"""What OpenAI-compatible endpoints do differently, and how it is handled."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.conversation import retry_policy
from bot.conversation.chat import ChatLimits, ChatModel, ReplyReport
from bot.conversation.chat_message import ChatMessage, Picture
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.endpoint_profile import ModelProfiles
from bot.conversation.errors import (
    ChatBrokenOffError,
    ChatCannotSeeError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatForbiddenError,
    ChatModelUnknownError,
    ChatOnlyThoughtError,
    ChatOverloadedError,
    ChatPictureRefusedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatRegionError,
    ChatSaidNothingError,
    ChatTookTooLongError,
    ChatWantedToolError,
    ChatWrongAddressError,
    ContextTooLongError,
)
from bot.conversation.reply_stream import CHARS_OF_TOKEN, Retraction
from bot.conversation.stream_events import EventDecoder
from bot.conversation.tokens import TokenUse
from tests.scripted_chat import Scripted, ScriptedChat, stream, words

KEY = "sk-secret-0123456789abcdef"
QUESTION = (ChatMessage("system", "Be brief."), ChatMessage("user", "What is the capital of France?"))
SEEN = ChatMessage("user", "What is this?", pictures=(Picture(b"\xff\xd8picture"),))
PARIS = Scripted(words("Paris."))

Body = dict[str, Any]
Script = Callable[[Body], Scripted | None]


@pytest.fixture(autouse=True)
def _soon_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes retries immediate if the endpoint does not say when to retry."""
    monkeypatch.setattr(retry_policy, "FIRST_RETRY_S", 0.01)


@pytest.fixture
async def chat(endpoint: ScriptedChat) -> AsyncIterator[ChatModel]:
    model = _model(endpoint)
    yield model
    await model.close()


def _model(endpoint: ScriptedChat, **settings: Any) -> ChatModel:
    usual = {"timeout_s": 1.0, "max_reply_tokens": 50, "max_reasoning_tokens": 200, "context_tokens": 8192}
    of_address = {name: settings.pop(name) for name in ("extra", "headers") if name in settings}
    profiles = settings.pop("profiles", None)
    address = EndpointAddress(endpoint.base_url, KEY, **of_address)
    return ChatModel(address, "scripted", ChatLimits(**(usual | settings)), profiles=profiles)


async def _reply(chat: ChatModel, *messages: ChatMessage, report: ReplyReport | None = None) -> str:
    said = ""
    async for part in chat.stream(messages or QUESTION, report=report):
        said = part if isinstance(part, Retraction) else said + part
    return said


def refused(message: str, status: int = 400, **error: object) -> Scripted:
    return Scripted({"error": {"message": message, **error}}, status)


def refuses(field: str, answer: Scripted, *, otherwise: Scripted = PARIS) -> Script:
    """An endpoint that answers requests containing ``field`` with ``answer``."""
    return lambda body: answer if field in body else otherwise


# What an endpoint accepts


@pytest.mark.parametrize(
    ("field", "answer", "instead"),
    [
        (
            "max_tokens",
            refused(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                type="invalid_request_error", param="max_tokens", code="unsupported_parameter",
            ),
            "max_completion_tokens",
        ),
        ("max_tokens", refused("Unrecognized request argument supplied: max_tokens"), "max_completion_tokens"),
        ("max_tokens", refused("property 'max_tokens' is unsupported", 500), "max_completion_tokens"),
        ("stream_options", refused("Unrecognized request argument supplied: stream_options", 422), None),
        ("stream_options", Scripted({"detail": [{"loc": ["body", "stream_options"], "msg": "extra fields not permitted",
                                                 "type": "value_error.extra"}]}, 422), None),
        ("stream_options", Scripted('{"message": "bad request"}', 400, {"Content-Type": "application/json"}), None),
        ("stream_options", Scripted(stream({"error": {"code": 400, "message": "unknown field stream_options"}})), None),
        ("top_k", refused("Unknown name \"top_k\": Cannot find field.", status_text="INVALID_ARGUMENT"), None),
        ("top_k", refused("", param="top_k", code="unknown_parameter"), None),
    ],
)  # fmt: skip
async def test_a_field_that_is_refused_is_left_out_from_then_on(
    endpoint: ScriptedChat, field: str, answer: Scripted, instead: str | None
) -> None:
    chat = _model(endpoint, extra={"top_k": 40})
    endpoint.script = refuses(field, answer)
    for _time in range(2):
        assert await _reply(chat) == "Paris."
    assert [field in request for request in endpoint.requests] == [True, False, False]
    assert instead is None or endpoint.requests[-1][instead] == 50
    assert all("top_k" in request for request in endpoint.requests) or field == "top_k"
    await chat.close()


async def test_a_current_model_of_openai_is_understood_after_two_refusals(endpoint: ScriptedChat) -> None:
    def strict(body: Body) -> Scripted | None:
        if "max_tokens" in body:
            told = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
            return refused(told, param="max_tokens", code="unsupported_parameter")
        if "temperature" in body:
            return refused("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) "
                           "value is supported.", param="temperature", code="unsupported_value")  # fmt: skip
        return PARIS

    chat = _model(endpoint)
    endpoint.script = strict
    for _time in range(2):
        assert await _reply(chat.steady()) == "Paris."
    assert len(endpoint.requests) == 4
    await chat.close()


async def test_a_limit_that_is_too_high_is_lowered(endpoint: ScriptedChat) -> None:
    chat = _model(endpoint, max_reply_tokens=30_000)
    endpoint.script = lambda body: (
        refused("max_tokens is too large: 30000. This model supports at most 16384 completion tokens, whereas you "
                "provided 30000.", param="max_tokens")
        if body["max_tokens"] > 16384 else PARIS
    )  # fmt: skip
    assert await _reply(chat) == "Paris."
    assert [request["max_tokens"] for request in endpoint.requests] == [30_000, 16_384]
    await chat.close()


async def test_a_reply_gives_way_to_a_context_that_is_short(endpoint: ScriptedChat) -> None:
    chat = _model(endpoint, max_reply_tokens=3000)
    endpoint.script = lambda body: (
        refused("'max_tokens' or 'max_completion_tokens' is too large: 3000. This model's maximum context length is "
                "2048 tokens and your request has 30 input tokens (3000 > 2048 - 30).")
        if body["max_tokens"] > 2000 else PARIS
    )  # fmt: skip
    assert await _reply(chat) == "Paris."
    assert [request["max_tokens"] for request in endpoint.requests] == [3000, 1024]
    assert chat.context_tokens == 2048
    await chat.close()


@pytest.mark.parametrize(
    "answer",
    [
        refused("System role not supported"),
        refused("Jinja Exception: System role not supported", 500),
        refused("Developer instruction is not enabled for models/gemma-3-27b-it"),
        refused("Only user and assistant roles are supported!"),
    ],
)
async def test_without_a_system_role_the_instruction_begins_the_question(
    chat: ChatModel, endpoint: ScriptedChat, answer: Scripted
) -> None:
    endpoint.script = lambda body: answer if body["messages"][0]["role"] == "system" else PARIS
    for _time in range(2):
        assert await _reply(chat) == "Paris."
    assert [request["messages"][0]["role"] for request in endpoint.requests] == ["system", "user", "user"]
    assert endpoint.requests[-1]["messages"] == [
        {"role": "user", "content": "Be brief.\n\nWhat is the capital of France?"}
    ]


async def test_neighbours_of_one_role_are_one_message(chat: ChatModel, endpoint: ScriptedChat) -> None:
    await _reply(chat, *QUESTION, ChatMessage("user", "And of Spain?"), ChatMessage("assistant", "Hm."), SEEN, SEEN)
    roles = [message["role"] for message in endpoint.requests[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert endpoint.requests[0]["messages"][1]["content"] == "What is the capital of France?\n\nAnd of Spain?"
    assert [part["type"] for part in endpoint.requests[0]["messages"][3]["content"]] == [
        "text",
        "image_url",
        "image_url",
    ]


async def test_no_lesson_is_taught_for_ever(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.script = lambda _body: refused("Unsupported parameter: max_tokens, max_completion_tokens, stream_options")
    with pytest.raises(ChatFailedError):
        await _reply(chat)
    assert len(endpoint.requests) <= 5


async def test_lessons_outlive_a_restart_and_not_a_change_of_settings(endpoint: ScriptedChat, tmp_path: Path) -> None:
    file = tmp_path / "data" / "chat-profiles.json"
    endpoint.script = refuses("stream_options", refused("stream_options is not supported"))
    for extra, asked in (({}, 2), ({}, 1), ({"top_p": 0.5}, 2)):
        endpoint.requests.clear()
        chat = _model(endpoint, profiles=ModelProfiles(file), extra=extra)
        assert await _reply(chat) == "Paris."
        assert len(endpoint.requests) == asked
        await chat.close()
    assert KEY not in file.read_text()
    file.write_text("{nonsense")
    assert ModelProfiles(file).of("http://x", "scripted").differences() == []


async def test_each_model_has_ways_of_its_own(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.script = refuses("stream_options", refused("stream_options is not supported"))
    await _reply(chat)
    assert chat.profile.differences() == ["does not take stream_options"]
    assert chat.named("other").profile.differences() == []


# Pictures


@pytest.mark.parametrize(
    "answer",
    [
        refused("You uploaded an unsupported image. Please make sure your image has of one the following formats."),
        refused("Could not process image"),
        refused("Invalid image data", code="image_parse_error"),
        refused("messages.0.content.1.image.source.base64: image exceeds 5 MB maximum"),
        refused("bad request"),
    ],
)
async def test_one_refused_picture_makes_no_model_blind(
    chat: ChatModel, endpoint: ScriptedChat, answer: Scripted
) -> None:
    endpoint.script = lambda _body: answer
    with pytest.raises(ChatPictureRefusedError):
        await _reply(chat, SEEN)
    assert chat.takes_pictures


@pytest.mark.parametrize(
    "answer",
    [
        refused("image input is not supported - hint: you may need to provide the mmproj", 500),
        refused("Invalid content type. image_url is only supported by certain models."),
        refused("This model does not support images"),
        refused("scripted is not a multimodal model"),
    ],
)
async def test_a_model_that_is_blind_is_shown_no_more(
    chat: ChatModel, endpoint: ScriptedChat, answer: Scripted
) -> None:
    endpoint.script = lambda _body: answer
    with pytest.raises(ChatCannotSeeError):
        await _reply(chat, SEEN)
    assert not chat.takes_pictures
    assert chat.named("other").takes_pictures


# Streams


def _delta(**delta: object) -> Body:
    return {"choices": [{"index": 0, "delta": delta}]}


END: Body = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    "body",
    [
        stream({"choices": [{"delta": None, "finish_reason": None}]}, _delta(content="Paris."), END),
        stream({"choices": [{"finish_reason": ""}]}, _delta(content="Paris.", role=None), END),
        stream({"choices": []}, {"choices": None}, {}, {"choices": "null"}, _delta(content="Paris."), END),
        stream(_delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]),
               _delta(content=[{"type": "text", "text": "Par"}, {"type": "text", "text": "is."}]), END),
        stream({"choices": [{"delta": {"content": "Paris."}, "finish_reason": "null"}]}, END),
        stream({"choices": [{"index": None, "delta": {"content": "Paris."}}]}, END),
        stream({"choices": {"delta": {"content": "Paris."}}}, {"choices": {"finishReason": "STOP"}}),
        stream({"choices": [{"index": 1, "delta": {"content": "Rome."}}]}, _delta(content="Paris."), END),
        stream("", "not json", '{"half": ', _delta(content="Paris."), END),
        b": ping\n\nevent: ping\ndata: {}\n\n" + words("Paris."),
        "\ufeff".encode() + words("Paris."),
        words("Paris.").replace(b"\n\n", b"\r\n\r\n"),
        words("Paris.").replace(b"\n\n", b"\r\r"),
        words("Paris.").replace(b"\n\n", b"\n"),
        words("Paris.").replace(b"data: ", b"data:"),
        words("Paris.").replace(b"data: ", b""),
        stream({"choices": [{"delta": {"content": "Par"}, "finish_reason": "stop"}]}, _delta(content="is.")),
        stream({"choices": [{"text": "Par", "index": 0}]}, {"choices": [{"text": "is.", "finish_reason": "eos"}]}),
        stream(_delta(reasoning_content="Hm."), _delta(reasoning="Hm."), _delta(content="Paris."), END),
        stream(_delta(content="Par"), {"choices": [{"delta": {"content": "is."}, "finish_reason": "stop"}],
                                       "usage": "null"}, done=False),
        stream({"choices": [{"message": {"content": "Paris."}, "finish_reason": "stop"}]}, done=False),
        stream(_delta(content="Paris."), {"choices": [{"message": {"content": "Paris."}, "finish_reason": "stop"}]}),
        stream(_delta(content="Paris."), {"error": None, "choices": []}, {"error": {}, "choices": []}, END),
        json.dumps({"choices": [{"message": {"content": "Paris."}}], "usage": {"prompt_tokens": "9"}}).encode(),
        json.dumps({"choices": [{"message": {"content": "Paris.", "reasoning": "Hm."}}]}, indent=2).encode(),
        stream([{"choices": [{"delta": {"content": "Paris."}, "finish_reason": "stop"}]}]),  # type: ignore[arg-type]
        stream(_delta(content="Paris."), done=True),
        stream(_delta(refusal="Paris."), END),
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [1, 1 << 20])
async def test_an_odd_stream_is_read_for_what_it_means(
    chat: ChatModel, endpoint: ScriptedChat, body: bytes, width: int
) -> None:
    endpoint.script = lambda _body: Scripted([body[at : at + width] for at in range(0, len(body), width)])
    report = ReplyReport()
    assert await _reply(chat, report=report) == "Paris."
    assert report.end == "whole"


async def test_another_encoding_loses_no_words(chat: ChatModel, endpoint: ScriptedChat) -> None:
    body = words("caf\u00e9").replace(b"\\u00e9", "é".encode("latin-1"))
    endpoint.script = lambda _body: Scripted(body)
    assert await _reply(chat) == "café"


async def test_a_compressed_stream_is_read_and_a_bomb_is_not(chat: ChatModel, endpoint: ScriptedChat) -> None:
    headers = {"Content-Encoding": "gzip"}
    endpoint.script = lambda _body: Scripted(gzip.compress(words("Paris.")), headers=headers)
    assert await _reply(chat) == "Paris."
    bomb = gzip.compress(b"data: " + b" " * (100 << 20))
    endpoint.script = lambda _body: Scripted(bomb, headers=headers)
    with pytest.raises(ChatFailedError):
        await _reply(chat)
    endpoint.script = lambda _body: Scripted(bomb, 400, headers)
    with pytest.raises(ChatError):
        await _reply(chat)
    endpoint.script = lambda _body: Scripted(b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(ChatFailedError):
        await _reply(chat)


async def test_a_line_without_end_is_left(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.script = lambda _body: Scripted([stream(_delta(content="Par"), done=False), b"data: ", b"x" * (9 << 20)])
    with pytest.raises(ChatBrokenOffError):
        await _reply(chat)


async def test_an_answer_that_ignores_the_limit_of_tokens_ends_where_it_may(endpoint: ScriptedChat) -> None:
    chat, report = _model(endpoint, max_reply_tokens=50, max_reasoning_tokens=0), ReplyReport()
    endpoint.script = lambda _body: Scripted([stream(_delta(content="Caw! " * 100), done=False)] * 10_000)
    said = await _reply(chat, report=report)
    assert (len(said), report.end) == (CHARS_OF_TOKEN * 50, "limit")
    endpoint.script = lambda _body: Scripted(stream(_delta(content="Caw! " * 100_000)))
    assert await _reply(chat) == said
    await chat.close()


def test_an_event_that_never_ends_is_not_read_again_with_each_of_its_lines() -> None:
    def read_s(lines: int) -> float:
        decoder, began_s = EventDecoder(), time.process_time()
        for part in [b"[[0]\n", *[b",[" + b"0," * (8 << 10) + b"0]\n"] * lines]:
            assert list(decoder.feed(part)) == []
        return time.process_time() - began_s

    assert read_s(128) < 0.2 + 9 * read_s(32), "four times as many lines take about four times as long"


@pytest.mark.parametrize(
    "trickle",
    [b": ping\n\n", stream(_delta(content=""), done=False), stream(_delta(reasoning="hm "), done=False)],
    ids=["pings", "empty words", "thoughts"],
)
async def test_nothing_that_trickles_in_keeps_a_question_open_for_ever(endpoint: ScriptedChat, trickle: bytes) -> None:
    chat = _model(endpoint, max_reply_s=0.5)
    endpoint.script = lambda _body: Scripted([trickle] * 100, pause_s=0.05)
    with pytest.raises(ChatTookTooLongError):
        await _reply(chat)
    await chat.close()


# How replies end


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("length", "limit"),
        ("MAX_TOKENS", "limit"),
        ("model_length", "limit"),
        ("stop", "whole"),
        ("eos_token", "whole"),
        ("end_turn", "whole"),
    ],
)
async def test_the_end_of_a_reply_is_known(chat: ChatModel, endpoint: ScriptedChat, reason: str, end: str) -> None:
    report = ReplyReport()
    endpoint.script = lambda _body: Scripted(words("Paris is", reason))
    assert await _reply(chat, report=report) == "Paris is"
    assert report.end == end


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Scripted(stream(_delta(content="Paris is"), done=False)), ChatBrokenOffError),
        (Scripted(stream(_delta(content="Paris is"), done=False), is_cut=True), ChatBrokenOffError),
        (Scripted(words("Paris is", "error")), ChatBrokenOffError),
        (Scripted(words("Paris is", "content_filter")), ChatFilteredError),
        (Scripted(words("Paris is", "SAFETY")), ChatFilteredError),
        (Scripted(stream(_delta(content="Paris"), {"error": {"message": "server had an error"}})), ChatBrokenOffError),
        (Scripted(stream(_delta(content="Paris"), {"error": {"code": 429, "message": "slow"}})), ChatRateLimitedError),
        (Scripted(stream(_delta(content="Paris"), {"choices": [{"error": {"code": 502, "message": "upstream"},
                                                                "finish_reason": "error"}]})), ChatBrokenOffError),
    ],
)  # fmt: skip
async def test_what_breaks_off_says_so_and_keeps_what_came(
    chat: ChatModel, endpoint: ScriptedChat, answer: Scripted, expected: type[ChatError]
) -> None:
    endpoint.script = lambda _body: answer
    said = ""
    with pytest.raises(expected):
        async for part in chat.stream(QUESTION):
            said += part
    assert said.startswith("Paris")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 429, "message": "Rate limit exceeded"}, ChatRateLimitedError),
        ({"type": "rate_limit_error", "message": "slow down"}, ChatRateLimitedError),
        ({"code": 401, "message": "User not found."}, ChatRefusedError),
        ({"code": "insufficient_quota", "message": "pay"}, ChatQuotaExceededError),
        ({"code": "content_filter", "message": "The response was filtered"}, ChatFilteredError),
        ({"type": "overloaded_error", "message": "Overloaded"}, ChatOverloadedError),
        ({"message": "the request exceeds the available context size", "code": 400}, ContextTooLongError),
        ("model 'scripted' not found", ChatModelUnknownError),
        ({"message": "boom"}, ChatFailedError),
    ],
)
async def test_an_error_within_a_stream_is_told_as_with_its_own_status(
    endpoint: ScriptedChat, error: object, expected: type[ChatError]
) -> None:
    for body in (stream({"error": error}), f"event: error\ndata: {json.dumps({'error': error})}\n\n".encode(),
                 json.dumps({"error": error}).encode()):  # fmt: skip
        chat = _model(endpoint)
        endpoint.script = lambda _body, body=body: Scripted(body)  # type: ignore[misc]
        with pytest.raises(expected):
            await _reply(chat)
        await chat.close()


# Reasoning


async def test_a_model_that_used_all_tokens_for_thinking_gets_more_of_them(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    endpoint.script = lambda body: (
        Scripted(stream(_delta(reasoning_content="Hm."), {"choices": [{"delta": {}, "finish_reason": "length"}]}))
        if body["max_tokens"] < 250 else PARIS
    )  # fmt: skip
    for _time in range(2):
        assert await _reply(chat) == "Paris."
    assert [request["max_tokens"] for request in endpoint.requests] == [50, 250, 250]


async def test_a_limit_that_is_reached_while_thinking_is_named(chat: ChatModel, endpoint: ScriptedChat) -> None:
    endpoint.script = lambda _body: Scripted(words("<think>Let me see", "length"))
    with pytest.raises(ChatOnlyThoughtError, match="250 tokens"):
        await _reply(chat)
    assert len(endpoint.requests) == 2


async def test_reasoning_that_only_ends_is_taken_back_once_and_never_shown_again(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    thoughts = "The user wants a city.\n</think>\n\nParis."
    endpoint.script = lambda _body: Scripted(words(thoughts))
    assert (await _reply(chat)).strip() == "Paris."
    parts = [part async for part in chat.stream(QUESTION)]
    assert "".join(parts).strip() == "Paris."


async def test_a_tool_that_nobody_offered_is_told_of(chat: ChatModel, endpoint: ScriptedChat) -> None:
    call = {"index": 0, "id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    endpoint.script = lambda _body: Scripted(stream(_delta(tool_calls=[call]), END))
    with pytest.raises(ChatWantedToolError):
        await _reply(chat)
    endpoint.script = lambda _body: Scripted(stream(END))
    with pytest.raises(ChatSaidNothingError):
        await _reply(chat)


# What refusals mean

PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head></html>"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                 code="context_length_exceeded"), ContextTooLongError),
        (refused("the request exceeds the available context size, try increasing it", type="exceed_context_size_error"),
         ContextTooLongError),
        (Scripted([json.dumps([{"error": {"code": 400, "message": "The input token count (1200000) exceeds the maximum "
                   "number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}]).encode()], 400),
         ContextTooLongError),
        (refused("prompt is too long: 210000 tokens > 200000 maximum"), ContextTooLongError),
        (refused("Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 9000, please "
                 "reduce your message size and try again.", 413), ContextTooLongError),
        (refused("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 65000.", 429,
                 code="rate_limit_exceeded"), ContextTooLongError),
        (refused("This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens "
                 "(39000 of text input, 1000 in the output). Please reduce the length of either one."),
         ContextTooLongError),
        (refused("This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
         ContextTooLongError),
        (refused("Range of input length should be [1, 30720]"), ContextTooLongError),
        (Scripted("<html>413 Too Large</html>", 413, {"Content-Type": "text/html"}), ContextTooLongError),
        (refused("Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000. "
                 "Please try again in 8s.", 429), ChatRateLimitedError),
        (refused("You exceeded your current quota, please check your plan and billing details.", 429,
                 code="insufficient_quota"), ChatQuotaExceededError),
        (refused("You exceeded your current quota, please check your plan. Please retry in 36.2s.", 429),
         ChatRateLimitedError),
        (refused("Your credit balance is too low to access the API."), ChatQuotaExceededError),
        (refused("Insufficient Balance", 402), ChatQuotaExceededError),
        (refused("Country, region, or territory not supported", 403, code="unsupported_country_region_territory"),
         ChatRegionError),
        (refused("User location is not supported for the API use."), ChatRegionError),
        (refused("scripted requires moderation on OpenAI. Your input was flagged for \"violence\"", 403),
         ChatFilteredError),
        (refused("Content Exists Risk"), ChatFilteredError),
        (refused("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                 code="content_filter"), ChatFilteredError),
        (refused("Incorrect API key provided: sk-secret", 401, code="invalid_api_key"), ChatRefusedError),
        (refused("API key not valid. Please pass a valid API key."), ChatRefusedError),
        (refused("No auth credentials found", 401), ChatRefusedError),
        (refused("Access denied", 403), ChatForbiddenError),
        (refused("The model `scripted` does not exist or you do not have access to it.", 404, code="model_not_found"),
         ChatModelUnknownError),
        (refused("model \"scripted\" not found, try pulling it first", 404), ChatModelUnknownError),
        (refused("scripted is not a valid model ID"), ChatModelUnknownError),
        (refused("The model `scripted` has been decommissioned and is no longer supported."), ChatModelUnknownError),
        (refused("Overloaded", 529), ChatOverloadedError),
        (Scripted({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, 503),
         ChatOverloadedError),
        (Scripted(PAGE, 200, {"Content-Type": "text/html"}), ChatWrongAddressError),
        (Scripted(PAGE, 404, {"Content-Type": "text/html"}), ChatWrongAddressError),
        (Scripted("404 page not found", 404, {"Content-Type": "text/plain"}), ChatWrongAddressError),
        (Scripted({"detail": "Not Found"}, 404), ChatWrongAddressError),
        (Scripted({"detail": "Method Not Allowed"}, 405), ChatWrongAddressError),
        (refused("Invalid URL (POST /chat/completions)", 404), ChatWrongAddressError),
        (Scripted({"error": "Unexpected endpoint or method. (POST /chat/completions)"}), ChatWrongAddressError),
        (Scripted(PAGE, 502, {"Content-Type": "text/html"}), ChatFailedError),
        (refused("Provider returned error", metadata={"raw": "prompt is too long: 9 tokens"}), ContextTooLongError),
        (refused("boom", 418), ChatFailedError),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_for_what_it_is(
    chat: ChatModel, endpoint: ScriptedChat, answer: Scripted, expected: type[ChatError]
) -> None:
    headers = {"retry-after-ms": "1"} if answer.status in (502, 503, 529) else {}
    answer = Scripted(answer.body, answer.status, {**headers, **answer.headers})
    endpoint.script = lambda _body: answer
    with pytest.raises(ChatError) as raised:
        await _reply(chat)
    assert isinstance(raised.value, expected)


@pytest.mark.parametrize(
    ("headers", "message", "told"),
    [
        ({"Retry-After": "20"}, "slow", "20 s"),
        ({"Retry-After": "20s"}, "slow", "20 s"),
        ({"Retry-After": "0.5m"}, "slow", "30 s"),
        ({"retry-after-ms": "30000"}, "slow", "30 s"),
        ({"Retry-After": "date"}, "slow", "60 min"),
        ({"Retry-After": "soon"}, "slow", "20 s"),
        ({}, "Please try again in 12.5s.", "13 s"),
        ({}, "Rate limit reached. Please try again in 7m12s.", "8 min"),
        ({}, "Retry after 40 seconds", "40 s"),
        ({"Retry-After": "7200"}, "slow", "120 min"),
    ],
)
async def test_how_long_to_wait_is_told_at_once(
    endpoint: ScriptedChat, headers: dict[str, str], message: str, told: str
) -> None:
    chat = _model(endpoint)
    if headers == {"Retry-After": "date"}:
        headers = {"Retry-After": formatdate(time.time() + 3599, usegmt=True)}
    endpoint.script = lambda _body: Scripted({"error": {"message": message}}, 429, headers)
    began = time.monotonic()
    with pytest.raises(ChatRateLimitedError) as raised:
        await _reply(chat)
    if headers.get("Retry-After") != "soon":
        assert told in str(raised.value)
    assert time.monotonic() - began < 10
    await chat.close()


async def test_google_says_in_its_details_how_long_to_wait(chat: ChatModel, endpoint: ScriptedChat) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s"}]
    endpoint.script = lambda _body: refused("Resource exhausted", 429, details=details)
    with pytest.raises(ChatRateLimitedError, match="36 s"):
        await _reply(chat)


async def test_a_wait_that_is_shown_is_waited_for(chat: ChatModel, endpoint: ScriptedChat) -> None:
    answers = [Scripted({"error": {"message": "slow"}}, 429, {"Retry-After": "3"}), PARIS]
    endpoint.script = lambda _body: answers.pop(0)
    waits: list[float] = []

    async def shown(wait_s: float) -> None:
        waits.append(wait_s)

    assert "".join([part async for part in chat.stream(QUESTION, on_wait=shown)]) == "Paris."
    assert waits == [3.0]


# What is logged


async def test_the_host_reads_the_endpoints_own_words_without_keys_and_questions(
    chat: ChatModel, endpoint: ScriptedChat
) -> None:
    endpoint.script = lambda _body: refused(
        f"Bad thing with key {KEY} and Bearer abcdefghijkl: input 'What is the capital of France?' is odd", 418
    )
    with structlog.testing.capture_logs() as logs, pytest.raises(ChatFailedError):
        await _reply(chat)
    told = [entry for entry in logs if entry["log_level"] == "warning"]
    assert len(told) == 1
    assert "Bad thing" in told[0]["says"]
    assert KEY not in str(told)
    assert "capital" not in str(told)


# Several models


async def test_another_model_stands_in_and_is_named(endpoint: ScriptedChat) -> None:
    chat, other = _model(endpoint), _model(endpoint)
    chat.stand_in = other.named("second")
    endpoint.script = lambda body: PARIS if body["model"] == "second" else refused("pay", 402)
    report, use = ReplyReport(), TokenUse()
    assert "".join([part async for part in chat.stream(QUESTION, use, report=report)]) == "Paris."
    assert report.stood_in == "second"
    endpoint.script = lambda _body: refused("content_filter")
    with pytest.raises(ChatFilteredError):
        await _reply(chat)
    assert len(endpoint.requests) == 3
    await chat.close()
    await other.close()


async def test_further_fields_go_into_each_request(endpoint: ScriptedChat) -> None:
    extra = {"top_p": 0.5, "stream_options": None, "models": {"scripted": {"reasoning_effort": "low"}}}
    chat = _model(endpoint, extra=extra, headers={"X-Title": "Starling"})
    await _reply(chat)
    await _reply(chat.named("other"))
    first, second = endpoint.requests
    assert first["top_p"] == second["top_p"] == 0.5
    assert first["reasoning_effort"] == "low"
    assert "reasoning_effort" not in second
    assert "stream_options" not in first
    assert "models" not in first
    assert endpoint.headers["X-Title"] == "Starling"
    await chat.close()
