"""/usage: what you, or a server, have used, what remains, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import hikari
import lightbulb

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.settings import Settings
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from bot.usage.budgets import Budget, BudgetHolder, BudgetKind, Budgets
from bot.usage.store import UsageAmounts, UsageStore
from bot.usage.text import cost_text, minutes_text, number_text
from extensions import EVERYWHERE_CONTEXTS, EVERYWHERE_TYPES
from extensions.usage.chart import UsageChart

loader = lightbulb.Loader()

MINE = _("What you have used in the last {days} days")
SERVERS = _("What this server has used in the last {days} days")
TODAY = _(
    "Today: {tokens_in} tokens in, {tokens_out} out; {minutes} min of recordings; {characters} characters spoken."
)
COST = _("Cost: {today} today, {all} in {days} days.")
RENEWED = _("It is renewed {renewed}.")


@loader.command
class Usage(
    lightbulb.SlashCommand,
    name=_("usage"),
    description=_("What was used a day, what remains, and what it cost"),
    localize=True,
    integration_types=EVERYWHERE_TYPES,
    contexts=EVERYWHERE_CONTEXTS,
):
    scope = lightbulb.string(
        _("scope"),
        _("Whose usage; that of the server is for those who manage it"),
        localize=True,
        default="me",
        choices=[
            lightbulb.Choice(_("Mine"), "me", localize=True),
            lightbulb.Choice(_("This server's"), "server", localize=True),
        ],
    )
    days = lightbulb.integer(
        _("days"),
        _("How far back"),
        localize=True,
        default=7,
        choices=[
            lightbulb.Choice(_("7 days"), 7, localize=True),
            lightbulb.Choice(_("30 days"), 30, localize=True),
            lightbulb.Choice(_("90 days"), 90, localize=True),
        ],
    )

    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, usage: UsageStore, budgets: Budgets, settings: Settings) -> None:
        of_server = self.scope == "server"
        guild = require(context) if of_server else None
        user = None if of_server else context.user.id
        # The first chart takes seconds, because its library has to be loaded.
        await context.defer(ephemeral=True)
        locale, today = locale_of(context), usage.now.date()
        used = await usage.by_day(today - timedelta(days=self.days - 1), guild_id=guild, user_id=user)
        title = translate(SERVERS if of_server else MINE, locale, days=self.days)
        chart = UsageChart.of(title, used, today, self.days, locale)
        held = [
            budget
            for kind in BudgetKind
            for budget in await budgets.of(context.user.id, context.guild_id, kind)
            if (budget.whose is BudgetHolder.GUILD) == of_server
        ]
        lines = [f"**{title}**", _today(used.get(today, UsageAmounts()), locale), *_left(held, budgets, locale)]
        if settings.prices:
            spent = [one.cost for one in (used.get(today, UsageAmounts()), *used.values())]
            costs = [cost_text(cost, settings.chat_currency, locale) for cost in (spent[0], sum(spent[1:]))]
            lines.append(translate(COST, locale, today=costs[0], all=costs[1], days=self.days))
        picture = hikari.impl.MediaGalleryItemBuilder(
            media=hikari.Bytes(await chart.png(), "usage.png", "image/png"), description=chart.alt_text
        )
        # Only in a gallery does hikari let an uploaded picture have a description.
        gallery = hikari.impl.MediaGalleryComponentBuilder(items=[picture])
        text = hikari.impl.TextDisplayComponentBuilder(content="\n".join(lines))
        await respond(context, components=[text, gallery], ephemeral=True)


def _today(amounts: UsageAmounts, locale: str) -> str:
    return translate(
        TODAY,
        locale,
        tokens_in=number_text(amounts.prompt_tokens, locale),
        tokens_out=number_text(amounts.reply_tokens, locale),
        minutes=minutes_text(amounts.heard_s, locale),
        characters=number_text(amounts.spoken_characters, locale),
    )


def _left(held: Sequence[Budget], budgets: Budgets, locale: str) -> list[str]:
    """What is left of each of ``held``, and when it is renewed."""
    if not held:
        return []
    renewed = translate(RENEWED, locale, renewed=f"<t:{int(budgets.renewed.timestamp())}:R>")
    return [*(budget.left_text(locale) for budget in held), renewed]
