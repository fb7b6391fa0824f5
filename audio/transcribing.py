"""Transcribing recordings in worker threads, a bounded number at a time."""

from __future__ import annotations

import asyncio
import math
import os
import threading
from concurrent.futures import Future
from pathlib import Path

from audio.decoding import DEFAULT_LIMITS, DecodingLimits
from audio.errors import BusyError, TranscriberClosedError, UnknownLanguageError
from audio.hearing import Quality
from audio.listening import Hearing, Listening
from audio.long_recordings import LongRecordings
from audio.recording import Recording
from audio.transcript import Transcript
from audio.urgent_first import UrgentFirst
from audio.whisper import Whisper
from audio.whisper_languages import LANGUAGES, whisper_language

MOST_LONG_RECORDINGS = 3
"""Decoded at the same time; ten minutes take 38 MB. One alone keeps all workers busy."""


class Transcriber:
    """Hears what is said in recordings.

    The model is loaded by ``load`` or else by the first recording. All work is done in threads of its own: the event
    loop is never blocked. Long recordings are heard in pieces of half a minute at most, and short ones get in between.
    When the task that awaits ``transcribe`` is cancelled, the work stops at the end of the pieces that are being heard.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        compute_type: str = "int8",
        quality: Quality = "accurate",
        threads: int = 1,
        workers: int = 0,
        limits: DecodingLimits = DEFAULT_LIMITS,
        max_waiting: int = 32,
    ) -> None:
        """Load nothing yet.

        ``model``: the folder of a converted Whisper model (model.bin, config.json, tokenizer.json, vocabulary), or a
        name that faster-whisper downloads, such as ``small`` or ``large-v3-turbo``.
        ``device``: ``cpu`` or ``cuda``.
        ``compute_type``: ctranslate2's: ``int8`` costs half of ``float32`` in time and memory, for the same words.
        ``quality``: ``fast`` saves an eighth of the processor time, for a tenth more wrong words.
        ``threads``: processor threads of each worker, 0 for one: more cost more time in all for the same words.
        ``workers``: pieces of recordings heard at the same time; 0 for as many as there are cores for their threads.
        ``max_waiting``: recordings that may wait beside as many as there are workers; more raise ``BusyError``.
        """
        self._model = model
        self._device = device
        self._compute_type = compute_type
        self._threads = threads or 1
        self._workers = workers or max(1, (os.cpu_count() or 1) // self._threads)
        self._max_waiting = max_waiting
        self._places = threading.Semaphore(self._workers + max_waiting)
        self._pool = UrgentFirst(self._workers, "transcriber")
        self._loading = threading.Lock()
        self._whisper: Whisper | None = None
        self._closed = False
        self._shared = Hearing(self._loaded, self._pool, LongRecordings(MOST_LONG_RECORDINGS), limits, quality)
        self._listenings: set[Listening] = set()

    async def load(self) -> None:
        """Load the model now. Raises ``ModelUnavailableError``, and ``TranscriberClosedError`` after ``close``."""
        if self._closed:
            raise TranscriberClosedError
        loaded: Future[None] = Future()

        def load() -> None:
            try:
                self._loaded()
            except BaseException as error:
                loaded.set_exception(error)
            else:
                loaded.set_result(None)

        self._pool.submit(-math.inf, loaded, load)
        await asyncio.shield(asyncio.wrap_future(loaded))

    async def transcribe(
        self, audio: bytes | Recording, *, language: str | None = None, translate: bool = False
    ) -> Transcript:
        """The words in ``audio``, a file's bytes or what ``decode`` made of them; no text when nobody speaks.

        ``language``: a BCP-47 tag, by its first part one of ``LANGUAGES``; None listens which one it is.
        ``translate``: whether to write English, whatever language is spoken.

        Raises a ``RecordingError`` when the bytes cannot be used, ``UnknownLanguageError``, ``BusyError`` at once when
        too many wait, ``ModelUnavailableError``, and ``TranscriberClosedError`` when ``close`` came first.
        """
        code = None if language is None else whisper_language(language)
        if language is not None and code not in LANGUAGES:
            raise UnknownLanguageError(language, ", ".join(LANGUAGES))
        if self._closed:
            raise TranscriberClosedError
        if not self._places.acquire(blocking=False):
            raise BusyError(self._max_waiting)
        listening = Listening(self._shared, audio, language=code, translate=translate)
        listening.outcome.add_done_callback(lambda _: self._places.release())
        self._listenings.add(listening)
        try:
            listening.begin()
            # Cancelling the task cancels the outcome.
            return await asyncio.wrap_future(listening.outcome)
        finally:
            self._listenings.discard(listening)

    async def close(self) -> None:
        """Stop all work at the end of the pieces that are being heard, and end the threads. May be called twice."""
        self._closed = True
        for listening in self._listenings:
            listening.fail(TranscriberClosedError())
        await asyncio.to_thread(self._pool.shutdown)
        self._whisper = None

    def _loaded(self) -> Whisper:
        with self._loading:
            if self._whisper is None:
                self._whisper = Whisper.load(
                    self._model,
                    device=self._device,
                    compute_type=self._compute_type,
                    threads=self._threads,
                    workers=self._workers,
                )
            return self._whisper
