"""The folder of one training, which its process and the bot share.

``job.json``: the task. ``train.jsonl``, ``heldout.jsonl``: the examples. ``before.gguf``: the adapter to continue from,
if there is one. ``progress.jsonl``: what has been done, one JSON object per line, written only by the process.
``process.lock``: held by the process for as long as it lives, however it ends; process ids are noted too, but never
signalled, since an id may be reused. ``cancelled``: exists once somebody has cancelled the training; the process then
ends by itself. ``checkpoint.pt``: the last state that the process can continue from. ``adapter.gguf``: the result.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bot.storage.atomic_write import write_atomically
from bot.training.recipe import TrainingMethod


class FolderHeldError(Exception):
    """Raised when another process holds a training."""


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """The task of the process."""

    instruction: str
    """The system message for examples that have none: the one with which the model answers."""
    epochs: int
    batch_size: int
    common: int
    """How many pieces of everyday talk go with each batch, so that the model keeps answering those as before."""
    learning_rate: float
    rank: int
    seed: int
    checkpoint_steps: int
    """A checkpoint is written every this many steps."""
    method: TrainingMethod = TrainingMethod.SUPERVISED
    beta: float | None = None
    """For preference training; None for the usual value."""
    threads: int = 1


class JobFolder:
    """The files of one training. Every method blocks, usually for milliseconds; ``wait_until_gone`` for longer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.training_file = path / "train.jsonl"
        self.heldout_file = path / "heldout.jsonl"
        self.checkpoint = path / "checkpoint.pt"
        self.adapter = path / "adapter.gguf"
        self.before = path / "before.gguf"
        self.log = path / "child.log"
        self._work = path / "job.json"
        self._progress = path / "progress.jsonl"
        self._lock = path / "process.lock"
        self._cancelled = path / "cancelled"

    def fill(self, work: TrainingTask, training: bytes, heldout: bytes, before: Path | None) -> None:
        """Write the files, unless that has been done; ``job.json`` comes last, so that its presence means that all are
        there. ``before``: an adapter to continue from."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.is_filled:
            self.training_file.write_bytes(training)
            self.heldout_file.write_bytes(heldout)
            if before is not None:
                shutil.copyfile(before, self.before)
            write_atomically(self._work, json.dumps(asdict(work)).encode())

    @property
    def is_filled(self) -> bool:
        """Whether there is a training in this folder."""
        return self._work.is_file()

    @property
    def work(self) -> TrainingTask:
        """The task."""
        stored = json.loads(self._work.read_bytes())
        return TrainingTask(**{**stored, "method": TrainingMethod(stored.get("method", "supervised"))})

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cancelled it."""
        return self._cancelled.exists()

    def note_cancelled(self) -> None:
        """Make the process end, and never be started again."""
        self._cancelled.touch()

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock of this training, as its process.

        Raises:
            FolderHeldError: another process holds it.
        """
        with self._lock.open("ab") as file:
            # Tried for longer than ``runs`` holds the lock.
            for _try in range(100):
                if _locked(file, fcntl.LOCK_EX):
                    break
                time.sleep(0.01)
            else:
                raise FolderHeldError
            yield

    @property
    def runs(self) -> bool:
        """Whether the process of this training is running."""
        with self._lock.open("ab") as file:
            # A shared lock, so that callers of ``runs`` do not take each other for the process.
            return not _locked(file, fcntl.LOCK_SH)

    def wait_until_gone(self, timeout_s: float) -> bool:
        """Wait until the process is gone; returns False if it is still there after ``timeout_s``."""
        until_s = time.monotonic() + timeout_s
        while self.runs:
            if time.monotonic() > until_s:
                return False
            time.sleep(0.02)
        return True

    def note(self, **values: Any) -> None:
        """Add a line to ``progress.jsonl``, with the time."""
        with self._progress.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": round(time.time(), 2), **values}) + "\n")

    @property
    def notes(self) -> list[Mapping[str, Any]]:
        """The lines of ``progress.jsonl``. A line that a dying process left unfinished is skipped."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for line in self._progress.read_bytes().splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return [note for note in found if isinstance(note, dict)]

    def tidy(self) -> None:
        """Delete all but the result and the record of how it came about."""
        for path in (self.training_file, self.heldout_file, self.before, self.checkpoint, self.log):
            path.unlink(missing_ok=True)


def _locked(file: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
