"""Stored jobs, run in this process: a bounded number at once, a bounded number waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.work.job_store import Job

log = structlog.get_logger()

Work = Callable[[Job], Awaitable[None]]
"""What is done for a job. It stores the job's end itself; what it leaves unfinished is taken up at the next start."""


class JobQueueFullError(StarlingError):
    """Raised when as many jobs wait as may wait."""

    sentence = _("Too many people are talking to me at once. Please try again in a minute.")
    is_transient = True


_Source = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    job: Job
    work: Work

    @property
    def source(self) -> _Source:
        """Who asked, and where."""
        return self.job.user_id, self.job.channel_id


class JobRunner:
    """Runs jobs, first come, first served; those of one person in one channel one after another, so that what is said
    first is answered first."""

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        during: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """``at_once``: jobs that run at the same time; ``waiting``: how many more may wait. Both at least 1.
        ``during``: entered for each while it runs."""
        self._during = during
        self._waiting: deque[_Entry] = deque()
        self._max_waiting = waiting
        self._news = asyncio.Event()
        """Set when there may be something to do."""
        self._at_once = at_once
        self._workers: list[asyncio.Task[None]] = []
        self._running: dict[_Source, asyncio.Task[None]] = {}
        self._closing = False

    def start(self) -> None:
        """Begin to run what is submitted; needs a running event loop."""
        self._workers = [asyncio.create_task(self._serve()) for _worker in range(self._at_once)]

    def submit(self, job: Job, work: Work) -> None:
        """Take ``job``, to be done by ``work``.

        Raises:
            JobQueueFullError: as many jobs wait as may wait.
        """
        if len(self._waiting) >= self._max_waiting:
            raise JobQueueFullError
        self._waiting.append(_Entry(job, work))
        self._news.set()

    async def stop(self, timeout_s: float) -> None:
        """Take no further job from the queue, give the running ones ``timeout_s`` to end, then cancel them."""
        self._closing = True
        for worker in self._workers:
            worker.cancel()
        running = set(self._running.values())
        if running:
            _done, late = await asyncio.wait(running, timeout=timeout_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=2.0)
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _serve(self) -> None:
        while not self._closing:
            entry = self._next()
            if entry is None:
                self._news.clear()
                await self._news.wait()
                continue
            task = asyncio.create_task(self._run(entry))
            self._running[entry.source] = task
            # Shielded: a worker that is told to stop leaves its job to the time that `stop` gives it.
            await asyncio.shield(task)

    def _next(self) -> _Entry | None:
        """The first that may run now, taken out of those that wait."""
        entry = next((entry for entry in self._waiting if entry.source not in self._running), None)
        if entry is not None:
            self._waiting.remove(entry)
        return entry

    async def _run(self, entry: _Entry) -> None:
        with structlog.contextvars.bound_contextvars(job=entry.job.id):
            try:
                with self._during():
                    await entry.work(entry.job)
            except asyncio.CancelledError:
                log.info("job interrupted, it goes on at the next start")
            except Exception:
                log.exception("job failed")
            finally:
                del self._running[entry.source]
                self._news.set()
