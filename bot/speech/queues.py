"""How much waits for workers, by kind and lane."""

from __future__ import annotations

from dataclasses import dataclass

from nats.errors import Error as ClientError

from bot.work.bus.envelope import VERSION
from bot.work.bus.streams import LANES
from bot.work.bus.subjects import WORK, queue_name
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, WorkKind


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue."""

    kind: WorkKind
    lane: Lane
    waiting: int
    """Tasks that no worker has."""
    under_way: int
    """Tasks that a worker has."""
    asking: int
    """Workers that would take one."""


async def queue_states(bus: WorkBus) -> tuple[QueueState, ...]:
    """Every queue; empty where NATS does not answer."""
    found: list[QueueState] = []
    for kind, lane in LANES:
        try:
            info = await bus.connection.jetstream.consumer_info(WORK, queue_name(VERSION, kind, lane))
        except (ClientError, TimeoutError):
            return ()
        found.append(
            QueueState(kind, lane, info.num_pending or 0, info.num_ack_pending or 0, info.num_waiting or 0)
        )  # fmt: skip
    return tuple(found)
