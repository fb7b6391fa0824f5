"""Transcribes the recordings of a message one after another, in order, within the limits on its sender's usage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import hikari
import structlog

from audio import Transcript, TranscriptionProgress
from bot.answering.voice_notes import VoiceNoteTranscriber
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate, translate_error
from bot.ui import transcript_text
from bot.usage.budgets import BudgetKind, Budgets
from bot.work.metrics import WAITS_S

log = structlog.get_logger()

LONG_S = 30.0
"""A shorter recording is transcribed before anyone would look at a progress bar."""

NO_SPEECH_IN = _("I heard no speech in {name}.")
NOT_HEARD = _("{name}: {reason}")


@dataclass(frozen=True, slots=True)
class HeardRecording:
    """A recording, and its transcript or the error that prevented it."""

    file: hikari.Attachment
    transcript: Transcript | None = None
    error: StarlingError | None = None
    """Set where there is no transcript."""
    speaker: str = ""
    """The sender's name, if the recordings have several senders."""

    @property
    def text(self) -> str:
        """The transcript; empty if nobody speaks or it could not be made."""
        return self.transcript.text if self.transcript is not None else ""


OnHeard = Callable[[int, TranscriptionProgress], None]
"""Called with the number of a recording, counted from 0, and the progress of its transcription."""


class RecordingReader:
    """Transcribes recordings."""

    def __init__(self, voice_notes: VoiceNoteTranscriber, budgets: Budgets) -> None:
        self._voice_notes = voice_notes
        self._budgets = budgets

    async def read(
        self,
        files: Sequence[hikari.Attachment],
        *,
        guild: hikari.Snowflakeish | None,
        sender: hikari.Snowflakeish,
        payer: hikari.Snowflakeish | None = None,
        channel: hikari.Snowflakeish | None = None,
        language: str | None = None,
        to_english: bool = False,
        names: Sequence[str] = (),
        is_asked: bool = True,
        progress: OnHeard | None = None,
    ) -> list[HeardRecording]:
        """The transcript of each of ``files``, in their order; a recording that could not be transcribed has its error
        instead.

        ``sender``: who speaks, as far as known. ``payer``: the user for whom it is counted, if not the sender. Other
        arguments are as for ``VoiceNoteTranscriber.transcribe``.
        """
        found: list[HeardRecording] = []
        user = payer or sender
        for number, file in enumerate(files):

            def tell(done: TranscriptionProgress, number: int = number) -> None:
                if progress is not None:
                    progress(number, done)

            is_plain = language is None and not to_english
            known = await self._voice_notes.remembered(file, guild=guild) if is_plain else None
            if known is not None:
                # It was counted when it was transcribed.
                found.append(HeardRecording(file, known))
                continue
            try:
                await self._budgets.require(user, guild, BudgetKind.AUDIO)
                with WAITS_S.labels("transcript").time():
                    transcript = await self._voice_notes.transcribe(
                        file,
                        guild=guild,
                        sender=sender,
                        channel=channel,
                        language=language,
                        translate=to_english,
                        names=names,
                        is_asked=is_asked,
                        progress=tell,
                    )
            except StarlingError as error:
                log.info("a recording was not transcribed", number=number, why=str(error))
                found.append(HeardRecording(file, error=error))
                continue
            self._budgets.count_recording(user, guild, transcript.duration_s)
            found.append(HeardRecording(file, transcript))
        return found


def joined(heard: Sequence[HeardRecording]) -> str:
    """The text of all recordings; of several, each follows its number or its sender's name."""
    return "\n".join(f"{label}{one.text}" for label, one in zip(labels(heard), heard, strict=True) if one.text)


def labels(heard: Sequence[HeardRecording]) -> list[str]:
    """The label in front of each recording's text."""
    if len(heard) == 1:
        return [f"{one.speaker}: " if one.speaker else "" for one in heard]
    return [f"{one.speaker}: " if one.speaker else f"{number}. " for number, one in enumerate(heard, 1)]


def require_something(heard: Sequence[HeardRecording]) -> None:
    """Check that at least one of ``heard`` was transcribed, if there are any.

    Raises:
        StarlingError: the error of the first one, if none was.
    """
    errors = [one.error for one in heard if one.error is not None]
    if errors and len(errors) == len(heard):
        raise errors[0]


def remarks(heard: Sequence[HeardRecording], locale: str) -> list[str]:
    """A sentence for each recording that could not be transcribed or in which nobody speaks."""
    found: list[str] = []
    for one in heard:
        name = one.file.filename[:80]
        if one.error is not None:
            found.append(translate(NOT_HEARD, locale, name=name, reason=translate_error(one.error, locale)))
        elif not one.text:
            found.append(translate(NO_SPEECH_IN, locale, name=name))
    return found


def quote(heard: Sequence[HeardRecording], locale: str) -> str:
    """The transcripts as they are quoted above an answer, with remarks on the recordings in small print."""
    damaged = [one.transcript for one in heard if one.text and one.transcript is not None and one.transcript.truncated]
    notes = [*(transcript_text.damaged_end(one, locale) for one in damaged), *remarks(heard, locale)]
    lines = [
        transcript_text.quote([one.text for one in heard], locale, labels=labels(heard)),
        *(f"-# {note}" for note in notes),
    ]
    return "\n".join(filter(None, lines))
