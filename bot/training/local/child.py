"""The process that trains: ``python -m bot.training.local.child FOLDER GGUF TURNS PRIORITY NICENESS``.

It forks at once; the second process does the training, in its own session, and goes on whatever becomes of its parent.
``TURNS``: a lock file; of the processes that are given the same one, one trains and the others wait. ``PRIORITY``: the
lock file of ``InferencePriority``. ``NICENESS``: how far it stands back behind other processes, 0 to 19. The first
process exits with 0 once the second holds the training, and with ``HELD_ALREADY`` if another process holds it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from pathlib import Path

from filelock import FileLock

from bot.training.local.inference_priority import InferencePriority
from bot.training.local.job import FolderHeldError, JobFolder
from bot.training.states import TrainingState

HELD_ALREADY = 3
LOOK_S = 0.2


def main() -> None:
    """Detach, then train."""
    path, gguf, turns, inference_priority = map(Path, sys.argv[1:5])
    folder, niceness = JobFolder(path), int(sys.argv[5])
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        os._exit(int.from_bytes(os.read(reader, 1) or b"\x01"))
    os.setsid()
    os.nice(niceness)
    try:
        with folder.hold():
            # Noted before the first process reports a start, so that each start counts even if this one dies at once.
            folder.note(state=TrainingState.QUEUED, process=os.getpid())
            os.write(writer, bytes([0]))
            os.close(writer)
            threading.Thread(target=_watch, args=[folder], daemon=True).start()
            _train(folder, gguf, turns, InferencePriority(inference_priority))
    except FolderHeldError:
        os.write(writer, bytes([HELD_ALREADY]))


def _watch(folder: JobFolder) -> None:
    """End this process, whatever it is doing, once the training is cancelled."""
    while not folder.is_cancelled:
        time.sleep(LOOK_S)
    os._exit(0)


def _train(folder: JobFolder, gguf: Path, turns: Path, inference_priority: InferencePriority) -> None:
    os.environ.update(OMP_NUM_THREADS=str(folder.work.threads), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    try:
        with FileLock(turns):
            folder.note(state=TrainingState.RUNNING, message="loading the model")
            gc.disable()  # imports leave no garbage, and looking for some takes a sixth of their time
            from bot.training.local.learning import learn  # takes seconds and a gigabyte

            gc.freeze()
            gc.enable()
            learn(folder, gguf, inference_priority)
            folder.note(state=TrainingState.SUCCEEDED)
    except Exception as error:
        traceback.print_exc()
        folder.note(state=TrainingState.FAILED, reason=f"{type(error).__name__}: {error}"[:300])


if __name__ == "__main__":
    main()
