"""How much waits for workers, by kind and lane."""

from __future__ import annotations

from dataclasses import dataclass

from nats.errors import Error as ClientError
from nats.js import JetStreamContext

from bot.work.bus.connection import BusConnection
from bot.work.bus.envelope import VERSION
from bot.work.bus.streams import LANES
from bot.work.bus.subjects import WORK, queue_name
from bot.work.bus.work_request import Lane, WorkKind


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue."""

    kind: WorkKind
    lane: Lane
    waiting: int
    """Tasks that no worker has."""
    under_way: int
    """Tasks that a worker has taken."""
    asking: int
    """Workers that would take one."""
    given_out: int = 0
    """Deliveries to workers since the queue was created, repeated ones included."""


async def queue_state(jetstream: JetStreamContext, kind: WorkKind, lane: Lane) -> QueueState:
    """The state of one queue, as the server reports it.

    Raises:
        nats.errors.Error: the server does not answer, or has no such queue.
    """
    info = await jetstream.consumer_info(WORK, queue_name(VERSION, kind, lane))
    given_out = info.delivered.consumer_seq if info.delivered is not None else 0
    return QueueState(
        kind, lane, info.num_pending or 0, info.num_ack_pending or 0, info.num_waiting or 0, given_out
    )  # fmt: skip


async def queue_states(connection: BusConnection) -> tuple[QueueState, ...]:
    """The states of all queues; empty if NATS does not answer."""
    try:
        return tuple([await queue_state(connection.jetstream, kind, lane) for kind, lane in LANES])
    except (ClientError, TimeoutError):
        return ()
