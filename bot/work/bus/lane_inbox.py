"""A worker's requests for work from one lane."""

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
    """Asks the queue of one lane for work, one request at a time. A task delivered for a request that was given up is
    passed on all the same, and no answer to it is taken for one to the next request: with nats-py's own ``fetch``, such
    a task lies unnoticed until the next call."""

    def __init__(
        self,
        connection: BusConnection,
        kind: WorkKind,
        lane: Lane,
        timing: BusTiming,
        on_late: Callable[[Msg], None],
    ) -> None:
        """``on_late``: called with a task that comes when its request has been given up."""
        self._connection, self._timing, self._on_late = connection, timing, on_late
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{WORK}.{queue_name(VERSION, kind, lane)}"
        self._inbox = f"{WORKER_INBOX}.{uuid.uuid4().hex}"
        self._questions = itertools.count()
        self._question = ""
        """The subject for the answer to the latest request."""
        self._answer: asyncio.Future[Msg]

    async def open(self) -> None:
        """Listen for answers, also over later connections.

        Raises:
            nats.errors.Error: the connection is gone already.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._answer.cancel()
        await self._connection.subscribe(f"{self._inbox}.*", self._heard)

    async def ask(self, lasts_s: float | None) -> tuple[Msg | None, bool]:
        """A task, or None if none comes within ``lasts_s`` (None: only one that is already there); and whether the
        server has answered, which it does not for a queue that does not exist yet. One task at a time, so that tasks
        that come at once are spread over all workers."""
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
    """Whether it is a task, and not one of the server's own messages, which have a status."""
    return (message.headers or {}).get("Status") is None
