"""The streams and queues on the server: the same call by every gateway, at any time."""

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
"""What no worker has taken by then is gone: its gateway has given it up long ago, or is gone itself."""
DONE_KEPT_S = 600.0
"""A gateway that was killed finds its results when it is back within this."""
DOUBLES_S = 600.0
"""A message whose id came within this is dropped."""
MAX_PER_SUBJECT = 1_000
"""So many tasks may wait of a sixty-fourth of the sources, whatever a gateway does."""
MAX_UNDER_WAY, MAX_ASKING = 20_000, 20_000
"""Tasks of one queue that are done, and workers that ask it for one."""

LANES = tuple(product(WorkKind, Lane))


async def provide(jetstream: JetStreamContext, *, queue: int, timing: BusTiming) -> None:
    """Make what is missing, and change what is there to be as wanted. ``queue``: how many tasks may wait.

    Raises:
        nats.errors.Error: the server does not answer, or cannot.
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
    """The queue of one lane, as ``provide`` makes it.

    Tasks are given out without end: workers count, and end what has come too often, so that nothing is left behind in
    the stream.

    Raises:
        nats.errors.Error: the server does not answer, or cannot.
    """
    await jetstream.add_consumer(
        WORK,
        ConsumerConfig(
            durable_name=queue_name(VERSION, kind, lane), filter_subject=queue_filter(VERSION, kind, lane),
            ack_policy=AckPolicy.EXPLICIT, ack_wait=timing.lease_s, max_deliver=-1,
            max_ack_pending=MAX_UNDER_WAY, max_waiting=MAX_ASKING,
        ),
    )  # fmt: skip
