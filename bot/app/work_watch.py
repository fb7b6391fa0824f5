"""The queues of tasks for workers, watched for health and for metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.app.background import every
from bot.app.check import Check, CheckResult
from bot.work.bus.queues import QueueState, queue_states
from bot.work.bus.work_bus import WorkBus

LOOK_S = 5.0
ALONE_AFTER_S = 15.0
"""If no worker has done or asked for anything for so long, there is none."""
WHAT = "workers"


class WorkWatch(Collector):
    """Watches the queues."""

    def __init__(self, bus: WorkBus) -> None:
        self._bus = bus
        self._states: tuple[QueueState, ...] = ()
        self._alone_since_s: float | None = None

    async def run(self) -> None:
        """Look every ``LOOK_S`` until cancelled."""
        await every(LOOK_S, self.look, "could not look at the queues")

    async def look(self) -> None:
        """Look at the queues once."""
        self._states = await queue_states(self._bus.connection)
        if not self._states or has_workers(self._states):
            self._alone_since_s = None
        elif self._alone_since_s is None:
            self._alone_since_s = time.monotonic()

    def check(self) -> Check:
        """The result of checking the workers, for the host."""
        if not self._bus.is_connected:
            detail = f"NATS at {self._bus.connection.address} is away"
            return Check(WHAT, CheckResult.BAD, detail, "Start it; what people asked waits for it.")
        since_s = self._alone_since_s
        if since_s is not None and time.monotonic() - since_s > ALONE_AFTER_S:
            return Check(WHAT, CheckResult.BAD, f"there is none; {described(self._states)}", START_ONE)
        return Check(WHAT, CheckResult.GOOD, f"connected to {self._bus.connection.address}, {described(self._states)}")

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus's types; an autoscaler goes by ``starling_work_waiting``."""
        connected = GaugeMetricFamily("starling_work_connected", "Whether NATS is connected.")
        connected.add_metric([], float(self._bus.is_connected))
        yield connected
        labels = ["kind", "lane"]
        waiting = GaugeMetricFamily("starling_work_waiting", "Tasks that no worker has taken yet.", labels=labels)
        under_way = GaugeMetricFamily("starling_work_running", "Tasks that a worker has taken.", labels=labels)
        asking = GaugeMetricFamily("starling_work_workers_free", "Workers that are ready for a task.", labels=labels)
        for one in self._states:
            waiting.add_metric([one.kind, one.lane], one.waiting)
            under_way.add_metric([one.kind, one.lane], one.under_way)
            asking.add_metric([one.kind, one.lane], one.asking)
        yield from (waiting, under_way, asking)


START_ONE = "Start one: WORK_URL=... starling worker. The log of those that ran says why they ended."


def has_workers(states: Sequence[QueueState]) -> bool:
    """Whether any worker has a task or asks for one."""
    return any(one.under_way or one.asking for one in states)


def described(states: Sequence[QueueState]) -> str:
    """What waits in each lane, how many tasks are in progress, and how many workers are free, in words."""
    waiting = [f"{one.waiting} to {one.kind} ({one.lane})" for one in states if one.waiting]
    under_way = sum(one.under_way for one in states)
    free = max((one.asking for one in states), default=0)
    return f"{', '.join(waiting) or 'nothing'} waiting, {under_way} under way, {free} free to take more"
