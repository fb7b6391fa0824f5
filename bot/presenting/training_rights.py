"""Who may test models on a server."""

from __future__ import annotations

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.presenting.managers import MANAGERS, OnServersOnlyError


class NotTrainerError(StarlingError):
    """Raised when someone tests models who may not."""

    sentence = _("Testing models is for those who have the permission Manage Server.")


def require_trainer(
    interaction: hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction,
) -> hikari.Snowflake:
    """The server on which the person may test models. Discord hides commands by default only, and buttons stay.

    Raises:
        OnServersOnlyError: it is no server.
        NotTrainerError: they may not.
    """
    if interaction.guild_id is None or interaction.member is None:
        raise OnServersOnlyError
    if not interaction.member.permissions & MANAGERS:
        raise NotTrainerError
    return interaction.guild_id
