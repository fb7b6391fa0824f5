"""One Whisper model in memory: blocking, for worker threads."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.errors import ModelUnavailableError, UnknownLanguageError
from audio.recording import RECORDING_RATE_HZ, Recording
from audio.transcript import Segment, Transcript

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_FILES = ("model.bin", "config.json", "tokenizer.json")
"""Without the last one faster-whisper would ask the hub for it."""


_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class StoppedError(Exception):
    """Raised when the work was told to stop before it was done."""


class Whisper:
    """A loaded model; ``transcribe`` may be called from as many threads at once as it has ``workers``."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self.languages: tuple[str, ...] = tuple(model.supported_languages)

    @classmethod
    def load(cls, model: str | Path, *, device: str, compute_type: str, threads: int, workers: int) -> Whisper:
        """Load a converted model: a folder, or a name that faster-whisper downloads from the hub.

        Blocks for a second (base) or for the length of a download. Raises ``ModelUnavailableError``.
        """
        # A quarter of a second that only those who transcribe should pay.
        from faster_whisper import WhisperModel, available_models

        names = ", ".join(available_models())
        folder = Path(model)
        if folder.exists():
            missing = [name for name in _FILES if not (folder / name).is_file()]
            if missing:
                raise ModelUnavailableError(str(model), f"the folder has no {', '.join(missing)}", names)
        elif isinstance(model, Path) or not (model in available_models() or _HUB_NAME.fullmatch(model)):
            raise ModelUnavailableError(str(model), "there is no such folder and no such model", names)
        try:
            loaded = WhisperModel(
                str(model), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=workers
            )
        except Exception as error:
            # The hub's client, the tokenizer and ctranslate2 each raise errors of many kinds, some bare RuntimeErrors.
            raise ModelUnavailableError(str(model), _first_line(error), names) from error
        return cls(loaded)

    def transcribe(
        self, recording: Recording, *, language: str | None, translate: bool, stop: threading.Event
    ) -> Transcript:
        """The words in ``recording``; ``stop`` is looked at between segments, and ends in ``StoppedError``."""
        from faster_whisper.transcribe import restore_speech_timestamps
        from faster_whisper.vad import collect_chunks, get_speech_timestamps

        if language is not None and language not in self.languages:
            raise UnknownLanguageError(language, ", ".join(self.languages))
        # Whisper makes words up where there are none, so it only ever gets what holds speech.
        spoken = get_speech_timestamps(recording.samples)
        if not spoken:
            return Transcript("", language, 0.0, recording.duration_s, (), recording.truncated)
        if stop.is_set():
            raise StoppedError
        chunks, _ = collect_chunks(recording.samples, spoken)
        found, info = self._model.transcribe(
            np.concatenate(chunks), language=language, task="translate" if translate else "transcribe"
        )
        segments: list[Segment] = []
        for segment in restore_speech_timestamps(found, spoken, RECORDING_RATE_HZ):
            if stop.is_set():
                raise StoppedError
            if text := segment.text.strip():
                # Whisper rounds times up into the padding behind the sound.
                end_s = min(float(segment.end), recording.duration_s)
                segments.append(Segment(min(float(segment.start), end_s), end_s, text))
        return Transcript(
            text=" ".join(segment.text for segment in segments),
            language=info.language,
            language_probability=float(info.language_probability),
            duration_s=recording.duration_s,
            segments=tuple(segments),
            truncated=recording.truncated,
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:200]
