"""The embedded chat model: an engine in a child process, so that a crash of native code does not take the bot down."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import structlog

from audio.child_environment import child_environment
from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import AdapterNotLoadedError, EngineBusyError, EngineNotStartedError

log = structlog.get_logger()

MODEL = "SmolLM2-135M-Instruct"
LANGUAGE = "en"
"""The only language that it speaks."""
CONTEXT_TOKENS = 4096
"""Of the 8,192 that SmolLM2 was trained with; each thousand costs about 23 MB."""
COUNTED_TOKENS = CONTEXT_TOKENS // 4
"""The context as ``count_tokens`` counts. For each of those tokens SmolLM2 needs 3.1 in Russian, 2.8 in Chinese, 1.8 in
German and 1.0 in English; and it reads some 130 a second per core, so that a full context would take half a minute."""
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 3.0
DRAIN_TIMEOUT_S = 120.0
"""How long replies under way may take before adapters are changed: the longest takes 10 s, and some are queued."""
MAX_RESTARTS = 5
"""In a row; a child that has lived longer than ``STEADY_S`` resets the count."""
STEADY_S = 60.0
_LOG_LINES = 20
"""How many of the engine's last log lines are kept, to tell why it died."""


class EmbeddedChat:
    """Keeps the engine running, and knows its address."""

    def __init__(self, gguf: Path, *, threads: int = 0, adapters: Sequence[Path] = ()) -> None:
        """``gguf``: the model's verified file. ``threads``: those of the engine; 0: all cores but one, since more
        threads than free cores slow it down many times. ``adapters``: GGUF files; each request may choose one."""
        self._gguf = gguf
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._key = secrets.token_urlsafe(32)
        self._adapters = tuple(adapters)
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._guard: asyncio.Task[None] | None = None
        self._log: collections.deque[str] = collections.deque(maxlen=_LOG_LINES)
        self._replies = 0
        self._idle, self._open, self._alive = asyncio.Event(), asyncio.Event(), asyncio.Event()
        """``_alive`` is cleared while an engine that died is being restarted."""
        self._idle.set()
        self._open.set()
        self._alive.set()
        self._changing, self._life = asyncio.Lock(), asyncio.Lock()

    @property
    def base_url(self) -> str:
        """Where the engine serves the OpenAI API; the same after a restart."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def process_id(self) -> int | None:
        """The id of the current child process; None if there is none."""
        return None if self._process is None else self._process.pid

    @property
    def adapters(self) -> tuple[Path, ...]:
        """The adapters that requests may choose from now."""
        return self._adapters

    def model(self, *, timeout_s: float, max_reply_tokens: int, adapter: Path | None = None) -> ChatModel:
        """The chat model behind the engine; call this after ``start``. It answers with ``adapter``, or without any,
        whatever others choose; the adapter need not be loaded before the first request."""
        return ChatModel(
            EndpointAddress(self.base_url, self._key),
            MODEL,
            ChatLimits(timeout_s=timeout_s, max_reply_tokens=max_reply_tokens, context_tokens=COUNTED_TOKENS),
            is_demonstration=True,
            access=lambda: self._access(adapter),
        )

    async def start(self) -> None:
        """Start the engine and wait until it serves.

        Raises:
            EngineNotStartedError: it is not installed, or does not serve within ``READY_TIMEOUT_S``.
        """
        async with self._life:
            await self._start()

    async def use_adapters(self, adapters: Sequence[Path]) -> None:
        """Let requests choose from these adapters instead. This restarts the engine, which takes about a second:
        replies under way are finished first, and new requests wait. The files must exist for as long as they are used.

        Raises:
            EngineNotStartedError: it does not start with them; it continues with the previous ones.
            EngineBusyError: replies were still under way after ``DRAIN_TIMEOUT_S``; nothing has changed.
        """
        async with self._changing:
            if tuple(adapters) == self._adapters:
                return
            self._open.clear()
            try:
                async with asyncio.timeout(DRAIN_TIMEOUT_S):
                    await self._idle.wait()
                await self._restart_with(tuple(adapters))
            except TimeoutError as error:
                raise EngineBusyError from error
            finally:
                self._open.set()

    async def _restart_with(self, adapters: tuple[Path, ...]) -> None:
        async with self._life:
            before, self._adapters = self._adapters, adapters
            if self._process is None:
                return
            await self._stop()
            try:
                await self._start()
            except EngineNotStartedError:
                self._adapters = before
                await self._start()
                raise

    @contextlib.asynccontextmanager
    async def _access(self, adapter: Path | None) -> AsyncIterator[Mapping[str, object]]:
        """Keep the engine unchanged while a reply is under way, and yield the fields that select ``adapter``."""
        async with asyncio.timeout(DRAIN_TIMEOUT_S + READY_TIMEOUT_S):
            await self._open.wait()
            await self._alive.wait()
        if adapter is not None and adapter not in self._adapters:
            raise AdapterNotLoadedError(adapter.name)
        self._replies += 1
        self._idle.clear()
        try:
            # Every scale is sent: otherwise the engine would keep those of the previous request.
            yield {"lora": [{"id": at, "scale": float(path == adapter)} for at, path in enumerate(self._adapters)]}
        finally:
            self._replies -= 1
            if not self._replies:
                self._idle.set()

    async def stop(self) -> None:
        """Stop the engine; safe to call twice."""
        async with self._life:
            await self._stop()

    async def _start(self) -> None:
        await self._spawn()
        self._guard = asyncio.create_task(self._keep_running())

    async def _stop(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
            self._guard = None
        self._alive.set()
        if self._process is not None:
            await _end(self._process)
            self._process = None

    async def _spawn(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.conversation.engine",
            str(self._gguf), str(self._threads), str(CONTEXT_TOKENS), str(self._port), *map(str, self._adapters),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            # Ctrl-C is for the parent, which then ends the child in its own time.
            start_new_session=True,
            env=child_environment(),
        )  # fmt: skip
        assert process.stdin is not None
        self._process = process
        try:
            process.stdin.write(f"{self._key}\n".encode())
            async with asyncio.timeout(READY_TIMEOUT_S):
                await process.stdin.drain()
                self._port = await self._address(process)
        except (TimeoutError, OSError, EngineNotStartedError) as error:
            await _end(process)
            raise EngineNotStartedError(self._last_words(error)) from error

    async def _address(self, process: asyncio.subprocess.Process) -> int:
        """The port on which the child says it listens."""
        assert process.stdout is not None
        assert process.stderr is not None
        drain = asyncio.create_task(self._keep_log(process.stderr))
        drain.add_done_callback(lambda _task: None)
        async for line in process.stdout:
            if line.startswith(b'{"listening"'):
                return int(json.loads(line)["listening"].rpartition(":")[2])
        await process.wait()
        await drain
        raise EngineNotStartedError("it ended at once")

    async def _keep_log(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self._log.append(line.decode(errors="replace").rstrip())

    def _last_words(self, error: BaseException) -> str:
        if any("libgomp" in line for line in self._log):
            return "the library libgomp is missing on this machine. On Debian or Ubuntu: apt-get install libgomp1"
        if any("No module named 'xllamacpp'" in line for line in self._log):
            return "the package xllamacpp is not installed. In Starling's folder: pip install --editable '.[embedded]'"
        return self._log[-1][:200] if self._log else type(error).__name__

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        restarts = 0
        while self._process is not None:
            began = loop.time()
            status = await self._process.wait()
            self._alive.clear()
            restarts = 0 if loop.time() - began > STEADY_S else restarts + 1
            if restarts > MAX_RESTARTS:
                log.error("embedded chat engine keeps dying, giving up", status=status, last=list(self._log)[-1:])
                self._alive.set()
                return
            log.warning("embedded chat engine died, starting it again", status=status, restart=restarts)
            await asyncio.sleep(min(0.1 * 2**restarts, 10.0))
            with contextlib.suppress(EngineNotStartedError):
                await self._spawn()
                self._alive.set()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close the child's standard input, which ends it; if it does not, kill it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
