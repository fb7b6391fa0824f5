"""The folder of one training, which its process and the bot share.

``job.json``: what to do. ``train.jsonl``, ``heldout.jsonl``: the examples. ``progress.jsonl``: what has been done, one
JSON object a line, written by the process alone. ``process.lock``: held by the process for as long as it lives, with
its id in ``process.id``. ``cancelled``: there once somebody has cancelled it. ``checkpoint.pt``: the last state that it
can go on from. ``adapter.gguf``: what came out.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout


@dataclass(frozen=True, slots=True)
class Work:
    """What the process is to do."""

    instruction: str
    """The system message of examples that have none: the one that the model is asked with."""
    epochs: int
    batch_size: int
    general: int
    """Examples of common knowledge that are learnt along with each batch."""
    learning_rate: float
    rank: int
    seed: int
    checkpoint_steps: int
    """A checkpoint is written each so many steps."""
    threads: int = 1


class JobFolder:
    """The files of one training. Every method blocks, all but one for milliseconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.training_file = path / "train.jsonl"
        self.heldout_file = path / "heldout.jsonl"
        self.checkpoint = path / "checkpoint.pt"
        self.adapter = path / "adapter.gguf"
        self.log = path / "child.log"
        self._work = path / "job.json"
        self._progress = path / "progress.jsonl"
        self._lock = path / "process.lock"
        self._process_id = path / "process.id"
        self._cancelled = path / "cancelled"

    def fill(self, work: Work, training: bytes, heldout: bytes) -> None:
        """Make the folder, or what of it is missing; ``job.json`` comes last, so that with it all is there."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.is_filled:
            self.training_file.write_bytes(training)
            self.heldout_file.write_bytes(heldout)
            replace_with(self._work, json.dumps(asdict(work)).encode())

    @property
    def is_filled(self) -> bool:
        """Whether there is a training in this folder."""
        return self._work.is_file()

    @property
    def work(self) -> Work:
        """What to do."""
        return Work(**json.loads(self._work.read_bytes()))

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it to end."""
        return self._cancelled.exists()

    def note_cancelled(self) -> None:
        """Let the process end, and never be started again."""
        self._cancelled.touch()

    def hold(self) -> FileLock:
        """Take the place of the process of this training, for as long as what is returned exists.

        Raises:
            filelock.Timeout: another process has it.
        """
        lock = FileLock(self._lock)
        # Longer than somebody holds it who only looks whether it is held.
        lock.acquire(timeout=1.0)
        replace_with(self._process_id, str(os.getpid()).encode())
        return lock

    @property
    def process_id(self) -> int | None:
        """Of the process that trains now, or None. A process that is gone holds no lock, however it ended, so the id
        is never somebody else's."""
        try:
            with FileLock(self._lock).acquire(blocking=False):
                return None
        except Timeout:
            with contextlib.suppress(FileNotFoundError, ValueError):
                return int(self._process_id.read_text())
        return None

    def wait_until_gone(self, timeout_s: float) -> bool:
        """Wait until no process trains; says whether that has come about."""
        try:
            with FileLock(self._lock).acquire(timeout=timeout_s):
                return True
        except Timeout:
            return False

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
        for path in (self.training_file, self.heldout_file, self.checkpoint, self.log):
            path.unlink(missing_ok=True)


def replace_with(path: Path, content: bytes) -> None:
    """Write ``content``, whole or not at all."""
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)
