"""The thread pools in which recordings are transcribed, on a processor and on a graphics card."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass

from audio.recognition.batch import MOST_TOGETHER
from audio.recognition.scheduler import Scheduler

SPECTRUM_THREADS = 2
"""NumPy computes spectra more slowly in many threads than in one; two manage 900 chunks a second."""

HEARING_THREADS = 4
"""Batches that the graphics card works on at the same time; a single one leaves most of it idle."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The thread pool for each stage of a transcription."""

    opening: Scheduler
    """Decodes files and searches them for speech."""
    spectra: Scheduler | None
    """Computes the encoder's input ahead; None if ``hearing`` does that too."""
    hearing: Scheduler
    """Encodes and decodes chunks with the model, several at a time."""

    @classmethod
    def on_processor(cls, workers: int, together: int) -> Stages:
        """One pool for all stages: any thread can run any step, and none waits for another."""
        pool = Scheduler(workers, "transcriber", max_together=together)
        return cls(pool, None, pool)

    @classmethod
    def on_card(cls, together: int = MOST_TOGETHER) -> Stages:
        """A pool for each stage: the processor's cores prepare what the card transcribes in large batches."""
        return cls(
            Scheduler(os.cpu_count() or 1, "opening"),
            Scheduler(SPECTRUM_THREADS, "spectra"),
            Scheduler(HEARING_THREADS, "hearing", max_together=together, shares=False),
        )

    def forget(self, owner: Hashable) -> None:
        """Drop the waiting steps of ``owner``."""
        for pool in self._pools():
            pool.forget(owner)

    def shutdown(self) -> None:
        """Take no more steps, and block until the running ones are done."""
        for pool in self._pools():
            pool.shutdown()

    def _pools(self) -> tuple[Scheduler, ...]:
        return tuple(dict.fromkeys(filter(None, (self.opening, self.spectra, self.hearing))))
