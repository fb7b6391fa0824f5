"""The tasks for speech recognition and synthesis that are sent to workers."""

from __future__ import annotations

import hashlib

import msgspec

from audio import Prosody, TranscriptionOptions
from audio.recognition.batch import Quality


class HearTask(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to be transcribed: its URL, never the recording itself."""

    url: str
    """Signed by Discord, valid for a day."""
    size_bytes: int
    """According to Discord."""
    language: str | None = None
    languages: tuple[str, ...] | None = None
    expected_languages: dict[str, float] | None = None
    translate: bool = False
    quality: Quality | None = None
    hints: str = ""
    words: bool = False
    source: int | None = None

    @classmethod
    def of(cls, url: str, size_bytes: int, options: TranscriptionOptions) -> HearTask:
        """The task to transcribe the file at ``url`` with ``options``."""
        return cls(
            url=url,
            size_bytes=size_bytes,
            language=options.language,
            languages=None if options.languages is None else tuple(options.languages),
            expected_languages=None if options.expected_languages is None else dict(options.expected_languages),
            translate=options.translate,
            quality=options.quality,
            hints=options.hints,
            words=options.words,
            # msgspec refuses subclasses of int, such as hikari's ids.
            source=int(options.source) if isinstance(options.source, int) else None,
        )

    @property
    def options(self) -> TranscriptionOptions:
        """The options that the task was made with, without the progress callback."""
        return TranscriptionOptions(
            language=self.language,
            languages=self.languages,
            expected_languages=self.expected_languages,
            translate=self.translate,
            quality=self.quality,
            hints=self.hints,
            words=self.words,
            source=self.source,
        )

    @property
    def fingerprint(self) -> str:
        """A fingerprint of what is wanted of the recording. ``expected_languages``, and ``url``, which is signed anew
        each time, do not count, so that the same task has the same fingerprint after a restart."""
        return _fingerprint(
            (self.language, self.languages, self.translate, self.quality, self.hints, self.words)
        )  # fmt: skip


class SpeakTask(msgspec.Struct, frozen=True, kw_only=True, tag="speak"):
    """A text to be spoken."""

    text: str
    is_plain: bool = False
    """See ``Synthesizer.speak``."""
    language: str | None = None
    hint: str | None = None
    voice: str | None = None
    rate: float = 1.0
    pitch: float = 0.0

    @property
    def prosody(self) -> Prosody:
        return Prosody(self.rate, self.pitch)

    @property
    def fingerprint(self) -> str:
        """A fingerprint of the whole task."""
        return _fingerprint(msgspec.structs.astuple(self))


class VoicesTask(msgspec.Struct, frozen=True, tag="voices"):
    """A request for the list of available voices."""


def _fingerprint(wanted: object) -> str:
    return hashlib.blake2b(msgspec.msgpack.encode(wanted), digest_size=16).hexdigest()
