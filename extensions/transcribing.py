"""/transcribe and the message command Transcribe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import hikari
import lightbulb

from audio import subrip, webvtt
from bot.answering.long_notes import Card, LongNotes, card_without_model, is_long, summing_up
from bot.answering.recordings import LONG_S, HeardRecording, RecordingReader, joined, remarks, require_something
from bot.answering.stoppable_commands import on_heard, stoppable
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.translating import BY_WHISPER, WHISPER_LANGUAGE, CannotTranslateError, Translator
from bot.answering.voice_notes import NoVoiceNoteError, recordings_in
from bot.errors import translatable as _
from bot.i18n.translation import language_of, translate
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import language_choices, language_code
from bot.ui.progress_bar import ProgressBar
from bot.ui.screen import Screen
from bot.ui.splitting import MESSAGE_LIMIT, split
from bot.ui.transcript_text import NO_SPEECH, caption
from bot.usage.budgets import BudgetKind, Budgets
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader, screen = lightbulb.Loader(), Screen()

IN_THE_FILE = _("Here is the transcript as a file:")


@safe
async def complete_language(context: lightbulb.AutocompleteContext[str]) -> None:
    await context.respond(language_choices(str(context.focused.value or ""), str(context.interaction.locale)))


class TranscriptFormat(StrEnum):
    """The form in which a transcript is given."""

    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done with some recordings."""

    files: Sequence[hikari.Attachment]
    language: str | None = None
    """The language spoken; None if it is to be detected."""
    into: str | None = None
    """The language into which the chat model translates, if any."""
    to_english: bool = False
    """Whether the speech model translates into English."""
    form: TranscriptFormat = TranscriptFormat.TEXT
    is_told: bool = False
    """Whether to say that the speech model has translated it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was heard."""

    heard: Sequence[HeardRecording]
    card: Card | None = None
    """For long recordings, if text is wanted."""
    translation: str = ""


@screen.service
class _Writing:
    """Transcribes recordings for a command."""

    def __init__(
        self,
        reader: RecordingReader,
        stoppable_tasks: StoppableTasks,
        budgets: Budgets,
        long_notes: LongNotes,
        translator: Translator,
    ) -> None:
        self._reader = reader
        self._stoppable_tasks = stoppable_tasks
        self._budgets = budgets
        self._long_notes = long_notes
        self._translator = translator

    async def can_translate(self, guild: int | None) -> bool:
        return await self._translator.can_translate(guild)

    async def write(self, context: lightbulb.Context, asked: _Wanted) -> None:
        """Answer ``context``, which was deferred, with what is said in the files; show the progress until then.

        Raises:
            StarlingError: nothing could be heard at all, or it could not be translated.
        """

        heard: list[HeardRecording] = []

        async def work(progress: ProgressBar) -> _Found:
            return await self._found(context, asked, progress, heard)

        def until_then() -> _Found | None:
            return _Found(heard, card_without_model(heard, locale_of(context))) if is_long(heard) else None

        found = await stoppable(context, self._stoppable_tasks, work, min_s=LONG_S, until_then=until_then)
        if found is None:
            return
        if found.translation:
            await _respond_with_translation(context, found.translation)
        else:
            await self._show(context, asked, found)

    async def _found(
        self, context: lightbulb.Context, asked: _Wanted, progress: ProgressBar, summed_up: list[HeardRecording]
    ) -> _Found:
        """``summed_up``: receives what was heard once only the summary of it is missing."""
        user, guild, locale = context.user.id, context.guild_id, locale_of(context)
        heard = await self._reader.read(
            asked.files,
            guild=guild,
            sender=user,
            channel=context.channel_id,
            language=asked.language,
            to_english=asked.to_english,
            progress=on_heard(progress, locale, len(asked.files)),
        )
        require_something(heard)
        if asked.into is not None and joined(heard):
            if asked.form is TranscriptFormat.TEXT:
                said = await self._translator.translate(joined(heard), asked.into, user=user, guild=guild)
                return _Found(heard, translation=said)
            heard = await _subtitled(heard, self._translator, asked.into, user=user, guild=guild)
        if asked.form is not TranscriptFormat.TEXT or not is_long(heard):
            return _Found(heard)
        summed_up += heard
        card = await self._long_notes.card(
            heard,
            language=language_of(locale),
            locale=locale,
            user=user,
            guild=guild,
            progress=lambda done: progress.show(summing_up(done, locale)),
        )
        return _Found(heard, card)

    async def _show(self, context: lightbulb.Context, asked: _Wanted, found: _Found) -> None:
        locale, heard = locale_of(context), found.heard
        spoken = [one.transcript for one in heard if one.transcript is not None and one.transcript.has_speech]
        if not spoken:
            await respond(context, translate(NO_SPEECH, locale))
            return
        notes = [translate(BY_WHISPER, locale)] if asked.is_told else []
        notes += await self._budgets.running_out(context.user.id, context.guild_id, locale, BudgetKind.AUDIO)
        if found.card is not None:
            text = split("\n".join([found.card.text, *(f"-# {note}" for note in notes)]))[0]
            await respond(context, text, attachment=found.card.file, components=[found.card.row])
            return
        captions = [caption(one, locale) for one in spoken]
        small_print = "\n".join([*captions, *(f"-# {note}" for note in [*remarks(heard, locale), *notes])])
        text = joined(heard)
        if asked.form is TranscriptFormat.TEXT and len(text) + len(small_print) + 1 <= MESSAGE_LIMIT:
            await respond(context, f"{text}\n{small_print}")
            return
        name, body = {
            TranscriptFormat.TEXT: ("transcript.txt", text),
            TranscriptFormat.SRT: ("transcript.srt", subrip(spoken[0])),
            TranscriptFormat.VTT: ("transcript.vtt", webvtt(spoken[0])),
        }[asked.form]
        file = hikari.Bytes(body.encode(), name, "text/plain; charset=utf-8")
        await respond(context, f"{translate(IN_THE_FILE, locale)}\n{small_print}", attachment=file)


