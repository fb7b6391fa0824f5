"""The worker's side of the bus: takes tasks, does them, stores their results."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from cachetools import TTLCache
from nats.aio.msg import Msg
from nats.errors import Error as ClientError
from nats.errors import MaxPayloadError

from bot.errors import StarlingError
from bot.work.bus.connection import BusConnection
from bot.work.bus.envelope import (
    BEGUN_HEADER,
    ID_HEADER,
    REPLY_HEADER,
    VERSION,
    EnvelopeError,
    ResultEnvelope,
    TaskEnvelope,
    encoded,
    facts_of,
    task_from,
)
from bot.work.bus.errors import WorkerGaveUpError, WorkFailedError, WorkTimeoutError
from bot.work.bus.lane_inbox import LaneInbox
from bot.work.bus.lanes import lanes_in_order, may_take_long
from bot.work.bus.last_chance import ATTEMPTS, LastChance
from bot.work.bus.streams import LANES
from bot.work.bus.subjects import WORKER_INBOX, cancel_subject, progress_subject, task_of
from bot.work.bus.timing import USUAL_TIMING, BusTiming
from bot.work.bus.work_request import Handler, Lane, WorkKind

log = structlog.get_logger()

LATE_S = 60.0
"""Tasks that are overdue by more than this are not started."""
ENDED_S = 60.0
"""How long tasks that were done or taken back here are remembered, in case they are delivered again."""
SHORT_LINGER_S = 0.25
"""How long a request for work stays open while other lanes wait for their turn to ask."""
RESULT_KEPT_S = 600.0
"""How long handing over a result is retried."""

_Lane = tuple[WorkKind, Lane]


@dataclass(slots=True, eq=False)
class _Taken:
    """One task that is being done here."""

    lane: _Lane
    message: Msg
    """Its latest delivery, by which the lease is renewed."""
    publication: str
    reply: str
    is_taken_back: bool = False
    runs: asyncio.Task[None] = field(init=False)

    @property
    def deliveries(self) -> int:
        return self.message.metadata.num_delivered


class WorkServer:
    """Does tasks, several at once over one connection. The lease of each is renewed while it is being done, so that no
    other worker takes it; if this worker dies, another one does."""

    def __init__(
        self,
        connection_url: str,
        handlers: Mapping[WorkKind, Handler],
        *,
        at_once: int,
        drain_s: float = 25.0,
        timing: BusTiming = USUAL_TIMING,
    ) -> None:
        """``at_once``: at least 1. ``drain_s``: how long running tasks may continue when the worker is to stop."""
        self._handlers, self._at_once, self._drain_s, self._timing = dict(handlers), at_once, drain_s, timing
        self._kinds = list(handlers)
        self._taken: dict[str, _Taken] = {}
        self._asking: dict[_Lane, asyncio.Task[tuple[Msg | None, bool]]] = {}
        self._ended: TTLCache[str, bool] = TTLCache(maxsize=10_000, ttl=ENDED_S)
        self._last_chance = LastChance()
        self._freed = asyncio.Event()
        self._turn = 0
        self._began_s = time.time() - time.monotonic()
        """What to add to the monotonic clock, which is never set, to get the time of day."""
        self._clock_ahead_s = math.inf
        """The smallest age that a task has seemed to have, by the server's timestamps: how far our clock is ahead."""
        self._silent_since_s: float | None = None
        """When the first request for work since the last answer went unanswered."""
        self._sending: set[asyncio.Task[None]] = set()
        self.connection = BusConnection(
            connection_url, name="starling-worker", inbox=WORKER_INBOX, timing=timing, needs_jetstream=False,
            on_connected=self._ask_anew,
        )  # fmt: skip
        self._inboxes = {
            lane: LaneInbox(self.connection, *lane, timing, functools.partial(self._begin, lane))
            for lane in LANES
            if lane[0] in self._handlers
        }
        self._is_stopping = False
        self.done = 0
        """Tasks that ended with a result."""
        self.failed = 0
        """Tasks that ended with an error."""
        self.last_done_at: datetime | None = None

    @property
    def running(self) -> int:
        """How many tasks are being done right now."""
        return len(self._taken)

    @property
    def is_connected(self) -> bool:
        return self.connection.is_connected

    async def serve(self, stop: asyncio.Event, *, ready: Callable[[], None] = lambda: None) -> None:
        """Do tasks until ``stop`` is set, and call ``ready`` once connected. After ``stop``, no new task is started,
        running ones may end within ``drain_s``, and those that do not are given to other workers.

        Raises:
            NatsError: NATS cannot be used; a subclass says why.
        """
        await self.connection.open()
        beating = asyncio.create_task(self._beat())
        try:
            await self.connection.subscribe(cancel_subject("*", "*"), self._heard_cancel)
            for inbox in self._inboxes.values():
                await inbox.open()
            ready()
            stopping = asyncio.create_task(stop.wait())
            try:
                while not stop.is_set():
                    await self._step(stopping)
            finally:
                stopping.cancel()
            self._is_stopping = True
            await self._drain()
        finally:
            for taken in list(self._taken.values()):
                taken.runs.cancel()
            await asyncio.gather(*(taken.runs for taken in self._taken.values()), return_exceptions=True)
            for asking in self._asking.values():
                asking.cancel()
            beating.cancel()
            await self.connection.close()

    async def _step(self, stopping: asyncio.Task[bool]) -> None:
        """Take one task, or ask for one and wait until there is something to do."""
        self._collect()
        self._freed.clear()
        free = 0 if self._last_chance.is_wanted else self._at_once - len(self._taken) - len(self._asking)
        short = False
        if free > 0 and self.is_connected:
            lanes = [lane for lane in self._lanes() if lane not in self._asking]
            for lane in lanes:
                message, is_answered = await self._ask(lane, None)
                if message is not None:
                    self._begin(lane, message)
                    return
                if not is_answered:
                    break
            # Work that somebody waits for is requested all the time for each kind, though both kinds may come at once
            # and be one too many: with one place, half of it would wait for the other kind's request to end.
            asked = max(free, len(self._kinds))
            short = len(lanes) > asked
            for lane in sorted(lanes, key=lambda lane: list(Lane).index(lane[1]))[:asked]:
                lasts_s = SHORT_LINGER_S if short else self._timing.linger_s
                self._asking[lane] = asyncio.create_task(self._ask(lane, lasts_s))
        freed = asyncio.create_task(self._freed.wait())
        await asyncio.wait({stopping, freed, *self._asking.values()}, return_when=asyncio.FIRST_COMPLETED)
        freed.cancel()
        silent_s = time.monotonic() - (self._silent_since_s or time.monotonic())
        if self.is_connected and silent_s > self._timing.silence_s:
            log.warning("NATS does not answer, reconnecting")
            self._silent_since_s = None
            await self.connection.reconnect()

    def _lanes(self) -> list[_Lane]:
        self._turn += 1
        lanes = [taken.lane[1] for taken in self._taken.values()] + [lane for _kind, lane in self._asking]
        may_be_long = may_take_long(lanes.count(Lane.LONG), self._at_once)
        return lanes_in_order(self._turn, self._kinds, may_be_long=may_be_long)

    async def _ask(self, lane: _Lane, lasts_s: float | None) -> tuple[Msg | None, bool]:
        message, is_answered = await self._inboxes[lane].ask(lasts_s)
        if is_answered:
            self._silent_since_s = None
        elif self._silent_since_s is None:
            self._silent_since_s = time.monotonic()
        return message, is_answered

    def _ask_anew(self) -> None:
        """Ask again: requests for work over a connection that is gone are not answered."""
        for asking in self._asking.values():
            asking.cancel()
        self._freed.set()

    def _collect(self) -> None:
        for lane, asking in list(self._asking.items()):
            if asking.done():
                del self._asking[lane]
                message = None if asking.cancelled() else asking.result()[0]
                if message is not None:
                    self._begin(lane, message)

    def _begin(self, lane: _Lane, message: Msg) -> None:
        if self._is_stopping:
            self._send(self._settle(message.nak()))
            return
        headers = message.headers or {}
        publication, reply = headers.get(ID_HEADER, ""), headers.get(REPLY_HEADER, "")
        if (taken := self._taken.get(publication)) is not None:
            # The server was away and the lease ran out, but the task is still being done here.
            taken.message = message
            return
        taken = self._taken[publication] = _Taken(lane, message, publication, reply)
        taken.runs = asyncio.create_task(self._run(taken))

    async def _run(self, taken: _Taken) -> None:
        try:
            result = await self._result(taken)
            if result is not None:
                self.last_done_at = datetime.now(UTC)
                if result.error is None:
                    self.done += 1
                else:
                    self.failed += 1
                await self._hand_over(taken, result)
                self._ended[taken.publication] = True
                await self._settle(taken.message.ack())
        except asyncio.CancelledError:
            if taken.is_taken_back:
                await self._settle(taken.message.ack())
            else:
                await self._settle(taken.message.nak())
        except Exception:
            log.exception("a task could not be finished", task=task_of(taken.reply))
        finally:
            del self._taken[taken.publication]
            self._freed.set()

    async def _result(self, taken: _Taken) -> ResultEnvelope | None:
        """The result of the task; None if there is nothing to report, and its message has been settled."""
        if taken.publication in self._ended:
            await self._settle(taken.message.ack())
            return None
        if taken.deliveries > ATTEMPTS:
            log.error("giving up on a task whose workers died", task=task_of(taken.reply), attempts=ATTEMPTS)
            return self._told(taken, WorkerGaveUpError(ATTEMPTS))
        try:
            envelope = task_from(taken.message.data)
        except EnvelopeError as error:
            log.warning("a task cannot be read here", task=task_of(taken.reply), reason=str(error))
            await self._settle(taken.message.nak(self._timing.other_version_s))
            return None
        if self._is_late(taken.message, envelope):
            log.info("skipping a task that nobody waits for", task=envelope.task)
            await self._settle(taken.message.ack())
            return None
        async with self._last_chance.turn(is_last=taken.deliveries == ATTEMPTS):
            if taken.deliveries > 1:
                await self._tell_begun(envelope)
            return await self._handled(taken, envelope)

    def _is_late(self, message: Msg, envelope: TaskEnvelope) -> bool:
        """Whether nobody waits for the task any longer. The clocks of the gateway, the server and this machine need not
        agree: a wrong one must not make all tasks late."""
        now_s = self._began_s + time.monotonic()
        seems_old_s = now_s - message.metadata.timestamp.timestamp()
        self._clock_ahead_s = min(seems_old_s, self._clock_ahead_s)
        has_waited_s = seems_old_s - self._clock_ahead_s
        return now_s - envelope.deadline_ms / 1000 > LATE_S and has_waited_s - envelope.timeout_s > LATE_S

    async def _tell_begun(self, envelope: TaskEnvelope) -> None:
        """Report that the task is started again, so that it is not taken for one that was merely held by workers that
        died of another."""
        subject = progress_subject(envelope.gateway, envelope.task)
        with contextlib.suppress(ClientError):
            await self.connection.publish(subject, headers={BEGUN_HEADER: "again"})
            await self.connection.flush()

    async def _handled(self, taken: _Taken, envelope: TaskEnvelope) -> ResultEnvelope:
        progress = progress_subject(envelope.gateway, envelope.task)

        def tell(data: bytes) -> None:
            self._send(self._settle(self.connection.publish(progress, data)))

        try:
            async with asyncio.timeout(envelope.timeout_s) as limit:
                body = await self._handlers[taken.lane[0]](envelope.body, tell)
        except StarlingError as error:
            return self._told(taken, error)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                return self._told(taken, WorkTimeoutError(envelope.timeout_s))
            log.exception("a task failed", task=envelope.task)
            return self._told(taken, WorkFailedError())
        return ResultEnvelope(v=VERSION, publication=taken.publication, body=body)

    def _told(self, taken: _Taken, error: StarlingError) -> ResultEnvelope:
        return ResultEnvelope(v=VERSION, publication=taken.publication, error=facts_of(error))

    async def _hand_over(self, taken: _Taken, result: ResultEnvelope) -> None:
        """Store the result. Only then may the task leave its queue: if this worker dies before, another one does it."""
        until = time.monotonic() + RESULT_KEPT_S
        while time.monotonic() < until:
            try:
                headers = {ID_HEADER: taken.publication}
                await self.connection.jetstream.publish(taken.reply, encoded(result), headers=headers)
            except MaxPayloadError:
                log.exception("a result is too large for NATS", task=task_of(taken.reply))
                result = self._told(taken, WorkFailedError())
            except ClientError:
                await asyncio.sleep(self._timing.retry_s)
            else:
                return

    async def _settle(self, sending: Coroutine[None, None, None]) -> None:
        """Send something that may get lost: a lease that is neither renewed nor ended runs out."""
        with contextlib.suppress(ClientError):
            await sending

    def _send(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._timing.beat_s)
            for taken in list(self._taken.values()):
                await self._settle(taken.message.in_progress())

    async def _heard_cancel(self, message: Msg) -> None:
        publication = message.data.decode(errors="replace")
        self._ended[publication] = True
        if (taken := self._taken.get(publication)) is not None:
            taken.is_taken_back = True
            taken.runs.cancel()

    async def _drain(self) -> None:
        """Give back tasks that arrive for requests still open, and let running tasks come to their end."""
        if self._asking:
            await asyncio.wait(self._asking.values(), timeout=self._timing.linger_s + self._timing.answer_s)
        self._collect()
        if self._taken:
            await asyncio.wait({taken.runs for taken in self._taken.values()}, timeout=self._drain_s)
