"""Any chat model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openai
import structlog

from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import (
    ChatCannotSeeError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatModelUnknownError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatSaidNothingError,
    ChatTimedOutError,
    ChatUnreachableError,
    ContextTooLongError,
)
from bot.conversation.reasoning import ReasoningFilter
from bot.conversation.tokens import MESSAGE_TOKENS, count_tokens

if TYPE_CHECKING:
    from openai import AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionContentPartParam, ChatCompletionMessageParam

log = structlog.get_logger()

RETRIES = 2
"""Before the first token only: a broken answer is not begun anew."""
DEFAULT_WAIT_S = 20.0
"""What people are told when the endpoint does not say how long to wait."""

_NO_PICTURES = ("image", "picture", "vision", "multimodal", "mmproj", "content type", "must be a string")
"""In what endpoints say when they refuse a picture: OpenAI, llama.cpp, Ollama, vLLM and those that know text only."""

USAGE_WAIT_S = 2.0
"""How long the end of a reply may wait for the endpoint's own count of tokens."""

_TOO_LONG = ("context_length_exceeded", "exceed_context_size", "maximum context length", "context size", "too long")


Access = Callable[[], AbstractAsyncContextManager[Mapping[str, object]]]
"""What is held while a reply streams, and gives the fields that this endpoint wants beside OpenAI's."""


def free_access() -> AbstractAsyncContextManager[Mapping[str, object]]:
    """Nothing is held, and there are no further fields."""
    return contextlib.nullcontext({})


@dataclass(slots=True)
class TokenUse:
    """What one or several replies have taken."""

    prompt_tokens: int = 0
    reply_tokens: int = 0
    """What a reasoning model says to itself included."""


