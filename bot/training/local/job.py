"""The folder of one training, which its process and the bot share.

``job.json``: what to do. ``train.jsonl``, ``heldout.jsonl``: the examples. ``before.gguf``: the adapter to begin
with, if the model is to learn more than it has learnt. ``progress.jsonl``: what has been done, one
JSON object a line, written by the process alone. ``process.lock``: held by the process for as long as it lives, however
it ends; ids of processes are noted, but nothing is sent to them, since they could come to be another's. ``cancelled``:
there once somebody has cancelled it; the process then ends by itself. ``checkpoint.pt``: the last state that it can go
on from. ``adapter.gguf``: what came out.
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

from bot.storage.whole_file import replace_with
from bot.training.recipe import TrainingMethod


class FolderHeldError(Exception):
    """Raised when another process is at a training."""


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """What the process is to do."""

    instruction: str
    """The system message of examples that have none: the one that the model is asked with."""
    epochs: int
    batch_size: int
    common: int
    """Pieces of common talk that go along with each batch, so that it stays as it was."""
    learning_rate: float
    rank: int
    seed: int
    checkpoint_steps: int
    """A checkpoint is written each so many steps."""
    method: TrainingMethod = TrainingMethod.SUPERVISED
    beta: float | None = None
    """Of preference training, where it is not what is usual."""
    threads: int = 1


class JobFolder:
    """The files of one training. Every method blocks, all but one for milliseconds."""

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
        """Make the folder, or what of it is missing; ``job.json`` comes last, so that with it all is there. ``before``:
        an adapter to go on from."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.is_filled:
            self.training_file.write_bytes(training)
            self.heldout_file.write_bytes(heldout)
            if before is not None:
                shutil.copyfile(before, self.before)
            replace_with(self._work, json.dumps(asdict(work)).encode())

    @property
    def is_filled(self) -> bool:
        """Whether there is a training in this folder."""
        return self._work.is_file()

    @property
    def work(self) -> TrainingTask:
        """What to do."""
        stored = json.loads(self._work.read_bytes())
        return TrainingTask(**{**stored, "method": TrainingMethod(stored.get("method", "supervised"))})

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it to end."""
        return self._cancelled.exists()

    def note_cancelled(self) -> None:
        """Let the process end, and never be started again."""
        self._cancelled.touch()

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Be the process of this training.

        Raises:
            HeldAlready: another process is.
        """
        with self._lock.open("ab") as file:
            # Longer than those hold it who only look.
            for _try in range(100):
                if _locked(file, fcntl.LOCK_EX):
                    break
                time.sleep(0.01)
            else:
                raise FolderHeldError
            yield

    @property
    def runs(self) -> bool:
        """Whether there is a process that trains."""
        with self._lock.open("ab") as file:
            # Shared, so that those who look do not see each other.
            return not _locked(file, fcntl.LOCK_SH)

    def wait_until_gone(self, timeout_s: float) -> bool:
        """Wait until no process trains; says whether that has come about."""
        until_s = time.monotonic() + timeout_s
        while self.runs:
            if time.monotonic() > until_s:
                return False
            time.sleep(0.02)
        return True

    def note(self, **values: Any) -> None:
        """Add a line to what has been done."""
        with self._progress.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": round(time.time(), 2), **values}) + "\n")

    @property
    def notes(self) -> list[Mapping[str, Any]]:
        """The lines of what has been done. One that a dying process has left unfinished is passed over."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for line in self._progress.read_bytes().splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return [note for note in found if isinstance(note, dict)]

    def tidy(self) -> None:
        """Delete all but the result and what tells how it came about."""
        for path in (self.training_file, self.heldout_file, self.before, self.checkpoint, self.log):
            path.unlink(missing_ok=True)


def _locked(file: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
