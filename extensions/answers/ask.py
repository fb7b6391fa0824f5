"""/ask and the message command Ask about this."""

from __future__ import annotations

import lightbulb

from bot.answering.asking import ask
from bot.answering.generator import AnswerGenerator
from bot.errors import translatable as _
from bot.preferences.choices import SpeakMode
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.answers.ask_about import AskedAbout

loader = lightbulb.Loader()


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
        _("voice_note"), _("A voice note, a picture or a text file that it is about"), localize=True, default=None
    )
    speak = lightbulb.boolean(_("aloud"), _("Whether the answer is spoken as well"), localize=True, default=None)
    private = lightbulb.boolean(_("private"), _("Whether only you see the answer"), localize=True, default=False)

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, generator: AnswerGenerator) -> None:
        await context.defer(ephemeral=self.private)
        await ask(
            generator,
            context.interaction,
            self.prompt,
            files=[self.voice_note] if self.voice_note else (),
            speak=None if self.speak is None else SpeakMode.ALWAYS if self.speak else SpeakMode.NEVER,
            private=self.private,
        )


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
