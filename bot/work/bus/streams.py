"""The streams and queues on the server: every gateway makes the same call to create or update them, at any time."""

from __future__ import annotations

from itertools import product

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from bot.work.bus.envelope import VERSION
from bot.work.bus.subjects import DONE, WORK, queue_filter, queue_name
from bot.work.bus.timing import BusTiming
from bot.work.bus.work_request import Lane, WorkKind

WORK_KEPT_S = 3600.0
"""Tasks that no worker has taken by then are deleted: their gateway has given them up long ago, or is gone itself."""
DONE_KEPT_S = 600.0
"""A gateway that was killed finds its results if it is back within this time."""
DOUBLES_S = 600.0
"""A message whose id was already seen within this time is dropped."""
MAX_PER_SUBJECT = 1_000
"""How many tasks may wait on one subject, which a sixty-fourth of the sources share, whatever a gateway does."""
MAX_UNDER_WAY, MAX_ASKING = 20_000, 20_000
"""How many tasks of one queue may be in progress, and how many workers may ask it for one."""

LANES = tuple(product(WorkKind, Lane))


async def provide(jetstream: JetStreamContext, *, queue: int, timing: BusTiming) -> None:
    """Create what is missing, and update what exists. ``queue``: how many tasks may wait.

    Raises:
        nats.errors.Error: the server does not answer, or cannot do it.
    """
    work = StreamConfig(
        name=WORK, subjects=["work.>"], retention=RetentionPolicy.WORK_QUEUE, storage=StorageType.FILE,
        discard=DiscardPolicy.NEW, discard_new_per_subject=True, max_msgs=queue,
        max_msgs_per_subject=min(MAX_PER_SUBJECT, queue), max_age=WORK_KEPT_S, duplicate_window=DOUBLES_S,
        allow_direct=True,
    )  # fmt: skip
    done = StreamConfig(
        name=DONE, subjects=["done.>"], retention=RetentionPolicy.LIMITS, storage=StorageType.FILE,
        discard=DiscardPolicy.OLD, max_msgs_per_subject=1, max_age=DONE_KEPT_S, duplicate_window=DOUBLES_S,
        allow_direct=True,
    )  # fmt: skip
    for stream in (work, done):
        try:
            await jetstream.update_stream(stream)
        except NotFoundError:
            await jetstream.add_stream(stream)
    for kind, lane in LANES:
        await provide_queue(jetstream, kind, lane, timing)


async def provide_queue(jetstream: JetStreamContext, kind: WorkKind, lane: Lane, timing: BusTiming) -> None:
    """Create the queue of one lane, as ``provide`` does.

    Tasks are delivered any number of times: workers count deliveries, and end a task that has come too often, so that
    nothing is left behind in the stream.

    Raises:
        nats.errors.Error: the server does not answer, or cannot do it.
    """
    await jetstream.add_consumer(
        WORK,
        ConsumerConfig(
            durable_name=queue_name(VERSION, kind, lane), filter_subject=queue_filter(VERSION, kind, lane),
            ack_policy=AckPolicy.EXPLICIT, ack_wait=timing.lease_s, max_deliver=-1,
            max_ack_pending=MAX_UNDER_WAY, max_waiting=MAX_ASKING,
        ),
    )  # fmt: skip
