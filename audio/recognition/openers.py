"""Opening recordings in separate processes, to keep up with a graphics card."""

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

    They are started as needed: a caller that finds none free opens the file itself, and one more is started meanwhile.
    Each takes 100 MB of memory, together with the sealed process that decodes its files. When one fails, another takes
    its place, and the caller opens that file itself.
    """

    def __init__(self, most: int, limits: DecodingLimits, bands: int) -> None:
        """Start the first process. ``most``: how many there may be, at least 1. ``bands``: the number of mel bands that
        the model takes."""
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
        """The process IDs, for monitoring."""
        with self._lock:
            return tuple(process.pid for process in self._all)

    def opened(self, data: bytes) -> OpenedRecording | None:
        """The result of ``opened_file``; None also if no process is free or the process that had the file ended.
        Blocks: call it in a thread. Raises a ``RecordingError``.
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
        """Start one more process, unless there are enough or one is already being started."""
        with self._lock:
            if self._is_growing or self._closed or len(self._all) >= self._most:
                return
            self._is_growing = True
        threading.Thread(target=self._add, name="opener", daemon=True).start()

    def _add(self) -> None:
        try:
            process = _OpeningProcess(self._settings)
        except OSError as error:
            # The next file that finds no process free tries again.
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
    """One process. Only one thread at a time may use it, but any thread may end it."""

    def __init__(self, settings: str) -> None:
        """Start the process, which takes half a second of processor time. Raises ``OSError``."""
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
        """Block until the process is ready or has failed; whether it is ready."""
        try:
            return bool(pickle.load(self._answers))  # noqa: S301 - from our own process, which decodes nothing itself
        except Exception:
            # The process itself writes the reason to standard error.
            return False

    def answer(self, data: bytes) -> OpenedRecording | tuple[str, dict[str, object]] | None:
        """The process's answer for the file ``data``, see ``opening_process.serve``; raises if the process ended."""
        pickle.dump(data, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()
        found: OpenedRecording | tuple[str, dict[str, object]] | None = pickle.load(self._answers)  # noqa: S301 - as above
        return found

    def end(self) -> None:
        """Kill the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            # Unsent data cannot be sent any more, and another thread may be reading.
            with suppress(OSError, ValueError):
                pipe.close()
