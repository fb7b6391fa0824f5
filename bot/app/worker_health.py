"""The health of a running worker, for ``starling health`` and for Prometheus."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.app.background import every
from bot.app.check import Check, CheckResult
from bot.app.health_report import BEAT_S, WORKER, forget_stale_workers, worker_report_file, write_report
from bot.settings import Settings
from bot.work.bus.work_server import WorkServer


class WorkerHealth:
    """Checks a worker, and writes its report."""

    def __init__(self, server: WorkServer, settings: Settings) -> None:
        self._server = server
        self._folder = settings.data_folder
        self._kinds = " and ".join(settings.work_kinds)

    async def run(self) -> None:
        """Check and write every ``BEAT_S`` until cancelled."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        forget_stale_workers(self._folder)
        path = worker_report_file(self._folder, os.getpid())

        async def say() -> None:
            await asyncio.to_thread(write_report, path, [self.check()])

        try:
            await every(BEAT_S, say, "could not say how it is")
        finally:
            path.unlink(missing_ok=True)

    def check(self) -> Check:
        """The result of checking the worker, for the host."""
        server, what = self._server, f"{WORKER} {os.getpid()}"
        last = "" if server.last_done_at is None else f", the last {_seconds_since(server.last_done_at)} s ago"
        detail = f"{self._kinds}: {server.running} under way, {server.done} done, {server.failed} failed{last}"
        if server.is_connected:
            return Check(what, CheckResult.GOOD, detail)
        return Check(
            what,
            CheckResult.BAD,
            f"not connected to {server.connection.address}; {detail}",
            "Start NATS, or look at this machine's network; the worker goes on trying.",
        )


class WorkerMetrics(Collector):
    """The metrics of a worker, computed when they are read."""

    def __init__(self, server: WorkServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus's types."""
        server = self._server
        yield GaugeMetricFamily(
            "starling_worker_connected", "Whether the worker is connected to NATS.", float(server.is_connected)
        )
        yield GaugeMetricFamily("starling_worker_running", "Tasks being worked on.", server.running)
        yield CounterMetricFamily("starling_worker_done", "Tasks that ended with a result.", server.done)
        yield CounterMetricFamily("starling_worker_failed", "Tasks that ended with an error.", server.failed)


def _seconds_since(moment: datetime) -> int:
    return round((datetime.now(UTC) - moment).total_seconds())
