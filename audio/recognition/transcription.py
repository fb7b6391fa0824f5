"""One recording on its way to its transcript: decoded, cut, and transcribed chunk by chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass

from audio.decoding.containers import container_of
from audio.decoding.decoder import Decoder
from audio.errors import UnknownLanguageError
from audio.recognition.batch import ChunkRequest, ChunkResult, Quality, decode_batch
from audio.recognition.chunking import SpeechChunk, split_into_chunks
from audio.recognition.long_recordings import LONG_S, LongRecordings
from audio.recognition.scheduler import Scheduler, Step
from audio.recognition.transcript import Segment, Transcript
from audio.recognition.voice_activity import utterances
from audio.recognition.whisper import Whisper
from audio.recording import Recording


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """What is asked for with a recording."""

    quality: Quality
    language: str | None = None
    """One of ``audio.LANGUAGES``, or None to detect it."""
    among: frozenset[str] | None = None
    """The languages that may be detected; None for all of them."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    progress: Callable[[float, float], None] | None = None
    """Called in any thread with the seconds that are transcribed so far and all the seconds of the recording."""


@dataclass(frozen=True, slots=True)
class TranscriberResources:
    """What all recordings of one transcriber share."""

    whisper: Callable[[], Whisper]
    """The model, loaded by the first call. Raises ``ModelUnavailableError``."""
    scheduler: Scheduler
    long_recordings: LongRecordings
    decoder: Decoder


class TranscriptionTask:
    """The work on one recording, done in steps by several threads.

    Whichever chunk has the earliest deadline is transcribed first. The deadline is when the recording's turn came plus
    how long it is: who sends three seconds does not wait for ten minutes of another, and nobody is put off for ever.
    """

    def __init__(
        self, resources: TranscriberResources, audio: bytes | Recording, options: TranscriptionOptions, turn_s: float
    ) -> None:
        """``turn_s``: by the monotonic clock, when it came, or later for a source that sends much. Nothing is done
        yet."""
        self.duration_s = _guessed_duration_s(audio)
        """Of the recording; a guess until it is opened."""
        self.size_bytes = len(audio) if isinstance(audio, bytes) else audio.samples.nbytes
        self._resources = resources
        self._audio = audio
        self._options = options
        self._language = options.language
        self._probability = 0.0 if options.language is None else 1.0
        self._turn_s = turn_s
        self._lock = threading.Lock()
        self._results: dict[int, tuple[Segment, ...]] = {}
        self._transcribed_s = 0.0
        self.outcome: Future[Transcript] = Future()
        """Once it is done, for whatever reason, no further step is taken."""
        self.outcome.add_done_callback(lambda _: self._end())

    @property
    def deadline_s(self) -> float:
        return self._turn_s + self.duration_s

    def begin(self) -> None:
        """Queue the first step. Raises ``RuntimeError`` when the threads are shut down.

        Short recordings are opened as they come, before those that came earlier are transcribed: that takes a
        few milliseconds, and then all of them can be transcribed in one batch.
        """
        deadline_s = self._turn_s if self.duration_s <= LONG_S else self.deadline_s
        self._resources.scheduler.submit(Step(deadline_s, self, lambda _: self._guarded(self._open)))

    def fail(self, error: BaseException) -> None:
        """End with ``error``, unless it has ended already."""
        with suppress(InvalidStateError):
            self.outcome.set_exception(error)

    def _guarded(self, step: Callable[[], None]) -> None:
        if self.outcome.done():
            return
        try:
            step()
        except BaseException as error:
            # Whatever it is, whoever waits for the outcome must learn of it.
            self.fail(error)

    def _end(self) -> None:
        self._resources.scheduler.forget(self)
        self._resources.long_recordings.leave(self)

    def _open(self) -> None:
        recording = self._audio if isinstance(self._audio, Recording) else self._resources.decoder.decode(self._audio)
        self.duration_s = recording.duration_s
        if self.duration_s > LONG_S and not self._resources.long_recordings.enter(self, self.begin):
            # It is decoded again when its turn comes, which costs little beside what transcribing it costs.
            return
        whisper = self._resources.whisper()
        if self._language is not None and self._language not in whisper.languages:
            raise UnknownLanguageError(self._language, ", ".join(whisper.languages))
        # Whisper makes words up where there are none, so it only ever gets what holds speech.
        chunks = split_into_chunks(utterances(recording.samples), len(recording.samples))
        if not chunks:
            self._finish(recording, chunks)
            return
        self._queue(recording, chunks, 0)
        if self._language is not None:
            self._queue_others(recording, chunks)

    def _queue_others(self, recording: Recording, chunks: list[SpeechChunk]) -> None:
        for number in range(1, len(chunks)):
            self._queue(recording, chunks, number)

    def _queue(self, recording: Recording, chunks: list[SpeechChunk], number: int) -> None:
        options = self._options
        request = ChunkRequest(
            chunks[number],
            recording.samples,
            options.quality,
            self._language,
            options.among,
            options.translate,
            options.hints,
            options.words,
        )
        step = Step(
            self.deadline_s,
            self,
            _decode_together,
            ChunkTask(self, recording, chunks, number, request),
            kind=request.kind,
            background=self.duration_s > LONG_S,
        )
        self._resources.scheduler.submit(step)

    def record(self, task: ChunkTask, result: ChunkResult) -> None:
        """Record what was found in one chunk."""
        first_known = self._language is None
        with self._lock:
            self._results[task.number] = result.segments
            self._transcribed_s += task.request.chunk.duration_s
            transcribed_s = self._transcribed_s
            last = len(self._results) == len(task.chunks)
        if first_known:
            self._language, self._probability = result.language, result.probability
            # The others can only be transcribed now that their language is known.
            self._queue_others(task.recording, task.chunks)
        if self._options.progress is not None:
            self._options.progress(min(transcribed_s, self.duration_s), self.duration_s)
        if last:
            self._finish(task.recording, task.chunks)

    @property
    def whisper(self) -> Whisper:
        return self._resources.whisper()

    def _finish(self, recording: Recording, chunks: list[SpeechChunk]) -> None:
        segments = tuple(segment for number in range(len(chunks)) for segment in self._results[number])
        transcript = Transcript(
            text=" ".join(segment.text for segment in segments),
            language=self._language if chunks else self._options.language,
            language_probability=self._probability if chunks else 0.0,
            duration_s=recording.duration_s,
            segments=segments,
            truncated=recording.truncated,
        )
        with suppress(InvalidStateError):
            self.outcome.set_result(transcript)


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """One chunk that waits to be transcribed."""

    transcription: TranscriptionTask
    recording: Recording
    chunks: list[SpeechChunk]
    number: int
    request: ChunkRequest


def _decode_together(tasks: Sequence[ChunkTask]) -> None:
    wanted = [task for task in tasks if not task.transcription.outcome.done()]
    if not wanted:
        return
    try:
        results = decode_batch(wanted[0].transcription.whisper, [task.request for task in wanted])
    except BaseException as error:
        if len(wanted) == 1:
            wanted[0].transcription.fail(error)
            return
        # One of them may be to blame: the others must not suffer for it.
        for task in wanted:
            _decode_together([task])
        return
    for task, result in zip(wanted, results, strict=True):
        try:
            task.transcription.record(task, result)
        except BaseException as error:
            task.transcription.fail(error)


def _guessed_duration_s(audio: bytes | Recording) -> float:
    """How long a recording is, told from the size of its file before it is opened; 0 for what is none."""
    if isinstance(audio, Recording):
        return audio.duration_s
    container = container_of(audio)
    return len(audio) / container.usual_bytes_per_s if container else 0.0
