"""One streamed reply, read to its end whatever happens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx2

from bot.conversation.bounded_response import ResponseTooLargeError
from bot.conversation.chat_message import ChatMessage
from bot.conversation.chunks import Chunk, CountedTokens, ReplyEnd, read_chunk
from bot.conversation.endpoint_profile import ModelProfile
from bot.conversation.errors import (
    ChatBrokenOffError,
    ChatError,
    ChatFailedError,
    ChatFilteredError,
    ChatSaidNothingError,
    ChatTimedOutError,
    ChatTookTooLongError,
    ChatUnreachableError,
    ChatWantedToolError,
)
from bot.conversation.reasoning import ReasoningFilter
from bot.conversation.refusals import Refusal, page_refusal
from bot.conversation.repetition import Repetition
from bot.conversation.sources import MAX_SOURCES, Source
from bot.conversation.stream_events import EventDecoder, LineTooLongError, StreamEvent
from bot.conversation.surrogates import without_lone_surrogates
from bot.conversation.tokens import MESSAGE_TOKENS, TokenUse, count_tokens

USAGE_WAIT_S = 2.0
"""How long the end of a reply may wait for the endpoint's own token count."""
LEFT_WAIT_S = 0.1
"""How long to wait for the end of the response once the reply is over: only a connection read to its end is reused."""

_SNIFFED_BYTES = 4096
_NO_STREAM = re.compile(r"\s*(?!:|(data|event|id|retry):)\S", re.IGNORECASE)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

CHARS_OF_TOKEN = 32
"""The most characters that a token has on the average of a reply; an endpoint that sends more ignores its limit."""


class EndpointRefusedError(Exception):
    """Raised when the endpoint refuses before the first word."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Retraction(str):
    """A part of a reply that replaces all before it, which was reasoning, another choice, or is repeated here."""


def extended(said: str, part: str) -> str:
    """The text of a reply once ``part`` has come after ``said``."""
    return str(part) if isinstance(part, Retraction) else said + part


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a reply may take, and how long it may be."""

    max_silence_s: float
    max_reply_s: float
    deadline: float
    """When it must be complete, by the event loop's clock."""
    max_chars: int
    """How many characters it may have, reasoning included."""

    def silence_s(self) -> float:
        """The longest silence still allowed, in seconds.

        Raises:
            ChatTookTooLongError: the deadline has passed.
        """
        left_s = self.deadline - asyncio.get_running_loop().time()
        if left_s <= 0:
            raise ChatTookTooLongError(self.max_reply_s)
        return min(self.max_silence_s, left_s)


