"""The process that trains: ``python -m bot.training.local.child FOLDER GGUF TURNS``.

It leaves its parent behind at once, in a session of its own, and goes on whatever becomes of it. ``TURNS``: a lock
file; of the processes that are given the same, one trains and the others wait. The first process ends with 0 when the
second has taken the training's place, and with ``HELD_ALREADY`` when another process has it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from bot.training.local.job import JobFolder

NICENESS = 10
HELD_ALREADY = 3
TURN_POLL_S = 1.0


class Cancelled(BaseException):
    """Raised where the training stops because somebody has cancelled it."""


def main() -> None:
    """Detach, then train."""
    folder, gguf, turns = JobFolder(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3])
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        os._exit(int.from_bytes(os.read(reader, 1) or b"\x01"))
    os.setsid()
    os.nice(NICENESS)
    try:
        held = folder.hold()
    except Timeout:
        os.write(writer, bytes([HELD_ALREADY]))
        os._exit(0)
    os.write(writer, bytes([0]))
    os.close(writer)
    with held:
        _train(folder, gguf, turns)


def _train(folder: JobFolder, gguf: Path, turns: Path) -> None:
    def check() -> None:
        if folder.is_cancelled:
            raise Cancelled

    os.environ.update(OMP_NUM_THREADS=str(folder.work.threads), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    try:
        folder.note(state="queued")
        turn = FileLock(turns)
        while True:
            check()
            try:
                turn.acquire(timeout=TURN_POLL_S)
                break
            except Timeout:
                continue
        folder.note(state="running", message="loading the model")
        from bot.training.local.learning import learn  # takes seconds and a gigabyte

        learn(folder, gguf, check)
        folder.note(state="succeeded")
    except Cancelled:
        folder.note(state="cancelled")
    except Exception as error:
        print(time.ctime(), repr(error), file=sys.stderr, flush=True)  # noqa: T201 - the log of this process
        folder.note(state="failed", reason=f"{type(error).__name__}: {error}"[:300])
        raise


if __name__ == "__main__":
    main()
