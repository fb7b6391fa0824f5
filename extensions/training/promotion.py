"""Measuring a candidate, and letting it answer if it is better: by command, or by the button below its announcement."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.training.promoting import Promoting
from bot.training.rights import require_trainer
from bot.ui.deferred_reply import defer, follow_up
from bot.ui.progress_bar import ProgressBar
from bot.ui.screen import Screen
from bot.ui.splitting import MESSAGE_LIMIT
from bot.usage.budgets import Budgets
from bot.usage.meter import BudgetMeter
from extensions.training.cards import PROMOTE_ID

screen = Screen()

MEASURING = _("Comparing {model} with the model that answers here …")
PROMOTED = _("From now on {model} answers on this server. /model rollback takes that back.")
NOT_PROMOTED = _("{model} is not promoted:")


async def promoted(
    interaction: hikari.CommandInteraction | hikari.ComponentInteraction,
    guild: hikari.Snowflake,
    model: str,
    promoting: Promoting,
    budgets: Budgets,
) -> str:
    """Measure ``model``, promote it if it is better, and return what came of it as text; the interaction, which was
    deferred, shows the progress.

    Raises:
        StarlingError: as ``Promoting.measured``.
    """
    locale, name = str(interaction.locale), f"`{model}`"
    progress = ProgressBar(interaction, translate(MEASURING, locale, model=name))
    try:
        measured = await promoting.measured(
            guild, model, BudgetMeter(budgets, interaction.user.id, guild), progress.tell
        )
    finally:
        await progress.end()
    if measured.verdict.promotable:
        await promoting.promote(guild, measured, interaction.user.id)
    lines = [translate(PROMOTED if measured.verdict.promotable else NOT_PROMOTED, locale, model=name)]
    lines += [f"- {translate(reason, locale)}" for reason in measured.verdict.reasons]
    return "\n".join(lines)[:MESSAGE_LIMIT]


@screen.button(PROMOTE_ID)
async def promote_candidate(
    context: yuyo.components.Context,
    promoting: alluka.Injected[Promoting],
    preferences: alluka.Injected[Preferences],
    budgets: alluka.Injected[Budgets],
) -> None:
    """Measure the candidate that the button is for, and promote it if it is better.

    Raises:
        NotPermittedError: the person may not train.
        StarlingError: as ``promoted``.
    """
    interaction = context.interaction
    guild = await require_trainer(interaction, preferences)
    await defer(interaction)
    text = await promoted(interaction, guild, context.id_metadata, promoting, budgets)
    await follow_up(interaction, text)
