"""Finds the voice notes in a message, downloads them up to a size limit, and transcribes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import cachetools
import hikari

from audio import OnProgress, Transcript
from audio.recognition.options import TranscriptionOptions
from bot.answering.spoken_languages import SpokenLanguages
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.choices import GuildPreferences
from bot.preferences.preferences import Preferences
from bot.speech.attachment_transcriber import AttachmentTranscriber

_SOUND_SUFFIXES = frozenset(
    {
        *(".ogg", ".oga", ".opus", ".wav", ".flac", ".mp3", ".m4a", ".aac", ".mp4", ".mov", ".webm", ".mka", ".mkv"),
        *(".caf", ".qta", ".amr", ".3gp", ".aif", ".aiff", ".aifc", ".au", ".w64", ".wma", ".avi", ".flv", ".ac3"),
    }
)


class NoVoiceNoteError(StarlingError):
    """Raised when a message that should be transcribed has no recording in it."""

    sentence = _("There is no voice note, audio or video in that message. Pick a message that has one.")


def recordings_in(message: hikari.PartialMessage) -> tuple[hikari.Attachment, ...]:
    """The recordings in ``message`` and in the messages that it forwards, in order: audio, and videos for their
    sound."""
    found = _recordings(message.attachments or ())
    for snapshot in message.message_snapshots or ():
        found += _recordings(snapshot.attachments or ())
    return found


def is_recording(attachment: hikari.Attachment) -> bool:
    """Whether ``attachment`` is audio or video by its type or its name."""
    kind = (attachment.media_type or "").partition("/")[0]
    return kind in ("audio", "video") or PurePosixPath(attachment.filename.lower()).suffix in _SOUND_SUFFIXES


def _recordings(attachments: Iterable[hikari.Attachment]) -> tuple[hikari.Attachment, ...]:
    return tuple(filter(is_recording, attachments))


_REMEMBERED, _REMEMBERED_S = 256, 3600.0
"""How many transcripts are cached, and for how long: a recording is not transcribed again for each answer that uses
it."""


class VoiceNoteTranscriber:
    """Transcribes attachments, with a cache."""

    def __init__(self, transcriber: AttachmentTranscriber, preferences: Preferences) -> None:
        self._transcriber = transcriber
        self._preferences = preferences
        self._spoken = SpokenLanguages()
        self._remembered: cachetools.TTLCache[tuple[object, ...], Transcript] = cachetools.TTLCache(
            _REMEMBERED, _REMEMBERED_S
        )

    async def remembered(
        self, attachment: hikari.Attachment, *, guild: hikari.Snowflakeish | None
    ) -> Transcript | None:
        """The cached transcript of ``attachment`` in its own language, made within the last hour; None if there is
        none."""
        return self._remembered.get(_key(attachment, None, False, await self._preferences.guild(guild)))

    async def transcribe(
        self,
        attachment: hikari.Attachment,
        *,
        guild: hikari.Snowflakeish | None,
        sender: hikari.Snowflakeish,
        channel: hikari.Snowflakeish | None = None,
        language: str | None = None,
        translate: bool = False,
        names: Sequence[str] = (),
        is_asked: bool = True,
        progress: OnProgress | None = None,
    ) -> Transcript:
        """The transcript of ``attachment``, which is made once and then cached.

        ``language``: one of Whisper's codes, or None to detect it.

        ``channel``: the languages recently spoken there, like the sender's and the guild's, help to tell the language
        of a note of a word or two.
        ``guild``: its choices apply. Whoever sends much, the guild or else the ``sender``, waits for others.
        ``names``: names that may be said, besides those of the guild.
        ``is_asked``: whether a person is waiting for it.
        ``progress``: called with the transcript so far.

        Raises:
            StarlingError: what ``AttachmentTranscriber.transcribe`` raises.
        """
        choices = await self._preferences.guild(guild)
        key = _key(attachment, language, translate, choices)
        if key in self._remembered:
            return self._remembered[key]
        options = TranscriptionOptions(
            language=language,
            languages=choices.languages,
            expected_languages=await self._expected(sender, guild, channel),
            translate=translate,
            hints=", ".join(filter(None, [*names, *choices.names, choices.vocabulary])),
            source=guild or sender,
            progress=progress,
        )
        transcript = await self._transcriber.transcribe(attachment, options, is_asked=is_asked)
        self._remembered[key] = transcript
        if language is None and transcript.language is not None:
            self._spoken.remember(sender, guild, transcript.language, transcript.language_probability, channel=channel)
        return transcript

    async def _expected(
        self,
        sender: hikari.Snowflakeish,
        guild: hikari.Snowflakeish | None,
        channel: hikari.Snowflakeish | None,
    ) -> dict[str, float]:
        locale = (await self._preferences.user(sender)).locale
        return self._spoken.expected(sender, guild, locale, channel=channel)


def _key(
    attachment: hikari.Attachment, language: str | None, translate: bool, choices: GuildPreferences
) -> tuple[object, ...]:
    return attachment.id, language, translate, choices.languages, choices.vocabulary, choices.names
