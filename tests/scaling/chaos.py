"""Gateways, workers and a server, each in a process, killed while notes are answered; and a count of the answers."""

from __future__ import annotations

import asyncio
import collections
import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.app.forked import Start, Started
from tests.scaling.gateway_process import Ledger
from tests.scaling.nats import NatsServer

STDERR = 2
"""The descriptor for the processes' output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the notes."""

    sent: int
    once: int
    twice: int
    """Answered more than once."""
    never: int
    done_twice: int = 0
    """Worked on more than once, which people do not see."""
    p50_s: float = 0.0
    p99_s: float = 0.0
    slowest_s: float = 0.0

    @classmethod
    def of(cls, ledger: Ledger, begun: Path) -> Self:
        promised, posts = ledger.promised(), collections.Counter(ledger.posts())
        waits = sorted(answered - at for at, answered in promised.values() if answered is not None)
        done = collections.Counter(line.split()[0] for line in begun.read_text().splitlines())
        return cls(
            sent=len(promised),
            once=sum(posts[name] == 1 for name in promised),
            twice=sum(posts[name] > 1 for name in promised),
            never=sum(posts[name] == 0 for name in promised),
            done_twice=sum(times > 1 for times in done.values()),
            p50_s=waits[len(waits) // 2] if waits else 0.0,
            p99_s=waits[len(waits) * 99 // 100] if waits else 0.0,
            slowest_s=waits[-1] if waits else 0.0,
        )


def begun_by(start: Start, module: str, *arguments: object) -> Started:
    """A process, which the caller has to end."""
    return start(module, *map(str, arguments), environment=os.environ, stdout=STDERR, stderr=STDERR)


def worker(start: Start, url: str, begun: Path) -> Started:
    """A worker that does up to four tasks at once and records each task that it starts."""
    return begun_by(start, "tests.scaling.worker_process", url, begun, 4)


def kill(process: Started) -> None:
    process.kill()
    process.wait()


class Machines:
    """Two workers and a gateway on one server."""

    def __init__(
        self, server: NatsServer, folder: Path, *, notes: int, each_s: float, lasts_s: float, start: Start
    ) -> None:
        """``notes``: how many are sent, one every ``each_s``; transcribing one takes ``lasts_s``."""
        self.server, self._ledger_path, self.begun = server, folder / "ledger.db", folder / "begun.txt"
        self.begun.touch()
        self.ledger = Ledger(self._ledger_path)
        self._gateway_says = (server.url, self._ledger_path, notes, each_s, lasts_s)
        self._start = start
        self.workers = [worker(start, server.url, self.begun) for _worker in range(2)]
        self.gateway = self._gateway()

    def _gateway(self) -> Started:
        return begun_by(self._start, "tests.scaling.gateway_process", *self._gateway_says)

    async def answered(self, count: int, timeout_s: float) -> None:
        """Return once ``count`` answers are posted."""
        async with asyncio.timeout(timeout_s):
            while len(self.ledger.posts()) < count:
                await asyncio.sleep(0.05)

    async def kill(self, what: Collection[str], *, away_s: float) -> None:
        """Kill a worker, the server, the gateway, or several of them, and restart them after ``away_s``."""
        if "worker" in what:
            kill(self.workers[0])
        if "server" in what:
            self.server.kill()
        if "gateway" in what:
            kill(self.gateway)
        await asyncio.sleep(away_s)
        if "server" in what:
            await asyncio.to_thread(self.server.start)
        if "worker" in what:
            self.workers[0] = worker(self._start, self.server.url, self.begun)
        if "gateway" in what:
            self.gateway = self._gateway()

    async def end(self, timeout_s: float) -> Counts:
        """What became of the notes once the gateway has ended, or after ``timeout_s``."""
        until = time.monotonic() + timeout_s
        while self.gateway.poll() is None and time.monotonic() < until:
            await asyncio.sleep(0.05)
        return Counts.of(self.ledger, self.begun)

    def close(self) -> None:
        for process in (*self.workers, self.gateway):
            kill(process)
        self.ledger.close()
