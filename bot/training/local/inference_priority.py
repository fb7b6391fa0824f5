"""Answers take priority: training pauses while one is being produced.

Cores share their caches and memory, so training slows others down even if it has a core of its own. A lock file tells
it when to pause: whoever is producing an answer holds a shared lock on it, which ends with the process, however that
ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import torch

LOOK_S = 0.02
LONGEST_STOP_S = 20.0
"""The longest pause at one piece of a step, so that training ends some day even if somebody is always waiting."""
SHORTEST_RUN_S = 5.0
"""The shortest run between two such pauses."""


class InferencePriority:
    """A lock file, locked in shared mode by everyone who has priority."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._holders = 0
        self._runs_until_s = 0.0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have priority while the block runs. Many may at a time, but all in one thread."""
        self._holders += 1
        try:
            if self._holders == 1:
                self._lock(fcntl.LOCK_SH)
            yield
        finally:
            self._holders -= 1
            # Closing the file also releases the lock, and leaves nothing open in a bot that has stopped.
            if not self._holders and self._file is not None:
                self._file.close()
                self._file = None

    def wait(self) -> None:
        """Wait until nobody has priority: ``LONGEST_STOP_S`` at most, and after that not at all for
        ``SHORTEST_RUN_S``."""
        until_s = time.monotonic() + LONGEST_STOP_S
        while self._is_held and time.monotonic() > self._runs_until_s:
            if time.monotonic() > until_s:
                self._runs_until_s = time.monotonic() + SHORTEST_RUN_S
                return
            time.sleep(LOOK_S)

    @property
    def _is_held(self) -> bool:
        if not self._lock(fcntl.LOCK_EX):
            return True
        self._lock(fcntl.LOCK_UN)
        return False

    def _lock(self, kind: int) -> bool:
        """Lock the file; False if others hold it. No answer fails over this: without a usable file, nobody has
        priority."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab")
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError as error:
            return not isinstance(error, BlockingIOError)
        return True


def yield_to_inference(layers: Sequence[torch.nn.Module], inference_priority: InferencePriority) -> None:
    """Have a model wait for those with priority at each of its ``layers``, in the forward and the backward pass: some
    twenty milliseconds apart, where a whole step takes seconds."""

    def before(_layer: Any, _given: Any) -> None:
        inference_priority.wait()

    def after(_layer: Any, _given: Any, result: Any) -> None:
        states = result[0] if isinstance(result, tuple) else result
        if states.requires_grad:
            states.register_hook(lambda _gradient: inference_priority.wait())

    for layer in layers:
        layer.register_forward_pre_hook(before)
        layer.register_forward_hook(after)
