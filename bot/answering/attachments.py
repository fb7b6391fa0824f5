"""What comes with a message besides its words: pictures, text files, and recordings of other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import hikari
import structlog

from bot.answering.voice_notes import VoiceNoteTranscriber, is_recording, recordings_in
from bot.conversation.chat_message import Picture
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.downloading import download
from bot.ui.text_files import read_text_file
from bot.work.sealed import SealedProcesses, SealedWorkError, WorkLimits

log = structlog.get_logger()

MAX_PICTURES = 4
"""Of one prompt; each costs a model about a thousand tokens."""
PICTURE_LIMIT_BYTES = 10 << 20
PICTURE_WORK = WorkLimits(memory_bytes=256 << 20, processor_s=10, output_bytes=1 << 20)
"""Enough for 50 megapixels of PNG or JPEG, and for 15 of WebP, whose decoder holds four copies."""
MAX_TEXT_FILES = 4

_TEXT_TYPES = ("application/json", "application/xml", "application/yaml", "application/toml", "application/javascript")
_TEXT_NAMES = (
    "txt md rst log csv tsv json jsonl xml yaml yml toml ini cfg conf html css js ts tsx jsx py rs go c h cpp hpp cs "
    "java kt swift rb php lua sh sql srt vtt tex diff patch "
    "vue svelte scss sass less ps1 psm1 bat cmd ipynb gradle kts groovy scala clj ex exs erl hs ml fs vb r jl dart zig "
    "nim asm s pl pm m mm proto graphql tf hcl properties env mk cmake org adoc bib eml ics vcf svg dockerfile makefile"
)
_TEXT_SUFFIXES = frozenset(f".{name}" for name in _TEXT_NAMES.split())
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


class PictureUnreadableError(StarlingError):
    """Raised when a picture is damaged, or too large to be opened safely."""

    sentence = _("I cannot open the picture {name}: it is damaged or too large.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80])


@dataclass(frozen=True, slots=True)
class AttachmentContent:
    """What was found in a message."""

    text: str = ""
    """Of its files, each under its name."""
    pictures: tuple[Picture, ...] = ()
    unread: tuple[str, ...] = ()
    """The names of files that were not read: of other kinds, or more of one than are read at once."""


def has_readable_attachments(message: hikari.PartialMessage) -> bool:
    """Whether there is a picture or a text file in ``message``, or in one that it forwards."""
    return any(is_picture(one) or is_text(one) for one in attachments_of(message))


def attachments_of(message: hikari.PartialMessage) -> list[hikari.Attachment]:
    """The files in ``message`` and in what it forwards."""
    found = list(message.attachments or ())
    for snapshot in message.message_snapshots or ():
        found += snapshot.attachments or ()
    return found


def is_picture(attachment: hikari.Attachment) -> bool:
    return (attachment.media_type or "").partition(";")[0] in _PICTURE_TYPES


def is_text(attachment: hikari.Attachment) -> bool:
    kind = (attachment.media_type or "").partition(";")[0]
    name = PurePosixPath(attachment.filename.lower())
    # A Dockerfile is called so, or something with that suffix.
    suffix = name.suffix or f".{name.name}"
    return not is_recording(attachment) and (
        kind.startswith("text/") or kind in _TEXT_TYPES or suffix in _TEXT_SUFFIXES
    )


class AttachmentReader:
    """Reads them."""

    def __init__(self, voice_notes: VoiceNoteTranscriber, sealed: SealedProcesses) -> None:
        self._voice_notes = voice_notes
        self._sealed = sealed

    async def of_question(self, files: Sequence[hikari.Attachment], *, pictures: bool) -> AttachmentContent:
        """What is in the ``files`` of a question; pictures only if ``pictures``. Recordings are not heard here.

        Raises:
            StarlingError: a file cannot be fetched, is too large, or is not what it looks like.
        """
        texts = [one for one in files if is_text(one)][:MAX_TEXT_FILES]
        seen = [one for one in files if is_picture(one)][:MAX_PICTURES] if pictures else []
        unread = [one.filename[:80] for one in files if one not in texts and one not in seen and not is_recording(one)]
        found = [await _text(one) for one in texts]
        return AttachmentContent("\n\n".join(found), tuple([await self._picture(one) for one in seen]), tuple(unread))

    async def of_earlier(
        self, message: hikari.PartialMessage, *, guild: hikari.Snowflakeish | None, pictures: bool
    ) -> AttachmentContent:
        """What is in a ``message`` that came before the question: also what is said in its recordings. What cannot be
        had is left out."""
        found: list[str] = []
        seen: list[Picture] = []
        for recording in recordings_in(message) if message.author else ():
            assert message.author
            try:
                heard = await self._voice_notes.transcribe(recording, guild=guild, sender=message.author.id)
                found.append(heard.text)
            except StarlingError as error:
                log.info("an earlier recording was left out", why=str(error))
        texts = 0
        for one in attachments_of(message):
            try:
                if is_text(one) and texts < MAX_TEXT_FILES:
                    texts += 1
                    found.append(await _text(one))
                elif pictures and is_picture(one) and len(seen) < MAX_PICTURES:
                    seen.append(await self._picture(one))
            except StarlingError as error:
                log.info("an earlier file was left out", why=str(error))
        return AttachmentContent("\n\n".join(text for text in found if text), tuple(seen))

    async def _picture(self, attachment: hikari.Attachment) -> Picture:
        """
        Raises:
            PictureUnreadableError: it is damaged or too large.
            StarlingError: it could not be fetched, see ``download``.
        """
        if attachment.size > PICTURE_LIMIT_BYTES:
            raise PictureUnreadableError(attachment.filename)
        data = await download(attachment, PICTURE_LIMIT_BYTES)
        try:
            return Picture(await self._sealed.run("bot.answering.pictures.as_jpeg", data, PICTURE_WORK))
        except (SealedWorkError, OSError) as error:
            raise PictureUnreadableError(attachment.filename) from error


async def _text(attachment: hikari.Attachment) -> str:
    """The text in a file, under its name."""
    text = await read_text_file(attachment)
    fence = "```" if "```" not in text else "````"
    return f"{attachment.filename}:\n{fence}\n{text}\n{fence}"
