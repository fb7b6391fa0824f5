"""Transcribing with the first of several recognizers that succeeds."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from audio.errors import RecognitionUnavailableError, RecognizerFailedError
from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.recognizer import Recognizer
from audio.recognition.transcript import Transcript
from audio.recording import Recording

_LOG = logging.getLogger(__name__)


class FallbackRecognizer:
    """Several recognizers, each tried when those before it fail. One that failed is skipped for a while."""

    name = "fallback"

    def __init__(self, recognizers: Sequence[Recognizer], *, pause_after_failure_s: float = 300) -> None:
        """``recognizers``: the best first, at least one; ``close`` closes them all.
        ``pause_after_failure_s``: for how long one that has failed is skipped, unless all have failed."""
        self._recognizers = tuple(recognizers)
        self._pause_after_failure_s = pause_after_failure_s
        self._paused_until_s: dict[str, float] = {}

    async def load(self) -> None:
        """Load the first one; the others load when they are needed, so that they take no memory before."""
        await self._recognizers[0].load()

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """See ``Recognizer``. Raises ``RecognitionUnavailableError`` when every one that was tried failed."""
        reasons: list[RecognizerFailedError] = []
        now_s = time.monotonic()
        rested = [one for one in self._recognizers if self._paused_until_s.get(one.name, 0) <= now_s]
        for recognizer in rested or self._recognizers:
            try:
                transcript = await recognizer.transcribe(audio, options)
            except RecognizerFailedError as error:
                _LOG.warning("The recognizer %s failed: %s", recognizer.name, error.reason)
                self._paused_until_s[recognizer.name] = time.monotonic() + self._pause_after_failure_s
                reasons.append(error)
                continue
            self._paused_until_s.pop(recognizer.name, None)
            return transcript
        raise RecognitionUnavailableError("; ".join(f"{one.recognizer}: {one.reason}" for one in reasons))

    async def close(self) -> None:
        for recognizer in self._recognizers:
            await recognizer.close()
