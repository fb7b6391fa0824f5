"""Any chat model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace

import structlog

from bot.conversation.chat_message import ChatMessage
from bot.conversation.chunks import ReplyEnd
from bot.conversation.completion_request import request_body
from bot.conversation.endpoint import Endpoint, EndpointAddress, ModelList
from bot.conversation.endpoint_profile import ModelProfile, ModelProfiles, adapt, guess, stated_context
from bot.conversation.errors import (
    ChatCannotSeeError,
    ChatError,
    ChatFailedError,
    ChatModelUnknownError,
    ChatOnlyThoughtError,
    ChatPictureRefusedError,
    ChatTimedOutError,
    ChatUnreachableError,
    ChatWrongAddressError,
    ContextTooLongError,
)
from bot.conversation.model_list import is_listed
from bot.conversation.picture_refusals import picture_error
from bot.conversation.refusals import Refusal
from bot.conversation.reply_stream import CHARS_OF_TOKEN, EndpointRefusedError, Limits, StreamedReply
from bot.conversation.retry_policy import OnWait, RetryPolicy
from bot.conversation.sources import Source
from bot.conversation.tokens import TokenUse

log = structlog.get_logger()

MAX_ADAPTATIONS = 6
"""Per answer; OpenAI's reasoning models need three."""
CHECK = "Say yes."
"""The question that tests whether a model answers."""


Access = Callable[[], AbstractAsyncContextManager[Mapping[str, object]]]
"""Returns a context manager that is held while a reply streams, and yields the endpoint's own request fields."""


