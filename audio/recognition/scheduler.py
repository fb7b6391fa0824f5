"""A thread pool that runs the most urgent work first, and work of one kind together."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A small piece of work."""

    deadline_s: float
    """On any clock; the earliest is done first."""
    owner: Hashable
    """The owner, whose waiting steps ``Scheduler.forget`` drops."""
    run: Callable[[Sequence[Any]], None]
    """Called with the items of this step and of the steps that are run together with it. Its errors are discarded."""
    item: Any = None
    """The input of ``run``."""
    kind: Hashable | None = None
    """Steps with the same ``kind`` and ``background`` may be run together; None for a step that is run alone."""
    size: int = 1
    """How much this step counts towards the limit on what is run together, at least 1."""
    background: bool = False
    """Whether this is background work: if there are two or more workers, one is kept free of it."""


BACKGROUND_S = 6.0
"""Background steps that are run together take about this long at most: people see progress, however slow the machine
is, and urgent work gets in between."""


class Scheduler:
    """A pool of threads; steps with the same deadline are taken in the order in which they were submitted."""

    def __init__(
        self,
        workers: int,
        name: str,
        *,
        max_together: int = 1,
        shares: bool = True,
        background_s: float = BACKGROUND_S,
    ) -> None:
        """``workers``: the most threads, at least 1, started when there is work. ``name``: the prefix of their names.

        ``max_together``: the total size of the steps of one kind that a thread takes at once. ``shares``: whether it
        leaves the other threads their share of these. ``background_s``: how long the background steps that a thread
        takes at once may last, judged by the last ones.
        """
        self._workers = workers
        self._name = name
        self.max_together = max_together
        """The most total size of steps that are run together."""
        self._sharing = workers if shares else 1
        self._max_in_background = max(1, workers - 1)
        self._in_background = 0
        self._background_s = background_s
        self._pace_s = 0.0
        """How long the last background steps took, divided by their total size."""
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, Step]] = []
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self.busy_s = 0.0
        """The total time that all threads have spent on steps."""

    def submit(self, step: Step) -> None:
        """Have ``step`` run by a thread. Raises ``RuntimeError`` after ``shutdown``."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the scheduler is shut down")
            self._waiting.append((step.deadline_s, next(self._numbers), step))
            if len(self._waiting) > self._idle and len(self._threads) < self._workers:
                thread = threading.Thread(target=self._serve, name=f"{self._name}_{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def forget(self, owner: Hashable) -> None:
        """Drop the waiting steps of ``owner``, and the memory that they hold."""
        with self._changed:
            self._waiting = [entry for entry in self._waiting if entry[2].owner != owner]

    def shutdown(self) -> None:
        """Take no more steps, and block until the running ones are done."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._closed and not (steps := self._take()):
                    self._changed.wait()
                self._idle -= 1
                if self._closed:
                    return
            began_s = time.monotonic()
            try:
                steps[0].run([step.item for step in steps])
            except BaseException:  # noqa: S110 - steps themselves catch what concerns their owner
                pass
            finally:
                with self._changed:
                    took_s = time.monotonic() - began_s
                    self.busy_s += took_s
                    if steps[0].background:
                        self._pace_s = took_s / sum(step.size for step in steps)
                        self._in_background -= 1
                        self._changed.notify()
                # Free their memory now, not when the next step comes.
                del steps

    def _take(self) -> list[Step]:
        """The most urgent step and others of its kind; if ``shares``, only as many as leave every worker its share."""
        full = self._in_background >= self._max_in_background
        eligible = sorted(entry for entry in self._waiting if not (full and entry[2].background))
        if not eligible:
            return []
        first = eligible[0][2]
        taken = eligible[:1]
        if first.kind is not None:
            like = [e for e in eligible if (e[2].kind, e[2].background) == (first.kind, first.background)]
            limit = min(self.max_together, math.ceil(sum(e[2].size for e in like) / self._sharing))
            if first.background and self._pace_s:
                limit = min(limit, int(self._background_s / self._pace_s))
            taken = _share(like, limit)
        numbers = {number for _, number, _ in taken}
        self._waiting = [entry for entry in self._waiting if entry[1] not in numbers]
        if first.background:
            self._in_background += 1
        return [step for _, _, step in taken]


def _share(entries: list[tuple[float, int, Step]], limit: int) -> list[tuple[float, int, Step]]:
    """The first of ``entries`` whose total size is at most ``limit``, but at least one."""
    share, size = entries[:1], entries[0][2].size
    for entry in entries[1:]:
        size += entry[2].size
        if size > limit:
            break
        share.append(entry)
    return share
