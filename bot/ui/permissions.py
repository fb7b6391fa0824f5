"""Who may change what holds for a whole server."""

from __future__ import annotations

import hikari
import lightbulb

from bot.errors import StarlingError
from bot.errors import translatable as _

MANAGERS = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR


class OnServersOnlyError(StarlingError):
    """Raised when something of a server is wanted where there is none."""

    sentence = _("That belongs to a server. Please use it on one.")


class ManagersOnlyError(StarlingError):
    """Raised when someone changes a server's settings who may not manage it."""

    sentence = _("Only those who may manage this server can change that.")


def require_manager(
    asked: lightbulb.Context | hikari.AutocompleteInteraction | hikari.ComponentInteraction | hikari.ModalInteraction,
) -> hikari.Snowflake:
    """The server that the person manages, where they ask. Discord hides commands by default only, and buttons stay.

    Raises:
        OnServersOnlyError: it is no server.
        ManagersOnlyError: they may not manage it.
    """
    interaction = asked.interaction if isinstance(asked, lightbulb.Context) else asked
    if interaction.guild_id is None or interaction.member is None:
        raise OnServersOnlyError
    if not interaction.member.permissions & MANAGERS:
        raise ManagersOnlyError
    return interaction.guild_id
