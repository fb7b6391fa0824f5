"""/settings: the settings of a server, on one card."""

from __future__ import annotations

import hikari
import lightbulb

from bot.errors import translatable as _
from bot.ui.command_reply import locale_of, respond
from bot.ui.permissions import require
from extensions import GUILD_CONTEXTS, GUILD_TYPES
from extensions.settings.card import SettingsCard

loader = lightbulb.Loader()


@loader.command
class ShowSettings(
    lightbulb.SlashCommand,
    name=_("settings"),
    description=_("How I behave on this server: speaking, transcripts, languages, memory, limits"),
    localize=True,
    integration_types=GUILD_TYPES,
    contexts=GUILD_CONTEXTS,
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    @lightbulb.invoke
    async def invoke(self, context: lightbulb.Context, card: SettingsCard) -> None:
        guild = require(context)
        await respond(context, components=[await card.build(guild, locale_of(context))], ephemeral=True)
