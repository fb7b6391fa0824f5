"""The gateway's side of the bus: asks for tasks, waits for their results, takes tasks back."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as ClientError
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

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
    error_from,
    result_from,
)
from bot.work.bus.errors import WorkerGaveUpError, WorkQueueFullError, WorkTimeoutError
from bot.work.bus.last_chance import ATTEMPTS
from bot.work.bus.source_turns import SourceTurns
from bot.work.bus.streams import provide
from bot.work.bus.subjects import (
    DONE,
    GATEWAY_INBOX,
    WORK,
    cancel_subject,
    done_subject,
    progress_subject,
    task_of,
    work_subject,
)
from bot.work.bus.taken_results import TakenResults
from bot.work.bus.timing import USUAL_TIMING, BusTiming
from bot.work.bus.watching import QueueWatch
from bot.work.bus.work_request import Progress, WorkRequest

log = structlog.get_logger()

QUEUE_FULL = 10077
"""JetStream's error code for a stream, or a subject of it, that holds as many messages as it may."""
NO_ROOM = frozenset({10023, 10028, 10047})
"""JetStream's error codes for disk or memory of which it may use no more."""
MAX_LOOK_S = 10.0
"""The longest time between two looks for one result."""


class _Asked:
    """One task that one or several callers wait for."""

    def __init__(self, request: WorkRequest) -> None:
        self.request = request
        self.listeners: list[Progress] = []
        self.waiting = 0
        self.work: asyncio.Task[bytes] | None = None
        self.result: asyncio.Future[ResultEnvelope] = asyncio.get_running_loop().create_future()
        self.attempt = "0"
        """The same after a restart, so that a task that is already under way is not published again."""
        self.sequence: int | None = None
        """The number of its message in the stream, once the server has told it."""
        self.may_be_there = False
        """Whether the server, or a worker, may have it."""
        self.begun_again = 0
        """How often a worker has started it after another one had died."""
        self.look_at = 0.0
        self.look_after_s = 0.0

    def publication(self, gateway: int) -> str:
        """The id by which the server drops duplicates."""
        return f"{gateway}.{self.request.task}.{self.attempt}"

    def settle(self, result: ResultEnvelope, gateway: int) -> None:
        """Accept the first result; an error only if it belongs to the current publication: an earlier one may have
        failed long ago."""
        is_ours = result.error is None or result.publication == self.publication(gateway)
        if is_ours and not self.result.done():
            self.result.set_result(result)


