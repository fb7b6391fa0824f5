"""Any chat model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace

import httpx2
import openai
import structlog

from bot.conversation.addresses import tidy_key, tidy_url, working_neighbour
from bot.conversation.bounded_response import ResponseTooLargeError, bound
from bot.conversation.chat_message import ChatMessage
from bot.conversation.chunks import ReplyEnd
from bot.conversation.completion_request import request_body
from bot.conversation.endpoint_profile import ModelProfile, ModelProfiles, adapt, guess, stated_context
from bot.conversation.errors import (
    ChatCannotSeeError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatModelUnknownError,
    ChatOnlyThoughtError,
    ChatPictureRefusedError,
    ChatTimedOutError,
    ChatUnreachableError,
    ChatWrongAddressError,
    ContextTooLongError,
)
from bot.conversation.model_list import is_listed, names_in
from bot.conversation.refusals import Refusal, refusal_of
from bot.conversation.reply_stream import CHARS_OF_TOKEN, EndpointRefusedError, Limits, StreamedReply
from bot.conversation.tokens import TokenUse

log = structlog.get_logger()

RETRIES = 2
"""Before the first word only: a broken answer is not begun anew."""
MAX_ADAPTATIONS = 6
"""In one answer; OpenAI's reasoning models teach three."""
FIRST_RETRY_S = 0.5
QUIET_WAIT_S = 2.0
"""A longer wait that the endpoint asks for is shown, or not waited for."""
MAX_WAIT_S = 20.0
"""Longer than this nobody waits: people are told when to ask again."""
CONNECT_TIMEOUT_S = 10.0
LIST_TIMEOUT_S = 10.0
MAX_TOLD_CHARS = 500
CHECK = "Say yes."
"""What a model is asked to see whether it answers."""

_BAD_PICTURE = re.compile(
    r"unsupported image(?! input)|invalid_image|image_parse_error|at most \d+ image"
    r"|(process|decode|load|download|read|parse|open).{0,20}(the |an )?(image|picture)"
    r"|(invalid|corrupt\w*|damaged|malformed|bad) (image|picture)"
    r"|image.{0,30}(too (large|big|small)|exceeds|dimension|corrupt|damaged)"
)
_NO_PICTURES = ("image", "picture", "vision", "multimodal", "mmproj", "content type", "must be a string")
"""In what endpoints say when they refuse any picture: OpenAI, llama.cpp, Ollama, vLLM and those that know text only."""
_KEY = re.compile(r"\b(sk|pk|gsk|key|xai|hf|AIza)[-_]?[\w-]{12,}|Bearer \S+", re.IGNORECASE)


Access = Callable[[], AbstractAsyncContextManager[Mapping[str, object]]]
"""What is held while a reply streams, and gives the fields that this endpoint wants beside OpenAI's."""
OnWait = Callable[[float], Awaitable[None]]
"""Called before a wait of so many seconds that the endpoint asks for."""


def free_access() -> AbstractAsyncContextManager[Mapping[str, object]]:
    """Nothing is held, and there are no further fields."""
    return contextlib.nullcontext({})


@dataclass(slots=True)
class ReplyReport:
    """What is known of a reply beside its words."""

    end: ReplyEnd = ReplyEnd.WHOLE
    """``limit``: it goes on beyond the limit of tokens."""
    stood_in: str | None = None
    """The model that answered because the one that was asked could not."""


