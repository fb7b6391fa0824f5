"""Threads that take the most urgent work first, and work of one kind together."""

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
    """Whom it is done for."""
    run: Callable[[Sequence[Any]], None]
    """Called with the ``item`` of this step and of others that are done together with it. Errors are lost."""
    item: Any = None
    """What ``run`` needs."""
    kind: Hashable | None = None
    """Steps of the same kind and background may be done together; None for a step that is done alone."""
    size: int = 1
    """How many of what may be done together it is, at least 1."""
    background: bool = False
    """Whether it may wait for work in the foreground: one worker is kept free of it, if there are two."""


BACKGROUND_S = 6.0
"""What is done together in the background takes about so long at most: who looks sees that it goes on, however slow the
machine is, and what is urgent gets in between."""


class Scheduler:
    """A pool of threads; steps of the same deadline are taken in the order of their coming."""

    def __init__(
        self,
        workers: int,
        name: str,
        *,
        max_together: int = 1,
        shares: bool = True,
        background_s: float = BACKGROUND_S,
    ) -> None:
        """``workers``: threads, at least 1, started when there is work. ``name``: what their names begin with.

        ``max_together``: how much of one kind one thread takes at once, by the sizes of the steps. ``shares``: whether
        it leaves the other threads their part of what there is. ``background_s``: in the background no more than takes
        so long, by how long the last of it took.
        """
        self._workers = workers
        self._name = name
        self.max_together = max_together
        """Of the steps' sizes."""
        self._sharing = workers if shares else 1
        self._max_in_background = max(1, workers - 1)
        self._in_background = 0
        self._background_s = background_s
        self._pace_s = 0.0
        """What the last step in the background took for each of its size."""
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, Step]] = []
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self.busy_s = 0.0
        """What all threads spent with steps so far."""

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
        """Drop the steps of ``owner`` that wait, and what they hold in memory."""
        with self._changed:
            self._waiting = [entry for entry in self._waiting if entry[2].owner != owner]

    def shutdown(self) -> None:
        """Take no more steps, and block until those that run are done."""
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
            except BaseException:  # noqa: S110 - who submits a step has it catch what concerns its owner
                pass
            finally:
                with self._changed:
                    took_s = time.monotonic() - began_s
                    self.busy_s += took_s
                    if steps[0].background:
                        self._pace_s = took_s / sum(step.size for step in steps)
                        self._in_background -= 1
                        self._changed.notify()
                # Nothing of it stays in memory until the next step comes.
                del steps

    def _take(self) -> list[Step]:
        """The most urgent step and some of its kind: where they share, so many that every worker gets its part."""
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
    """The first of ``entries``, at least one, whose sizes are ``limit`` together at most."""
    share, size = entries[:1], entries[0][2].size
    for entry in entries[1:]:
        size += entry[2].size
        if size > limit:
            break
        share.append(entry)
    return share
