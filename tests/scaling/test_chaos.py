"""After kill -9 in the middle, every note is answered, and only once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.work.bus.errors import WorkerGaveUpError, WorkTimeoutError
from bot.work.bus.subjects import WORK
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, Progress, WorkKind, WorkRequest
from tests.app.forked import fork
from tests.scaling.chaos import Machines, kill, worker
from tests.scaling.nats import NatsServer
from tests.scaling.quick import QUICK
from tests.scaling.test_bus import serving


@contextmanager
def machines(nats: NatsServer, folder: Path) -> Iterator[Machines]:
    running = Machines(nats, folder, notes=60, each_s=0.02, lasts_s=0.1, start=fork)
    try:
        yield running
    finally:
        running.close()


@pytest.mark.parametrize(
    ("what", "away_s"),
    [({"worker"}, 0.0), ({"server"}, 3.0), ({"gateway"}, 0.5), ({"worker", "server", "gateway"}, 0.5)],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else f"{value:g}s",
)
async def test_notes_are_answered_once_whatever_is_killed(
    nats: NatsServer, tmp_path: Path, what: Collection[str], away_s: float
) -> None:
    with machines(nats, tmp_path) as running:
        await running.answered(10, timeout_s=30)
        await running.kill(what, away_s=away_s)
        counts = await running.end(timeout_s=45)
        assert running.gateway.poll() == 0
    assert (counts.sent, counts.once, counts.twice, counts.never) == (60, 60, 0, 0)


async def test_a_note_that_kills_workers_kills_three_and_none_of_those_beside_it_is_lost(
    nats: NatsServer, tmp_path: Path
) -> None:
    begun = tmp_path / "begun.txt"
    begun.touch()
    workers, killed = [worker(fork, nats.url, begun) for _worker in range(2)], 0

    async def replace_the_dead() -> None:
        nonlocal killed
        while True:
            for number, process in enumerate(workers):
                if process.poll() is not None:
                    killed += 1
                    workers[number] = worker(fork, nats.url, begun)
            await asyncio.sleep(0.05)

    replacing = asyncio.create_task(replace_the_dead())

    def note(name: str, *, kills: bool = False) -> WorkRequest:
        body = json.dumps({"name": name, "lasts_s": 0.1, "kills": kills}).encode()
        return WorkRequest(
            task=name, kind=WorkKind.HEAR, lane=Lane.INTERACTIVE, source=hash(name), body=body, timeout_s=60.0
        )

    try:
        async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus:
            poison = asyncio.create_task(bus.run(note("poison", kills=True)))
            beside = [asyncio.create_task(bus.run(note(f"note-{number}"))) for number in range(40)]
            assert await asyncio.gather(*beside) == [f"done note-{number}".encode() for number in range(40)]
            with pytest.raises(WorkerGaveUpError, match="I tried this 3 times"):
                await poison
            async with asyncio.timeout(10):
                while (await bus.connection.jetstream.stream_info(WORK)).state.messages:
                    await asyncio.sleep(0.05)
    finally:
        replacing.cancel()
        await asyncio.wait({replacing})
        for process in workers:
            kill(process)
    assert killed == 3


async def test_while_nats_is_away_people_are_told_and_later_notes_are_answered(nats: NatsServer) -> None:
    async def hear(body: bytes, progress: Progress) -> bytes:
        return b"heard " + body

    def note(number: int, timeout_s: float) -> WorkRequest:
        return WorkRequest(
            task=f"note-{number}", kind=WorkKind.HEAR, lane=Lane.INTERACTIVE, source=1, body=b"%d" % number,
            timeout_s=timeout_s,
        )  # fmt: skip

    async with WorkBus(nats.url, gateway=0, timing=QUICK) as bus, serving(nats.url, hear):
        assert await bus.run(note(1, 20.0)) == b"heard 1"
        nats.kill()
        with pytest.raises(WorkTimeoutError, match="I waited 1 s"):
            await bus.run(note(2, 1.0))
        assert not bus.is_connected
        meanwhile = asyncio.create_task(bus.run(note(3, 60.0)))
        await asyncio.sleep(0.2)
        nats.start()
        assert await meanwhile == b"heard 3"
        assert await bus.run(note(2, 20.0)) == b"heard 2"
