"""Stored jobs, run in this process: a limited number run at once, and a limited number wait."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.errors import translatable_plural as ngettext
from bot.work.cancellation import CancellationToken
from bot.work.job_store import Job
from bot.work.metrics import WAITS_S

log = structlog.get_logger()

Work = Callable[[Job, CancellationToken], Awaitable[None]]
"""What is done for a job, until a person cancels it. It stores the job's end itself; unfinished work is resumed at the
next start."""


class JobQueueFullError(StarlingError):
    """Raised when no more jobs may wait."""

    sentence = _("Too many people are talking to me at once. Please try again in a minute.")
    is_transient = True


class PersonQueueFullError(JobQueueFullError):
    """Raised when no more jobs of one person may wait."""

    sentence = ngettext(
        "{limit} question of yours is already waiting, which is as many as I take. "
        "Please try again when it is answered.",
        "{limit} questions of yours are already waiting, which is as many as I take. "
        "Please try again when they are answered.",
        number="limit",
    )

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


SHARE_OF_PERSON = 10
"""One person may have one in ten of the jobs that may wait in one guild."""
GUILDS_WAITING = 5
"""In all, this many times as many jobs may wait as in one guild."""

_Source = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    job: Job
    work: Work
    cancellation: CancellationToken = field(default_factory=CancellationToken)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    since_s: float = field(default_factory=time.monotonic)
    """When it was submitted, by the monotonic clock."""

    @property
    def waited_s(self) -> float:
        return time.monotonic() - self.since_s

    @property
    def source(self) -> _Source:
        """Who asked, and where."""
        return self.job.user_id, self.job.channel_id

    @property
    def group(self) -> Hashable:
        """Who takes turns with others: the guild, or the person in direct messages."""
        return ("user", self.job.user_id) if self.job.guild_id is None else ("guild", self.job.guild_id)


class JobRunner:
    """Runs jobs in turns: between guilds (or people in direct messages), and within a guild between people, so that
    those who ask much wait for those who ask little. Jobs of one person in one channel run one after another, so that
    what is said first is answered first."""

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        during: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """``at_once``: how many jobs run at the same time, at most half of them (rounded up) for one person, so that
        whoever asks in many channels leaves places to others. ``waiting``: how many more may wait in one guild. Both
        are at least 1. A tenth of ``waiting`` may wait for one person, five times as many in all.
        ``during``: a context that is entered for each job while it runs."""
        self._during = during
        self._waiting: list[_Entry] = []
        """In order of arrival."""
        self._max_of_guild = waiting
        self._max_of_person = max(1, waiting // SHARE_OF_PERSON)
        self._turns = itertools.count()
        self._last_turn: dict[Hashable, int] = {}
        """The number of the last turn of each group, and each person, that has jobs."""
        self._news = asyncio.Event()
        """Set when there may be something to do."""
        self._taken = asyncio.Event()
        """Set when a waiting job is started or withdrawn, or a running one ends."""
        self._at_once = at_once
        self._max_running_of_person = (at_once + 1) // 2
        self._workers: list[asyncio.Task[None]] = []
        self._running: dict[_Source, asyncio.Task[None]] = {}
        self._known: dict[str, _Entry] = {}
        """Waiting and running jobs, by id."""
        self._closing = False
        self.interrupted = asyncio.Event()
        """Set when a job has raised an error, so that its end was not stored."""

    def knows(self, job_id: str) -> bool:
        """Whether the job waits or runs."""
        return job_id in self._known

    @property
    def running(self) -> int:
        """How many jobs run."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    @property
    def longest_wait_s(self) -> float:
        """How long the oldest waiting job has waited, in seconds; 0 if none waits."""
        return self._waiting[0].waited_s if self._waiting else 0.0

    def start(self) -> None:
        """Start running submitted jobs; needs a running event loop."""
        self._workers = [asyncio.create_task(self._serve()) for _worker in range(self._at_once)]

    def submit(self, job: Job, work: Work, *, is_promised: bool = False) -> None:
        """Queue ``job``, to be done by ``work``; one that ``is_promised`` from before a restart is always accepted.

        Raises:
            JobQueueFullError: no more jobs may wait; a subclass: no more of this person.
        """
        entry = _Entry(job, work)
        if not is_promised:
            self._require_room(entry)
        self._waiting.append(entry)
        self._known[job.id] = entry
        self._news.set()

    def cancel(self, job_id: str) -> bool:
        """Make the job end with what it has, once it runs; return whether it waits or runs."""
        entry = self._known.get(job_id)
        if entry is not None:
            entry.cancellation.cancel()
        return entry is not None

    async def withdraw(self, job_id: str) -> None:
        """Take the job back: a waiting one is not started, a running one is cancelled, and has ended on return."""
        entry = self._known.get(job_id)
        if entry is None:
            return
        if entry in self._waiting:
            self._waiting.remove(entry)
            self._end(entry)
        else:
            entry.cancellation.cancel()
            await entry.ended.wait()

    def _end(self, entry: _Entry) -> None:
        del self._known[entry.job.id]
        entry.ended.set()
        self._taken.set()

    def _require_room(self, entry: _Entry) -> None:
        if self._waiting_of(entry.job.user_id) >= self._max_of_person:
            raise PersonQueueFullError(self._max_of_person)
        in_group = sum(other.group == entry.group for other in self._waiting)
        if in_group >= self._max_of_guild or len(self._waiting) >= self._max_of_guild * GUILDS_WAITING:
            raise JobQueueFullError

    async def wait_for_room(self, user_id: int, timeout_s: float) -> None:
        """Return once at most half of the jobs that may wait for the person ``user_id`` do, so that jobs submitted for
        them leave room for what they ask meanwhile.

        Raises:
            TimeoutError: that was not the case within ``timeout_s``.
        """
        async with asyncio.timeout(timeout_s):
            while 2 * self._waiting_of(user_id) > self._max_of_person:
                self._taken.clear()
                await self._taken.wait()

    def _waiting_of(self, user_id: int) -> int:
        return sum(entry.job.user_id == user_id for entry in self._waiting)

    async def stop(self, timeout_s: float) -> None:
        """Take no more jobs from the queue, give the running ones ``timeout_s`` to end, then cancel them."""
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
            # Shielded: when a worker is cancelled, its job may still use the time that `stop` allows.
            await asyncio.shield(task)

    def _next(self) -> _Entry | None:
        """Remove and return the waiting job whose turn it is, of those that may run now; None if there is none."""
        running = collections.Counter(user for user, _channel in self._running)
        waiting = [
            entry
            for entry in self._waiting
            if entry.source not in self._running and running[entry.job.user_id] < self._max_running_of_person
        ]
        if not waiting:
            return None
        entry = min(waiting, key=self._turn_of)
        self._waiting.remove(entry)
        self._taken.set()
        WAITS_S.labels("queue").observe(entry.waited_s)
        turn = next(self._turns)
        concerned = {key for other in self._waiting for key in (other.group, other.job.user_id)}
        self._last_turn = {key: last for key, last in self._last_turn.items() if key in concerned}
        self._last_turn[entry.group] = self._last_turn[entry.job.user_id] = turn
        return entry

    def _turn_of(self, entry: _Entry) -> tuple[int, int]:
        """The sort key of an entry: those served longest ago, or never, come first; by guild, then by person. Entries
        with equal keys keep their order."""
        return self._last_turn.get(entry.group, -1), self._last_turn.get(entry.job.user_id, -1)

    async def _run(self, entry: _Entry) -> None:
        with structlog.contextvars.bound_contextvars(job=entry.job.id):
            try:
                with self._during():
                    await entry.work(entry.job, entry.cancellation)
            except asyncio.CancelledError:
                log.info("job interrupted, it resumes at the next start")
            except (SQLAlchemyError, OSError) as error:
                log.warning("job interrupted, it resumes once it can be stored", why=str(error).partition("\n")[0])
                self.interrupted.set()
            except Exception:
                log.exception("job failed")
                self.interrupted.set()
            finally:
                del self._running[entry.source]
                self._end(entry)
                self._news.set()
