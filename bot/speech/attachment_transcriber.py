"""Transcribes attachments."""

from __future__ import annotations

from typing import Protocol

import hikari

from audio import Recognizer, Transcript, TranscriptionOptions
from bot.ui.downloading import download


class AttachmentTranscriber(Protocol):
    """Transcribes attachments, in this process or elsewhere."""

    async def transcribe(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, *, is_asked: bool = True
    ) -> Transcript:
        """The transcript of ``attachment``.

        ``is_asked``: whether a person waits for it; otherwise, others go first.

        Raises:
            StarlingError: what ``download`` and ``Recognizer.transcribe`` raise, or no worker could transcribe it.
        """
        ...


class LocalTranscriber:
    """Downloads and transcribes in this process."""

    def __init__(self, recognizer: Recognizer, *, limit_bytes: int) -> None:
        self._recognizer = recognizer
        self._limit_bytes = limit_bytes

    async def transcribe(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, *, is_asked: bool = True
    ) -> Transcript:
        """As ``AttachmentTranscriber.transcribe``, but ``is_asked`` makes no difference: sources take turns."""
        return await self._recognizer.transcribe(await download(attachment, self._limit_bytes), options)
