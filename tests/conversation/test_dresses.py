"""The same errors and the same answers, as each provider and server words them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.conversation.chat import ChatLimits, ChatModel, ReplyReport
from bot.conversation.chat_message import ChatMessage
from bot.conversation.completion_request import request_body, wire_messages
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.endpoint_profile import ModelProfile, adapt, guess, stated_context
from bot.conversation.errors import (
    ChatBrokenOffError,
    ChatCannotSeeError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatForbiddenError,
    ChatModelNotForChatError,
    ChatModelUnknownError,
    ChatOverloadedError,
    ChatPictureRefusedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatRegionError,
    ChatWrongAddressError,
    ContextTooLongError,
)
from bot.conversation.picture_refusals import picture_error
from bot.conversation.reasoning import ReasoningFilter
from bot.conversation.refusals import Refusal, refusal_in, refusal_of
from bot.conversation.reply_stream import Retraction
from tests.scripted_chat import Scripted, ScriptedChat, stream, words

QUESTION = (ChatMessage("system", "Be brief."), ChatMessage("user", "What is the capital of France?"))
EXTRA = {"temperature": 0.5, "top_p": 0.9, "reasoning_effort": "low", "think": True}

Body = dict[str, Any]


def _refusal(status: int, said: object, headers: Mapping[str, str] | None = None) -> Refusal:
    body = said if isinstance(said, str) else json.dumps(said)
    kind = "text/html" if body.startswith("<") else "application/json"
    return refusal_of(status, {"content-type": kind, **(headers or {})}, body.encode())


def _openai(message: str, **error: object) -> Body:
    return {"error": {"message": message, **error}}


# What is refused, and what is sent instead


@pytest.mark.parametrize(
    ("status", "said", "left_out"),
    [
        (400, _openai("`temperature` is deprecated for this model."), {"temperature"}),  # Anthropic
        (400, _openai("`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
         {"temperature", "top_p"}),  # Anthropic, Bedrock
        (400, _openai("`temperature` may only be set to 1 when thinking is enabled."), {"temperature"}),
        (400, {"code": "Client specified an invalid argument",
               "error": "Argument not supported on this model: reasoningEffort"}, {"reasoning_effort"}),  # xAI
        (400, _openai("`reasoning_effort` must be one of `none` or `default`"), {"reasoning_effort"}),  # Groq
        (400, _openai('"llama3" does not support thinking', type="api_error"), {"think", "reasoning_effort"}),  # Ollama
        (422, {"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
               "msg": "Extra inputs are not permitted", "input": {"include_usage": True}}]},
               "type": "invalid_request_error", "param": None, "code": None}, {"stream_options"}),  # Mistral
        (400, _openai("[{'type': 'extra_forbidden', 'loc': ('body', 'top_p'), 'msg': 'Extra inputs are not "
                      "permitted'}]", type="BadRequestError", code=400), {"top_p"}),  # vLLM
        (422, {"message": "unknown field: parameter 'stream_options' is not a valid field"}, {"stream_options"}),
        (422, "Failed to deserialize the JSON body into the target type: unknown field `stream_options`",
         {"stream_options"}),  # DeepSeek, Rust servers
    ],
)  # fmt: skip
def test_fields_that_are_refused_in_other_words_are_left_out(status: int, said: object, left_out: set[str]) -> None:
    profile = ModelProfile()
    sent = request_body("m", QUESTION, profile, max_reply_tokens=800, extra=EXTRA)
    learnt = adapt(profile, _refusal(status, said), sent)
    assert learnt is not None
    assert learnt.left_out == left_out
    assert learnt.limit_field == "max_tokens"


@pytest.mark.parametrize(
    "said",
    [
        _openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                param="messages[0].role", code="unsupported_value"),  # o1-mini
        _openai("Invalid value: 'system'. Supported values are: 'user' and 'assistant'."),
        _openai("messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter."),
        _openai("Only user, assistant and tool roles are supported!"),
        # What the templates of the first Mistral say about a system message, although the sent roles do alternate.
        _openai("Conversation roles must alternate user/assistant/user/assistant/..."),
    ],
)  # fmt: skip
def test_a_role_that_is_refused_in_other_words_is_not_sent_again(said: Body) -> None:
    profile = ModelProfile()
    sent = request_body("m", QUESTION, profile, max_reply_tokens=800)
    learnt = adapt(profile, _refusal(400, said), sent)
    assert learnt == ModelProfile(system_role=False)


@pytest.mark.parametrize(
    ("said", "left_out"),
    [
        ("temperature must be 1 for this model", "temperature"),
        ("temperature is incompatible with thinking mode", "temperature"),
        ("top_p: parameter not recognised", "top_p"),
        ("The parameter `top_p` specified in the request is not valid", "top_p"),
        ("reasoning_effort is only available for reasoning models", "reasoning_effort"),
        ("You cannot use top_p with this model", "top_p"),
        ("不支持参数 top_p", "top_p"),
        ("something is wrong", "stream_options"),
    ],
)
def test_a_field_that_is_named_is_left_out_whatever_is_said_of_it(said: str, left_out: str) -> None:
    profile, refusal = ModelProfile(), _refusal(400, _openai(said))
    sent = request_body("m", QUESTION, profile, max_reply_tokens=800, extra=EXTRA)
    learnt = adapt(profile, refusal, sent) or guess(profile, refusal, sent)
    assert learnt == ModelProfile(left_out=frozenset({left_out}))


@pytest.mark.parametrize(
    "said",
    [
        "This model does not support the 'system' role",
        "role must be one of 'user', 'assistant'",
        "messages.0.role: Input should be 'user' or 'assistant'",
        "The model does not support system prompts",
        "Conversations must start with a user message",
        "Please ensure that multiturn requests alternate between user and model",
        "System message must be at the beginning",
    ],
)
def test_whoever_speaks_of_roles_gets_no_role_of_a_system(said: str) -> None:
    profile, refusal = ModelProfile(), _refusal(400, _openai(said))
    sent = request_body("m", QUESTION, profile, max_reply_tokens=800)
    assert (adapt(profile, refusal, sent) or guess(profile, refusal, sent)) == ModelProfile(system_role=False)


@pytest.mark.parametrize(
    "said",
    [
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the "
        "`context_window` for this model",
        "max_tokens: 30000 > 8192, which is the maximum allowed number of output tokens for claude-3",
        "max_tokens must be at most 8,192",
        "Unable to submit request because it has a maxOutputTokens value of 30000 but the supported range is from 1 "
        "(inclusive) to 8193 (exclusive).",
        "max_tokens=30000 cannot be greater than max_model_len=8192",
    ],
)
def test_how_long_a_reply_may_be_is_read_in_any_words(said: str) -> None:
    sent = request_body("m", QUESTION, ModelProfile(), max_reply_tokens=30_000)
    assert adapt(ModelProfile(), _refusal(400, _openai(said)), sent) == ModelProfile(max_reply_tokens=8192)


@pytest.mark.parametrize(
    "said",
    [
        _openai("Your organization must be verified to stream this model.", param="stream", code="unsupported_value"),
        _openai("This model does not support streaming."),
        _openai("'stream' is not supported with this model: it must be false."),
    ],
)
async def test_a_model_that_does_not_stream_is_heard_all_the_same(said: Body) -> None:
    async with ScriptedChat() as endpoint:
        whole = {"choices": [{"message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 9, "completion_tokens": 2}}  # fmt: skip
        endpoint.script = lambda body: Scripted(said, 400) if body["stream"] else Scripted(whole)
        chat = _model(endpoint)
        for _time in range(2):
            assert await _reply(chat) == "Paris."
        assert [body["stream"] for body in endpoint.requests] == [True, False, False]
        assert "stream_options" not in endpoint.requests[-1]
        assert chat.profile.differences() == ["does not stream"]
        await chat.close()


def test_messages_without_a_word_are_not_sent() -> None:
    said = [ChatMessage("system", ""), ChatMessage("user", "Hi"), ChatMessage("assistant", ""), *QUESTION[1:]]
    assert wire_messages(said) == [{"role": "user", "content": "Hi\n\nWhat is the capital of France?"}]
    assert wire_messages([ChatMessage("user", "")]) == [{"role": "user", "content": ""}]


@pytest.mark.parametrize(
    ("said", "context"),
    [
        ("Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context "
         "length of only 4096 tokens, which is not enough.", 4096),  # LM Studio
        ("Requested tokens (5000) exceed context window of 4096", 4096),  # llama-cpp-python
        ("The prompt is too long: 9000, model maximum context length: 8191", 8191),  # Fireworks
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens", 4096),  # TGI, Together
        ("the maximum supported sequence length is just 8192!", 8192),  # SambaNova
        ("Prompt length 5000 is greater than max_seq_len 4096", 4096),  # TabbyAPI
        ("This model's maximum context length is 8192 tokens.", 8192),
    ],
)  # fmt: skip
def test_how_much_fits_is_read_in_any_words(said: str, context: int) -> None:
    refusal = _refusal(400, _openai(said))
    assert stated_context(refusal) == context
    assert isinstance(refusal.error("m"), ContextTooLongError)


# What refusals mean

HTML = "<html><head><title>{}</title></head><body><center>nginx</center></body></html>"


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        # Too long
        (422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 "
                        "`inputs` tokens and 800 `max_new_tokens`", "error_type": "validation"}, ContextTooLongError),
        (400, _openai("Invalid request: Your request exceeded model token limit: 8192"), ContextTooLongError),  # Kimi
        (400, _openai("input length and `max_tokens` exceed context limit: 199000 + 20000 > 200000, decrease input "
                      "length or `max_tokens` and try again", type="invalid_request_error"), ContextTooLongError),
        (400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"},
         ContextTooLongError),  # Cohere
        (400, _openai("Prompt exceeds max length", code="1261"), ContextTooLongError),  # Zhipu
        (400, _openai("The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
         ContextTooLongError),  # SGLang
        (400, {"message": "Input is too long for requested model."}, ContextTooLongError),  # Bedrock
        (413, _openai("Request body too large for gpt-4o model. Max size: 8000 tokens.", code="tokens_limit_reached"),
         ContextTooLongError),  # GitHub Models
        (413, HTML.format("413 Request Entity Too Large"), ContextTooLongError),
        (400, _openai("The input length 9000 exceeds the maximum allowed token size 8192"), ContextTooLongError),
        (400, _openai("length of prompt_tokens (9000) must be less than max_model_len (8192)"), ContextTooLongError),
        (400, _openai("This model supports at most 8192 input tokens, but 9000 were given"), ContextTooLongError),
        (400, _openai("Total tokens of image and text exceed max message tokens"), ContextTooLongError),
        (400, _openai("输入长度超过模型最大长度"), ContextTooLongError),
        (413, "", ContextTooLongError),
        (400, _openai("litellm.ContextWindowExceededError: BadRequestError: OpenAIException - ?"), ContextTooLongError),
        (400, _openai("prompt has 9000 tokens, but max is 8192"), ContextTooLongError),
        (500, _openai("context shift is disabled"), ContextTooLongError),  # llama.cpp
        # Too many
        (403, _openai("Quota exceeded for requests per minute"), ChatRateLimitedError),
        (400, _openai("You have reached the request limit. Slow down."), ChatRateLimitedError),
        (200, _openai("Concurrency limit reached"), ChatRateLimitedError),
        (420, _openai("Enhance your calm"), ChatRateLimitedError),
        (400, {"message": "ThrottlingException: Too many tokens, please wait before trying again."},
         ChatRateLimitedError),  # Bedrock
        (503, _openai("Rate limit exceeded, please retry later"), ChatRateLimitedError),  # One API
        (200, {"status": "449", "msg": "You exceeded your current rate limit", "body": None},
         ChatRateLimitedError),  # iFlow
        (429, _openai("Provider returned error", code=429, metadata={"raw": "gemini is temporarily rate-limited "
                      "upstream. Please retry shortly", "provider_name": "Google"}), ChatRateLimitedError),
        # Credit
        (403, {"code": "The caller does not have permission", "error": "Your newly created team doesn't have any "
               "credits yet. You can purchase those on https://console.x.ai."}, ChatQuotaExceededError),  # xAI
        (429, {"code": "Some resource has been exhausted", "error": "Your team has either used all available credits "
               "or reached its monthly spending limit."}, ChatQuotaExceededError),  # xAI
        (429, _openai("余额不足或无可用资源包,请充值。", code="1113"), ChatQuotaExceededError),  # Zhipu
        (402, _openai("This request requires more credits, or fewer max_tokens. You requested up to 800 tokens, but "
                      "can only afford 120."), ChatQuotaExceededError),  # OpenRouter
        (429, _openai("Your account is not active, please check your billing details.", code="billing_not_active"),
         ChatQuotaExceededError),
        (401, _openai("Insufficient balance. Manage your billing here."), ChatQuotaExceededError),
        (403, _openai("You have no remaining credits"), ChatQuotaExceededError),
        (403, _openai("Key limit exceeded (total limit)."), ChatQuotaExceededError),  # OpenRouter
        (429, _openai("Your prepayment credits are depleted."), ChatQuotaExceededError),  # Gemini
        # Keys, countries, filters, models and addresses in other words
        (403, _openai("Invalid token"), ChatRefusedError),
        (403, _openai("Access from Atlantis is restricted"), ChatRegionError),
        (400, _openai("Harmful content detected"), ChatFilteredError),
        (404, _openai("This is not a chat model and thus not supported in the v1/chat/completions endpoint."),
         ChatModelNotForChatError),
        (404, _openai("This model is only supported in v1/responses and not in v1/chat/completions."),
         ChatModelNotForChatError),
        (400, _openai('"nomic-embed-text" does not support chat'), ChatModelNotForChatError),  # Ollama
        (404, "The requested URL /chat/completions was not found on this server.", ChatWrongAddressError),
        (501, "Unsupported method ('POST')", ChatWrongAddressError),  # Python's http.server
        (500, _openai("CUDA error: out of memory"), ChatOverloadedError),
        (500, _openai("the queue is full"), ChatOverloadedError),
        (400, _openai("Budget has been exceeded! Current cost: 1.2", type="budget_exceeded"), ChatQuotaExceededError),
        (403, _openai("Your trial has expired."), ChatQuotaExceededError),
        (403, _openai("用户额度不足"), ChatQuotaExceededError),
        # Keys and access
        (403, _openai("The security token included in the request is invalid."), ChatRefusedError),
        (403, _openai("token expired"), ChatRefusedError),
        (200, {"detail": "Not authenticated"}, ChatRefusedError),
        (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***."},
         ChatRefusedError),  # xAI
        (403, _openai("Your API key was reported as leaked. Please use another API key.", status="PERMISSION_DENIED"),
         ChatRefusedError),  # Gemini
        (401, HTML.format("401 Authorization Required"), ChatRefusedError),  # Perplexity
        (401, "Unauthorized", ChatRefusedError),
        (400, _openai("Organization has been restricted.", code="organization_restricted"), ChatForbiddenError),  # Groq
        (403, HTML.format("Attention Required! | Cloudflare"), ChatForbiddenError),
        (403, _openai("Access denied due to Virtual Network/Firewall rules."), ChatForbiddenError),  # Azure
        # Countries
        (400, _openai("User location is not supported for the API use."), ChatRegionError),  # Gemini
        (403, _openai("This model is not available in your current region."), ChatRegionError),
        (451, _openai("Unavailable For Legal Reasons"), ChatRegionError),
        (403, _openai("Access from your location is blocked"), ChatRegionError),
        (403, _openai("Access is not allowed from unsupported countries, regions, or territories."), ChatRegionError),
        # Filters
        (400, _openai("The prompt was blocked due to safety reasons"), ChatFilteredError),
        (451, _openai("content moderation"), ChatFilteredError),
        (400, _openai("Request contains sensitive content"), ChatFilteredError),
        (403, {"code": "forbidden", "error": "Content violates usage guidelines."}, ChatFilteredError),  # xAI
        (400, _openai("系统检测到输入或生成内容可能包含不安全或敏感内容", code="1301"), ChatFilteredError),  # Zhipu
        (400, _openai("Input data may contain inappropriate content.", code="data_inspection_failed"),
         ChatFilteredError),  # Alibaba
        (400, _openai("The response was filtered", code="content_filter",
                      innererror={"code": "ResponsibleAIPolicyViolation"}), ChatFilteredError),  # Azure
        # Models
        (400, _openai("The requested model 'x' is not supported by any provider you have enabled.",
                      code="model_not_supported"), ChatModelUnknownError),  # Hugging Face
        (400, _openai("Unable to access model x. Please visit https://api.together.ai/models"), ChatModelUnknownError),
        (400, _openai("Model Not Exist"), ChatModelUnknownError),  # DeepSeek
        (400, _openai("Invalid model: x", type="invalid_model", code="1500"), ChatModelUnknownError),  # Mistral
        (400, "could not find real modelID for x", ChatModelUnknownError),  # llama-swap
        (404, {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
         ChatModelUnknownError),  # vLLM
        (404, _openai("No models loaded. Please load a model in the developer page."), ChatModelUnknownError),
        (400, _openai("Model x has been deprecated"), ChatModelUnknownError),
        (400, _openai("Model id x is not allowed"), ChatModelUnknownError),
        # Addresses
        (404, {"error": "path not found"}, ChatWrongAddressError),
        (404, "404: Not Found", ChatWrongAddressError),
        (404, {"code": 404, "message": "HTTP 404 Not Found"}, ChatWrongAddressError),
        (400, "Client sent an HTTP request to an HTTPS server.", ChatWrongAddressError),
        (404, _openai("Resource not found", code="404"), ChatWrongAddressError),  # Azure
        (404, {"message": "no Route matched with those values"}, ChatWrongAddressError),  # Kong
        (405, "", ChatWrongAddressError),
        # Load
        (200, _openai("Server is busy"), ChatOverloadedError),
        (400, _openai("Model is warming up"), ChatOverloadedError),
        # Wording that is not recognised
        (500, _openai("context deadline exceeded"), ChatFailedError),
        (503, {"error": "Model x is currently loading", "estimated_time": 20.5}, ChatOverloadedError),  # Hugging Face
        (498, _openai("Flex tier capacity exceeded", code="capacity_exceeded"), ChatOverloadedError),  # Groq
        (500, _openai("server busy, please try again. maximum pending requests exceeded"), ChatOverloadedError),
    ],
)  # fmt: skip
def test_each_providers_words_are_understood(status: int, said: object, expected: type[ChatError]) -> None:
    refusal = refusal_in(said) if status == 200 else _refusal(status, said)
    assert refusal is not None
    assert isinstance(meant := refusal.error("x"), expected), meant


def test_what_has_no_words_of_its_own_is_logged_as_it_came() -> None:
    assert "quota of the gateway" in _refusal(500, {"fault": {"faultstring": "quota of the gateway"}}).message


_LATER_S = 7200
_LATER = datetime.now(UTC) + timedelta(seconds=_LATER_S)


@pytest.mark.parametrize(
    ("headers", "said", "wait_s"),
    [
        ({"retry-after-ms": "1500"}, {}, 1.5),
        ({"retry-after": "1.5"}, {}, 1.5),
        ({"retry-after": "1m30s"}, {}, 90),
        ({"retry-after": _LATER.isoformat()}, {}, _LATER_S),
        ({"x-ratelimit-reset": str(int(_LATER.timestamp() * 1000))}, {}, _LATER_S),  # OpenRouter
        ({"x-ratelimit-reset": str(int(_LATER.timestamp()))}, {}, _LATER_S),
        ({"ratelimit-reset": "30"}, {}, 30),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s",
          "x-ratelimit-remaining-tokens": "900", "x-ratelimit-reset-tokens": "2h"}, {}, 360),  # OpenAI, Groq
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": _LATER.isoformat()},
         {}, _LATER_S),
        ({}, _openai("slow", metadata={"headers": {"X-RateLimit-Reset": f"{_LATER.timestamp() * 1000:.0f}"}}),
         _LATER_S),  # OpenRouter
        ({}, _openai("slow", retry_after_seconds=12), 12),
        ({}, {"error": {"message": "slow"}, "retry_after_ms": 2500}, 2.5),
        ({}, _openai("Please retry your request after 59 seconds."), 59),
        ({}, _openai("Please wait 30 seconds and try again."), 30),
        ({}, _openai("Your quota will reset after 3h45m12s."), 13512),
        ({}, _openai("Rate limit reached, please try again in 1 minute and 5 seconds"), 65),
        ({"retry-after": "00:00:30"}, {}, 30),
        ({"retry-after": '"30"'}, {}, 30),
        ({"retry-after": "30, 30"}, {}, 30),
        ({"x-ms-retry-after-ms": "30000"}, {}, 30),
        ({"x-ratelimit-reset-after": "30"}, {}, 30),
        ({"ratelimit": "limit=10, remaining=0, reset=30"}, {}, 30),
        ({"ratelimit": '"default";r=0;t=30'}, {}, 30),
        ({}, _openai("Retry after: 30"), 30),
        ({}, _openai("retry in 30"), 30),
        ({}, _openai("Please retry your request after 30 seconds."), 30),
        ({}, _openai("You exceeded your quota. retry_delay {\n  seconds: 30\n}"), 30),
        ({}, _openai("slow", retry_delay={"seconds": 30}), 30),
        ({}, _openai("Next request allowed in 30 seconds"), 30),
        ({}, _openai("请在30秒后重试"), 30),
        ({}, _openai(f"Rate limited. Resets at {_LATER.isoformat()}"), _LATER_S),
        ({}, _openai("slow", retry_after="30s"), 30),
        ({}, _openai("slow", metadata={"retry_after_seconds": 30}), 30),
        ({}, _openai("slow", reset_at=_LATER.isoformat()), _LATER_S),
        ({"retry-after": "-1"}, {}, None),
        ({"retry-after": "NaN"}, {}, None),
        ({}, _openai("Limit: 30 requests per 60 seconds."), None),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_read_in_each_form(headers: dict[str, str], said: object, wait_s: float | None) -> None:
    found = _refusal(429, said, headers).retry_after_s
    if wait_s == _LATER_S:
        wait_s = (_LATER - datetime.now(UTC)).total_seconds()
    assert found == (None if wait_s is None else pytest.approx(wait_s, abs=5 if wait_s > 600 else 0.1))


# Streams

START = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
END: Body = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def _delta(**delta: object) -> Body:
    return {"choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]}


STREAMS = {
    "azure": stream(
        {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
        START, _delta(content="Paris."),
        {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 1}}]}, END),
    "openrouter": b": OPENROUTER PROCESSING\n\n" * 3 + stream(
        _delta(content="", reasoning="Hm.", reasoning_details=[{"type": "reasoning.text", "text": "Hm."}]),
        _delta(content="Paris.", reasoning=None), END,
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
         "usage": {"prompt_tokens": 9, "completion_tokens": 2}}),
    "groq": stream(START, _delta(content="Paris."), {**END, "x_groq": {"usage": {"prompt_tokens": 1}}}),
    "deepseek": b": keep-alive\n\n\n" + stream(
        _delta(content=None, reasoning_content="Hm."), _delta(content="Paris.", reasoning_content=None), END),
    "litellm": stream(
        _delta(content="", reasoning_content="Hm.", thinking_blocks=[{"type": "thinking", "thinking": "Hm."}],
               provider_specific_fields={"reasoning_content": "Hm."}), _delta(content="Paris."), END),
    "mistral": stream(
        _delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}]),
        _delta(content=[{"type": "text", "text": "Paris"}, {"type": "reference", "reference_ids": [1]}]),
        _delta(content=[{"type": "text", "text": "."}]), END),
    "perplexity": stream(
        *({"choices": [{"index": 0, "delta": {"role": "assistant", "content": part}, "message": {"content": so_far},
                        "finish_reason": None}], "citations": ["https://x.example"]}
          for part, so_far in (("Paris", "Paris"), (".", "Paris."))),
        {"choices": [{"index": 0, "delta": {"content": ""}, "message": {"content": "Paris."},
                      "finish_reason": "stop"}]}, done=False),
    "what was said so far, each time": stream(
        *({"choices": [{"index": 0, "delta": None, "message": {"content": text}, "finish_reason": None}]}
          for text in ("Par", "Paris", "Paris.")), END),
    "parts of new kinds": stream(
        _delta(content=[{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}]),
        _delta(content=[{"type": "reasoning_text", "text": "Hm."}, {"type": "redacted_thinking", "data": "aGk="}]),
        _delta(content=[{"type": "output_text", "text": "Paris."}]), END),
    "a refusal among the parts": stream(_delta(content=[{"type": "refusal", "refusal": "Paris."}]), END),
    "a count in each event": stream(
        *({**_delta(content=part), "usage": {"prompt_tokens": 9, "completion_tokens": n}}
          for n, part in enumerate(("Par", "is", "."))), {**END, "usage": {"prompt_tokens": 9}}, done=False),
    "no end but the mark": stream(START, _delta(content="Paris.")),
    "data without a blank, with carriage returns, and numbers": b"id: 1\r\nretry: 100\r\n" + stream(
        START, _delta(content="Paris."), END).replace(b"data: ", b"data:").replace(b"\n", b"\r\n"),
    "gemini thinks aloud": stream(
        _delta(content="<thought>Hm.", extra_content={"google": {"thought": True}}),
        _delta(content="</thought>Paris."), END),
    "what says that there is nothing": stream(
        {"choices": [{"delta": "null"}]}, {**_delta(content="Paris."), "error": {"code": None, "message": None}}, END),
    "an event within an event": stream(_delta(content="Paris."), END).replace(b"data: ", b"data: data: "),
    "an event as a text": stream(*(json.dumps(json.dumps(one)) for one in (_delta(content="Paris."), END)),
                                 '"[DONE]"', done=False),
    "the mark of the end in small letters": stream(_delta(content="Paris."), "[done]", done=False),
    "zeros and marks between": b"\x00".join([stream(_delta(content="Par"), done=False),
                                             "\ufeff".encode() + stream(_delta(content="is."), END)]),
    "the end in the part": stream(_delta(content="Paris."), {"choices": [{"delta": {"finish_reason": "stop"}}]},
                                  done=False),
    "the end beside the choices": stream(_delta(content="Paris."), {"choices": [], "finish_reason": "stop"},
                                         done=False),
    "the end as a list": stream(_delta(content="Paris."), {"choices": [{"delta": {}, "finish_reason": ["stop"]}]},
                                done=False),
    "choices by their number": stream({"choices": {"0": {"delta": {"content": "Paris."}}}}, END),
    "wrapped": stream({"result": _delta(content="Paris.")}, {"result": END}),
    "wrapped as a whole": json.dumps({"code": 0, "msg": "ok", "data": {"choices": [
        {"message": {"content": "Paris."}, "finish_reason": "stop"}]}}).encode(),
    "ollama's own": b"".join(
        json.dumps({"model": "m", "message": {"content": part}, "done": not part, "done_reason": "stop"}).encode()
        + b"\n" for part in ("Par", "is", ".", "")),
    "a thought by its mark": stream(_delta(content="Hm.", thought=True), _delta(content="Paris."), END),
    "the end told twice": stream(_delta(content="Paris."), END, END, END),
    "zeros among the words": stream(_delta(content="Pa\0ris."), END),
    "a list of all events": b"[" + b",\r\n".join(json.dumps(one, indent=1).encode() for one in (
        _delta(content="Par"), _delta(content="is."), END)) + b"]",
    "a list of all events on one line": json.dumps([_delta(content="Par"), _delta(content="is."), END]).encode(),
    "a comma behind each event": stream(_delta(content="Par"), _delta(content="is."), END).replace(b"}\n", b"},\n"),
    "no ends of lines": stream(_delta(content="Par"), _delta(content="is."), END).replace(b"\n", b""),
    "nothing between events": stream(_delta(content="Par"), _delta(content="is."), END).replace(b"\n\ndata: {", b"{"),
    "data over several lines": stream(
        '{\ndata:   "choices": [\ndata:     {"delta":\ndata:    {"content": "Paris."}\ndata:     }\ndata:   ]}', END),
    "field names in capitals": stream(_delta(content="Paris."), END).replace(b"data:", b"Data:"),
    "no colon": stream(_delta(content="Paris."), END).replace(b"data:", b"data"),
    "records": b"".join(b"\x1e" + json.dumps(one).encode() + b"\n" for one in (_delta(content="Paris."), END)),
    "tabs and ends of lines as they are": stream('{"choices": [{"delta": {"content": "Paris.\t\n"}}]}', END),
    "needless escapes": stream('{"choices": [{"delta": {"content": "P\\aris."}}]}', END),
    "a dict of Python's": stream(repr(_delta(content="Paris.")), repr(END), done=False),
    "the end as a named event": stream(_delta(content="Paris."), done=False) + b"event: done\ndata: {}\n\n",
    "the end in another word": stream(_delta(content="Paris."), "[END]", done=False),
    "the end as a flag": stream(_delta(content="Paris."), {"choices": [], "is_finished": True}, done=False),
    "the end as an object": stream(_delta(content="Paris."), {"object": "chat.completion.done"}, done=False),
    "an end and a count in each event": stream(
        *({"choices": [{"delta": {"content": part}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
          for part in ("Par", "is."))),
    "counted from one": stream(
        *({"choices": [{"index": 1, "delta": {"content": part}}]} for part in ("Par", "is.")), END),
    "two replies": stream(
        *({"choices": [{"index": n, "delta": {"content": part}}]}
          for n, part in ((1, "L"), (0, "Par"), (1, "yon"), (0, "is."))),
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}, END),
    "a number that is none": stream({"choices": [{"index": "null", "delta": {"content": "Paris."}}]}, END),
    "all is well": stream({"code": 200, "msg": "OK"}, {"detail": None}, _delta(content="Paris."), END,
                          {"status": "completed", "message": "done"}, {"success": True, "message": "ok"}, done=False),
    "how far it is": stream({"status": "loading", "message": "The model is loaded"}, _delta(content="Paris."), END),
    "no choices": stream({"delta": {"content": "Par"}}, {"delta": "is.", "finish_reason": "stop"}, done=False),
    "no part": stream({"choices": [{"content": "Par"}]}, {"choices": [{"text": "is.", "finish_reason": "stop"}]}),
    "another name for the words": stream(_delta(text="Par"), _delta(contents="is"), _delta(message="."), END),
    "another name for the choices": stream({"choice": [{"delta": {"content": "Paris."}}]}, END),
    "choices in a list of lists": stream({"choices": [[{"delta": {"content": "Paris."}}]]}, END),
    "wrapped twice": stream({"data": {"chunk": _delta(content="Paris.")}}, {"data": {"chunk": END}}),
    "a message that is a text": json.dumps({"choices": [{"message": "Paris.", "finish_reason": "stop"}]}).encode(),
    "messages": json.dumps({"choices": [{"messages": [{"role": "assistant", "content": "Paris."}],
                                         "finish_reason": "stop"}]}).encode(),
    "a channel of thoughts": stream(
        _delta(channel="analysis", content="Hm."), _delta(channel="final", content="Paris."), END),
    "anthropic's own": b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in (
        {"type": "message_start", "message": {"role": "assistant", "content": [], "stop_reason": None}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Par"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "is."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"})),
    "gemini's own": stream(
        {"candidates": [{"content": {"parts": [{"text": "Hm.", "thought": True}], "role": "model"}}]},
        {"candidates": [{"content": {"parts": [{"text": "Paris."}]}, "finishReason": "STOP", "index": 0}],
         "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2}}, done=False),
    "llama.cpp's own": stream({"content": "Paris.", "stop": False}, {"content": "", "stop": True}, done=False),
    "openai's other contract": stream(
        {"type": "response.created", "response": {"id": "1", "output": []}},
        {"type": "response.reasoning_summary_text.delta", "delta": "Hm."},
        {"type": "response.output_text.delta", "delta": "Par"}, {"type": "response.output_text.delta", "delta": "is."},
        {"type": "response.output_text.done", "text": "Paris."},
        {"type": "response.completed", "response": {"status": "completed"}}, done=False),
    "all of it in each event": stream(*(_delta(content=text) for text in ("P", "Par", "Paris", "Paris.")), END),
    "all of it at the end": stream(_delta(content="Par"), _delta(content="is."),
                                   {"choices": [{"delta": {"content": "Paris."}, "finish_reason": "stop"}]}),
    "think tags in pieces": stream(
        *(_delta(content=part) for part in ("\n<th", "ink>", "Hm.", "</", "think", ">\n", "\nParis.")), END),
}  # fmt: skip


def _model(endpoint: ScriptedChat, **settings: Any) -> ChatModel:
    usual = {"timeout_s": 2.0, "max_reply_tokens": 50, "max_reasoning_tokens": 200, "context_tokens": 8192}
    return ChatModel(EndpointAddress(endpoint.base_url, "sk-test-key"), "scripted", ChatLimits(**(usual | settings)))


async def _reply(chat: ChatModel, report: ReplyReport | None = None) -> str:
    said = ""
    async for part in chat.stream(QUESTION, report=report):
        said = part if isinstance(part, Retraction) else said + part
    return said


async def test_each_servers_stream_says_the_same(endpoint: ScriptedChat) -> None:
    found: dict[str, tuple[str, str]] = {}
    for name, body in STREAMS.items():
        chat, report = _model(endpoint), ReplyReport()
        endpoint.script = lambda _body, body=body: Scripted([body[:40], body[40:]])  # type: ignore[misc]
        try:
            found[name] = (await _reply(chat, report)).strip(), report.end
        except ChatError as error:
            found[name] = "", str(error)
        await chat.close()
    assert found == dict.fromkeys(STREAMS, ("Paris.", "whole"))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("content_filter: PROHIBITED_CONTENT", ChatFilteredError),  # Gemini
        ("refusal", ChatFilteredError),  # Anthropic
        ("overloaded", ChatBrokenOffError),
        ("timeout", ChatBrokenOffError),
        ("model_context_window_exceeded", "limit"),  # Anthropic
        ("max_length", "limit"),
        ("max_completion_tokens", "limit"),
        ("token_limit_reached", "limit"),
        ("incomplete", "limit"),
        ("moderation", ChatFilteredError),
        ("IMAGE_SAFETY", ChatFilteredError),
        ("failed", ChatBrokenOffError),
        ("interrupted", ChatBrokenOffError),
        ("COMPLETE", "whole"),
        ("pause_turn", "whole"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "whole"),
    ],
)
async def test_each_word_for_an_end_is_known(
    endpoint: ScriptedChat, reason: str, expected: type[ChatError] | str
) -> None:
    chat, report = _model(endpoint), ReplyReport()
    endpoint.script = lambda _body: Scripted(words("Paris is", reason))
    if isinstance(expected, str):
        assert await _reply(chat, report) == "Paris is"
        assert report.end == expected
    else:
        with pytest.raises(expected):
            await _reply(chat)
    await chat.close()


async def test_a_limit_that_is_told_first_is_not_forgotten_for_a_second_end(endpoint: ScriptedChat) -> None:
    chat, report = _model(endpoint), ReplyReport()
    at_limit = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}
    endpoint.script = lambda _body: Scripted(stream(_delta(content="Paris is"), at_limit, END))
    assert await _reply(chat, report) == "Paris is"
    assert report.end == "limit"
    await chat.close()


@pytest.mark.parametrize(
    ("parts", "said"), [(("\\ud83d", "\\ude00."), "😀."), (("a\\ud83d", "."), "a\ufffd."), (("a\\ud83d",), "a")]
)
async def test_a_sign_that_comes_in_halves_is_whole(endpoint: ScriptedChat, parts: tuple[str, ...], said: str) -> None:
    events = [f'data: {{"choices": [{{"delta": {{"content": "{part}"}}}}]}}\n\n' for part in parts]
    endpoint.script = lambda _body: Scripted("".join(events).encode() + stream(END))
    chat = _model(endpoint)
    assert await _reply(chat) == said
    await chat.close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'error: {"code":400,"message":"the request exceeds the available context size","type":"x"}\n\n',
         ContextTooLongError),  # llama.cpp until 2025
        (stream({"error": {"message": "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000",
                           "http_status_code": 422, "type": "validation"}}), ContextTooLongError),  # TGI
        (stream({"error": {"code": "server_error", "message": "Rate limited"}, "id": "1", "choices": [
            {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}), ChatError),  # OpenRouter
        (stream({"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "1"}),
         ChatRefusedError),  # Alibaba
        (stream({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}), ChatQuotaExceededError),
        (stream({"error_code": 18, "error_msg": "Open api qps request limit reached: rate limit exceeded"}),
         ChatRateLimitedError),  # Baidu
        (stream({"success": False, "errors": [{"code": 7003, "message": "No route for that URI"}], "result": None}),
         ChatWrongAddressError),  # Cloudflare
    ],
)  # fmt: skip
async def test_each_dress_of_an_error_in_a_stream_is_seen(
    endpoint: ScriptedChat, body: bytes, expected: type[ChatError]
) -> None:
    chat = _model(endpoint)
    endpoint.script = lambda _body: Scripted(body)
    with pytest.raises(expected):
        await _reply(chat)
    await chat.close()


@pytest.mark.parametrize(
    ("body", "expected", "told"),
    [
        (b"upstream connect error", ChatFailedError, "an error in its answer"),
        (b"Rate limit exceeded, please wait", ChatRateLimitedError, "too much to do"),
        (b'"Invalid API key"', ChatRefusedError, "refuses the key"),
    ],
)
async def test_what_is_no_stream_is_told_for_what_it_says(
    endpoint: ScriptedChat, body: bytes, expected: type[ChatError], told: str
) -> None:
    chat = _model(endpoint)
    endpoint.script = lambda _body: Scripted(body)
    with pytest.raises(expected, match=told):
        await _reply(chat)
    await chat.close()


@pytest.mark.parametrize(
    "said",
    [
        "<think>\n\n</think>\n<answer>\nParis.\n</answer>",  # Hunyuan
        "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Paris.<|END_RESPONSE|>",  # Cohere
        "<|channel>thought\nHm.\n<channel|>Paris.",  # Gemma 4
        "<|inner_prefix|>Hm.<|inner_suffix|>Paris.",  # Apertus
        "<|begin_of_thought|>Hm.<|end_of_thought|>\n\n<|begin_of_solution|>Paris.<|end_of_solution|>",  # Sky-T1
        "<reasoning>Hm.</reasoning><answer>Paris.</answer>",
        "<think>Hm.</think><response>Paris.</response>",  # Ernie
        "<Think>Hm.</Think>\nParis.",
        "<think>Hm.</thinking>Paris.",
        "<thoughts>Hm.</thoughts>Paris.",
        "<scratchpad>Hm.</scratchpad>Paris.",
        "<unused94>thought\nHm.<unused95>Paris.",  # MedGemma
        "Here is my thought process:\nHm.\n\nHere is my response:\nParis.",  # Granite
        '<details type="reasoning" done="true"><summary>Thought</summary>Hm.</details>\nParis.',  # Open WebUI
        "<analysis>Hm.</analysis>\nParis.",
    ],
)
@pytest.mark.parametrize("width", [1, 7, 1000])
def test_what_wraps_an_answer_after_its_reasoning_is_not_shown(said: str, width: int) -> None:
    reading = ReasoningFilter()
    shown = "".join(reading.feed(said[at : at + width]) for at in range(0, len(said), width))
    assert (shown + reading.end(is_whole=True)).strip() == "Paris."


@pytest.mark.parametrize(
    "said",
    [
        "<think> is the tag that such models write.",
        "<analysis>\nParis.\n</analysis>",
        "<analysis>\nParis.",
        "Here is my thought process: none.",
    ],
)
@pytest.mark.parametrize("width", [1, 7, 1000])
def test_an_answer_that_only_looks_like_reasoning_is_shown(said: str, width: int) -> None:
    reading = ReasoningFilter()
    shown = "".join(reading.feed(said[at : at + width]) for at in range(0, len(said), width))
    assert (shown + reading.end(is_whole=True)).strip() == said


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (400, "image 2: unsupported format", ChatPictureRefusedError),
        (400, "The image data you provided does not represent a valid image", ChatPictureRefusedError),
        (400, "unsupported media type image/gif", ChatPictureRefusedError),
        (400, "Only JPEG and PNG are supported", ChatPictureRefusedError),
        (400, "cannot identify image file", ChatPictureRefusedError),
        (404, "No endpoints found that support image input", ChatCannotSeeError),  # OpenRouter
        (400, "At most 0 image(s) may be provided in one request.", ChatCannotSeeError),  # vLLM
        (400, "Unexpected item type in content.", ChatCannotSeeError),
        (404, "The model llava-vision does not exist", None),
        (
            400,
            "Invalid type for 'messages[1].content': expected a string, but got an array instead.",
            ChatCannotSeeError,
        ),
        (500, 'can only concatenate str (not "list") to str', ChatCannotSeeError),
    ],
)
def test_what_is_said_of_pictures_is_of_one_or_of_all(status: int, said: str, expected: type[ChatError] | None) -> None:
    error = picture_error(_refusal(status, _openai(said)), "x")
    assert error is None if expected is None else isinstance(error, expected)
