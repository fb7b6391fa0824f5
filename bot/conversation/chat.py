"""Any chat model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import TYPE_CHECKING

import openai
import structlog

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
from bot.conversation.turns import Turn

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam, ChatCompletionMessageParam

log = structlog.get_logger()

RETRIES = 2
"""Before the first token only: a broken answer is not begun anew."""
DEFAULT_WAIT_S = 20.0
"""What people are told when the endpoint does not say how long to wait."""

_NO_PICTURES = ("image", "picture", "vision", "multimodal", "mmproj", "content type", "must be a string")
"""In what endpoints say when they refuse a picture: OpenAI, llama.cpp, Ollama, vLLM and those that know text only."""

_TOO_LONG = ("context_length_exceeded", "exceed_context_size", "maximum context length", "context size", "too long")


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
        is_demonstration: bool = False,
    ) -> None:
        """``timeout_s``: the longest silence, before the first word and between two. ``is_demonstration``: people
        should be told that its answers are often wrong."""
        self.model = model
        self.is_demonstration = is_demonstration
        self.takes_pictures = not is_demonstration
        """Whether it is worth trying to show it pictures."""
        self._timeout_s = timeout_s
        self._max_reply_tokens = max_reply_tokens
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key, timeout=openai.Timeout(timeout_s, connect=10.0), max_retries=RETRIES
        )

    async def stream(self, turns: Sequence[Turn]) -> AsyncGenerator[str, None]:
        """The reply to ``turns``, in parts as they come, without what a reasoning model says to itself.

        Raises:
            ChatError: a subclass says why there is no answer, or no end of it.
        """
        messages = [_message(turn) for turn in turns]
        shows_pictures = any(turn.pictures for turn in turns)
        visible, shown = ReasoningFilter(), False
        with self._named(shows_pictures=shows_pictures):
            async with asyncio.timeout(self._timeout_s * (RETRIES + 1)):
                response = await self._client.chat.completions.create(
                    model=self.model, messages=messages, stream=True, max_tokens=self._max_reply_tokens
                )
            async with response:
                chunks = aiter(response)
                while True:
                    async with asyncio.timeout(self._timeout_s):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    choice = chunk.choices[0] if chunk.choices else None
                    if choice is None:
                        continue
                    if part := visible.feed(choice.delta.content or ""):
                        shown = shown or bool(part.strip())
                        yield part
                    if choice.finish_reason == "content_filter":
                        raise ChatFilteredError
                    if choice.finish_reason is not None:
                        break
        if part := visible.end():
            shown = shown or bool(part.strip())
            yield part
        if not shown:
            raise ChatSaidNothingError

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
            if shows_pictures and any(mark in str(error).lower() for mark in _NO_PICTURES):
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


def _seconds(header: str | None) -> float:
    try:
        return min(max(float(header or DEFAULT_WAIT_S), 1.0), 3600.0)
    except ValueError:
        return DEFAULT_WAIT_S


def _message(turn: Turn) -> ChatCompletionMessageParam:
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
