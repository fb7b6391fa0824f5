"""/correct, and the message commands Correct this reply and Correct transcript."""

from __future__ import annotations

import lightbulb

from bot.conversation.exchanges import ExchangeStore
from bot.errors import translatable as _
from bot.ui.autocomplete import safe
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import server_or_direct
from extensions import DIRECT_CONTEXTS, GUILD_CONTEXTS, GUILD_TYPES
from extensions.corrections import form as correction_form
from extensions.corrections.consent import open_form
from extensions.corrections.form import CorrectionForms
from extensions.corrections.text import answer_choices
from extensions.corrections.transcript_form import TranscriptForms

loader = lightbulb.Loader()

RECENT = 200
"""How many recent answers of a channel are searched while typing."""


@safe
async def complete_answer(context: lightbulb.AutocompleteContext[str], exchanges: ExchangeStore) -> None:
    interaction = context.interaction
    guild = server_or_direct(interaction)
    recent = await exchanges.recent(guild, interaction.channel_id, RECENT)
    answers = [(each.reply_message_id, each.prompt, each.reply) for each in recent]
    await context.respond(answer_choices(answers, str(context.focused.value or ""))[:MAX_CHOICES])


@loader.command
class Correct(
    lightbulb.SlashCommand,
    name=_("correct"),
    description=_("Say what I should have answered"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=DIRECT_CONTEXTS,
):
    message = lightbulb.string(
        _("message"),
        _("One of my answers in this channel: type its words, or paste its link or id"),
        localize=True,
        autocomplete=complete_answer,
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, forms: CorrectionForms) -> None:
        exchange = await forms.answer_at(context.interaction, self.message)
        await open_form(context.interaction, correction_form.new(exchange), forms)


@loader.command
class CorrectThis(
    lightbulb.MessageCommand,
    name=_("Correct this reply"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=DIRECT_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, forms: CorrectionForms) -> None:
        exchange = await forms.answer_of(context.interaction, self.target)
        await open_form(context.interaction, correction_form.new(exchange), forms)


@loader.command
class CorrectTranscript(
    lightbulb.MessageCommand,
    name=_("Correct transcript"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, forms: TranscriptForms) -> None:
        await forms.open(context, self.target)
