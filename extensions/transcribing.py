"""/transcribe and the message command Transcribe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import hikari
import lightbulb

from audio import TranscriptionProgress, subrip, webvtt
from bot.answering.hearings import Hearings
from bot.answering.long_notes import LongNotes, is_long
from bot.answering.recordings import LONG_S, HeardRecording, RecordingReader, joined, remarks, require_something
from bot.answering.translating import BY_WHISPER, WHISPER_LANGUAGE, CannotTranslateError, Translator
from bot.answering.voice_notes import NoVoiceNoteError, recordings_in
from bot.errors import translatable as _
from bot.i18n.translation import language_of, translate
from bot.ui.answer_buttons import STOPPED, hearing_row
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import language_choices, language_code
from bot.ui.progress_bar import ProgressBar
from bot.ui.splitting import MESSAGE_LIMIT, split
from bot.ui.transcript_text import LISTENING, NO_SPEECH, caption, so_far
from bot.usage.budgets import BudgetKind, Budgets
from bot.work.cancellation import CancelledByUserError
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

IN_THE_FILE = _("Here is the transcript as a file:")


@safe
async def complete_language(context: lightbulb.AutocompleteContext[str]) -> None:
    await context.respond(language_choices(str(context.focused.value or ""), str(context.interaction.locale)))


async def show(
    context: lightbulb.Context,
    heard: Sequence[HeardRecording],
    budgets: Budgets,
    long_notes: LongNotes,
    form: str,
    *,
    by_whisper: bool = False,
) -> None:
    """Answer with what was ``heard`` in the ``form`` text, srt or vtt; as a file when it is subtitles, with a summary
    when it is long. ``by_whisper``: whether to say that the speech model has translated it.

    Raises:
        StarlingError: why nothing could be heard at all.
    """
    require_something(heard)
    locale = locale_of(context)
    spoken = [one.transcript for one in heard if one.transcript is not None and one.transcript.has_speech]
    if not spoken:
        await respond(context, translate(NO_SPEECH, locale))
        return
    notes = [translate(BY_WHISPER, locale)] if by_whisper else []
    notes += await budgets.running_out(context.user.id, context.guild_id, locale, BudgetKind.AUDIO)
    captions = [caption(one, locale) for one in spoken]
    small_print = "\n".join([*captions, *(f"-# {note}" for note in [*remarks(heard, locale), *notes])])
    if form == "text" and is_long(heard):
        card = await long_notes.card(
            heard, language=language_of(locale), locale=locale, user=context.user.id, guild=context.guild_id
        )
        text = split("\n".join([card.text, *(f"-# {note}" for note in notes)]))[0]
        await respond(context, text, attachment=card.file, components=[card.row])
        return
    text = joined(heard)
    if form == "text" and len(text) + len(small_print) + 1 <= MESSAGE_LIMIT:
        await respond(context, f"{text}\n{small_print}")
        return
    name, body = {
        "text": ("transcript.txt", text),
        "srt": ("transcript.srt", subrip(spoken[0])),
        "vtt": ("transcript.vtt", webvtt(spoken[0])),
    }[form]
    file = hikari.Bytes(body.encode(), name, "text/plain; charset=utf-8")
    await respond(context, f"{translate(IN_THE_FILE, locale)}\n{small_print}", attachment=file)


async def _heard(
    context: lightbulb.Context,
    reader: RecordingReader,
    hearings: Hearings,
    files: Sequence[hikari.Attachment],
    language: str | None = None,
    to_english: bool = False,
) -> list[HeardRecording] | None:
    """What is said in ``files``; of long recordings it is shown how far it is, with a button to stop. None when that
    was pressed."""
    locale = locale_of(context)
    with hearings.running(context.user.id, context.channel_id) as (hearing, stop):
        row = hearing_row(hearing, locale)
        progress = ProgressBar(context.interaction, translate(LISTENING, locale), least=LONG_S, row=row)

        def tell(number: int, done: TranscriptionProgress) -> None:
            text = so_far(done, locale, number=number + 1, count=len(files))
            progress.tell(done.transcribed_s, done.duration_s, text)

        try:
            return await stop.unless_cancelled(
                reader.read(
                    files,
                    guild=context.guild_id,
                    sender=context.user.id,
                    channel=context.channel_id,
                    language=language,
                    to_english=to_english,
                    progress=tell,
                )
            )
        except CancelledByUserError:
            return None
        finally:
            await progress.end()


async def respond_with_translation(context: lightbulb.Context, text: str) -> None:
    """Answer with ``text``, as a file when it is long."""
    if len(text) <= MESSAGE_LIMIT:
        await respond(context, text)
        return
    file = hikari.Bytes(text.encode(), "translation.txt", "text/plain; charset=utf-8")
    await respond(context, translate(IN_THE_FILE, locale_of(context)), attachment=file)


async def _answer(
    context: lightbulb.Context,
    heard: list[HeardRecording] | None,
    budgets: Budgets,
    long_notes: LongNotes,
    form: str = "text",
    *,
    by_whisper: bool = False,
) -> None:
    if heard is None:
        await respond(context, f"-# {translate(STOPPED, locale_of(context))}")
    else:
        await show(context, heard, budgets, long_notes, form, by_whisper=by_whisper)


async def _subtitled(
    heard: Sequence[HeardRecording], translator: Translator, into: str, *, user: int, guild: int | None
) -> list[HeardRecording]:
    """What was ``heard``, each sentence ``into`` a language at its time."""
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
        default="text",
        choices=[
            lightbulb.Choice(_("Text"), "text", localize=True),
            lightbulb.Choice(_("Subtitles (SRT)"), "srt", localize=True),
            lightbulb.Choice(_("Subtitles (VTT)"), "vtt", localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        reader: RecordingReader,
        hearings: Hearings,
        budgets: Budgets,
        long_notes: LongNotes,
        translator: Translator,
    ) -> None:
        into = language_code(self.into, locale_of(context)) if self.into else None
        by_model = into is not None and await translator.can_translate(context.guild_id)
        if into not in (None, WHISPER_LANGUAGE) and not by_model:
            raise CannotTranslateError
        by_whisper = self.to_english or (into is not None and not by_model)
        await context.defer()
        language = language_code(self.language, locale_of(context)) if self.language else None
        heard = await _heard(context, reader, hearings, [self.file], language, by_whisper)
        if heard and into is not None and by_model and joined(heard):
            if self.form == "text":
                said = await translator.translate(joined(heard), into, user=context.user.id, guild=context.guild_id)
                await respond_with_translation(context, said)
                return
            heard = await _subtitled(heard, translator, into, user=context.user.id, guild=context.guild_id)
        is_told = into is not None and not by_model
        await _answer(context, heard, budgets, long_notes, self.form, by_whisper=is_told)


@loader.command
class TranscribeMessage(
    lightbulb.MessageCommand,
    name=_("Transcribe"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        reader: RecordingReader,
        hearings: Hearings,
        budgets: Budgets,
        long_notes: LongNotes,
    ) -> None:
        files = recordings_in(self.target)
        if not files:
            raise NoVoiceNoteError
        await context.defer()
        await _answer(context, await _heard(context, reader, hearings, files), budgets, long_notes)
