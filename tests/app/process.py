"""``starling`` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

from tests.app.forked import Start, Started, fork, kept

WITHOUT_MODELS = {"STT_ENGINE": "openai", "STT_BASE_URL": "http://127.0.0.1:9/v1", "TTS_ENGINE": "espeak"}
"""The settings of a bot that never listens or speaks: loading the speech models takes two seconds of CPU time."""


class StarlingProcess:
    """A started process; the part of ``asyncio.subprocess.Process`` that the tests use."""

    def __init__(self, started: Started, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        self._started, self.pid = started, started.pid
        self.stdout, self.stderr = stdout, stderr

    @property
    def returncode(self) -> int | None:
        return self._started.poll()

    async def wait(self) -> int:
        return await asyncio.to_thread(self._started.wait)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Everything it writes from now on, once it has ended."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    def send_signal(self, sig: signal.Signals) -> None:
        self._started.send_signal(sig)

    def terminate(self) -> None:
        self._started.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._started.kill()


def command(*arguments: str, **settings: str) -> contextlib.AbstractAsyncContextManager[StarlingProcess]:
    """``starling`` with no settings but those given; killed at the end of the block if it is still running."""
    return command_by(fork, *arguments, **settings)


@contextlib.asynccontextmanager
async def command_by(start: Start, /, *arguments: str, **settings: str) -> AsyncIterator[StarlingProcess]:
    """The same, started by ``start``."""
    async with _pipe() as (stdout, out), _pipe() as (stderr, err):
        try:
            started = await asyncio.to_thread(
                start, "bot", *arguments, environment=kept() | settings, stdout=out, stderr=err
            )
        finally:
            os.close(out)
            os.close(err)
        process = StarlingProcess(started, stdout, stderr)
        try:
            yield process
        finally:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[asyncio.StreamReader, int]]:
    """A reader, and the descriptor of the pipe's other end, which the caller has to close."""
    reads, writes = os.pipe()
    stream = asyncio.StreamReader()
    with os.fdopen(reads, "rb") as file:
        transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), file
        )
        try:
            yield stream, writes
        finally:
            transport.close()


async def ready_at(process: StarlingProcess) -> str:
    """The address in the line ``Starling is ready: ...``."""
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if line.startswith(b"Starling is ready: "):
                return line.decode().split(": ", 1)[1].strip()
    raise AssertionError("it ended before it was ready")
