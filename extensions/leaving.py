"""Leaves servers that the host does not allow, and tells their owners."""

from __future__ import annotations

import contextlib

import hikari
import lightbulb
import structlog

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.access import AccessRules
from bot.ui.nonce import fresh_nonce

loader = lightbulb.Loader()
log = structlog.get_logger()

FAREWELL = _(
    "Whoever runs me does not let me work on {guild}, so I am leaving now and forgetting what I have "
    "stored of it. Please contact them if you think this is a mistake."
)


@loader.listener(hikari.GuildAvailableEvent)
async def leave_blocked(event: hikari.GuildAvailableEvent, bot: hikari.GatewayBot, rules: AccessRules) -> None:
    """Leave a server that the host has blocked since Starling was added to it."""
    if rules.is_blocked(event.guild_id):
        await _leave(event.guild, bot)


@loader.listener(hikari.GuildJoinEvent)
async def leave_uninvited(event: hikari.GuildJoinEvent, bot: hikari.GatewayBot, rules: AccessRules) -> None:
    """Leave a server that Starling was just added to and that the host does not allow. Servers that it is already on
    are not left for not being among the allowed ones: everything stored about them would be lost."""
    if not rules.is_served(event.guild_id):
        await _leave(event.guild, bot)


async def _leave(guild: hikari.GatewayGuild, bot: hikari.GatewayBot) -> None:
    """Leave ``guild``, and tell its owner in a direct message if possible."""
    text = translate(FAREWELL, str(guild.preferred_locale), guild=f"**{guild.name}**")
    with contextlib.suppress(hikari.HTTPError):
        channel = await bot.rest.create_dm_channel(guild.owner_id)
        await bot.rest.create_message(channel, text, nonce=fresh_nonce())
    log.info("leaving a server that is not served", guild=guild.id)
    with contextlib.suppress(hikari.NotFoundError):
        await bot.rest.leave_guild(guild.id)
