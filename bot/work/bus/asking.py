"""A worker's questions for work, one lane's."""

from __future__ import annotations

import asyncio
import json
import uuid

from nats.aio.msg import Msg
from nats.errors import Error as ClientError

from bot.work.bus.connection import BusConnection
from bot.work.bus.envelope import VERSION
from bot.work.bus.subjects import WORK, WORKER_INBOX, queue_name
from bot.work.bus.timing import BusTiming
from bot.work.bus.work_request import Lane, WorkKind


class LaneInbox:
    """Asks the queue of one lane, a question at a time. What is given out after its question was given up is found by
    the next one; nats-py's own ``fetch`` loses it, and now and then raises another error than it says."""

    def __init__(self, connection: BusConnection, kind: WorkKind, lane: Lane, timing: BusTiming) -> None:
        self._connection, self._timing = connection, timing
        self._question = f"$JS.API.CONSUMER.MSG.NEXT.{WORK}.{queue_name(VERSION, kind, lane)}"
        self._inbox = f"{WORKER_INBOX}.{uuid.uuid4().hex}"
        self._answers: asyncio.Queue[Msg] = asyncio.Queue()

    async def open(self) -> None:
        """Listen for answers, over all connections to come.

        Raises:
            nats.errors.Error: the connection is gone already.
        """
        await self._connection.subscribe(self._inbox, self._answers.put)

    async def ask(self, lasts_s: float | None) -> tuple[Msg | None, bool]:
        """A task, waited for as long as ``lasts_s`` (None: only one that is there), or None; and whether the server
        has answered, which it does not for a queue that is not made yet. One task at a time, so that what comes at
        once is spread over all workers."""
        question = {"batch": 1, "no_wait": True} if lasts_s is None else {"batch": 1, "expires": round(lasts_s * 1e9)}
        try:
            async with asyncio.timeout((lasts_s or 0.0) + self._timing.answer_s):
                await self._connection.publish(self._question, json.dumps(question).encode(), reply=self._inbox)
                answer = await self._answers.get()
        except (ClientError, TimeoutError):
            await asyncio.sleep(self._timing.retry_s)
            return None, False
        status = (answer.headers or {}).get("Status")
        return (answer if status is None else None), True

    def left(self) -> list[Msg]:
        """Tasks that were given out and not taken."""
        found = [self._answers.get_nowait() for _answer in range(self._answers.qsize())]
        return [message for message in found if (message.headers or {}).get("Status") is None]
