"""Decoding the files of strangers, in child processes that may die without harm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from audio.decoding.child import DecoderChild
from audio.decoding.containers import Container
from audio.decoding.conversion import SAMPLE_BYTES
from audio.decoding.decoding import admitted, audible, sound_of
from audio.decoding.limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import DecoderFailedError, TranscriberClosedError
from audio.recording import RECORDING_RATE_HZ, Recording

_LOG = logging.getLogger(__name__)

FILES_PER_CHILD = 200
"""After this many files a child is replaced, so that what it leaks, or was made to remember, ends with it."""


class Decoder:
    """Decodes as ``audio.decode`` does, and survives files that crash, stall or bloat the codecs.

    Each of its child processes decodes one file at a time. It can open no file or socket and start no process, and its
    memory and time are limited (on Windows: only its time). A child that fails is replaced. The children end by
    themselves when this process ends, in whatever way.
    """

    def __init__(self, limits: DecodingLimits = DEFAULT_LIMITS, *, processes: int = 1) -> None:
        """Does not start a child yet. ``processes``: how many files are decoded at the same time, at least 1."""
        self._limits = limits
        self._places = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[DecoderChild] = []
        self._busy: list[DecoderChild] = []
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The process IDs of the children, for monitoring."""
        with self._lock:
            return tuple(child.pid for child in self._idle + self._busy)

    def start(self) -> None:
        """Start a child ahead of the first file, which then does not wait 0.1 s for it.

        The others are started when a file arrives and no child is free.
        """
        try:
            with self._lock:
                if not self._closed and not self._idle and not self._busy:
                    self._idle.append(self._new_child())
        except OSError as error:
            # The next file tries again.
            _LOG.warning("A decoder cannot be started: %s", error)

    def decode(
        self, data: bytes, *, rendering: int | None = None, progress: Callable[[float], None] | None = None
    ) -> Recording:
        """Decode as ``audio.decode`` does. Blocks, also until a child is free: call it in a thread.

        ``progress``: called in this thread now and then with how many seconds are decoded. It may raise
        ``concurrent.futures.CancelledError`` to end the work, and this call with it.

        Raises a ``RecordingError`` as ``audio.decode`` does, ``DecoderFailedError`` when a child did not survive the
        file, and ``TranscriberClosedError`` after ``close``, or when ``close`` interrupts the decoding.
        """
        container = admitted(data, self._limits)
        if rendering is None:
            return audible(lambda number: self._decoded(data, container, number, progress=progress))
        return self._decoded(data, container, rendering, progress=progress)

    def beginning(self, data: bytes, duration_s: float) -> Recording:
        """The first ``duration_s`` seconds of the first rendering, and a little more. Blocks; raises what ``decode``
        raises."""
        enough_bytes = round(duration_s * RECORDING_RATE_HZ) * SAMPLE_BYTES
        return self._decoded(data, admitted(data, self._limits), 0, enough_bytes)

    def _decoded(
        self,
        data: bytes,
        container: Container,
        rendering: int,
        enough_bytes: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> Recording:
        def tell(count_bytes: int) -> None:
            if progress is not None:
                progress(count_bytes / SAMPLE_BYTES / RECORDING_RATE_HZ)

        with self._places:
            try:
                child = self._take()
            except OSError as error:
                raise DecoderFailedError(container.name) from error
            try:
                found = child.groups(data, container, rendering, enough_bytes, tell)
            except DecoderFailedError:
                if self._closed:
                    raise TranscriberClosedError from None
                raise
            finally:
                self._give_back(child)
        sound = sound_of(found.samples, RECORDING_RATE_HZ, container, truncated=found.truncated)
        return Recording(sound.samples, found.truncated, rendering, found.renderings)

    def close(self) -> None:
        """End the children, even in the middle of a file. May be called twice."""
        with self._lock:
            self._closed = True
            children = self._idle + self._busy
            self._idle.clear()
        for child in children:
            child.end()

    def _new_child(self) -> DecoderChild:
        return DecoderChild(RECORDING_RATE_HZ, self._limits)

    def _take(self) -> DecoderChild:
        with self._lock:
            if self._closed:
                raise TranscriberClosedError
            child = self._idle.pop() if self._idle else None
            if child is None or not child.alive:
                child = self._new_child()
            self._busy.append(child)
            return child

    def _give_back(self, child: DecoderChild) -> None:
        with self._lock:
            self._busy.remove(child)
            usable = child.alive and child.files < FILES_PER_CHILD and not self._closed
            if usable:
                self._idle.append(child)
        if not usable:
            child.end()
            self.start()