class ChatModel:
    """One model at one endpoint."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        *,
        timeout_s: float,
        max_reply_tokens: int,
        context_tokens: int,
        is_demonstration: bool = False,
        access: Access = free_access,
    ) -> None:
        """``timeout_s``: the longest silence, before the first word and between two. ``context_tokens``: what prompt
        and reply may take together, as ``count_tokens`` counts. ``is_demonstration``: people should be told that its
        answers are often wrong."""
        self.model = model
        self.context_tokens = context_tokens
        self.is_demonstration = is_demonstration
        self.takes_pictures = not is_demonstration
        """Whether it is worth trying to show it pictures."""
        self._access = access
        self._sends_usage = True
        self._is_steady = False
        self._timeout_s = timeout_s
        self._max_reply_tokens = max_reply_tokens
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key, timeout=openai.Timeout(timeout_s, connect=10.0), max_retries=RETRIES
        )

    @property
    def prompt_tokens(self) -> int:
        """The longest prompt that leaves room for the longest reply."""
        return max(self.context_tokens - self._max_reply_tokens, self.context_tokens // 4)

    async def stream(self, turns: Sequence[ChatMessage], use: TokenUse | None = None) -> AsyncGenerator[str, None]:
        """The reply to ``turns``, in parts as they come, without what a reasoning model says to itself.

        What it takes is added to ``use``, also when it breaks off: as the endpoint counts, or else by ``count_tokens``.

        Raises:
            ChatError: a subclass says why there is no answer, or no end of it.
        """
        visible, shown, ended = ReasoningFilter(), False, False
        said: list[str] = []
        counted: TokenUse | None = None
        with self._named(shows_pictures=any(turn.pictures for turn in turns)):
            try:
                async with self._access() as fields, await self._begun(turns, fields) as response:
                    chunks = aiter(response)
                    while True:
                        # Some endpoints count after the last word, others in each part; few keep one waiting for it.
                        try:
                            async with asyncio.timeout(USAGE_WAIT_S if ended else self._timeout_s):
                                chunk = await anext(chunks, None)
                        except (TimeoutError, openai.APIError):
                            if ended:
                                break
                            raise
                        if chunk is None:
                            break
                        if chunk.usage is not None:
                            counted = TokenUse(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
                        choice = chunk.choices[0] if chunk.choices else None
                        if choice is not None and not ended:
                            said.append(choice.delta.content or "")
                            if part := visible.feed(said[-1]):
                                shown = shown or bool(part.strip())
                                yield part
                            if choice.finish_reason == "content_filter":
                                raise ChatFilteredError
                            ended = choice.finish_reason is not None
                        if ended and (counted is not None or not self._sends_usage):
                            break
            finally:
                if use is not None and said:
                    taken = counted if counted is not None and counted.prompt_tokens else _estimate(turns, said)
                    use.prompt_tokens += taken.prompt_tokens
                    use.reply_tokens += taken.reply_tokens
        if part := visible.end():
            shown = shown or bool(part.strip())
            yield part
        if not shown:
            raise ChatSaidNothingError

    async def _begun(
        self, turns: Sequence[ChatMessage], fields: Mapping[str, object]
    ) -> AsyncStream[ChatCompletionChunk]:
        async with asyncio.timeout(self._timeout_s * (RETRIES + 1)):
            if self._is_steady:
                try:
                    return await self._request(turns, {**fields, "temperature": 0})
                except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                    if "temperature" not in str(error).lower():
                        raise
                    log.info("the chat endpoint chooses the temperature itself", model=self.model)
                    self._is_steady = False
            return await self._request(turns, fields)

    async def _request(
        self, turns: Sequence[ChatMessage], fields: Mapping[str, object]
    ) -> AsyncStream[ChatCompletionChunk]:
        """Ask for the reply and for its tokens; an endpoint that refuses is asked without, from then on."""
        messages = [_message(turn) for turn in turns]
        create = self._client.chat.completions.create
        if self._sends_usage:
            try:
                return await create(
                    model=self.model,
                    messages=messages,
                    stream=True,
                    max_tokens=self._max_reply_tokens,
                    stream_options={"include_usage": True},
                    extra_body=fields,
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                blind = _cannot_see(error) and any(turn.pictures for turn in turns)
                if blind or not isinstance(self._meant(error), ChatFailedError):
                    raise
        response = await create(
            model=self.model, messages=messages, stream=True, max_tokens=self._max_reply_tokens, extra_body=fields
        )
        if self._sends_usage:
            log.info("the chat endpoint does not count tokens in streams, they are counted here", model=self.model)
            self._sends_usage = False
        return response

    async def check(self) -> None:
        """See that the endpoint answers and has the model, where it lists its models.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        names = await self.names()
        if names and self.model not in names:
            raise ChatModelUnknownError(self.model)

    async def names(self) -> list[str]:
        """The models that the endpoint lists, in its order; empty where it lists none.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        with self._named():
            try:
                return [model.id async for model in await self._client.with_options(max_retries=0).models.list()]
            except openai.NotFoundError:
                return []

    def named(self, model: str) -> ChatModel:
        """Another model at the same endpoint; it is closed with this one."""
        other = copy.copy(self)
        other.model = model
        return other

    def steady(self) -> ChatModel:
        """The same model, which says the likeliest words instead of drawing them by lot, where the endpoint allows it:
        asked once more, it says the same. It is closed with this one."""
        other = copy.copy(self)
        other._is_steady = True
        return other

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    @contextlib.contextmanager
    def _named(self, *, shows_pictures: bool = False) -> Iterator[None]:
        """Errors of the client under our own names."""
        try:
            yield
        except ChatError:
            raise
        except (openai.APITimeoutError, TimeoutError) as error:
            raise ChatTimedOutError(self._timeout_s) from error
        except openai.APIStatusError as error:
            if shows_pictures and _cannot_see(error):
                self.takes_pictures = False
                raise ChatCannotSeeError from error
            raise self._meant(error) from error
        except openai.APIError as error:
            raise _meant_in_stream(error) from error
        except OSError as error:
            raise ChatUnreachableError from error

    def _meant(self, error: openai.APIStatusError) -> ChatError:
        code, text = str(error.code or ""), str(error.message).lower()
        if code == "content_filter":
            return ChatFilteredError()
        if any(mark in code or mark in text for mark in _TOO_LONG):
            return ContextTooLongError()
        if code == "insufficient_quota" or error.status_code == 402:
            return ChatQuotaExceededError()
        if error.status_code in (401, 403):
            return ChatRefusedError()
        if error.status_code == 404:
            return ChatModelUnknownError(self.model)
        if error.status_code == 429:
            return ChatRateLimitedError(_seconds(error.response.headers.get("retry-after")))
        return ChatFailedError(f"status {error.status_code}")


def _meant_in_stream(error: openai.APIError) -> ChatError:
    """An error without a status: no connection, or an error event in the middle of the stream."""
    if isinstance(error, openai.APIConnectionError):
        return ChatUnreachableError()
    if any(mark in str(error).lower() for mark in _TOO_LONG):
        return ContextTooLongError()
    return ChatFailedError(type(error).__name__)


def _estimate(turns: Sequence[ChatMessage], said: Sequence[str]) -> TokenUse:
    return TokenUse(sum(MESSAGE_TOKENS + count_tokens(turn.text) for turn in turns), count_tokens("".join(said)))


def _seconds(header: str | None) -> float:
    try:
        return min(max(float(header or DEFAULT_WAIT_S), 1.0), 3600.0)
    except ValueError:
        return DEFAULT_WAIT_S


def _message(turn: ChatMessage) -> ChatCompletionMessageParam:
    if turn.role == "system":
        return {"role": "system", "content": turn.text}
    if turn.role == "assistant":
        return {"role": "assistant", "content": turn.text}
    if not turn.pictures:
        return {"role": "user", "content": turn.text}
    parts: list[ChatCompletionContentPartParam] = [{"type": "text", "text": turn.text}]
    for picture in turn.pictures:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": "user", "content": parts}


def _cannot_see(error: openai.APIStatusError) -> bool:
    return any(mark in str(error).lower() for mark in _NO_PICTURES)
