"""How long recognized and spoken words stay in NATS."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

from bot.work.bus.subjects import DONE
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Progress
from tests.scaling.nats import NatsServer, running
from tests.scaling.quick import QUICK
from tests.scaling.test_bus import asked, serving


async def test_a_result_that_was_taken_is_soon_deleted_and_may_be_asked_for_again(nats: NatsServer) -> None:
    begun: list[bytes] = []

    async def handler(body: bytes, progress: Progress) -> bytes:
        begun.append(body)
        return b"words of a person"

    timing = dataclasses.replace(QUICK, taken_s=0.1)
    async with WorkBus(nats.url, gateway=0, timing=timing) as bus, serving(nats.url, handler):
        assert await bus.run(asked()) == b"words of a person"
        async with asyncio.timeout(20):
            while (await bus.connection.jetstream.stream_info(DONE)).state.messages:
                await asyncio.sleep(0.1)
        left = await bus.connection.jetstream.account_info()
        assert left.storage == 0, "the server counts what is no longer there, and takes nothing once that is too much"
        assert await bus.run(asked()) == b"words of a person"
        assert len(begun) == 2


async def test_where_nats_has_no_more_room_what_was_taken_makes_room(tmp_path: Path) -> None:
    async def handler(body: bytes, progress: Progress) -> bytes:
        return b"a voice" * 40_000

    configuration = f'max_payload: 8MB\njetstream {{ store_dir: "{tmp_path / "streams"}", max_file_store: 1MB }}'
    with running(NatsServer(tmp_path, configuration)) as nats:
        async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, handler):
            for number in range(9):
                assert await bus.run(asked(f"speak-{number}", timeout_s=10.0))
