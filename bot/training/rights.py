"""Who may train, test and promote models on a server."""

from __future__ import annotations

import hikari

from bot.preferences.preferences import Preferences
from bot.ui.permissions import Interaction, guild_of, require


async def require_trainer(interaction: Interaction, preferences: Preferences) -> hikari.Snowflake:
    """The server for which the one who asks may train.

    Raises:
        OnServersOnlyError: it is no server.
        NotPermittedError: they may not.
    """
    roles = (await preferences.guild(guild_of(interaction))).roles
    return require(interaction, or_role=roles.train)
