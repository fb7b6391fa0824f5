"""One recording on its way to its transcript: decoded, cut, and transcribed chunk by chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from audio.decoding.containers import container_of
from audio.decoding.decoder import Decoder
from audio.errors import RecordingError, UnknownLanguageError
from audio.recognition.batch import (
    ChunkRequest,
    ChunkResult,
    FirstLook,
    Quality,
    decided,
    decode_batch,
    first_looks,
    sound_of,
)
from audio.recognition.chunking import SpeechChunk, split_into_chunks
from audio.recognition.log_mel import Features
from audio.recognition.long_recordings import LONG_S, LongRecordings
from audio.recognition.openers import Openers
from audio.recognition.opening import OpenedRecording, with_speech
from audio.recognition.progress import OnProgress, TranscriptionProgress
from audio.recognition.scheduler import Step
from audio.recognition.stages import Stages
from audio.recognition.transcript import Segment, Transcript
from audio.recognition.voice_activity import utterances
from audio.recognition.whisper import Whisper
from audio.recording import Recording

BEGINNING_S = 30.0
"""How much of a long recording is transcribed before the rest is opened."""
FIRST_CHUNKS, TELLING_S = 4, 10.0
"""The language of a long recording is detected in the first of its first ``FIRST_CHUNKS`` chunks that has at least
``TELLING_S`` seconds of speech."""

DECODED_SHARE, SEARCHED_SHARE = 0.03, 0.05
"""The share of the work on a long recording that is done once it is decoded, and once its speech is found."""
TOLD_EVERY_S = 90.0
"""Seconds of sound between two progress reports until then; a recording not much longer than this is opened before
anybody looks."""

_SECOND_LOOK = "second look"
"""The ``kind`` of all steps in which chunks are decoded again."""


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """How a recording is to be transcribed, in Whisper's terms."""

    quality: Quality
    language: str | None = None
    """One of ``audio.LANGUAGES``, or None to detect it."""
    among: frozenset[str] | None = None
    """The languages that may be detected; None for all of them."""
    expected: Mapping[str, float] | None = None
    """How likely each language is before anything is heard; None if nothing is known."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    progress: OnProgress | None = None
    """Called in any thread."""


@dataclass(frozen=True, slots=True)
class TranscriberResources:
    """The resources that all recordings of one transcriber share."""

    whisper: Callable[[], Whisper]
    """The model, loaded by the first call. Raises ``ModelUnavailableError``."""
    stages: Stages
    long_recordings: LongRecordings
    decoder: Decoder
    openers: Callable[[], Openers | None]
    """The processes that open short files for a graphics card; None on a processor."""


class TranscriptionTask:
    """The work on one recording, done in steps by several threads.

    The chunk with the earliest deadline is transcribed first. The deadline is the time of the recording's turn plus its
    duration: a recording of three seconds does not wait for another of ten minutes, and none waits for ever.
    """

    def __init__(
        self, resources: TranscriberResources, audio: bytes | Recording, options: TaskOptions, turn_s: float
    ) -> None:
        """Does no work yet. ``turn_s``: when the recording arrived, by the monotonic clock, or later if its source
        sends much."""
        self.duration_s = _guessed_duration_s(audio)
        """The recording's duration; an estimate until it is opened."""
        self.size_bytes = len(audio) if isinstance(audio, bytes) else audio.samples.nbytes
        self._resources = resources
        self._audio = audio
        self._options = options
        self._language = options.language
        self._probability = 0.0 if options.language is None else 1.0
        self._turn_s = turn_s
        self._lock = threading.Lock()
        self._spectra: dict[SpeechChunk, Features] = {}
        self._queued: set[int] = set()
        """The numbers of the chunks that are queued for transcription or already transcribed."""
        self._results: dict[int, tuple[Segment, ...]] = {}
        self._transcribed_s = 0.0
        self._begun: list[str] = []
        """The texts of the first chunks, up to the first chunk that is not transcribed yet."""
        self._first_words: str | None = None
        """The text of the beginning, transcribed before the whole recording was opened; None before that."""
        self._opened = 0.0
        """The reported share of the work that is done before the first chunk is transcribed."""
        self._told_s = 0.0
        self.outcome: Future[Transcript] = Future()
        """Once this is done, for whatever reason, no further step is taken."""
        self.outcome.add_done_callback(lambda _: self._end())

    @property
    def deadline_s(self) -> float:
        return self._turn_s + self.duration_s

    def begin(self) -> None:
        """Queue the first step. Raises ``RuntimeError`` when the threads are shut down.

        A short recording is opened when it arrives, before earlier ones are transcribed: that takes a few milliseconds,
        and then all of them can be transcribed in one batch.
        """
        deadline_s = self._turn_s if self.duration_s <= LONG_S else self.deadline_s
        self._resources.stages.opening.submit(Step(deadline_s, self, lambda _: self.guarded(self._open)))

    def fail(self, error: BaseException) -> None:
        """End with ``error``, unless it has ended already."""
        with suppress(InvalidStateError):
            self.outcome.set_exception(error)

    def guarded(self, step: Callable[[], None]) -> None:
        """Run ``step``, unless the task has ended; an error that ``step`` raises ends the task."""
        if self.outcome.done():
            return
        try:
            step()
        except BaseException as error:
            # Whatever the error is, whoever waits for the outcome must learn of it.
            self.fail(error)

    def _end(self) -> None:
        self._resources.stages.forget(self)
        self._resources.long_recordings.leave(self)

    def _open(self) -> None:
        if self.duration_s > LONG_S and self._options.progress is not None and self._first_words is None:
            self._hear_beginning(self._options.progress)
        opened = self._opened_apart()
        recording = self._decoded(self._audio) if opened is None else opened.recording
        self.duration_s = recording.duration_s
        if self.duration_s > LONG_S and not self._resources.long_recordings.enter(self, self.duration_s, self.begin):
            # It is decoded again when its turn comes, which costs little compared with transcribing it.
            return
        whisper = self._resources.whisper()
        if self._language is not None and self._language not in whisper.languages:
            raise UnknownLanguageError(self._language, ", ".join(whisper.languages))
        opened = opened or self._searched(recording)
        recording, chunks = opened.recording, opened.chunks
        # Empty unless an opening process computed the spectra.
        self._spectra = dict(zip(chunks, opened.spectra, strict=False))
        if not chunks:
            self._finish(recording, chunks)
            return
        if self._language is not None:
            for number in range(len(chunks)):
                self._queue(recording, chunks, (number,))
            return
        # The longest chunk tells the language best; those that can share its batch are queued with it. For a long
        # recording somebody waits for the first words, so one of the first chunks is used, with those before it.
        if self.duration_s > LONG_S:
            first = range(min(len(chunks), FIRST_CHUNKS))
            telling = next((number for number in first if chunks[number].spoken_s >= TELLING_S), None)
            longest = telling if telling is not None else max(first, key=lambda number: chunks[number].duration_s)
            self._queue(recording, chunks, (longest, *range(longest)))
            return
        longest = max(range(len(chunks)), key=lambda number: chunks[number].duration_s)
        kinds = [self._kind(self._request(recording, chunk)) for chunk in chunks]
        like = [n for n, kind in enumerate(kinds) if n != longest and kind == kinds[longest]]
        self._queue(recording, chunks, (longest, *like[: self._resources.stages.hearing.max_together - 1]))

    def _hear_beginning(self, progress: OnProgress) -> None:
        """Report the first words, and detect the language, before the whole of a long recording is opened, which takes
        seconds for each quarter of an hour."""
        self._first_words = ""
        if not isinstance(self._audio, bytes) or self._language not in (None, *self.whisper.languages):
            return
        try:
            beginning = self._resources.decoder.beginning(self._audio, BEGINNING_S)
        except RecordingError:
            # Opening the whole recording reports the error.
            return
        chunks = split_into_chunks(utterances(beginning.samples))
        if not chunks:
            return
        result = decode_batch(self.whisper, [self._request(beginning, chunks[0])])[0]
        if self._language is None and chunks[0].spoken_s >= TELLING_S:
            self._language, self._probability = result.language, result.probability
        self._first_words = " ".join(segment.text for segment in result.segments)
        progress(TranscriptionProgress(0.0, self.duration_s, self._first_words))

    def _decoded(self, audio: bytes | Recording) -> Recording:
        if isinstance(audio, Recording):
            return audio
        return self._resources.decoder.decode(audio, progress=lambda done_s: self._tell(done_s, 0.0, DECODED_SHARE))

    def _tell(self, done_s: float, before: float, after: float) -> None:
        """Report that ``done_s`` seconds have passed the stage that takes the work from share ``before`` to ``after``.

        Raises ``CancelledError`` once nobody waits any more: opening and searching hours of sound takes a minute.
        """
        if self.outcome.done():
            raise CancelledError
        if self._options.progress is None or self.duration_s <= LONG_S or done_s < self._told_s + TOLD_EVERY_S:
            return
        self._told_s = done_s
        self._opened = max(self._opened, before + (after - before) * min(done_s / self.duration_s, 1.0))
        told = TranscriptionProgress(self._opened * self.duration_s, self.duration_s, self._first_words or "")
        self._options.progress(told)

    def _opened_apart(self) -> OpenedRecording | None:
        """A short file, opened in a separate process; None if there are no such processes, none is free, or the
        recording is not a short file."""
        openers = self._resources.openers()
        if openers is None or self.duration_s > LONG_S or not isinstance(self._audio, bytes):
            return None
        return openers.opened(self._audio)

    def _searched(self, recording: Recording) -> OpenedRecording:
        self._told_s = 0.0
        audio, decoder = self._audio, self._resources.decoder
        another = (lambda number: decoder.decode(audio, rendering=number)) if isinstance(audio, bytes) else None
        return with_speech(recording, another, lambda done_s: self._tell(done_s, DECODED_SHARE, SEARCHED_SHARE))

    def _request(self, recording: Recording, chunk: SpeechChunk) -> ChunkRequest:
        options = self._options
        return ChunkRequest(
            chunk,
            recording.samples,
            options.quality,
            self,
            self._language,
            options.among,
            options.expected,
            options.translate,
            options.hints,
            options.words,
            self._spectra.get(chunk),
        )

    def _queue(self, recording: Recording, chunks: list[SpeechChunk], numbers: tuple[int, ...]) -> None:
        task = ChunkTask(
            self, recording, chunks, numbers, [self._request(recording, chunks[number]) for number in numbers]
        )
        self._queued.update(numbers)
        is_ready = all(request.spectrum is not None for request in task.requests)
        # The spectra of hours of sound would fill the memory.
        if self._resources.stages.spectra is None or self.duration_s > LONG_S or is_ready:
            self._hear(task)
        else:
            ahead = Step(self.deadline_s, self, lambda _: self.guarded(lambda: self._hear(task.with_spectra())))
            self._resources.stages.spectra.submit(ahead)

    def _hear(self, task: ChunkTask) -> None:
        self._listen(_hear_together, task, self._kind(task.requests[0]), len(task.numbers))

    def look_again(self, heard: HeardTask) -> None:
        """Queue chunks that are to be decoded again."""
        self._listen(_decide_together, heard, _SECOND_LOOK, len(heard.looks))

    def _listen(self, run: Callable[[Sequence[Any]], None], item: object, kind: Hashable, size: int) -> None:
        background = self.duration_s > LONG_S
        step = Step(self.deadline_s, self, run, item, kind=kind, size=size, background=background)
        self._resources.stages.hearing.submit(step)

    def _kind(self, request: ChunkRequest) -> Hashable:
        return request.kind_on_card if self.is_staged else request.kind

    def record(self, task: ChunkTask, results: Sequence[ChunkResult]) -> None:
        """Record the results of some chunks."""
        with self._lock:
            first_known = self._language is None
            if first_known:
                self._language, self._probability = results[0].language, results[0].probability
            for number, result, request in zip(task.numbers, results, task.requests, strict=True):
                self._results[number] = result.segments
                self._transcribed_s += request.chunk.duration_s
            while (following := self._results.get(len(self._begun))) is not None:
                self._begun.append(" ".join(segment.text for segment in following))
            heard = min(self._transcribed_s / sum(chunk.duration_s for chunk in task.chunks), 1.0)
            share = self._opened + (1 - self._opened) * heard
            text = max(" ".join(filter(None, self._begun)), self._first_words or "", key=len)
            last = len(self._results) == len(task.chunks)
        if first_known:
            # The remaining chunks can only be queued now that the language is known.
            for number in sorted(set(range(len(task.chunks))) - self._queued):
                self._queue(task.recording, task.chunks, (number,))
        if self._options.progress is not None:
            self._options.progress(TranscriptionProgress(share * self.duration_s, self.duration_s, text))
        if last:
            self._finish(task.recording, task.chunks)

    @property
    def whisper(self) -> Whisper:
        return self._resources.whisper()

    @property
    def is_staged(self) -> bool:
        """Whether the recording is transcribed on a graphics card, in separate stages."""
        return self._resources.stages.spectra is not None

    def _finish(self, recording: Recording, chunks: list[SpeechChunk]) -> None:
        segments = tuple(segment for number in range(len(chunks)) for segment in self._results[number])
        said = bool(segments)
        transcript = Transcript(
            text=" ".join(segment.text for segment in segments),
            language=self._language if said else self._options.language,
            language_probability=self._probability if said else 0.0,
            duration_s=recording.duration_s,
            segments=segments,
            truncated=recording.truncated,
        )
        with suppress(InvalidStateError):
            self.outcome.set_result(transcript)


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Chunks of one recording that are to be transcribed together."""

    transcription: TranscriptionTask
    recording: Recording
    chunks: list[SpeechChunk]
    numbers: tuple[int, ...]
    """The positions in ``chunks`` of those to be transcribed."""
    requests: list[ChunkRequest]
    """One for each of ``numbers``."""

    def with_spectra(self) -> ChunkTask:
        """The same task with the spectra that the encoder needs."""
        whisper = self.transcription.whisper
        requests = [
            replace(request, spectrum=whisper.spectrum(sound_of(request), request.frames)) for request in self.requests
        ]
        return replace(self, requests=requests)


@dataclass(frozen=True, slots=True)
class HeardTask:
    """Chunks of one recording that were decoded once."""

    task: ChunkTask
    looks: tuple[FirstLook, ...]
    """One for each of the task's ``numbers``."""

    @property
    def transcription(self) -> TranscriptionTask:
        return self.task.transcription

    def only(self, *, settled: bool) -> HeardTask | None:
        """Only the chunks whose words look right, or with ``settled=False`` only the others; None if there are none."""
        kept = [n for n, look in enumerate(self.looks) if look.attempt.is_settled == settled]
        if not kept:
            return None
        numbers, requests = tuple(self.task.numbers[n] for n in kept), [self.task.requests[n] for n in kept]
        return HeardTask(replace(self.task, numbers=numbers, requests=requests), tuple(self.looks[n] for n in kept))


