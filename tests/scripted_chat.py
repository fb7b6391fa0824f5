"""A chat endpoint on loopback that speaks OpenAI's wire format, and misbehaves on request."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.conversation.chat import CHECK
from tests.conversation.chat_description import flaws


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer, byte by byte."""

    body: bytes | str | dict[str, Any] | Sequence[bytes] = b""
    """Bytes are sent as they are, a dict as JSON, a sequence in parts."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """Whether the connection is aborted after it."""
    pause_s: float = 0.0
    """The pause between its parts."""


def stream(*events: dict[str, Any] | str, done: bool = True) -> bytes:
    """Events as OpenAI sends them; anything but a dict is sent as it is."""
    lines = [f"data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in events]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def words(text: str, end: str | None = "stop", **choice: object) -> bytes:
    """A normal stream that says ``text`` and finishes with ``end``."""
    said = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return stream(said, {"choices": [{"index": 0, "delta": {}, "finish_reason": end, **choice}]}, done=end is not None)


class ScriptedChat:
    """Answers every request with ``answer`` (or, if that is None, by repeating the question) unless ``trouble`` says
    otherwise.

    ``says``: what a model says to a question; if not None, it overrides ``answer``.
    ``trouble``: None, or ``{"status": 429, "headers": {...}, "error": {...}}`` for a refusal, or one of the words
    ``stall`` (headers, then silence), ``drop`` (the connection breaks after the first word), ``filter`` (the provider's
    filter ends the answer), ``overflow`` (an error event within the stream), ``no usage`` (requests that ask for the
    token count are refused), ``late usage`` (the count does not come, and the stream does not end).
    ``held_after``: the stream pauses after this many words, with a sign of life now and then, until ``goes_on`` is set.
    ``usage``: the tokens of prompt and reply, reported to requests that ask for them; None: such requests get none.
    ``context_characters``: longer prompts are refused. ``blind``: requests with pictures are refused.
    ``models``: the models it lists. ``script``: if it returns an answer, that overrides all of the above.
    """

    def __init__(self) -> None:
        self.flaws: list[str] = []
        """Where requests deviated from OpenAI's description."""
        self.reset()

    def reset(self) -> None:
        """Return to the defaults, and forget all requests."""
        self.answer: str | None = "Paris is the capital of France."
        self.says: Callable[[str, str], str | None] = lambda _model, _question: None
        self.trouble: dict[str, Any] | str | None = None
        self.times: int = -1
        """How many requests get the trouble; -1: all."""
        self.first_word_delay_s = 0.0
        self.word_delay_s = 0.0
        self.list_delay_s = 0.0
        self.held_after: int | None = None
        self.goes_on = asyncio.Event()
        self.usage: tuple[int, int] | None = None
        self.context_characters: int | None = None
        self.blind = False
        self.models = ["scripted"]
        self.script: Callable[[dict[str, Any]], Scripted | None] = lambda _body: None
        self.requests: list[dict[str, Any]] = []
        """The JSON bodies of the requests."""
        self.headers: Mapping[str, str] = {}
        """The headers of the last request."""
        self.connections: set[object] = set()
        """The connections that requests came over, identified by the client's address and port."""
        self.checked = False
        """Whether Starling's request that checks the endpoint counts like any other."""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self.complete)
        application.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        assert self.flaws == []

    @property
    def base_url(self) -> str:
        """The value for OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    @property
    def last_question(self) -> str:
        """The last message of the last request. It includes unanswered messages before the question, such as those of
        other tests in the same direct conversation."""
        return str(self.requests[-1]["messages"][-1]["content"])

    async def _models(self, _request: web.Request) -> web.Response:
        await asyncio.sleep(self.list_delay_s)
        data = [{"id": name, "object": "model", "created": 0} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if body["messages"][-1]["content"] == CHECK and not self.checked:
            return await _answer(request, Scripted(words("Yes.")))
        self.requests.append(body)
        self.headers = request.headers
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername"))
        self.flaws += flaws(body)
        if (scripted := self.script(body)) is not None:
            return await _answer(request, scripted)
        trouble = self.trouble if self.times else None
        if trouble is not None:
            self.times -= 1
        if isinstance(trouble, dict):
            return web.json_response(
                {"error": trouble.get("error", {"message": "told to fail"})},
                status=trouble["status"],
                headers=trouble.get("headers"),
            )
        if trouble == "no usage" and "stream_options" in body:
            return web.json_response({"error": {"message": "extra fields not permitted"}}, status=422)
        if self.blind and any(not isinstance(message["content"], str) for message in body["messages"]):
            return web.json_response({"error": {"message": "image input is not supported"}}, status=400)
        if self.context_characters is not None:
            characters = sum(len(message["content"]) for message in body["messages"])
            if characters > self.context_characters:
                error = {"message": f"the prompt is too long, take at most {self.context_characters} characters"}
                return web.json_response({"error": error}, status=400)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if trouble == "stall":
            await asyncio.sleep(60)
        await asyncio.sleep(self.first_word_delay_s)
        question = str(body["messages"][-1]["content"])
        said = self.says(body["model"], question)
        # If several questions come in one message, answer the last.
        last = question.rpartition("\n\n")[2]
        answer = said if said is not None else self.answer if self.answer is not None else last
        for number, word in enumerate(answer.split(" ")):
            await _send(response, {"delta": {"content": word if number == 0 else f" {word}"}, "finish_reason": None})
            if trouble == "drop":
                assert request.transport is not None
                request.transport.abort()
                return response
            while number + 1 == self.held_after and not self.goes_on.is_set():
                # A comment, as endpoints send them while a model is busy, so that nobody takes the pause for silence.
                await response.write(b": held\n\n")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.goes_on.wait(), 0.5)
            if self.word_delay_s:
                await asyncio.sleep(self.word_delay_s)
        if trouble == "overflow":
            overflow = {"error": {"message": "the request exceeds the available context size", "code": 400}}
            await response.write(f"data: {json.dumps(overflow)}\n\n".encode())
            return response
        await _send(response, {"delta": {}, "finish_reason": "content_filter" if trouble == "filter" else "stop"})
        if trouble == "late usage":
            await asyncio.sleep(60)
        if self.usage is not None and body.get("stream_options", {}).get("include_usage"):
            prompt_tokens, reply_tokens = self.usage
            usage = {"prompt_tokens": prompt_tokens, "completion_tokens": reply_tokens}
            total = {"total_tokens": prompt_tokens + reply_tokens}
            await _send_chunk(response, {"choices": [], "usage": usage | total})
        await response.write(b"data: [DONE]\n\n")
        return response


async def _answer(request: web.Request, scripted: Scripted) -> web.StreamResponse:
    body = json.dumps(scripted.body) if isinstance(scripted.body, dict) else scripted.body
    kind = "application/json" if isinstance(scripted.body, dict) else "text/event-stream"
    response = web.StreamResponse(status=scripted.status, headers={"Content-Type": kind, **scripted.headers})
    await response.prepare(request)
    # A client that has heard enough closes the connection.
    with contextlib.suppress(ConnectionResetError):
        for part in [body] if isinstance(body, bytes | str) else body:
            await response.write(part.encode() if isinstance(part, str) else part)
            await asyncio.sleep(scripted.pause_s)
    if scripted.is_cut:
        assert request.transport is not None
        request.transport.abort()
    return response


async def _send(response: web.StreamResponse, choice: dict[str, Any]) -> None:
    await _send_chunk(response, {"choices": [{"index": 0, **choice}]})


async def _send_chunk(response: web.StreamResponse, parts: dict[str, Any]) -> None:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **parts}
    await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
