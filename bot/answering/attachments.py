"""The attachments of a message: pictures, files, and recordings of other people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import hikari
import structlog

from bot.answering.file_texts import FileText, FileTexts, fetched, fitted, is_readable
from bot.answering.recordings import RecordingReader
from bot.answering.unread_files import (
    MAX_NAME_CHARS,
    FileTooManyError,
    FileUnreadError,
    PictureUnreadableError,
    PictureUnseenError,
)
from bot.answering.voice_notes import is_recording, recordings_in
from bot.conversation.chat_message import Picture
from bot.work.sealed import SealedProcesses, SealedWorkError, WorkLimits

log = structlog.get_logger()

MAX_PICTURES = 4
"""Per message; each costs a model about a thousand tokens."""
PICTURE_LIMIT_BYTES = 10 << 20
PICTURE_WORK = WorkLimits(memory_bytes=256 << 20, processor_s=10, output_bytes=1 << 20)
"""Enough for 50 megapixels of PNG or JPEG, and for 15 of WebP, whose decoder holds four copies."""
MAX_FILES = 10
"""Per message: as many as Discord allows."""
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


@dataclass(frozen=True, slots=True)
class AttachmentContent:
    """The content of a message's attachments."""

    text: str = ""
    """The text of the files, each under its name."""
    pictures: tuple[Picture, ...] = ()
    unread: tuple[FileUnreadError, ...] = ()
    """Why files were not read."""
    shortened: tuple[str, ...] = ()
    """The names of the files of which only the beginning is included."""

    @property
    def text_for_model(self) -> str:
        """The text, and a remark on each file that could not be read."""
        unread = [f"[Also attached, but not readable here: {error.params['name']}. {error}]" for error in self.unread]
        return "\n\n".join(part for part in (self.text, *unread) if part)


def has_readable_attachments(message: hikari.PartialMessage) -> bool:
    """Whether there is a picture or a readable file in ``message``, or in one that it forwards."""
    return any(is_picture(one) or is_readable(one) for one in attachments_of(message))


def attachments_of(message: hikari.PartialMessage) -> list[hikari.Attachment]:
    """The attachments of ``message`` and of the messages that it forwards."""
    found = list(message.attachments or ())
    for snapshot in message.message_snapshots or ():
        found += snapshot.attachments or ()
    return found


def is_picture(attachment: hikari.Attachment) -> bool:
    return (attachment.media_type or "").partition(";")[0] in _PICTURE_TYPES


class AttachmentReader:
    """Reads attachments."""

    def __init__(self, recordings: RecordingReader, sealed: SealedProcesses) -> None:
        self._recordings = recordings
        self._sealed = sealed
        self._texts = FileTexts(sealed)

    async def read(self, files: Sequence[hikari.Attachment], *, pictures: bool, room_tokens: int) -> AttachmentContent:
        """The content of ``files``, as far as they can be read, and why the others cannot. Recordings are not
        transcribed here.

        ``pictures``: whether pictures are included. ``room_tokens``: the token limit for the text, as counted by
        ``count_tokens``.
        """
        silent = [one for one in files if not is_recording(one)]
        tasks = [self._one(one, silent[:number], pictures=pictures) for number, one in enumerate(silent)]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        unread = [one for one in found if isinstance(one, FileUnreadError)]
        for one in found:
            if isinstance(one, BaseException) and not isinstance(one, FileUnreadError):
                raise one
        texts = fitted([one for one in found if isinstance(one, FileText)], room_tokens)
        return AttachmentContent(
            "\n\n".join(map(str, texts)),
            tuple(one for one in found if isinstance(one, Picture)),
            tuple(unread),
            tuple(one.name for one in texts if one.is_cut),
        )

    async def of_earlier(
        self,
        message: hikari.PartialMessage,
        *,
        guild: hikari.Snowflakeish | None,
        asker: hikari.Snowflakeish,
        pictures: bool,
        room_tokens: int,
    ) -> AttachmentContent:
        """The content of a ``message`` before the question, including the transcripts of its recordings; recordings
        that cannot be transcribed are left out. The transcription is counted for the ``asker``."""
        heard: list[str] = []
        if message.author:
            read = self._recordings.read
            earlier = await read(recordings_in(message), guild=guild, sender=message.author.id, payer=asker)
            heard = [one.text for one in earlier]
        found = await self.read(attachments_of(message), pictures=pictures, room_tokens=room_tokens)
        text = "\n\n".join(part for part in (*heard, found.text) if part)
        return AttachmentContent(text, found.pictures, found.unread, found.shortened)

    async def _one(
        self, attachment: hikari.Attachment, before: Sequence[hikari.Attachment], *, pictures: bool
    ) -> FileText | Picture:
        """
        Raises:
            FileUnreadError: it cannot be read.
        """
        if not is_picture(attachment):
            if sum(not is_picture(one) for one in before) >= MAX_FILES:
                raise FileTooManyError(attachment.filename, MAX_FILES)
            return await self._texts.read(attachment)
        if not pictures:
            raise PictureUnseenError(attachment.filename)
        if sum(map(is_picture, before)) >= MAX_PICTURES:
            raise FileTooManyError(attachment.filename, MAX_PICTURES)
        return await self._picture(attachment)

    async def _picture(self, attachment: hikari.Attachment) -> Picture:
        if attachment.size > PICTURE_LIMIT_BYTES:
            raise PictureUnreadableError(attachment.filename)
        data = await fetched(attachment, PICTURE_LIMIT_BYTES)
        try:
            jpeg = await self._sealed.run("bot.answering.pictures.as_jpeg", data, PICTURE_WORK)
        except (SealedWorkError, OSError) as error:
            raise PictureUnreadableError(attachment.filename) from error
        return Picture(jpeg, attachment.filename[:MAX_NAME_CHARS])
