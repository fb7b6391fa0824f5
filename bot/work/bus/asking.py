"""A worker's questions for work, one lane's."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable

from nats.aio.msg import Msg
from nats.errors import Error as ClientError

from bot.work.bus.connection import BusConnection
from bot.work.bus.envelope import VERSION
from bot.work.bus.subjects import WORK, WORKER_INBOX, queue_name
from bot.work.bus.timing import BusTiming
from bot.work.bus.work_request import Lane, WorkKind


class LaneInbox:
    """Asks the queue of one lane, a question at a time. What is given out for a question that was given up is passed on
    all the same, and no answer to it is taken for one to the next: with nats-py's own ``fetch`` a task lies unnoticed
    until that is called again."""

    def __init__(
        self,
        connection: BusConnection,
        kind: WorkKind,
        lane: Lane,
        timing: BusTiming,
        on_late: Callable[[Msg], None],
    ) -> None:
        """``on_late``: given a task that nobody waits for any longer."""
        self._connection, self._timing, self._on_late = connection, timing, on_late
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{WORK}.{queue_name(VERSION, kind, lane)}"
        self._inbox = f"{WORKER_INBOX}.{uuid.uuid4().hex}"
        self._questions = itertools.count()
        self._question = ""
        """Where the answer to the last one goes."""
        self._answer: asyncio.Future[Msg]

    async def open(self) -> None:
        """Listen for answers, over all connections to come.

        Raises:
            nats.errors.Error: the connection is gone already.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._answer.cancel()
        await self._connection.subscribe(f"{self._inbox}.*", self._heard)

    async def ask(self, lasts_s: float | None) -> tuple[Msg | None, bool]:
        """A task, waited for as long as ``lasts_s`` (None: only one that is there), or None; and whether the server
        has answered, which it does not for a queue that is not made yet. One task at a time, so that what comes at
        once is spread over all workers."""
        question = {"batch": 1, "no_wait": True} if lasts_s is None else {"batch": 1, "expires": round(lasts_s * 1e9)}
        self._question = f"{self._inbox}.{next(self._questions)}"
        answer = self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout((lasts_s or 0.0) + self._timing.answer_s):
                await self._connection.publish(self._subject, json.dumps(question).encode(), reply=self._question)
                message = await answer
        except (ClientError, TimeoutError, asyncio.CancelledError) as error:
            if answer.done() and not answer.cancelled() and _is_task(answer.result()):
                self._on_late(answer.result())
            if isinstance(error, asyncio.CancelledError):
                raise
            await asyncio.sleep(self._timing.retry_s)
            return None, False
        return (message if _is_task(message) else None), True

    async def _heard(self, message: Msg) -> None:
        is_open = not self._answer.done()
        if is_open and (_is_task(message) or message.subject == self._question):
            self._answer.set_result(message)
        elif _is_task(message):
            self._on_late(message)


def _is_task(message: Msg) -> bool:
    """Whether it is none of the server's own words, which have a status."""
    return (message.headers or {}).get("Status") is None
