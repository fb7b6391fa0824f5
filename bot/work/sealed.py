"""Work on what strangers sent that involves C code, regular expressions or large formats: in separate processes, which
can do nothing else and may die without harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from audio.child_environment import child_environment

log = structlog.get_logger()

MEMORY_BYTES = 448 << 20
"""The memory that all simultaneous work may take together, besides the libraries."""
WALL_START_S = 20
WALL_S_PER_PROCESSOR_S = 4
"""Wall-clock limits catch work that does not use the processor; on a busy machine, wall time passes faster than that of
the processor."""

# Nothing that is imported is garbage, and looking for garbage meanwhile takes a tenth of the start.
_START = """
import gc
gc.disable()
import json, sys
sys.path[:] = json.loads(sys.argv.pop(1))
from bot.work.sealed_child import serve
serve()
"""
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
_LONGEST_END_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """What one piece of work may cost."""

    memory_bytes: int = MEMORY_BYTES // 2
    """Besides the libraries, including its input; at most ``MEMORY_BYTES``."""
    processor_s: float = 10
    output_bytes: int = 4 << 20


DEFAULT_LIMITS = WorkLimits()


class SealedWorkError(Exception):
    """Raised when work in a sealed process has no result; whoever asked for it knows the sentence for people."""


class WorkRaisedError(SealedWorkError):
    """Raised when the function itself raised an error."""

    def __init__(self, kind: str, text: str) -> None:
        """``kind``: the name of its class. ``text``: its message, which may be words of whoever sent the data."""
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class WorkLimitError(SealedWorkError):
    """Raised when the work took more memory or time, or returned more, than it may, or did not survive its input."""


class SealedProcesses:
    """Runs functions over data in processes that can open no file and no socket, start nothing, have no secret in their
    environment, and have limited memory and time (on Windows: only limited time).

    Each process does one piece of work, so nothing of it remains. Starting one takes about 0.1 s, plus the time to
    import the function's module, which should import little.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        """``memory_bytes``: what all simultaneous work may take together; the rest waits in turn."""
        self._free_bytes = memory_bytes
        self._freed = asyncio.Event()
        self._turns = asyncio.Lock()

    async def run(
        self, function: str, data: bytes = b"", limits: WorkLimits = DEFAULT_LIMITS, **arguments: object
    ) -> bytes:
        """What ``function`` returns for ``data``: it is called as ``function(data, **arguments)`` and returns bytes.

        ``function``: its dotted name, such as ``bot.answering.pictures.as_jpeg``. If its module has a function
        ``load``, that is called first: whatever a library opens at its first use must be opened there, since nothing
        can be opened afterwards. ``arguments``: values that JSON can carry.

        Raises:
            WorkRaisedError: the function raised an error.
            WorkLimitError: it exceeded its limits or did not survive.
            OSError: no process can be started.
        """
        async with self._room(limits.memory_bytes):
            end, made = await self._done(function, data, limits, arguments)
        if not end:
            return made
        error = WorkRaisedError(str(end.get("error")), str(end.get("text")))
        if error.kind == "MemoryError":
            raise WorkLimitError(f"{function} wanted too much memory") from error
        raise error

    @contextlib.asynccontextmanager
    async def _room(self, memory_bytes: int) -> AsyncIterator[None]:
        """Reserve memory for as long as the context is open; first come, first served."""
        async with self._turns:
            while self._free_bytes < memory_bytes:
                self._freed.clear()
                await self._freed.wait()
            self._free_bytes -= memory_bytes
        try:
            yield
        finally:
            self._free_bytes += memory_bytes
            self._freed.set()

    async def _done(
        self, function: str, data: bytes, limits: WorkLimits, arguments: dict[str, object]
    ) -> tuple[dict[str, object], bytes]:
        task = {"function": function, "memory_bytes": limits.memory_bytes, "processor_s": limits.processor_s}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _START, json.dumps(_import_path()), json.dumps(task),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # What libraries say about a damaged file may be words of whoever made it.
            stderr=asyncio.subprocess.DEVNULL,
            env=child_environment() | _ONE_THREAD,
        )  # fmt: skip
        try:
            async with asyncio.timeout(WALL_START_S + WALL_S_PER_PROCESSOR_S * limits.processor_s):
                await _send(process, json.dumps(arguments).encode() + b"\n" + data)
                return _parted(await _received(process, limits.output_bytes + _LONGEST_END_BYTES))
        except (TimeoutError, ValueError) as error:
            await _end(process)
            why = "took too long" if _ran_out_of_time(process, error) else f"did not survive ({process.returncode})"
            log.warning("sealed work failed", function=function, why=why, size_bytes=len(data))
            raise WorkLimitError(f"{function} {why}") from error
        finally:
            await _end(process)


def _import_path() -> list[str]:
    return [str(Path(folder or ".").absolute()) for folder in sys.path]


async def _send(process: asyncio.subprocess.Process, request: bytes) -> None:
    assert process.stdin
    # A process that failed before it had read everything reports that itself.
    with contextlib.suppress(ConnectionError):
        process.stdin.write(request)
        await process.stdin.drain()
    process.stdin.close()


async def _received(process: asyncio.subprocess.Process, limit_bytes: int) -> bytes:
    """
    Raises:
        ValueError: the answer is longer than ``limit_bytes``.
    """
    assert process.stdout
    answer = bytearray()
    while part := await process.stdout.read(1 << 16):
        answer += part
        if len(answer) > limit_bytes:
            raise ValueError("too long an answer")
    return bytes(answer)


def _parted(answer: bytes) -> tuple[dict[str, object], bytes]:
    """
    Raises:
        ValueError: it is not an answer, since the process ended before giving one.
    """
    line, _, made = answer.partition(b"\n")
    end = json.loads(line)
    if not isinstance(end, dict):
        raise ValueError("no answer")
    return end, made


def _ran_out_of_time(process: asyncio.subprocess.Process, error: Exception) -> bool:
    return isinstance(error, TimeoutError) or (os.name == "posix" and process.returncode == -signal.SIGXCPU)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
