"""The message command Translate: what is written or said in a message, in the reader's language."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.message_text import text_of
from bot.answering.recordings import LONG_S, RecordingReader, joined, require_something
from bot.answering.stoppable_commands import on_heard, stoppable
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.translating import BY_WHISPER, WHISPER_LANGUAGE, CannotTranslateError, Translator
from bot.answering.voice_notes import recordings_in
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import language_of, translate
from bot.ui.answer_buttons import read_aloud_row
from bot.ui.command_reply import locale_of, respond
from bot.ui.progress_bar import ProgressBar
from bot.ui.splitting import MESSAGE_LIMIT
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES

loader = lightbulb.Loader()

IN_A_FILE = _("Here is the translation as a file:")


class NothingToTranslateError(StarlingError):
    """Raised when there are no words in a message."""

    sentence = _("There are no words in that message that I could translate.")


@loader.command
class TranslateMessage(
    lightbulb.MessageCommand,
    name=_("Translate"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        reader: RecordingReader,
        translator: Translator,
        stoppable_tasks: StoppableTasks,
        bot: hikari.GatewayBot,
    ) -> None:
        locale, files = locale_of(context), recordings_in(self.target)
        language = language_of(locale)
        by_model = await translator.can_translate(context.guild_id)
        if not by_model and not (files and language == WHISPER_LANGUAGE):
            raise CannotTranslateError
        await context.defer(ephemeral=True)
        written = text_of(self.target, context.interaction.application_id, bot.cache, embeds=True)

        async def work(progress: ProgressBar) -> str:
            heard = await reader.read(
                files,
                guild=context.guild_id,
                sender=context.user.id,
                channel=context.channel_id,
                to_english=not by_model,
                progress=on_heard(progress, locale, len(files)),
            )
            text = "\n".join(part for part in (written, joined(heard)) if part)
            if not text:
                require_something(heard)
                raise NothingToTranslateError
            if not by_model:
                return f"{joined(heard)}\n-# {translate(BY_WHISPER, locale)}"
            return await translator.translate(text, language, user=context.user.id, guild=context.guild_id)

        text = await stoppable(context, stoppable_tasks, work, min_s=LONG_S, ephemeral=True)
        if text is None:
            return
        if len(text) <= MESSAGE_LIMIT:
            await respond(context, text, components=[read_aloud_row(locale)], ephemeral=True)
            return
        file = hikari.Bytes(text.encode(), "translation.txt", "text/plain; charset=utf-8")
        await respond(context, translate(IN_A_FILE, locale), attachment=file, ephemeral=True)
