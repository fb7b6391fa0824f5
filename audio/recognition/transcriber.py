"""Transcribing recordings in worker threads: the most urgent first, several together, a bounded number at a time."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections.abc import Hashable, Mapping
from concurrent.futures import Future
from pathlib import Path

from audio.decoding.decoder import Decoder
from audio.decoding.limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import TranscriberBusyError, TranscriberClosedError, UnknownLanguageError
from audio.recognition.batch import MOST_TOGETHER, Quality
from audio.recognition.device import Device, card_type, chosen_device
from audio.recognition.long_recordings import LongRecordings
from audio.recognition.openers import Openers
from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.progress import OnProgress, TranscriptionProgress
from audio.recognition.scheduler import Step
from audio.recognition.stages import HEARING_THREADS, Stages
from audio.recognition.transcript import Transcript
from audio.recognition.transcription import TaskOptions, TranscriberResources, TranscriptionTask
from audio.recognition.whisper import Whisper
from audio.recognition.whisper_languages import LANGUAGES, whisper_language
from audio.recording import Recording

MAX_LONG_S = 3600.0
"""Seconds of long recordings that are in memory, decoded, at the same time: 230 MB. One alone keeps its workers busy.
"""

MAX_TOGETHER = 4
"""Chunks in one batch on a processor: each costs a fifth less than alone. Larger batches gain no more, and make others
wait longer."""

MAX_WAITING_BYTES = 256 << 20
"""The total size of the files of all recordings that wait or are being transcribed."""

PROCESSOR_TYPE = "int8"

LONG_FILES_AT_ONCE = 4
"""How many long files are decoded at the same time when the model runs on a graphics card."""

_FIRST_GUESS = 0.15
"""Seconds that one worker takes for a second of sound, assumed until the speed of this machine is known."""

_ENOUGH_S = 30.0
"""Seconds of sound that must be transcribed before the speed of this machine is known."""


class Transcriber:
    """Transcribes recordings.

    The model is loaded by ``load`` or else by the first recording. All work is done in the transcriber's own threads:
    the event loop is never blocked. Long recordings are cut into chunks of half a minute at most, and short recordings
    are transcribed in between: if there are two or more workers, one of them is kept free of long recordings. Chunks of
    similar length that wait at the same time share a batch. Senders of much wait for senders of little (``source``).
    When the task that awaits ``transcribe`` is cancelled, the work stops at once if the recording is still being opened
    or searched for speech, and otherwise at the end of the chunks that are being decoded.
    """

    name = "whisper"

    def __init__(
        self,
        model: str | Path,
        *,
        device: Device = Device.CPU,
        device_index: int = 0,
        compute_type: str = "auto",
        quality: Quality = Quality.ACCURATE,
        threads: int = 1,
        workers: int = 0,
        together: int = MAX_TOGETHER,
        limits: DecodingLimits = DEFAULT_LIMITS,
        max_waiting: int = 32,
        unload_after_s: float = 0,
    ) -> None:
        """Does not load the model yet. Raises ``GraphicsCardUnavailableError``, see ``chosen_device``.

        ``model``: the folder of a converted Whisper model (model.bin, config.json, tokenizer.json, vocabulary), or a
        name that faster-whisper downloads, such as ``small`` or ``large-v3-turbo``.
        ``device``: where it runs, see ``chosen_device``; ``device_index``: which graphics card.
        ``compute_type``: one of ctranslate2's, or ``auto``: ``int8`` on a processor, which costs half of ``float32``
        in time and memory for the same words, and ``float16`` on a graphics card that supports it.
        ``quality``: ``fast`` saves a tenth of the processor time, at the cost of a few more wrong words.
        ``threads``: processor threads of each worker, 0 for one: more of them take more time in all for the same words.
        ``workers``: batches of chunks decoded at the same time on a processor; 0 for the number of cores divided by
        ``threads``.
        ``together``: chunks in one batch on a processor, at least 1.
        ``max_waiting``: how many recordings may wait in addition to one for each worker, on a graphics card at least
        ``4 * MOST_TOGETHER``; beyond that ``transcribe`` raises ``TranscriberBusyError``.
        ``unload_after_s``: after this long without a recording the model is unloaded until the next one; 0 for never.
        """
        self._model = model
        self._device = chosen_device(device, device_index)
        is_card = self._device.name is Device.CUDA
        self._compute_type = compute_type
        if compute_type == "auto":
            self._compute_type = card_type(self._device.index) if is_card else PROCESSOR_TYPE
        self._quality = quality
        self._threads = threads or 1
        self._workers = workers or max(1, (os.cpu_count() or 1) // self._threads)
        self._limits = limits
        # For a graphics card, short files are opened by ``Openers``.
        self._decoder = Decoder(limits, processes=min(self._workers, LONG_FILES_AT_ONCE) if is_card else self._workers)
        self._openers: Openers | None = None
        self._max_waiting = max(max_waiting, 4 * MOST_TOGETHER) if is_card else max_waiting
        self._unload_after_s = unload_after_s
        self._unloading: threading.Timer | None = None
        self._stages = Stages.on_card() if is_card else Stages.on_processor(self._workers, together)
        self._loading = threading.Lock()
        self._whisper: Whisper | None = None
        self._closed = False
        self._resources = TranscriberResources(
            self._loaded, self._stages, LongRecordings(MAX_LONG_S), self._decoder, lambda: self._openers
        )
        self._tasks: set[TranscriptionTask] = set()
        self._turns_s: dict[Hashable, float] = {}
        self._transcribed_s = 0.0
        self._cost = _FIRST_GUESS

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._whisper is not None

    async def load(self) -> None:
        """Load the model now. Raises ``ModelUnavailableError``, and ``TranscriberClosedError`` after ``close``."""
        if self._closed:
            raise TranscriberClosedError
        self._decoder.start()
        loaded: Future[None] = Future()

        def load(_: object) -> None:
            try:
                self._loaded()
            except BaseException as error:
                loaded.set_exception(error)
            else:
                loaded.set_result(None)

        self._stages.opening.submit(Step(-math.inf, loaded, load))
        await asyncio.shield(asyncio.wrap_future(loaded))
        self._plan_unloading()

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """The words in ``audio``, a file's bytes or a decoded recording; no text when nobody speaks.

        Raises a ``RecordingError`` when the bytes cannot be used, ``UnknownLanguageError``, ``TranscriberBusyError`` at
        once when too many wait, ``ModelUnavailableError``, and ``TranscriberClosedError`` when ``close`` was called
        before the end.
        """
        wanted = TaskOptions(
            quality=options.quality or self._quality,
            language=None if options.language is None else _code(options.language),
            among=frozenset(map(_code, options.languages)) if options.languages else None,
            expected=_expected(options.expected_languages) if options.expected_languages else None,
            translate=options.translate,
            hints=" ".join(options.hints.split()),
            words=options.words,
            progress=None if options.progress is None else _in_loop(options.progress),
        )
        if self._closed:
            raise TranscriberClosedError
        came_s = time.monotonic()
        task = TranscriptionTask(self._resources, audio, wanted, max(came_s, self._turns_s.get(options.source, 0.0)))
        self._admit(task, options.source, came_s)
        try:
            task.begin()
            # Cancelling the task cancels the outcome.
            transcript = await asyncio.wrap_future(task.outcome)
            self._learn_cost(transcript.duration_s)
            return transcript
        finally:
            self._tasks.discard(task)
            self._plan_unloading()

    async def close(self) -> None:
        """Stop all work once the chunks being decoded are done, and end the threads and the decoder processes.

        May be called twice.
        """
        self._closed = True
        self._plan_unloading()
        for task in list(self._tasks):
            task.fail(TranscriberClosedError())
        await asyncio.to_thread(self._decoder.close)
        await asyncio.to_thread(self._stages.shutdown)
        await asyncio.to_thread(self._forget_model)

    def _admit(self, task: TranscriptionTask, source: Hashable, came_s: float) -> None:
        size_bytes = task.size_bytes + sum(other.size_bytes for other in self._tasks)
        if len(self._tasks) >= self._workers + self._max_waiting or size_bytes > MAX_WAITING_BYTES:
            raise TranscriberBusyError(len(self._tasks), self._wait_s())
        self._tasks.add(task)
        if self._unloading is not None:
            self._unloading.cancel()
        if source is not None:
            self._turns_s = {who: turn_s for who, turn_s in self._turns_s.items() if turn_s > came_s}
            self._turns_s[source] = task.deadline_s

    def _wait_s(self) -> float:
        """The estimated time until all accepted recordings are transcribed."""
        return sum(task.duration_s for task in self._tasks) * self._cost / self._workers

    def _learn_cost(self, duration_s: float) -> None:
        self._transcribed_s += duration_s
        if self._transcribed_s > _ENOUGH_S:
            self._cost = self._stages.hearing.busy_s / self._transcribed_s

    def _plan_unloading(self) -> None:
        if self._unloading is not None:
            self._unloading.cancel()
            self._unloading = None
        if self._unload_after_s and not self._closed and not self._tasks and self._whisper is not None:
            self._unloading = threading.Timer(self._unload_after_s, self._unload)
            self._unloading.daemon = True
            self._unloading.start()

    def _unload(self) -> None:
        with self._loading:
            if not self._tasks:
                self._forget_model()

    def _forget_model(self) -> None:
        self._whisper = None
        if self._openers is not None:
            self._openers.close()
            self._openers = None

    def _loaded(self) -> Whisper:
        with self._loading:
            if self._whisper is None:
                self._whisper = Whisper.load(
                    self._model,
                    device=self._device,
                    compute_type=self._compute_type,
                    threads=self._threads,
                    workers=HEARING_THREADS if self._device.name is Device.CUDA else self._workers,
                )
                if self._whisper.is_on_card:
                    self._openers = Openers(self._workers, self._limits, self._whisper.bands)
            return self._whisper


def _code(tag: str) -> str:
    code = whisper_language(tag)
    if code not in LANGUAGES:
        raise UnknownLanguageError(tag, ", ".join(LANGUAGES))
    return code


def _expected(weights: Mapping[str, float]) -> dict[str, float]:
    """``weights`` by Whisper's language codes; languages that Whisper does not know are left out."""
    found: dict[str, float] = {}
    for tag, weight in weights.items():
        code = whisper_language(tag)
        if code in LANGUAGES:
            found[code] = found.get(code, 0.0) + weight
    return found


def _in_loop(progress: OnProgress) -> OnProgress:
    """Wrap ``progress`` so that it can be called from any thread and runs in the current event loop."""
    loop = asyncio.get_running_loop()

    def tell(done: TranscriptionProgress) -> None:
        loop.call_soon_threadsafe(progress, done)

    return tell
