"""Transcribing recordings in worker threads, a bounded number at a time."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from audio.decoder import Decoder
from audio.decoding_limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import BusyError, TranscriberClosedError, UnknownLanguageError
from audio.recording import Recording
from audio.transcript import Transcript
from audio.whisper import StoppedError, Whisper
from audio.whisper_languages import LANGUAGES, whisper_language


class Transcriber:
    """Hears what is said in recordings.

    The model is loaded by ``load`` or else by the first recording. All work is done in threads of its own: the event
    loop is never blocked. When the task that awaits ``transcribe`` is cancelled, the work stops at the next segment.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int = 0,
        workers: int = 1,
        limits: DecodingLimits = DEFAULT_LIMITS,
        max_waiting: int = 32,
    ) -> None:
        """Load nothing yet.

        ``model``: the folder of a converted Whisper model (model.bin, config.json, tokenizer.json, vocabulary), or a
        name that faster-whisper downloads, such as ``small`` or ``large-v3-turbo``.
        ``device``: ``cpu`` or ``cuda``.
        ``compute_type``: ctranslate2's: ``int8`` costs half of ``float32`` in time and memory, for the same words.
        ``threads``: processor threads of each worker; 0 takes all cores but one, at least one.
        ``workers``: recordings transcribed at the same time; at least 1.
        ``max_waiting``: recordings that may wait beside those; more raise ``BusyError``.
        """
        self._model = model
        self._device = device
        self._compute_type = compute_type
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._workers = workers
        self._decoder = Decoder(limits, processes=workers)
        self._max_waiting = max_waiting
        self._places = threading.Semaphore(workers + max_waiting)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="transcriber")
        self._loading = threading.Lock()
        self._whisper: Whisper | None = None
        self._closing = threading.Event()
        self._stops: set[threading.Event] = set()

    async def load(self) -> None:
        """Load the model now. Raises ``ModelUnavailableError``, and ``TranscriberClosedError`` after ``close``."""
        if self._closing.is_set():
            raise TranscriberClosedError
        self._decoder.start()
        await asyncio.wrap_future(self._pool.submit(self._loaded))

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
        if self._closing.is_set():
            raise TranscriberClosedError
        if not self._places.acquire(blocking=False):
            raise BusyError(self._max_waiting)
        stop = threading.Event()
        work = self._pool.submit(self._work, audio, code, translate, stop)
        work.add_done_callback(lambda _: self._places.release())
        self._stops.add(stop)
        try:
            return await asyncio.wrap_future(work)
        except StoppedError:
            raise TranscriberClosedError from None
        except asyncio.CancelledError:
            stop.set()
            raise
        finally:
            self._stops.discard(stop)

    async def close(self) -> None:
        """Stop all work at its next segment, and end the threads and the decoders. May be called twice."""
        self._closing.set()
        for stop in self._stops:
            stop.set()
        await asyncio.to_thread(self._decoder.close)
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

    def _work(
        self, audio: bytes | Recording, language: str | None, translate: bool, stop: threading.Event
    ) -> Transcript:
        if stop.is_set():
            raise StoppedError
        recording = audio if isinstance(audio, Recording) else self._decoder.decode(audio)
        whisper = self._loaded()
        return whisper.transcribe(recording, language=language, translate=translate, stop=stop)
