"""Who may train, test and promote models on a server."""

from __future__ import annotations

import hikari

from bot.preferences.preferences import Preferences
from bot.ui.permissions import Interaction, guild_of, require


async def require_trainer(interaction: Interaction, preferences: Preferences) -> hikari.Snowflake:
    """The server of an interaction whose user may train there.

    Raises:
        OnServersOnlyError: the interaction is not on a server.
        NotPermittedError: the user may not train there.
    """
    roles = (await preferences.guild(guild_of(interaction))).roles
    return require(interaction, or_role=roles.train)