async def _respond_with_translation(context: lightbulb.Context, text: str) -> None:
    """Answer with ``text``, as a file if it is too long for a message."""
    if len(text) <= MESSAGE_LIMIT:
        await respond(context, text)
        return
    file = hikari.Bytes(text.encode(), "translation.txt", "text/plain; charset=utf-8")
    await respond(context, translate(IN_THE_FILE, locale_of(context)), attachment=file)


async def _subtitled(
    heard: Sequence[HeardRecording], translator: Translator, into: str, *, user: int, guild: int | None
) -> list[HeardRecording]:
    """What was ``heard``, with each sentence translated ``into`` a language at its time."""
    return [
        one
        if one.transcript is None
        else replace(one, transcript=await translator.subtitles(one.transcript, into, user=user, guild=guild))
        for one in heard
    ]


@loader.command
class Transcribe(
    lightbulb.SlashCommand,
    name=_("transcribe"),
    description=_("Write down what is said in a recording"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    file = lightbulb.attachment(_("file"), _("A voice note, an audio file or a video"), localize=True)
    language = lightbulb.string(
        _("language"),
        _("The language spoken; detected when left empty"),
        localize=True,
        default=None,
        autocomplete=complete_language,
    )
    to_english = lightbulb.boolean(
        _("to_english"), _("Translate what is said into English"), localize=True, default=False
    )
    into = lightbulb.string(
        _("into"),
        _("A language to translate it into"),
        localize=True,
        default=None,
        autocomplete=complete_language,
    )
    form = lightbulb.string(
        _("format"),
        _("Text, or subtitles with times"),
        localize=True,
        default=TranscriptFormat.TEXT.value,
        choices=[
            lightbulb.Choice(_("Text"), TranscriptFormat.TEXT.value, localize=True),
            lightbulb.Choice(_("Subtitles (SRT)"), TranscriptFormat.SRT.value, localize=True),
            lightbulb.Choice(_("Subtitles (VTT)"), TranscriptFormat.VTT.value, localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, writing: _Writing) -> None:
        into = language_code(self.into, locale_of(context)) if self.into else None
        by_model = into is not None and await writing.can_translate(context.guild_id)
        if into not in (None, WHISPER_LANGUAGE) and not by_model:
            raise CannotTranslateError
        is_told = into is not None and not by_model
        await context.defer()
        asked = _Wanted(
            [self.file],
            language=language_code(self.language, locale_of(context)) if self.language else None,
            into=into if by_model else None,
            to_english=self.to_english or is_told,
            form=TranscriptFormat(self.form),
            is_told=is_told,
        )
        await writing.write(context, asked)


@loader.command
class TranscribeMessage(
    lightbulb.MessageCommand,
    name=_("Transcribe"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, writing: _Writing) -> None:
        files = recordings_in(self.target)
        if not files:
            raise NoVoiceNoteError
        await context.defer()
        await writing.write(context, _Wanted(files))