_trusted = functools.cache(httpx2.create_ssl_context)
"""The authorities that certificates are checked by; reading them takes a tenth of a second for each model."""


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
        max_reasoning_tokens: int = 0,
        max_reply_s: float = 600.0,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        profiles: ModelProfiles | None = None,
        is_demonstration: bool = False,
        access: Access = free_access,
    ) -> None:
        """``timeout_s``: the longest silence, before the first word and between two. ``max_reply_s``: the longest time
        from the question to the last word. ``context_tokens``: what prompt and reply may take together, as
        ``count_tokens`` counts. ``max_reasoning_tokens``: what a model that reasons may say to itself besides.
        ``extra``: fields that go into each request; a dict ``models`` among them has those of single models.
        ``profiles``: where what models take is remembered. ``is_demonstration``: people should be told that its answers
        are often wrong."""
        self.model = model
        """What people know it by."""
        self.is_demonstration = is_demonstration
        self.stand_in: ChatModel | None = None
        """The model that answers when this one cannot."""
        self.base_url = tidy_url(base_url)
        self._api_key = tidy_key(api_key)
        self._context_tokens = context_tokens
        self._wire_model = model
        self._access = access
        self._extra = dict(extra or {})
        self._headers = dict(headers or {})
        self._profiles = profiles if profiles is not None else ModelProfiles()
        self._is_steady = False
        self._timeout_s = timeout_s
        self._max_reply_s = max_reply_s
        self._max_reply_tokens = max_reply_tokens
        self._max_reasoning_tokens = max_reasoning_tokens
        self._client = openai.AsyncOpenAI(
            base_url=self.base_url,
            api_key=self._api_key,
            max_retries=0,
            default_headers={"Accept-Encoding": "identity", **self._headers},
            http_client=openai.DefaultAsyncHttpx2Client(
                timeout=openai.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
                event_hooks={"response": [bound]},
                verify=_trusted(),
            ),
        )

    @property
    def takes_pictures(self) -> bool:
        """Whether it is worth trying to show it pictures."""
        return not self.is_demonstration and self.profile.pictures

    @property
    def profile(self) -> ModelProfile:
        """What is known of the ways of this model."""
        return self._profiles.of(self._identity, self._wire_model)

    @property
    def context_tokens(self) -> int:
        """What prompt and reply may take together, in the tokens of ``count_tokens``."""
        return min(self._context_tokens, self.profile.context_tokens or self._context_tokens)

    @property
    def prompt_tokens(self) -> int:
        """The longest prompt that leaves room for the longest reply."""
        return max(self.context_tokens - self._max_reply_tokens, self.context_tokens // 4)

    @property
    def _identity(self) -> str:
        """The endpoint with all settings that its ways may depend on; the key is not to be read from it."""
        settings = json.dumps([self._api_key, self._extra, self._headers], sort_keys=True, default=str)
        return f"{self.base_url}/ {hashlib.sha256(settings.encode()).hexdigest()[:12]}"

    async def stream(
        self,
        messages: Sequence[ChatMessage],
        use: TokenUse | None = None,
        *,
        report: ReplyReport | None = None,
        on_wait: OnWait | None = None,
    ) -> AsyncGenerator[str, None]:
        """The reply to ``messages``, in parts as they come, without what a reasoning model says to itself. A
        ``Retraction`` among them takes back all parts before it.

        What it takes is added to ``use``, also when it breaks off: as the endpoint counts, or else by ``count_tokens``.
        ``report`` is filled until the last part. Without ``on_wait``, no wait of more than ``QUIET_WAIT_S`` is waited.

        Raises:
            ChatError: a subclass says why there is no answer, or no end of it.
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
            log.warning("another model stands in", failed=self.model, why=str(error), stand_in=self.stand_in.model)
        report.stood_in = self.stand_in.model
        async with aclosing(self.stand_in.stream(messages, use, report=report, on_wait=on_wait)) as parts:
            async for part in parts:
                yield part

    async def ask_briefly(self) -> None:
        """Ask this very model something short, and learn its ways.

        Raises:
            ChatError: a subclass says why there is no answer.
        """
        with contextlib.suppress(ChatOnlyThoughtError):
            parts = self._adapting([ChatMessage("user", CHECK)], TokenUse(), ReplyReport(), None)
            async with aclosing(parts):
                async for _part in parts:
                    """What is learnt of the model is known at the end."""

    async def _adapting(
        self, messages: Sequence[ChatMessage], use: TokenUse, report: ReplyReport, on_wait: OnWait | None
    ) -> AsyncGenerator[str, None]:
        """The reply, asked for as often as a refusal teaches how to ask, or passes."""
        profile, adaptations = self.profile, 0
        patience = _Patience(on_wait, quiet=self.stand_in is not None)
        deadline = asyncio.get_running_loop().time() + self._max_reply_s
        while True:
            limit = self._limit(profile)
            limits = Limits(self._timeout_s, self._max_reply_s, deadline, CHARS_OF_TOKEN * limit)
            reply = StreamedReply(messages, limits, is_thinking=profile.opens_thinking)
            try:
                async with aclosing(self._asked(reply, messages, profile, limit, limits)) as parts:
                    async for part in parts:
                        yield part
            except EndpointRefusedError as error:
                refusal, sent = error.refusal, reply.sent
                self._log(refusal, messages)
                shows_pictures = any(message.pictures for message in messages)
                if shows_pictures and refusal.status in (0, 400, 415, 422, 500, 501):
                    self._refuse_pictures(refusal, profile)
                learnt = adapt(profile, refusal, sent)
                meant = refusal.error(self.model)
                if learnt is None and isinstance(meant, ChatFailedError):
                    learnt = guess(profile, refusal, sent)
                if learnt is not None and adaptations < MAX_ADAPTATIONS:
                    profile, adaptations = learnt, adaptations + 1
                    continue
                if isinstance(meant, ContextTooLongError) and (context := stated_context(refusal)) is not None:
                    self._learn(replace(profile, context_tokens=context))
                if not refusal.may_pass or isinstance(meant, ContextTooLongError) or not await patience.wait(refusal):
                    raise meant from error
            except ChatUnreachableError:
                if reply.has_begun or not await patience.wait(None):
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
                report.end = reply.end
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
        """The parts of ``reply``, which is asked for as ``profile`` says."""
        async with contextlib.AsyncExitStack() as stack:
            with self._named():
                fields = await stack.enter_async_context(self._access())
            reply.sent = self._body(messages, profile, limit, fields)
            response = await stack.enter_async_context(self._opened(reply.sent, limits))
            async with aclosing(reply.parts(response)) as parts:
                async for part in parts:
                    yield part

    def _limit(self, profile: ModelProfile) -> int:
        limit = self._max_reply_tokens + (self._max_reasoning_tokens if profile.reasons else 0)
        return min(limit, profile.max_reply_tokens or limit)

    def _body(
        self, messages: Sequence[ChatMessage], profile: ModelProfile, limit: int, fields: Mapping[str, object]
    ) -> dict[str, object]:
        by_model = self._extra.get("models")
        extra = self._extra
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

    @contextlib.asynccontextmanager
    async def _opened(self, body: Mapping[str, object], limits: Limits) -> AsyncGenerator[httpx2.Response, None]:
        """The response to the request ``body``, a success of which nothing is read.

        Raises:
            EndpointRefusedError, ChatUnreachableError, ChatTimedOutError
        """
        request = self._client.chat.completions.with_streaming_response.create(
            model=self._wire_model, messages=[], stream=True, extra_body=body
        )
        async with contextlib.AsyncExitStack() as stack:
            with self._named():
                async with asyncio.timeout(limits.silence_s()):
                    response = await stack.enter_async_context(request)
            yield response.http_response

    def _refuse_pictures(self, refusal: Refusal, profile: ModelProfile) -> None:
        """
        Raises:
            ChatPictureRefusedError: it is one picture that is refused; others may be taken.
            ChatCannotSeeError: it is any picture; none is tried again.
        """
        if isinstance(refusal.error(self.model), ContextTooLongError | ChatFilteredError):
            return
        if _BAD_PICTURE.search(refusal.words):
            raise ChatPictureRefusedError
        if any(mark in refusal.words for mark in _NO_PICTURES):
            self._learn(replace(profile, pictures=False))
            raise ChatCannotSeeError

    def _learn(self, profile: ModelProfile) -> None:
        self._profiles.learn(self._identity, self._wire_model, profile)

    def _log(self, refusal: Refusal, messages: Sequence[ChatMessage]) -> None:
        """Log what the endpoint says, without keys and without what people wrote, which some endpoints give back."""
        said = refusal.message.replace(self._api_key, "***") if len(self._api_key) > 3 else refusal.message
        said = _KEY.sub("***", said)
        for message in messages:
            begun = message.text.strip()[:40]
            if len(begun) > 3 and (at := said.find(begun)) >= 0:
                said = f"{said[:at]}…"
        log.warning(
            "the chat endpoint refuses",
            model=self.model,
            endpoint=self.base_url,
            status=refusal.status or None,
            code=refusal.code or None,
            says=said[:MAX_TOLD_CHARS],
        )

    async def check(self) -> None:
        """See that the endpoint answers and has the model, where it lists its models.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        names = await self.names()
        if names and not is_listed(self._wire_model, names):
            raise ChatModelUnknownError(self.model)

    async def names(self) -> list[str]:
        """The models that the endpoint lists, in its order; empty where it lists none.

        Raises:
            ChatError: a subclass says what is wrong.
        """
        try:
            with self._named():
                async with asyncio.timeout(LIST_TIMEOUT_S):
                    response = await self._client.get("/models", cast_to=httpx2.Response)
                    names = names_in(response.json())
        except EndpointRefusedError as error:
            if error.refusal.status in (404, 405, 501) and not error.refusal.is_page:
                return []
            self._log(error.refusal, ())
            raise error.refusal.error(self.model) from error
        except (ValueError, RecursionError) as error:
            raise ChatWrongAddressError from error
        if names is None:
            raise ChatWrongAddressError
        return names

    async def better_address(self) -> str | None:
        """Where the endpoint is, if not at its address but near it; None where all is well, or nothing is found."""
        if self.is_demonstration:
            return None
        try:
            if await self.names():
                return None
        except (ChatUnreachableError, ChatTimedOutError, ChatWrongAddressError, ChatModelUnknownError):
            pass
        except ChatError:
            # Something answers there that speaks of keys or of credit.
            return None
        return await working_neighbour(self.base_url, self._api_key, self._headers)

    def named(self, model: str) -> ChatModel:
        """Another model at the same endpoint; it is closed with this one."""
        other = copy.copy(self)
        other.model = other._wire_model = model
        return other

    def called(self, name: str) -> ChatModel:
        """The same model by the ``name`` that people are to know it by; it is closed with this one."""
        other = copy.copy(self)
        other.model = name
        return other

    def steady(self) -> ChatModel:
        """The same model, which says the likeliest words instead of drawing them by lot, where the endpoint allows it:
        asked once more, it says the same. None stands in for it. It is closed with this one."""
        other = copy.copy(self)
        other._is_steady = True
        other.stand_in = None
        return other

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Errors of the client under our own names.

        Raises:
            EndpointRefusedError, ChatUnreachableError, ChatTimedOutError
        """
        try:
            yield
        except (openai.APITimeoutError, TimeoutError) as error:
            raise ChatTimedOutError(self._timeout_s) from error
        except openai.APIStatusError as error:
            response = error.response
            raise EndpointRefusedError(refusal_of(response.status_code, response.headers, response.content)) from error
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise ChatUnreachableError from error
        except ResponseTooLargeError as error:
            raise ChatFailedError(str(error)) from error


class _Patience:
    """Waits between requests for one answer, as long as anyone may be left waiting."""

    def __init__(self, on_wait: OnWait | None, *, quiet: bool) -> None:
        """``quiet``: no wait that the endpoint asks for is worth it, since another one can be asked."""
        self._on_wait = None if quiet else on_wait
        self._waits = 0
        self._left_s = MAX_WAIT_S

    async def wait(self, refusal: Refusal | None) -> bool:
        """Wait before the next request; False: there should be none. ``refusal``: None where there is no connection."""
        if self._waits >= RETRIES or (refusal is not None and refusal.asks_no_retry):
            return False
        wait_s = None if refusal is None else refusal.retry_after_s
        if wait_s is None:
            wait_s = FIRST_RETRY_S * 2**self._waits
        if wait_s > QUIET_WAIT_S and (self._on_wait is None or wait_s > self._left_s):
            return False
        if wait_s > QUIET_WAIT_S and self._on_wait is not None:
            await self._on_wait(wait_s)
        self._waits += 1
        self._left_s -= wait_s
        await asyncio.sleep(wait_s)
        return True