class StreamedReply:
    """The reply to one request."""

    def __init__(self, messages: Sequence[ChatMessage], limits: Limits, *, is_thinking: bool) -> None:
        """``is_thinking``: the reply is known to begin inside its reasoning."""
        self.end: ReplyEnd = ReplyEnd.WHOLE
        self.has_shown = False
        """Whether it has anything that people can read."""
        self.has_begun = False
        """Whether any text or reasoning has arrived."""
        self._first = ""
        """The beginning of the response, as text."""
        self._has_read = False
        """Whether an event was found in the response."""
        self.sources: tuple[Source, ...] = ()
        """The pages that it cites."""
        self.sent: Mapping[str, object] = {}
        """The body of the request."""
        self._messages = messages
        self._limits = limits
        self._is_thinking = is_thinking
        self._filter = ReasoningFilter(is_thinking=is_thinking)
        self._repetition = Repetition()
        self._index: int | None = None
        """The index of the choice that is read: the lowest one if there are several."""
        self._said: list[str] = []
        """All that was received, reasoning included."""
        self._texts: list[str] = []
        self._left_chars = limits.max_chars
        self._reasoned = False
        self._half = ""
        """The first half of a surrogate pair whose second half is still to come."""
        self._ended = self._done = self._wants_tool = False
        self._goes_on = False
        """Whether text came after a reported end: such an end means nothing."""
        self._counted: CountedTokens | None = None
        self._has_counted_last = False
        """Whether the last event has a token count and no text: nothing comes after it."""
        self._over_at_s: float | None = None
        """When it was over, by the event loop's clock: what comes after that is ignored."""

    async def parts(self, response: httpx2.Response) -> AsyncGenerator[str, None]:
        """What can be shown of the still unread ``response``, as it arrives.

        Raises:
            EndpointRefusedError: the response is an error instead of a reply.
            ChatError: the reply broke off.
        """
        decoder = EventDecoder()
        async for raw in self._bytes(response):
            if self._over_at_s is not None:
                continue
            try:
                for event in decoder.feed(raw):
                    for part in self._take(event):
                        yield part
                    if self._done:
                        break
            except LineTooLongError as error:
                raise self._broken(ChatFailedError("a line of it has no end")) from error
            if self._done or (self._ended and self._has_counted_last and not self._goes_on):
                self._over_at_s = asyncio.get_running_loop().time()
            # A fast endpoint would otherwise keep the event loop to itself.
            await asyncio.sleep(0)
        if self._over_at_s is None:
            for event in decoder.end():
                for part in self._take(event):
                    yield part
        if not (self._has_read or self._done) and _NO_STREAM.match(self._first):
            # A response that is not a stream may still say why.
            raise EndpointRefusedError(Refusal(message=self._first))
        if not (self._ended or self._done):
            raise self._broken(ChatUnreachableError())
        if part := self._filter.end(is_whole=self.end is ReplyEnd.WHOLE):
            yield self._shown(part)
        if self.end is ReplyEnd.FILTERED:
            raise ChatFilteredError
        if self.end is ReplyEnd.FAILED:
            raise self._broken(ChatFailedError("it ended with an error"))

    async def _bytes(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        chunks = aiter(response.aiter_bytes())
        first = b""
        while True:
            try:
                async with asyncio.timeout_at(self._waits_until_s()):
                    raw = await anext(chunks, None)
            except TimeoutError as error:
                if self._ended or self._done:
                    return
                self._limits.silence_s()
                raise ChatTimedOutError(self._limits.max_silence_s) from error
            except (httpx2.HTTPError, OSError) as error:
                if self._ended or self._done:
                    return
                if isinstance(error, httpx2.TimeoutException):
                    raise ChatTimedOutError(self._limits.max_silence_s) from error
                raise self._broken(ChatUnreachableError()) from error
            except ResponseTooLargeError as error:
                if self._over_at_s is not None:
                    return
                raise self._broken(ChatFailedError(str(error))) from error
            if raw is None:
                self._refuse_page(response, first)
                return
            if not self.has_begun and len(first) < _SNIFFED_BYTES:
                first += raw
                self._first = first[:_SNIFFED_BYTES].decode(errors="replace")
                self._refuse_page(response, first)
            yield raw

    def _waits_until_s(self) -> float:
        """Until when, by the event loop's clock, to wait for more."""
        now_s = asyncio.get_running_loop().time()
        if self._over_at_s is not None:
            return self._over_at_s + LEFT_WAIT_S
        # Some endpoints send the token count after the last word, others in each part; few delay it.
        return now_s + (USAGE_WAIT_S if self._ended and not self._goes_on else self._limits.silence_s())

    def _refuse_page(self, response: httpx2.Response, first: bytes) -> None:
        if self.has_begun:
            return
        refusal = page_refusal(response.headers, first[:_SNIFFED_BYTES].decode(errors="replace"))
        if refusal is not None:
            raise EndpointRefusedError(refusal)

    def _take(self, event: StreamEvent) -> Iterator[str]:
        if event.data is None:
            self._done = True
            return
        self._has_read = True
        chunk = read_chunk(event.data, event.name)
        if chunk.counted is not None:
            self._counted = chunk.counted
        self._has_counted_last = chunk.counted is not None and not chunk.text
        # Some endpoints repeat all sources in each event.
        self.sources = tuple(dict.fromkeys((*self.sources, *chunk.sources)))[:MAX_SOURCES]
        if chunk.refusal is not None:
            if not self.has_shown:
                raise EndpointRefusedError(chunk.refusal)
            meant = chunk.refusal.error("")
            raise ChatBrokenOffError if isinstance(meant, ChatFailedError) else meant
        if chunk.is_complete and any(part.strip() for part in self._said):
            # Some endpoints repeat the whole text at the end, others the text so far in each event.
            said = "".join(self._texts)
            text = chunk.text.removeprefix(said) if said and chunk.text.startswith(said) else ""
            chunk = replace(chunk, text=text, reasoning="")
        if self._index is not None and chunk.index > self._index:
            return
        if chunk.text or chunk.reasoning:
            is_another, self._index = self._index is not None and chunk.index < self._index, chunk.index
            if is_another:
                yield self._anew("")
        self._goes_on = self._goes_on or (self._ended and bool(chunk.text))
        yield from self._words(chunk)
        if self._done:
            return
        if chunk.end is not None:
            # Some endpoints say how the reply ended, and then once more just that it did.
            self.end, self._ended = chunk.end if self.end is ReplyEnd.WHOLE else self.end, True
        elif chunk.is_complete:
            self._ended = True

    def _words(self, chunk: Chunk) -> Iterator[str]:
        text = self._without_lone_surrogates(chunk.text)
        fresh = self._repetition.without(text, is_last=chunk.end is not None)
        is_anew, chunk = fresh is None, replace(chunk, text=text if fresh is None else fresh)
        if len(chunk.reasoning) + len(chunk.text) > self._left_chars:
            reasoning = chunk.reasoning[: self._left_chars]
            chunk = replace(chunk, reasoning=reasoning, text=chunk.text[: self._left_chars - len(reasoning)])
            self.end, self._done = ReplyEnd.LIMIT, True
        self._left_chars -= len(chunk.reasoning) + len(chunk.text)
        self.has_begun = self.has_begun or bool(chunk.text or chunk.reasoning)
        self._wants_tool = self._wants_tool or chunk.wants_tool
        self._reasoned = self._reasoned or bool(chunk.reasoning.strip())
        if chunk.reasoning:
            self._said.append(chunk.reasoning)
        if not chunk.text:
            return
        self._said.append(chunk.text)
        if is_anew:
            yield self._anew(chunk.text)
            return
        self._texts.append(chunk.text)
        was_unopened = self._filter.was_unopened
        part = self._filter.feed(chunk.text)
        if self._filter.was_unopened and not was_unopened:
            self.has_shown = False
            yield Retraction(self._shown(part))
        elif part:
            yield self._shown(part)

    def _anew(self, text: str) -> Retraction:
        """Start again with ``text`` instead of all that came before."""
        self._texts, self.has_shown = [text], False
        self._filter = ReasoningFilter(is_thinking=self._is_thinking)
        return Retraction(self._shown(self._filter.feed(text)))

    def _without_lone_surrogates(self, text: str) -> str:
        """``text`` without unpaired surrogates, since some endpoints split a pair over two parts, and without NULs,
        which databases refuse."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if _NO_TEXT.search(text) is None:
            return text
        return without_lone_surrogates(text.replace("\0", ""))

    def _shown(self, part: str) -> str:
        self.has_shown = self.has_shown or bool(part.strip())
        return part

    def _broken(self, error: ChatError) -> ChatError:
        """``error`` if nothing was shown, else the error of a reply that broke off."""
        return ChatBrokenOffError() if self.has_shown else error

    def require_something(self) -> None:
        """
        Raises:
            ChatError: nothing can be shown.
        """
        if not self.has_shown:
            raise ChatWantedToolError if self._wants_tool else ChatSaidNothingError

    def observed(self, profile: ModelProfile) -> ModelProfile:
        """``profile`` with what this reply shows about the model."""
        reasoned = self._reasoned or self._filter.has_reasoned or bool(self._counted and self._counted.reasoning)
        opens = self._filter.was_unopened or (profile.opens_thinking and self._filter.has_reasoned)
        return replace(profile, reasons=profile.reasons or reasoned, opens_thinking=opens)

    def count(self, use: TokenUse) -> None:
        """Add the tokens of this reply to ``use``; none if the endpoint refused."""
        if not self._said and self._counted is None:
            return
        counted = self._counted
        if counted is None or not counted.prompt:
            asked = sum(MESSAGE_TOKENS + count_tokens(message.text) for message in self._messages)
            counted = CountedTokens(asked, count_tokens("".join(self._said)))
        use.prompt_tokens += counted.prompt
        use.reply_tokens += counted.reply
