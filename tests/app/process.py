"""``starling`` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from tests.conftest import ROOT

KEPT = ("PATH", "HOME", "LANG", "CT2_FORCE_CPU_ISA", "CT2_USE_MKL")
"""Of the environment: where programs and models are, and the kernel that the speech model computes with."""


@contextlib.asynccontextmanager
async def command(*arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """``starling`` with nothing set but what is given; killed at the end if it still runs."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT, env=kept | settings,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready_at(process: asyncio.subprocess.Process) -> str:
    """The address in the line ``Starling is ready: ...``."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if line.startswith(b"Starling is ready: "):
                return line.decode().split(": ", 1)[1].strip()
    raise AssertionError("it ended before it was ready")
