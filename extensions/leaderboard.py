"""/leaderboard: who has taught the bot most, among the people who want to be named."""

from __future__ import annotations

import lightbulb

from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import guild_of
from extensions import GUILD_CONTEXTS, GUILD_TYPES

loader = lightbulb.Loader()

HEADING = _("### Who has taught me most")
LINE = _("{place}. {who} · approved corrections: {count}")
OTHERS = _(
    "-# Only people who have chosen to be named are listed: /privacy credit. Approved corrections by others: {count}."
)
NOBODY = _("Nobody who has chosen to be named has taught me anything yet. /privacy credit lets you be named here.")
MOST = 10


@loader.command
class Leaderboard(
    lightbulb.SlashCommand,
    name=_("leaderboard"),
    description=_("Who has taught me most here"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, corrections: Corrections, preferences: Preferences) -> None:
        locale, counts = locale_of(context), await corrections.contributors(guild_of(context))
        named = {user for user in counts if (await preferences.user(user)).credited}
        best = sorted(named, key=lambda user: (-counts[user], user))[:MOST]
        if not best:
            await respond(context, translate(NOBODY, locale), ephemeral=True)
            return
        lines = [translate(HEADING, locale)]
        lines += [
            translate(LINE, locale, place=place, who=f"<@{user}>", count=counts[user])
            for place, user in enumerate(best, 1)
        ]
        if others := sum(count for user, count in counts.items() if user not in named):
            lines.append(translate(OTHERS, locale, count=others))
        await respond(context, "\n".join(lines))
