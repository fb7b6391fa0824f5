"""The pools of threads in which recordings become words, on a processor and on a graphics card."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass

from audio.recognition.batch import MOST_TOGETHER
from audio.recognition.scheduler import Scheduler

SPECTRUM_THREADS = 2
"""NumPy works spectra out slower in many threads than in one; two have them for 900 chunks a second."""

HEARING_THREADS = 4
"""Batches that the card works on at the same time: one leaves most of it idle."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Where each step of a recording is done."""

    opening: Scheduler
    """Files are decoded and searched for speech."""
    spectra: Scheduler | None
    """What the encoder takes is worked out ahead; None where that is a part of hearing."""
    hearing: Scheduler
    """The model encodes and decodes chunks, many at a time."""

    @classmethod
    def on_processor(cls, workers: int, together: int) -> Stages:
        """One pool for all: every thread is as good for every step, and none of them waits for another."""
        pool = Scheduler(workers, "transcriber", max_together=together)
        return cls(pool, None, pool)

    @classmethod
    def on_card(cls, together: int = MOST_TOGETHER) -> Stages:
        """The processor's cores make ready what the card hears in large batches."""
        return cls(
            Scheduler(os.cpu_count() or 1, "opening"),
            Scheduler(SPECTRUM_THREADS, "spectra"),
            Scheduler(HEARING_THREADS, "hearing", max_together=together, shares=False),
        )

    def forget(self, owner: Hashable) -> None:
        """Drop the steps of ``owner`` that wait."""
        for pool in self._pools():
            pool.forget(owner)

    def shutdown(self) -> None:
        """Take no more steps, and block until those that run are done."""
        for pool in self._pools():
            pool.shutdown()

    def _pools(self) -> tuple[Scheduler, ...]:
        return tuple(dict.fromkeys(filter(None, (self.opening, self.spectra, self.hearing))))
