"""Queues that have fallen silent, as a server's queues do now and then after a restart."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from nats.errors import Error as ClientError
from nats.js.errors import NotFoundError

from bot.work.bus.connection import BusConnection
from bot.work.bus.envelope import VERSION
from bot.work.bus.queues import queue_state
from bot.work.bus.streams import LANES, provide_queue
from bot.work.bus.subjects import WORK, queue_name
from bot.work.bus.timing import BusTiming
from bot.work.bus.work_request import Lane, WorkKind

log = structlog.get_logger()

LOOKS = 3
"""How many looks there are in the time after which a queue counts as silent."""


@dataclass(frozen=True, slots=True)
class _Seen:
    given_out: int
    at_s: float


class QueueWatch:
    """Recreates a queue that delivers nothing although tasks wait in it and workers ask for them."""

    def __init__(self, connection: BusConnection, timing: BusTiming) -> None:
        self._connection, self._timing = connection, timing
        self._seen: dict[str, _Seen] = {}
        self._next_s = 0.0

    async def look(self) -> bool:
        """Look at all queues, unless that was done a short while ago; return False if one of them is gone."""
        now = time.monotonic()
        if now < self._next_s:
            return True
        self._next_s = now + self._timing.silence_s / LOOKS
        try:
            for kind, lane in LANES:
                await self._look_at(kind, lane, now)
        except NotFoundError:
            log.warning("a queue is gone, creating it again")
            return False
        except ClientError as error:
            log.warning("the queues cannot be inspected", reason=str(error))
        return True

    async def _look_at(self, kind: WorkKind, lane: Lane, now: float) -> None:
        jetstream, name = self._connection.jetstream, queue_name(VERSION, kind, lane)
        state = await queue_state(jetstream, kind, lane)
        seen = self._seen.get(name)
        if not state.waiting or not state.asking or seen is None or seen.given_out != state.given_out:
            self._seen[name] = _Seen(state.given_out, now)
        elif now - seen.at_s >= self._timing.silence_s:
            log.warning("a queue has fallen silent, creating it again", queue=name, waiting=state.waiting)
            del self._seen[name]
            await jetstream.delete_consumer(WORK, name)
            await provide_queue(jetstream, kind, lane, self._timing)