_Waiting = TypeVar("_Waiting", ChunkTask, HeardTask)
_Found = TypeVar("_Found")


def _hear_together(tasks: Sequence[ChunkTask]) -> None:
    def hear(wanted: Sequence[ChunkTask]) -> list[tuple[FirstLook, ...]]:
        requests = [request for task in wanted for request in task.requests]
        looks = iter(first_looks(wanted[0].transcription.whisper, requests))
        return [tuple(islice(looks, len(task.requests))) for task in wanted]

    heard = [HeardTask(task, looks) for task, looks in _done_together(tasks, hear)]
    if not heard or not heard[0].transcription.is_staged:
        _decide_together(heard)
        return
    # On a graphics card a second look takes as long for one chunk as for many, and longer than the first look at all.
    for one in heard:
        if (again := one.only(settled=False)) is not None:
            one.transcription.guarded(lambda again=again: again.transcription.look_again(again))  # type: ignore[misc]
    _decide_together([settled for one in heard if (settled := one.only(settled=True)) is not None])


def _decide_together(heard: Sequence[HeardTask]) -> None:
    def decide(wanted: Sequence[HeardTask]) -> list[list[ChunkResult]]:
        looks = [look for one in wanted for look in one.looks]
        results = iter(decided(wanted[0].transcription.whisper, looks))
        return [list(islice(results, len(one.looks))) for one in wanted]

    for one, results in _done_together(heard, decide):
        try:
            one.transcription.record(one.task, results)
        except BaseException as error:
            one.transcription.fail(error)


def _done_together(
    waiting: Sequence[_Waiting], work: Callable[[Sequence[_Waiting]], Sequence[_Found]]
) -> list[tuple[_Waiting, _Found]]:
    """The results of ``work`` for those of ``waiting`` for which somebody still waits.

    If ``work`` fails, it is repeated with each half: one item may be to blame, and the others must not suffer for it;
    and fewer items need less memory on a graphics card.
    """
    wanted = [one for one in waiting if not one.transcription.outcome.done()]
    if not wanted:
        return []
    try:
        return list(zip(wanted, work(wanted), strict=True))
    except BaseException as error:
        if len(wanted) == 1:
            wanted[0].transcription.fail(error)
            return []
    half = len(wanted) // 2
    return _done_together(wanted[:half], work) + _done_together(wanted[half:], work)


def _guessed_duration_s(audio: bytes | Recording) -> float:
    """The recording's duration, estimated from the size of its file if it is not decoded yet; 0 if the file is not a
    recording."""
    if isinstance(audio, Recording):
        return audio.duration_s
    container = container_of(audio)
    return len(audio) / container.usual_bytes_per_s if container else 0.0
