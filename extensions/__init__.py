"""Discord commands and listeners, one file a family: read the options, call a service, show the answer."""

import hikari

EVERYWHERE_TYPES = (hikari.ApplicationIntegrationType.GUILD_INSTALL, hikari.ApplicationIntegrationType.USER_INSTALL)
EVERYWHERE_CONTEXTS = (
    hikari.ApplicationContextType.GUILD,
    hikari.ApplicationContextType.BOT_DM,
    hikari.ApplicationContextType.PRIVATE_CHANNEL,
)
"""Commands that work in guilds, in direct messages, and anywhere for those who installed the app for themselves."""

DIRECT_CONTEXTS = (hikari.ApplicationContextType.GUILD, hikari.ApplicationContextType.BOT_DM)
"""Commands that work in guilds, and for oneself alone in direct messages with the bot."""

GUILD_TYPES = (hikari.ApplicationIntegrationType.GUILD_INSTALL,)
GUILD_CONTEXTS = (hikari.ApplicationContextType.GUILD,)
"""Commands that work in guilds alone."""
