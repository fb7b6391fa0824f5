"""/ask and the message commands Ask about this and Answer this."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.asking import CommandAnswers, CommandQuestion
from bot.answering.attachments import attachments_of
from bot.answering.message_text import text_of
from bot.answering.request import MessageSource
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.choices import SpeakMode
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.answers.ask_about import AskedAbout

loader = lightbulb.Loader()


class NothingThereError(StarlingError):
    """Raised when a message that is to be answered has neither text nor files."""

    sentence = _("There is nothing in that message that I could answer.")


@loader.command
class Ask(
    lightbulb.SlashCommand,
    name=_("ask"),
    description=_("Ask me something, wherever you are"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    prompt = lightbulb.string(_("prompt"), _("What you want to know"), localize=True, max_length=4000)
    voice_note = lightbulb.attachment(
        _("voice_note"), _("A voice note, picture or document that the question is about"), localize=True, default=None
    )
    speak = lightbulb.boolean(_("aloud"), _("Whether the answer is spoken as well"), localize=True, default=None)
    private = lightbulb.boolean(_("private"), _("Whether only you see the answer"), localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, answers: CommandAnswers) -> None:
        await context.defer(ephemeral=self.private)
        question = CommandQuestion(
            self.prompt,
            files=(self.voice_note,) if self.voice_note else (),
            speak=None if self.speak is None else SpeakMode.ALWAYS if self.speak else SpeakMode.NEVER,
            is_private=self.private,
            is_given=True,
        )
        await answers.answer(context.interaction, question)


@loader.command
class AskAbout(
    lightbulb.MessageCommand,
    name=_("Ask about this"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, asked_about: AskedAbout) -> None:
        await asked_about.open(context, self.target)


@loader.command
class AnswerThis(
    lightbulb.MessageCommand,
    name=_("Answer this"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, answers: CommandAnswers, bot: hikari.GatewayBot) -> None:
        message, files = self.target, attachments_of(self.target)
        text = text_of(message, context.interaction.application_id, bot.cache, embeds=True)
        if not text and not files:
            raise NothingThereError
        await context.defer()
        source = MessageSource(message.id, message.author.id)
        await answers.answer(context.interaction, CommandQuestion(text, files=tuple(files), source=source))