class WorkBus:
    """Asks workers, and has each task answered once. An asynchronous context manager."""

    def __init__(
        self,
        connection_url: str,
        *,
        gateway: int,
        per_source: int = 4,
        queue: int = 20_000,
        timing: BusTiming = USUAL_TIMING,
    ) -> None:
        """``gateway``: its number, the same after a restart. ``per_source``: how many tasks of one source may be under
        way in a lane; the rest wait here. ``queue``: how many tasks of all gateways may wait on the server."""
        self._gateway, self._queue, self._timing = gateway, queue, timing
        self._turns = SourceTurns(per_source)
        self._asked: dict[str, _Asked] = {}
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self._withdraws = True
        self.connection = BusConnection(
            connection_url, name=f"starling-gateway-{gateway}", inbox=GATEWAY_INBOX, timing=timing,
            needs_jetstream=True, on_connected=self._back,
        )  # fmt: skip
        self._watch = QueueWatch(self.connection, timing)
        self._taken = TakenResults(self.connection, gateway, timing.taken_s)
        self._is_provided = False
        self._providing = asyncio.Lock()

    @property
    def is_connected(self) -> bool:
        return self.connection.is_connected

    @property
    def under_way(self) -> int:
        """How many tasks have been asked for, including those that wait here."""
        return len(self._asked)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Connect, and create or update the streams.

        Raises:
            NatsError: NATS cannot be used; a subclass says why.
        """
        await self.connection.open()
        await self._provide()
        await self.connection.subscribe(done_subject(self._gateway, "*"), self._heard_result)
        await self.connection.subscribe(progress_subject(self._gateway, "*"), self._heard_progress)
        self._looking = asyncio.create_task(self._look())

    def leave_running(self) -> None:
        """From now on, let tasks continue that nobody waits for: this gateway stops, and will ask for them again."""
        self._withdraws = False

    async def close(self) -> None:
        """Disconnect. Tasks that are still waited for continue, and their results are kept for ten minutes."""
        self.leave_running()
        tasks = [asked.work for asked in self._asked.values() if asked.work is not None]
        for task in [*tasks, *([self._looking] if self._looking is not None else [])]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._background:
            await asyncio.wait(self._background, timeout=self._timing.answer_s)
        await self.connection.close()

    async def run(self, request: WorkRequest, *, progress: Progress | None = None) -> bytes:
        """What the handler returns for the request. Cancelling this call takes the task back, unless another caller
        waits for it, too. Within two minutes, or ten after a restart, the same task has the same result.

        Raises:
            WorkQueueFullError: no more tasks may wait.
            WorkTimeoutError: it was not done in time.
            WorkerGaveUpError: every worker that started it died.
            StarlingError: what the handler raised.
        """
        asked = self._asked.get(request.task)
        if asked is None:
            asked = self._asked[request.task] = _Asked(request)
            asked.work = asyncio.create_task(self._run(asked))
        assert asked.work is not None
        asked.waiting += 1
        if progress is not None:
            asked.listeners.append(progress)
        try:
            return await asyncio.shield(asked.work)
        finally:
            asked.waiting -= 1
            if progress is not None:
                asked.listeners.remove(progress)
            if not asked.waiting and not asked.work.done():
                self._forget(asked)
                asked.work.cancel()

    async def _run(self, asked: _Asked) -> bytes:
        request = asked.request
        try:
            async with asyncio.timeout(request.timeout_s) as limit, self._turns.of((request.source, request.lane)):
                result = await self._delegated(asked)
        except TimeoutError as error:
            if limit.expired():
                raise WorkTimeoutError(request.timeout_s) from error
            raise
        finally:
            self._forget(asked)
        if result.error is not None:
            raise error_from(result.error)
        self._taken.take(request.task)
        return result.body or b""

    def _forget(self, asked: _Asked) -> None:
        if self._asked.get(asked.request.task) is asked:
            del self._asked[asked.request.task]

    async def _delegated(self, asked: _Asked) -> ResultEnvelope:
        try:
            if (known := await self._known(asked)) is not None and known.error is None:
                return known
            await self._publish(asked)
            result = await asyncio.shield(asked.result)
            is_given_up = result.error is not None and result.error.name == WorkerGaveUpError.__name__
            if is_given_up and asked.begun_again < ATTEMPTS - 1:
                # It was delivered that often only because it was held beside a task of which the workers died.
                asked.result, asked.attempt = asyncio.get_running_loop().create_future(), uuid.uuid4().hex[:12]
                await self._publish(asked)
                result = await asyncio.shield(asked.result)
            return result
        finally:
            if asked.may_be_there and not asked.result.done() and self._withdraws:
                self._in_background(self._withdraw(asked))

    async def _publish(self, asked: _Asked) -> None:
        """Publish until the server confirms that it has the task, however long the server is away."""
        request = asked.request
        deadline_ms = round((time.time() + request.timeout_s) * 1000)
        envelope = encoded(
            TaskEnvelope(
                v=VERSION, gateway=self._gateway, task=request.task, deadline_ms=deadline_ms,
                timeout_s=request.timeout_s, body=request.body,
            )
        )  # fmt: skip
        subject = work_subject(VERSION, request.kind, request.lane, request.source)
        while not asked.result.done():
            publication = asked.publication(self._gateway)
            headers = {ID_HEADER: publication, REPLY_HEADER: done_subject(self._gateway, request.task)}
            asked.may_be_there = True
            try:
                ack = await self.connection.jetstream.publish(subject, envelope, headers=headers)
            except APIError as error:
                if error.err_code == QUEUE_FULL:
                    asked.may_be_there = False
                    raise WorkQueueFullError from error
                if error.err_code in NO_ROOM and self._taken.hurry():
                    log.warning("NATS is full, results are no longer kept", reason=str(error))
                    self._look_now.set()
                await asyncio.sleep(self._timing.retry_s)
            except NoStreamResponseError:
                self._is_provided = False
                await self._provide()
                await asyncio.sleep(self._timing.retry_s)
            except ClientError:
                await asyncio.sleep(self._timing.retry_s)
            else:
                asked.sequence = ack.seq
                self._look_later(asked)
                if not ack.duplicate:
                    return
                # It was published before, by this gateway or before its restart, and may have ended since. An error is
                # reported a moment before the task's message is removed.
                is_under_way = await self._is_under_way(asked)
                known = await self._known(asked)
                if known is not None and known.error is None:
                    asked.settle(known, self._gateway)
                    return
                if is_under_way and (known is None or known.publication != publication):
                    return
                asked.attempt = uuid.uuid4().hex[:12]

    async def _known(self, asked: _Asked) -> ResultEnvelope | None:
        """The stored result of the task, from any publication of it; None if there is none or it cannot be read."""
        subject = done_subject(self._gateway, asked.request.task)
        try:
            stored = await self.connection.jetstream.get_msg(DONE, subject=subject, direct=True)
            return result_from(stored.data or b"")
        except (ClientError, EnvelopeError):
            return None

    async def _is_under_way(self, asked: _Asked) -> bool:
        """Whether the task waits or is being done by a worker; True if that cannot be determined."""
        if asked.sequence is None:
            return True
        try:
            stored: RawStreamMsg = await self.connection.jetstream.get_msg(WORK, seq=asked.sequence, direct=True)
        except NotFoundError:
            return False
        except ClientError:
            return True
        return (stored.headers or {}).get(ID_HEADER) == asked.publication(self._gateway)

    async def _withdraw(self, asked: _Asked) -> None:
        publication = asked.publication(self._gateway).encode()
        with contextlib.suppress(ClientError):
            await self.connection.publish(cancel_subject(self._gateway, asked.request.task), publication)
        if asked.sequence is not None and await self._is_under_way(asked):
            with contextlib.suppress(ClientError):
                await self.connection.jetstream.delete_msg(WORK, asked.sequence)

    async def _heard_result(self, message: Msg) -> None:
        asked = self._asked.get(task_of(message.subject))
        try:
            result = result_from(message.data)
        except EnvelopeError as error:
            log.warning("a result cannot be read", reason=str(error))
            return
        if asked is not None:
            asked.settle(result, self._gateway)

    async def _heard_progress(self, message: Msg) -> None:
        asked = self._asked.get(task_of(message.subject))
        if asked is None or asked.result.done():
            return
        self._look_later(asked)
        if BEGUN_HEADER in (message.headers or {}):
            asked.begun_again += 1
            return
        for listener in list(asked.listeners):
            try:
                listener(message.data)
            except Exception:
                log.exception("progress was not shown")

    def _look_later(self, asked: _Asked) -> None:
        asked.look_after_s = self._timing.look_s
        asked.look_at = time.monotonic() + asked.look_after_s

    def _back(self) -> None:
        """Look again for all results and streams: some results may have come unheard, and the server may have lost
        what it had."""
        self._is_provided = False
        for asked in self._asked.values():
            asked.look_at = 0.0
        self._look_now.set()

    async def _look(self) -> None:
        """Look for the results of tasks that have been silent, and for queues that deliver nothing."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.look_s / 2):
                    await self._look_now.wait()
            self._look_now.clear()
            if not self.is_connected:
                continue
            try:
                await self._provide()
                now = time.monotonic()
                for asked in [asked for asked in self._asked.values() if asked.sequence is not None]:
                    if asked.look_at <= now and not asked.result.done():
                        asked.look_after_s = min(MAX_LOOK_S, max(self._timing.look_s, asked.look_after_s * 2))
                        asked.look_at = now + asked.look_after_s
                        await self._look_for(asked)
                await self._taken.delete_due(self._asked)
                if self._asked and not await self._watch.look():
                    self._is_provided = False
            except Exception:
                log.exception("looking for results failed")

    async def _look_for(self, asked: _Asked) -> None:
        if await self._found(asked) or await self._is_under_way(asked) or await self._found(asked):
            return
        if not asked.result.done() and self._asked.get(asked.request.task) is asked:
            log.warning("NATS lost a task, submitting it again", task=asked.request.task)
            asked.attempt = uuid.uuid4().hex[:12]
            await self._publish(asked)

    async def _found(self, asked: _Asked) -> bool:
        if (known := await self._known(asked)) is not None:
            asked.settle(known, self._gateway)
        return asked.result.done()

    async def _provide(self) -> None:
        async with self._providing:
            if self._is_provided:
                return
            try:
                await provide(self.connection.jetstream, queue=self._queue, timing=self._timing)
                self._is_provided = True
            except ClientError as error:
                log.warning("the streams cannot be created yet", reason=str(error))

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
