"""/correct, and the message commands Correct this reply and Correct transcript."""

from __future__ import annotations

import lightbulb

from bot.conversation.exchanges import ExchangeStore
from bot.corrections.consents import ConsentStore
from bot.errors import translatable as _
from bot.ui.autocomplete import safe
from bot.ui.command_reply import locale_of, respond
from bot.ui.language_choice import MAX_CHOICES
from bot.ui.permissions import guild_of
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.corrections import form as correction_form
from extensions.corrections.consent import consent_card
from extensions.corrections.form import CorrectionForms
from extensions.corrections.text import answer_choices
from extensions.corrections.transcript_form import TranscriptForms

loader = lightbulb.Loader()

RECENT = 200
"""Answers of a channel among which one is chosen while typing."""


@safe
async def complete_answer(context: lightbulb.AutocompleteContext[str], exchanges: ExchangeStore) -> None:
    interaction = context.interaction
    guild = guild_of(interaction)
    recent = await exchanges.recent(guild, interaction.channel_id, RECENT)
    answers = [(each.reply_message_id, each.prompt, each.reply) for each in recent]
    await context.respond(answer_choices(answers, str(context.focused.value or ""))[:MAX_CHOICES])


async def open_form(context: lightbulb.Context, asked: str, forms: CorrectionForms, consents: ConsentStore) -> None:
    """Open the form for ``asked``; of those who have not agreed that what they write is kept, that is asked first."""
    form = await forms.form(asked, context.interaction)
    if await consents.given(context.user.id):
        await context.respond_with_modal(form.title, form.custom_id, components=form.rows)
    else:
        await respond(context, components=[consent_card(asked, locale_of(context))], ephemeral=True)


@loader.command
class Correct(
    lightbulb.SlashCommand,
    name=_("correct"),
    description=_("Say what I should have answered"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    message = lightbulb.string(
        _("message"),
        _("One of my answers in this channel: type its words, or paste its link or id"),
        localize=True,
        autocomplete=complete_answer,
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, forms: CorrectionForms, consents: ConsentStore) -> None:
        exchange = await forms.answer_at(context.interaction, self.message)
        await open_form(context, correction_form.new(exchange), forms, consents)


@loader.command
class CorrectThis(
    lightbulb.MessageCommand,
    name=_("Correct this reply"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, forms: CorrectionForms, consents: ConsentStore) -> None:
        exchange = await forms.answer_of(context.interaction, self.target)
        await open_form(context, correction_form.new(exchange), forms, consents)


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
