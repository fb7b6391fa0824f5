"""Throughput and added latency of workers, for tasks of 0.4 s that take no processor time.

    python -m benchmarks.scaling_tasks 1 2 4 8 16

The tasks only wait, as if a core on another machine did them. Measured for each number of workers: tasks a second, and
the latency beyond the task itself, compared with a queue in this process. This is also the first part of
``benchmarks.scaling``; on its own it needs little more than the bus.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, WorkKind, WorkRequest
from tests.app.forked import execute
from tests.scaling import nats
from tests.scaling.chaos import begun_by, kill
from tests.scaling.quick import QUICK

EACH_S, LASTS_S = 0.4, 8.0

Ask = Callable[[], Awaitable[None]]


@dataclass
class Measured:
    """The results of asking repeatedly."""

    done: int = 0
    lasted_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.done / self.lasted_s

    def added_ms(self, share: float) -> float:
        """The latency beyond the task itself, at the quantile ``share`` (from 0 to 1)."""
        waits = sorted(self.waits_s)
        return (waits[min(len(waits) - 1, int(share * len(waits)))] - EACH_S) * 1000


async def asked(ask: Ask, people: int) -> Measured:
    """Have ``people`` clients ask for ``LASTS_S``, each again as soon as it is answered."""
    measured, began_s = Measured(), time.monotonic()

    async def one() -> None:
        while time.monotonic() - began_s < LASTS_S:
            asked_s = time.monotonic()
            await ask()
            measured.waits_s.append(time.monotonic() - asked_s)
            measured.done += 1

    await asyncio.gather(*(one() for _person in range(people)))
    measured.lasted_s = time.monotonic() - began_s
    return measured


async def by_workers(folder: Path, workers: int, *, people: int) -> Measured:
    names = itertools.count()
    with nats.running(nats.NatsServer(folder)) as server:
        processes = [
            begun_by(execute, "tests.scaling.worker_process", server.url, folder / f"begun-{number}", 1)
            for number in range(workers)
        ]
        try:
            async with WorkBus(server.url, gateway=0, timing=QUICK) as bus:

                async def ask() -> None:
                    name = f"task-{next(names)}"
                    body = json.dumps({"name": name, "lasts_s": EACH_S}).encode() + b" " * (40 << 10)
                    await bus.run(
                        WorkRequest(
                            task=name,
                            kind=WorkKind.HEAR,
                            lane=Lane.INTERACTIVE,
                            source=next(names),
                            body=body,
                            timeout_s=60.0,
                        )
                    )

                await asyncio.gather(*(ask() for _worker in range(workers * 2)))  # until each worker has started
                await asyncio.sleep(0.25 * workers)
                return await asked(ask, people)
        finally:
            for process in processes:
                kill(process)


async def in_process(places: int, *, people: int) -> Measured:
    free = asyncio.Semaphore(places)

    async def ask() -> None:
        async with free:
            await asyncio.sleep(EACH_S)

    return await asked(ask, people)


async def tasks(workers: Sequence[int]) -> None:
    print(
        "| workers | tasks a second | of linear | of what is possible | more wait p50 ms | p99 ms "
        "| in process p50 ms | p99 ms |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first = 0.0
    for count in workers:
        with tempfile.TemporaryDirectory() as folder:
            busy = await by_workers(Path(folder), count, people=3 * count)
        with tempfile.TemporaryDirectory() as folder:
            calm = await by_workers(Path(folder), count, people=max(1, count // 2))
        here = await in_process(count, people=max(1, count // 2))
        first = first or busy.rate / count
        print(
            f"| {count} | {busy.rate:.2f} | {busy.rate / (first * count):.3f} | {busy.rate * EACH_S / count:.3f} "
            f"| {calm.added_ms(0.5):.1f} | {calm.added_ms(0.99):.1f} "
            f"| {here.added_ms(0.5):.1f} | {here.added_ms(0.99):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    asyncio.run(tasks(list(map(int, sys.argv[1:]))))
