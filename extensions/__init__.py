"""Discord commands and listeners, one file per family: read the options, call a service, show the answer."""

import hikari

EVERYWHERE_TYPES = (hikari.ApplicationIntegrationType.GUILD_INSTALL, hikari.ApplicationIntegrationType.USER_INSTALL)
EVERYWHERE_CONTEXTS = (
    hikari.ApplicationContextType.GUILD,
    hikari.ApplicationContextType.BOT_DM,
    hikari.ApplicationContextType.PRIVATE_CHANNEL,
)
"""For commands that work in guilds, in direct messages, and anywhere for users who installed the app for themselves."""

DIRECT_CONTEXTS = (hikari.ApplicationContextType.GUILD, hikari.ApplicationContextType.BOT_DM)
"""For commands that work in guilds, and privately in direct messages with the bot."""

GUILD_TYPES = (hikari.ApplicationIntegrationType.GUILD_INSTALL,)
GUILD_CONTEXTS = (hikari.ApplicationContextType.GUILD,)
"""For commands that work in guilds only."""
