"""/compare: which of two models people prefer, when they do not know which is which."""

from __future__ import annotations

import lightbulb

from bot.conversation.models import ChatModels
from bot.errors import translatable as _
from bot.instructions.service import Instructions
from bot.training.completion import complete_any_model
from bot.training.evaluating.comparing import compare
from bot.training.evaluating.comparisons import ComparisonStore, Tally
from bot.ui.command_reply import locale_of, post_card
from bot.ui.permissions import guild_of
from bot.usage.budgets import Budgets
from bot.usage.meter import BudgetMeter
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.comparing.card import build_card

loader = lightbulb.Loader()

MAX_PROMPT = 2000


@loader.command
class Compare(
    lightbulb.SlashCommand,
    name=_("compare"),
    description=_("Two models answer, and everyone votes without knowing which is which"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    prompt = lightbulb.string(_("prompt"), _("What both are asked"), localize=True, min_length=1, max_length=MAX_PROMPT)
    model = lightbulb.string(
        _("model"), _("Which model; left empty, the one that answers here"), localize=True, default=None,
        max_length=200, autocomplete=complete_any_model,
    )  # fmt: skip
    against = lightbulb.string(
        _("against"), _("The other model; may be left empty if there is only one other"), localize=True, default=None,
        max_length=200, autocomplete=complete_any_model,
    )  # fmt: skip

    @lightbulb.invoke
    async def invoke(
        self,
        context: lightbulb.Context,
        models: ChatModels,
        instructions: Instructions,
        budgets: Budgets,
        store: ComparisonStore,
    ) -> None:
        guild, user = guild_of(context), context.user.id
        await context.defer()
        chosen = await models.two(guild, self.model, self.against)
        instruction = (await instructions.of(guild, context.channel_id)).text
        comparison = await compare(
            chosen, instruction, self.prompt, BudgetMeter(budgets, user, guild), store,
            guild_id=guild, channel_id=context.channel_id, asked_by=user,
        )  # fmt: skip
        locale = str(context.interaction.guild_locale or locale_of(context))
        message = await post_card(context, build_card(comparison, Tally(0, 0, 0), locale))
        await store.posted(comparison.id, message.id)
