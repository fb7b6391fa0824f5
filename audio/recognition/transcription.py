"""One recording on its way to its transcript: opened, cut, and heard piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass

from audio.decoding.containers import container_of
from audio.decoding.decoder import Decoder
from audio.errors import UnknownLanguageError
from audio.recognition.batch import Excerpt, Heard, Quality, hear
from audio.recognition.chunking import Piece, pieces_of
from audio.recognition.long_recordings import LONG_S, LongRecordings
from audio.recognition.scheduler import Scheduler, Step
from audio.recognition.transcript import Segment, Transcript
from audio.recognition.voice_activity import utterances
from audio.recognition.whisper import Whisper
from audio.recording import Recording


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for with a recording."""

    quality: Quality
    language: str | None = None
    """One of ``audio.LANGUAGES``, or None to listen which one it is."""
    among: frozenset[str] | None = None
    """The languages to listen for; None for all of them."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    progress: Callable[[float, float], None] | None = None
    """Called in any thread with the seconds that are heard so far and all the seconds of the recording."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all recordings of one transcriber share."""

    whisper: Callable[[], Whisper]
    """The model, loaded by the first call. Raises ``ModelUnavailableError``."""
    scheduler: Scheduler
    long_recordings: LongRecordings
    decoder: Decoder


class Listening:
    """The work on one recording, done in steps by several threads.

    Whichever piece has the earliest deadline is heard first, which is when the recording's turn came plus how long it
    is: who sends three seconds does not wait for the ten minutes of another, and nobody is put off for ever.
    """

    def __init__(self, shared: Workshop, audio: bytes | Recording, wish: Wish, turn_s: float) -> None:
        """``turn_s``: by the monotonic clock, when it came, or later for a source that sends much. Nothing is done
        yet."""
        self.duration_s = _guessed_duration_s(audio)
        """Of the recording; a guess until it is opened."""
        self.size_bytes = len(audio) if isinstance(audio, bytes) else audio.samples.nbytes
        self._shared = shared
        self._audio = audio
        self._wish = wish
        self._language = wish.language
        self._probability = 0.0 if wish.language is None else 1.0
        self._turn_s = turn_s
        self._lock = threading.Lock()
        self._heard: dict[int, tuple[Segment, ...]] = {}
        self._heard_s = 0.0
        self.outcome: Future[Transcript] = Future()
        """Once it is done, for whatever reason, no further step is taken."""
        self.outcome.add_done_callback(lambda _: self._end())

    @property
    def deadline_s(self) -> float:
        return self._turn_s + self.duration_s

    def begin(self) -> None:
        """Queue the first step. Raises ``RuntimeError`` when the threads are shut down.

        Short recordings are opened as they come, before those that came earlier are heard: that takes a few
        milliseconds, and then all of them can be heard together.
        """
        deadline_s = self._turn_s if self.duration_s <= LONG_S else self.deadline_s
        self._shared.scheduler.submit(Step(deadline_s, self, lambda _: self._guarded(self._open)))

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
        self._shared.scheduler.forget(self)
        self._shared.long_recordings.leave(self)

    def _open(self) -> None:
        recording = self._audio if isinstance(self._audio, Recording) else self._shared.decoder.decode(self._audio)
        self.duration_s = recording.duration_s
        if self.duration_s > LONG_S and not self._shared.long_recordings.enter(self, self.begin):
            # It is decoded again when its turn comes, which costs little beside what hearing it costs.
            return
        whisper = self._shared.whisper()
        if self._language is not None and self._language not in whisper.languages:
            raise UnknownLanguageError(self._language, ", ".join(whisper.languages))
        # Whisper makes words up where there are none, so it only ever gets what holds speech.
        pieces = pieces_of(utterances(recording.samples), len(recording.samples))
        if not pieces:
            self._finish(recording, pieces)
            return
        self._queue(recording, pieces, 0)
        if self._language is not None:
            self._queue_others(recording, pieces)

    def _queue_others(self, recording: Recording, pieces: list[Piece]) -> None:
        for number in range(1, len(pieces)):
            self._queue(recording, pieces, number)

    def _queue(self, recording: Recording, pieces: list[Piece], number: int) -> None:
        wish = self._wish
        excerpt = Excerpt(
            pieces[number],
            recording.samples,
            wish.quality,
            self._language,
            wish.among,
            wish.translate,
            wish.hints,
            wish.words,
        )
        step = Step(
            self.deadline_s,
            self,
            _hear_together,
            Task(self, recording, pieces, number, excerpt),
            kind=excerpt.kind,
            background=self.duration_s > LONG_S,
        )
        self._shared.scheduler.submit(step)

    def take(self, task: Task, heard: Heard) -> None:
        """Note what was heard in one piece."""
        first_known = self._language is None
        with self._lock:
            self._heard[task.number] = heard.segments
            self._heard_s += task.excerpt.piece.duration_s
            heard_s = self._heard_s
            last = len(self._heard) == len(task.pieces)
        if first_known:
            self._language, self._probability = heard.language, heard.probability
            # The others can only be heard now that their language is known.
            self._queue_others(task.recording, task.pieces)
        if self._wish.progress is not None:
            self._wish.progress(min(heard_s, self.duration_s), self.duration_s)
        if last:
            self._finish(task.recording, task.pieces)

    @property
    def whisper(self) -> Whisper:
        return self._shared.whisper()

    def _finish(self, recording: Recording, pieces: list[Piece]) -> None:
        segments = tuple(segment for number in range(len(pieces)) for segment in self._heard[number])
        transcript = Transcript(
            text=" ".join(segment.text for segment in segments),
            language=self._language if pieces else self._wish.language,
            language_probability=self._probability if pieces else 0.0,
            duration_s=recording.duration_s,
            segments=segments,
            truncated=recording.truncated,
        )
        with suppress(InvalidStateError):
            self.outcome.set_result(transcript)


@dataclass(frozen=True, slots=True)
class Task:
    """One piece that waits to be heard."""

    listening: Listening
    recording: Recording
    pieces: list[Piece]
    number: int
    excerpt: Excerpt


def _hear_together(tasks: Sequence[Task]) -> None:
    wanted = [task for task in tasks if not task.listening.outcome.done()]
    if not wanted:
        return
    try:
        heard = hear(wanted[0].listening.whisper, [task.excerpt for task in wanted])
    except BaseException as error:
        if len(wanted) == 1:
            wanted[0].listening.fail(error)
            return
        # One of them may be to blame: the others must not suffer for it.
        for task in wanted:
            _hear_together([task])
        return
    for task, found in zip(wanted, heard, strict=True):
        try:
            task.listening.take(task, found)
        except BaseException as error:
            task.listening.fail(error)


def _guessed_duration_s(audio: bytes | Recording) -> float:
    """How long a recording is, told from the size of its file before it is opened; 0 for what is none."""
    if isinstance(audio, Recording):
        return audio.duration_s
    container = container_of(audio)
    return len(audio) / container.usual_bytes_per_s if container else 0.0
