"""Tasks that go by the bus and come back, each once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from audio.errors import EngineFailedError
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Handler, Lane, Progress, WorkKind, WorkRequest
from bot.work.bus.work_server import WorkServer
from tests.scaling.nats import NatsServer
from tests.scaling.quick import QUICK


def asked(task: str = "hear-1", **changes: object) -> WorkRequest:
    values = {
        "task": task, "kind": WorkKind.HEAR, "lane": Lane.INTERACTIVE, "source": 1, "body": b"words", "timeout_s": 20.0,
    }  # fmt: skip
    return WorkRequest(**{**values, **changes})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def serving(url: str, handler: Handler, *, at_once: int = 4) -> AsyncIterator[WorkServer]:
    server, stop = WorkServer(url, dict.fromkeys(WorkKind, handler), at_once=at_once, timing=QUICK), asyncio.Event()
    serving = asyncio.create_task(server.serve(stop))
    try:
        yield server
    finally:
        stop.set()
        await serving


async def test_what_is_asked_is_done_elsewhere_and_told_while_it_is(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        progress(b"half")
        await asyncio.sleep(0.05)
        return body.upper()

    heard: list[bytes] = []
    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        assert await bus.run(asked(), progress=heard.append) == b"WORDS"
        assert heard == [b"half"]
        assert (server.done, server.failed, bus.under_way) == (1, 0, 0)
        assert await bus.run(asked()) == b"WORDS"
        assert server.done == 1, "it was done again, and not looked up"


async def test_an_error_of_a_worker_is_raised_by_its_class_and_facts(nats: NatsServer) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        raise EngineFailedError("whistle", "out of breath")

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler) as server:
        for attempt in (1, 2):
            with pytest.raises(EngineFailedError, match="The voice engine whistle failed: out of breath") as raised:
                await bus.run(asked())
            assert raised.value.reason == "out of breath"
            assert server.failed == attempt, "an error is not kept as a result is: it is tried again"
