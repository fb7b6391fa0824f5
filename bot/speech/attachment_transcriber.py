"""What hears an attachment."""

from __future__ import annotations

from typing import Protocol

import hikari

from audio import Recognizer, Transcript, TranscriptionOptions
from bot.ui.downloading import download


class AttachmentTranscriber(Protocol):
    """Hears what people attach, in this process or elsewhere."""

    async def transcribe(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, *, is_asked: bool = True
    ) -> Transcript:
        """What is said in ``attachment``.

        ``is_asked``: whether a person waits for it; what is heard unasked lets others go first.

        Raises:
            StarlingError: what ``download`` and ``Recognizer.transcribe`` raise, or it is heard elsewhere and cannot
                be.
        """
        ...


class LocalTranscriber:
    """Downloads and hears in this process."""

    def __init__(self, recognizer: Recognizer, *, limit_bytes: int) -> None:
        self._recognizer = recognizer
        self._limit_bytes = limit_bytes

    async def transcribe(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, *, is_asked: bool = True
    ) -> Transcript:
        """As ``AttachmentTranscriber.transcribe``; all wait alike, in turns of their sources."""
        return await self._recognizer.transcribe(await download(attachment, self._limit_bytes), options)
