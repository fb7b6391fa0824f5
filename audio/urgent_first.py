"""Threads that take the most urgent work first."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor


class UrgentFirst:
    """A pool of threads for work in small steps; steps of the same deadline are taken in the order of their coming."""

    def __init__(self, threads: int, name: str) -> None:
        """``threads``: at least 1; they are started when there is work. ``name`` is what their names begin with."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, Hashable, Callable[[], None]]] = []

    def submit(self, deadline_s: float, owner: Hashable, step: Callable[[], None]) -> None:
        """Have ``step`` run by a thread, before all that waits with a later deadline, on any clock.

        Errors that it raises are lost. Raises ``RuntimeError`` after ``shutdown``.
        """
        with self._lock:
            self._pool.submit(self._run_next)
            heapq.heappush(self._waiting, (deadline_s, next(self._numbers), owner, step))

    def forget(self, owner: Hashable) -> None:
        """Drop the steps of ``owner`` that wait, and what they hold in memory."""
        with self._lock:
            self._waiting = [entry for entry in self._waiting if entry[2] != owner]
            heapq.heapify(self._waiting)

    def shutdown(self) -> None:
        """Take no more steps, and block until those that run are done."""
        with self._lock:
            self._waiting.clear()
        self._pool.shutdown()

    def _run_next(self) -> None:
        with self._lock:
            # What this was submitted for may have been forgotten.
            entry = heapq.heappop(self._waiting) if self._waiting else None
        if entry:
            entry[3]()
