"""Speech recognition by workers."""

from __future__ import annotations

import hikari
import msgspec

from audio import Transcript, TranscriptionOptions, TranscriptionProgress
from bot.speech.attachment_links import AttachmentLinks
from bot.speech.tasks import HearTask
from bot.ui.bounded_download import FileTooLargeError, LinkExpiredError
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, WorkKind, WorkRequest

LONG_S = 60.0
"""Whoever asks for a longer recording expects to wait, and lets others go first."""
LONG_BYTES = 1 << 20
"""The same limit for files whose duration Discord does not tell: a minute of MP3."""
PATIENCE_S = {Lane.INTERACTIVE: 120.0, Lane.LONG: 300.0, Lane.BULK: 540.0}
"""How long a task may take, including its time in the queue; twice the recording's duration is added."""


class RemoteTranscriber:
    """Has workers transcribe recordings that they download from Discord; none passes through this process."""

    def __init__(self, bus: WorkBus, links: AttachmentLinks, *, limit_bytes: int) -> None:
        self._bus = bus
        self._links = links
        self._limit_bytes = limit_bytes

    async def transcribe(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, *, is_asked: bool = True
    ) -> Transcript:
        """As ``AttachmentTranscriber.transcribe``; if the link has expired, it is renewed once."""
        if attachment.size > self._limit_bytes:
            raise FileTooLargeError(self._limit_bytes)
        try:
            return await self._heard(attachment, options, is_asked, "")
        except LinkExpiredError:
            fresh = await self._links.renewed(attachment)
            if fresh is None:
                raise
            return await self._heard(fresh, options, is_asked, "-again")

    async def _heard(
        self, attachment: hikari.Attachment, options: TranscriptionOptions, is_asked: bool, suffix: str
    ) -> Transcript:
        task, lane = HearTask.of(attachment.url, attachment.size, options), _lane(attachment, is_asked)

        def tell(progress: bytes) -> None:
            if options.progress is not None:
                options.progress(msgspec.msgpack.decode(progress, type=TranscriptionProgress))

        request = WorkRequest(
            task=f"hear-{attachment.id}-{task.fingerprint}{suffix}",
            kind=WorkKind.HEAR,
            lane=lane,
            source=task.source or attachment.id,
            body=msgspec.msgpack.encode(task),
            timeout_s=PATIENCE_S[lane] + 2 * (attachment.duration or 0.0),
        )
        return msgspec.msgpack.decode(await self._bus.run(request, progress=tell), type=Transcript)


def _lane(attachment: hikari.Attachment, is_asked: bool) -> Lane:
    if not is_asked:
        return Lane.BULK
    is_long = attachment.size > LONG_BYTES if attachment.duration is None else attachment.duration > LONG_S
    return Lane.LONG if is_long else Lane.INTERACTIVE