def free_access() -> AbstractAsyncContextManager[Mapping[str, object]]:
    """An ``Access`` that holds nothing and adds no fields."""
    return contextlib.nullcontext({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """How long a chat model may take, and how much it may say."""

    timeout_s: float
    """The longest silence allowed, before the first word and between words."""
    max_reply_s: float = 600.0
    """The longest time allowed from the question to the last word."""
    max_reply_tokens: int
    max_reasoning_tokens: int = 0
    """Additional tokens for the reasoning of a model that reasons."""
    context_tokens: int
    """The room for prompt and reply together, as ``count_tokens`` counts."""


@dataclass(slots=True)
class ReplyReport:
    """What is known about a reply besides its text."""

    end: ReplyEnd = ReplyEnd.WHOLE
    """``limit``: the reply was cut off at the token limit."""
    stood_in: str | None = None
    """The model that answered because the one asked could not."""
    sources: tuple[Source, ...] = ()
    """The pages that it cites, if the endpoint has searched the web."""


class ChatModel:
    """One model at one endpoint."""

    def __init__(
        self,
        address: EndpointAddress,
        model: str,
        limits: ChatLimits,
        *,
        profiles: ModelProfiles | None = None,
        is_demonstration: bool = False,
        access: Access = free_access,
    ) -> None:
        """``profiles``: remembers what models accept. ``is_demonstration``: people should be told that its answers are
        often wrong."""
        self.model = model
        """The name that people know it by."""
        self.is_demonstration = is_demonstration
        self.stand_in: ChatModel | None = None
        """The model that answers when this one cannot."""
        self._endpoint = Endpoint(address, timeout_s=limits.timeout_s)
        self._limits = limits
        self._wire_model = model
        self._access = access
        self._profiles = profiles if profiles is not None else ModelProfiles()
        self._is_steady = False

    @property
    def base_url(self) -> str:
        """The address of its endpoint."""
        return self._endpoint.url

    @property
    def takes_pictures(self) -> bool:
        """Whether it is worth trying to send it pictures."""
        return not self.is_demonstration and self.profile.pictures

    @property
    def profile(self) -> ModelProfile:
        """What is known about how this model wants to be asked, and how it answers."""
        return self._profiles.of(self._endpoint.identity, self._wire_model)

    @property
    def context_tokens(self) -> int:
        """The room for prompt and reply together, in tokens of ``count_tokens``."""
        return min(self._limits.context_tokens, self.profile.context_tokens or self._limits.context_tokens)

    @property
    def prompt_tokens(self) -> int:
        """The longest prompt that leaves room for the longest reply; at least a quarter of the context."""
        return max(self.context_tokens - self._limits.max_reply_tokens, self.context_tokens // 4)

    async def stream(
        self,
        messages: Sequence[ChatMessage],
        use: TokenUse | None = None,
        *,
        report: ReplyReport | None = None,
        on_wait: OnWait | None = None,
    ) -> AsyncGenerator[str, None]:
        """The reply to ``messages``, in parts as they arrive, without the reasoning of a reasoning model. A
        ``Retraction`` among them replaces all parts before it.

        The tokens used are added to ``use``, even if the reply breaks off: as the endpoint counts, or else by
        ``count_tokens``. ``report`` is complete when the stream ends. Without ``on_wait``, an endpoint that asks to
        wait longer than ``QUIET_WAIT_S`` is not waited for.

        Raises:
            ChatError: a subclass says why there is no answer, or no complete one.
        """
        report = ReplyReport() if report is None else report
        use = TokenUse() if use is None else use
        shown = False
        try:
            async with aclosing(self._adapting(messages, use, report, on_wait)) as parts:
                async for part in parts:
                    shown = shown or bool(part.strip())
                    yield part
            return
        except ChatError as error:
            if shown or self.stand_in is None or self.stand_in.model == self.model or not error.another_may_answer:
                raise
            log.warning("a fallback model answers", failed=self.model, why=str(error), stand_in=self.stand_in.model)
        report.stood_in = self.stand_in.model
        async with aclosing(self.stand_in.stream(messages, use, report=report, on_wait=on_wait)) as parts:
            async for part in parts:
                yield part

    async def ask_briefly(self) -> None:
        """Ask this model, and no stand-in, something short, and learn what it accepts.

        Raises:
            ChatError: a subclass says why there is no answer.
        """
        with contextlib.suppress(ChatOnlyThoughtError):
            parts = self._adapting([ChatMessage("user", CHECK)], TokenUse(), ReplyReport(), None)
            async with aclosing(parts):
                async for _part in parts:
                    """Read to the end: what was learnt about the model is stored only then."""

    async def _adapting(
        self, messages: Sequence[ChatMessage], use: TokenUse, report: ReplyReport, on_wait: OnWait | None
    ) -> AsyncGenerator[str, None]:
        """The reply; the request is repeated when a refusal teaches how to change it, or may pass."""
        profile, adaptations = self.profile, 0
        policy = RetryPolicy(on_wait, quiet=self.stand_in is not None)
        deadline = asyncio.get_running_loop().time() + self._limits.max_reply_s
        while True:
            limit = self._limit(profile)
            limits = Limits(self._limits.timeout_s, self._limits.max_reply_s, deadline, CHARS_OF_TOKEN * limit)
            reply = StreamedReply(messages, limits, is_thinking=profile.opens_thinking)
            try:
                async with aclosing(self._asked(reply, messages, profile, limit, limits)) as parts:
                    async for part in parts:
                        yield part
            except EndpointRefusedError as error:
                refusal, sent = error.refusal, reply.sent
                self._endpoint.log_refusal(self.model, refusal, messages)
                has_pictures = any(message.pictures for message in messages)
                if has_pictures:
                    self._require_pictures(refusal, profile)
                learnt = adapt(profile, refusal, sent)
                meant = refusal.error(self.model)
                if learnt is None and isinstance(meant, ChatFailedError):
                    learnt = guess(profile, refusal, sent)
                if learnt is not None and adaptations < MAX_ADAPTATIONS:
                    profile, adaptations = learnt, adaptations + 1
                    continue
                if isinstance(meant, ChatFailedError) and has_pictures and refusal.status in (400, 415, 422):
                    # The cause is unknown: asking again without the pictures shows whether they were to blame.
                    raise ChatPictureRefusedError from error
                if isinstance(meant, ContextTooLongError) and (context := stated_context(refusal)) is not None:
                    self._learn(replace(profile, context_tokens=context))
                if not refusal.may_pass or isinstance(meant, ContextTooLongError) or not await policy.wait(refusal):
                    raise meant from error
            except ChatUnreachableError:
                if reply.has_begun or not await policy.wait(None):
                    raise
            else:
                profile = reply.observed(profile)
                if reply.end is ReplyEnd.LIMIT and not reply.has_shown:
                    thoughtful = replace(profile, reasons=True)
                    if adaptations < MAX_ADAPTATIONS and self._limit(thoughtful) > limit:
                        profile, adaptations = thoughtful, adaptations + 1
                        continue
                    self._learn(thoughtful)
                    raise ChatOnlyThoughtError(limit)
                self._learn(profile)
                report.end, report.sources = reply.end, reply.sources
                reply.require_something()
                return
            finally:
                reply.count(use)

    async def _asked(
        self,
        reply: StreamedReply,
        messages: Sequence[ChatMessage],
        profile: ModelProfile,
        limit: int,
        limits: Limits,
    ) -> AsyncGenerator[str, None]:
        """The parts of ``reply``, requested as ``profile`` says."""
        async with contextlib.AsyncExitStack() as stack:
            with self._endpoint.named_errors():
                fields = await stack.enter_async_context(self._access())
            reply.sent = self._body(messages, profile, limit, fields)
            opened = self._endpoint.opened(self._wire_model, reply.sent, limits.silence_s())
            response = await stack.enter_async_context(opened)
            async with aclosing(reply.parts(response)) as parts:
                async for part in parts:
                    yield part

    def _limit(self, profile: ModelProfile) -> int:
        limit = self._limits.max_reply_tokens + (self._limits.max_reasoning_tokens if profile.reasons else 0)
        return min(limit, profile.max_reply_tokens or limit)

    def _body(
        self, messages: Sequence[ChatMessage], profile: ModelProfile, limit: int, fields: Mapping[str, object]
    ) -> dict[str, object]:
        by_model = self._endpoint.extra.get("models")
        extra = self._endpoint.extra
        if isinstance(by_model, Mapping):
            own = by_model.get(self._wire_model, by_model.get(self.model, {}))
            extra = {**{name: value for name, value in extra.items() if name != "models"}, **own}
        return request_body(
            self._wire_model,
            messages,
            profile,
            max_reply_tokens=limit,
            is_steady=self._is_steady,
            extra={**extra, **fields},
        )

    def _require_pictures(self, refusal: Refusal, profile: ModelProfile) -> None:
        """
        Raises:
            ChatPictureRefusedError: one picture is refused; others may be accepted.
            ChatCannotSeeError: the model refuses any picture; none is tried again.
        """
        error = picture_error(refusal, self.model)
        if isinstance(error, ChatCannotSeeError):
            self._learn(replace(profile, pictures=False))
        if error is not None:
            raise error

    def _learn(self, profile: ModelProfile) -> None:
        self._profiles.learn(self._endpoint.identity, self._wire_model, profile)

    async def check(self) -> None:
        """Check that the endpoint answers and, if it lists its models, has this one.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        names = await self.names()
        if names and not is_listed(self._wire_model, names):
            raise ChatModelUnknownError(self.model)

    async def names(self) -> list[str]:
        """The models that the endpoint lists, in its order; empty if it lists none.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        return (await self._listed()).names

    async def _listed(self) -> ModelList:
        try:
            listed = await self._endpoint.listed()
        except EndpointRefusedError as error:
            if error.refusal.status in (404, 405, 501) and not error.refusal.is_page:
                return ModelList([], self.base_url)
            self._endpoint.log_refusal(self.model, error.refusal, ())
            raise error.refusal.error(self.model) from error
        if listed is None:
            raise ChatWrongAddressError
        return listed

    async def better_address(self) -> str | None:
        """The endpoint's real address, if the given one redirects there, or it is found nearby; None otherwise."""
        if self.is_demonstration:
            return None
        try:
            listed = await self._listed()
            if listed.names:
                return listed.address if listed.address != self.base_url else None
        except (ChatUnreachableError, ChatTimedOutError, ChatWrongAddressError, ChatModelUnknownError):
            pass
        except ChatError:
            # Something answers there and complains about the key or the credit: the address is right.
            return None
        return await self._endpoint.neighbour()

    def named(self, model: str) -> ChatModel:
        """Another model at the same endpoint; it is closed with this one."""
        other = copy.copy(self)
        other.model = other._wire_model = model
        return other

    def called(self, name: str) -> ChatModel:
        """The same model under the ``name`` that people are to know it by; it is closed with this one."""
        other = copy.copy(self)
        other.model = name
        return other

    def steady(self) -> ChatModel:
        """The same model, choosing the likeliest words instead of sampling them, if the endpoint allows it: asked
        again, it says the same. It has no stand-in. It is closed with this one."""
        other = copy.copy(self)
        other._is_steady = True
        other.stand_in = None
        return other

    async def close(self) -> None:
        """Close every connection."""
        await self._endpoint.close()
