"""/transcribe and the message command Transcribe."""

from __future__ import annotations

import hikari
import lightbulb

from audio import Transcript, subrip, webvtt
from bot.answering.voice_notes import NoVoiceNoteError, VoiceNoteTranscriber, voice_note_in
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import language_choices, language_code
from bot.ui.progress_bar import ProgressBar
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.transcript_text import NO_SPEECH, caption
from bot.usage.budgets import Budgets
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

LONG_S = 30.0
"""A shorter recording is heard before anyone looks at a bar."""

LISTENING = _("I am listening to the recording …")
IN_THE_FILE = _("Here is the transcript as a file:")


@safe
async def complete_language(context: lightbulb.AutocompleteContext[str]) -> None:
    await context.respond(language_choices(str(context.focused.value or ""), str(context.interaction.locale)))


async def show(context: lightbulb.Context, transcript: Transcript, budgets: Budgets, form: str = "text") -> None:
    """Answer with ``transcript`` in the ``form`` text, srt or vtt; as a file when it is subtitles or long."""
    locale = locale_of(context)
    notes = await budgets.running_out(context.user.id, context.guild_id, locale, "audio")
    small_print = "\n".join([caption(transcript, locale), *(f"-# {note}" for note in notes)])
    if not transcript.has_speech:
        await respond(context, translate(NO_SPEECH, locale))
        return
    if form == "text" and len(transcript.text) + len(small_print) + 1 <= MESSAGE_LIMIT:
        await respond(context, f"{transcript.text}\n{small_print}")
        return
    name, body = {
        "text": ("transcript.txt", transcript.text),
        "srt": ("transcript.srt", subrip(transcript)),
        "vtt": ("transcript.vtt", webvtt(transcript)),
    }[form]
    file = hikari.Bytes(body.encode(), name, "text/plain; charset=utf-8")
    await respond(context, f"{translate(IN_THE_FILE, locale)}\n{small_print}", attachment=file)


async def _heard(
    context: lightbulb.Context,
    voice_notes: VoiceNoteTranscriber,
    budgets: Budgets,
    attachment: hikari.Attachment,
    language: str | None = None,
    to_english: bool = False,
) -> Transcript:
    """The transcript of ``attachment``; of a long recording it is shown how far it is."""
    await budgets.require(context.user.id, context.guild_id, "audio")
    told = ProgressBar(context.interaction, translate(LISTENING, locale_of(context)), least=LONG_S)
    try:
        transcript = await voice_notes.transcribe(
            attachment,
            guild=context.guild_id,
            sender=context.user.id,
            language=language,
            translate=to_english,
            progress=told.tell,
        )
    finally:
        await told.end()
    await budgets.heard(context.user.id, context.guild_id, transcript.duration_s)
    return transcript


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
        _("The language that is spoken; found out by itself when left empty"),
        localize=True,
        default=None,
        autocomplete=complete_language,
    )
    to_english = lightbulb.boolean(
        _("to_english"), _("Translate what is said into English"), localize=True, default=False
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
    async def invoke(self, context: lightbulb.Context, voice_notes: VoiceNoteTranscriber, budgets: Budgets) -> None:
        await context.defer()
        language = language_code(self.language, locale_of(context)) if self.language else None
        transcript = await _heard(context, voice_notes, budgets, self.file, language, self.to_english)
        await show(context, transcript, budgets, self.form)


@loader.command
class TranscribeMessage(
    lightbulb.MessageCommand,
    name=_("Transcribe"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, voice_notes: VoiceNoteTranscriber, budgets: Budgets) -> None:
        attachment = voice_note_in(self.target)
        if attachment is None:
            raise NoVoiceNoteError
        await context.defer()
        await show(context, await _heard(context, voice_notes, budgets, attachment), budgets)
