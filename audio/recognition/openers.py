"""Opening recordings in processes of their own, as many at a time as a graphics card can hear."""

from __future__ import annotations

import dataclasses
import json
import logging
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

from audio.child_environment import child_environment
from audio.decoding.child import recording_error
from audio.decoding.limits import DecodingLimits
from audio.decoding.pipes import widened
from audio.recognition.opening import OpenedRecording

_LOG = logging.getLogger(__name__)

_START = """
import json, sys
path, limits, bands = json.loads(sys.argv[1])
sys.path[:] = path
from audio.recognition.opening_process import serve
from audio.decoding.limits import DecodingLimits
serve(DecodingLimits(**limits), bands)
"""


class Openers:
    """Processes that each open one file at a time.

    They come with the work: whoever finds none that is free opens the file himself, and one more is started meanwhile.
    Each takes 100 MB of memory, with the sealed process in which it has files decoded. When one fails, another takes
    its place, and whoever gave it the file opens that himself.
    """

    def __init__(self, most: int, limits: DecodingLimits, bands: int) -> None:
        """``most``: processes, at least 1. ``bands``: of the spectra, as the model wants them. Starts the first."""
        path = [str(Path(folder or ".").absolute()) for folder in sys.path]
        self._settings = json.dumps((path, dataclasses.asdict(limits), bands))
        self._most = most
        self._lock = threading.Lock()
        self._all: list[_OpeningProcess] = []
        self._idle: list[_OpeningProcess] = []
        self._is_growing = False
        self._closed = False
        self._grow()

    @property
    def pids(self) -> tuple[int, ...]:
        """Their process numbers, for whoever watches over them."""
        with self._lock:
            return tuple(process.pid for process in self._all)

    def opened(self, data: bytes) -> OpenedRecording | None:
        """What ``opened_file`` gives; None also where no process is free or the one that had it ended. Blocks: call it
        in a thread. Raises a ``RecordingError``.
        """
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            self._grow()
            return None
        try:
            answer = process.answer(data)
        except Exception as error:
            if not self._closed:
                _LOG.warning("A process that opens recordings ended: %s", error)
            self._leave(process)
            return None
        with self._lock:
            self._idle.append(process)
        if isinstance(answer, tuple):
            raise recording_error(*answer)
        return answer

    def close(self) -> None:
        """End the processes, even in the middle of a file. May be called twice."""
        with self._lock:
            self._closed = True
            processes = list(self._all)
            self._idle.clear()
        for process in processes:
            self._leave(process)

    def _grow(self) -> None:
        """Start one more process, unless there are enough of them or one is just being started."""
        with self._lock:
            if self._is_growing or self._closed or len(self._all) >= self._most:
                return
            self._is_growing = True
        threading.Thread(target=self._add, name="opener", daemon=True).start()

    def _add(self) -> None:
        try:
            process = _OpeningProcess(self._settings)
        except OSError as error:
            # The next file that finds none free will try again.
            _LOG.warning("A process that opens recordings cannot be started: %s", error)
            self._is_growing = False
            return
        with self._lock:
            self._all.append(process)
        is_ready = process.wait_until_ready()
        with self._lock:
            self._is_growing = False
            is_wanted = is_ready and not self._closed
            if is_wanted:
                self._idle.append(process)
        if not is_wanted:
            self._leave(process)
        if not is_ready and not self._closed:
            _LOG.warning("A process that opens recordings did not start")

    def _leave(self, process: _OpeningProcess) -> None:
        with self._lock:
            if process in self._all:
                self._all.remove(process)
        process.end()


class _OpeningProcess:
    """One process; not to be used by two threads at once, but ended by any."""

    def __init__(self, settings: str) -> None:
        """Start it, which takes half a second of processor time. Raises ``OSError``."""
        self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-c", _START, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        widened(self._answers)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _requests(self) -> IO[bytes]:
        assert self._process.stdin
        return self._process.stdin

    @property
    def _answers(self) -> IO[bytes]:
        assert self._process.stdout
        return self._process.stdout

    def wait_until_ready(self) -> bool:
        """Whether it gets there; blocks."""
        try:
            return bool(pickle.load(self._answers))  # noqa: S301 - of a process of ours, which decodes nothing itself
        except Exception:
            # Why stands in what it writes itself.
            return False

    def answer(self, data: bytes) -> OpenedRecording | tuple[str, dict[str, object]] | None:
        """See ``opening_process.serve``; raises when the process ended."""
        pickle.dump(data, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()
        found: OpenedRecording | tuple[str, dict[str, object]] | None = pickle.load(self._answers)  # noqa: S301 - as above
        return found

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            # What has not been sent cannot be sent any more, and another thread may be reading.
            with suppress(OSError, ValueError):
                pipe.close()
