"""One recording on its way to its transcript: opened, cut, and heard piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from audio.containers import container_of
from audio.decoding import DecodingLimits, decode
from audio.errors import UnknownLanguageError
from audio.hearing import Quality, hear
from audio.long_recordings import LONG_S, LongRecordings
from audio.cutting import Piece, pieces_of
from audio.recording import Recording
from audio.transcript import Segment, Transcript
from audio.urgent_first import UrgentFirst
from audio.voice_activity import utterances
from audio.whisper import Whisper

if TYPE_CHECKING:
    from ctranslate2 import StorageView


@dataclass(frozen=True, slots=True)
class Hearing:
    """What all recordings of one transcriber share."""

    whisper: Callable[[], Whisper]
    """The model, loaded by the first call. Raises ``ModelUnavailableError``."""
    threads: UrgentFirst
    long_recordings: LongRecordings
    limits: DecodingLimits
    quality: Quality


class Listening:
    """The work on one recording, done in steps by several threads.

    Whichever piece has the earliest deadline is heard first, which is when the recording came plus how long it is: who
    sends three seconds does not wait for the ten minutes of another, and nobody is put off for ever.
    """

    def __init__(self, shared: Hearing, audio: bytes | Recording, *, language: str | None, translate: bool) -> None:
        """``language``: one of ``audio.LANGUAGES``, or None to listen which one it is. Nothing is done yet."""
        self._shared = shared
        self._audio = audio
        self._language = language
        self._probability = 0.0 if language is None else 1.0
        self._translate = translate
        self._came_s = time.monotonic()
        self._deadline_s = self._came_s + _guessed_duration_s(audio)
        self._lock = threading.Lock()
        self._heard: dict[int, list[Segment]] = {}
        self.outcome: Future[Transcript] = Future()
        """Once it is done, for whatever reason, no further step is taken."""
        self.outcome.add_done_callback(lambda _: self._end())

    def begin(self) -> None:
        """Queue the first step. Raises ``RuntimeError`` when the threads are shut down."""
        self._queue(self._open)

    def fail(self, error: BaseException) -> None:
        """End with ``error``, unless it has ended already."""
        with suppress(InvalidStateError):
            self.outcome.set_exception(error)

    def _queue(self, step: Callable[[], None]) -> None:
        self._shared.threads.submit(self._deadline_s, self, lambda: self._take(step))

    def _take(self, step: Callable[[], None]) -> None:
        if self.outcome.done():
            return
        try:
            step()
        except BaseException as error:
            # Whatever it is, whoever waits for the outcome must learn of it.
            self.fail(error)

    def _end(self) -> None:
        self._shared.threads.forget(self)
        self._shared.long_recordings.leave(self)

    def _open(self) -> None:
        recording = self._audio if isinstance(self._audio, Recording) else decode(self._audio, self._shared.limits)
        self._deadline_s = self._came_s + recording.duration_s
        if recording.duration_s > LONG_S and not self._shared.long_recordings.enter(self, self.begin):
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
        self._queue(lambda: self._hear_first(recording, pieces))

    def _hear_first(self, recording: Recording, pieces: list[Piece]) -> None:
        def language_of(encoded: StorageView) -> str:
            language = self._language
            if language is None:
                language, self._probability = self._shared.whisper().language(encoded)
                self._language = language
            # The others can only be heard now that their language is known, but need not wait for these words.
            for number in range(1, len(pieces)):
                self._queue(partial(self._hear, recording, pieces, number, lambda _: language))
            return language

        self._hear(recording, pieces, 0, language_of)

    def _hear(
        self, recording: Recording, pieces: list[Piece], number: int, language_of: Callable[[StorageView], str]
    ) -> None:
        segments = hear(
            self._shared.whisper(),
            pieces[number],
            recording.samples,
            language=language_of,
            translate=self._translate,
            quality=self._shared.quality,
        )
        with self._lock:
            self._heard[number] = segments
            last = len(self._heard) == len(pieces)
        if last:
            self._finish(recording, pieces)

    def _finish(self, recording: Recording, pieces: list[Piece]) -> None:
        segments = tuple(segment for number in range(len(pieces)) for segment in self._heard[number])
        transcript = Transcript(
            text=" ".join(segment.text for segment in segments),
            language=self._language,
            language_probability=self._probability if pieces else 0.0,
            duration_s=recording.duration_s,
            segments=segments,
            truncated=recording.truncated,
        )
        with suppress(InvalidStateError):
            self.outcome.set_result(transcript)


def _guessed_duration_s(audio: bytes | Recording) -> float:
    """How long a recording is, told from the size of its file before it is opened; 0 for what is none."""
    if isinstance(audio, Recording):
        return audio.duration_s
    container = container_of(audio)
    return len(audio) / container.usual_bytes_per_s if container else 0.0
