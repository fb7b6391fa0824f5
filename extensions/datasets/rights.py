"""Whose datasets a command or a button is about, and whether the person may have them."""

from __future__ import annotations

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from extensions.files.rights import MODERATORS


class DatasetsNotManagedError(StarlingError):
    """Raised when someone uses a guild's datasets who may not manage the guild."""

    sentence = _("The datasets of this server are for those who have the permission Manage Server.")


def guild_of(
    interaction: hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction,
) -> hikari.Snowflake:
    """The guild whose datasets the person may have.

    Raises:
        DatasetsNotManagedError: there is none, or they may not manage it.
    """
    member = interaction.member
    if interaction.guild_id is None or member is None or not member.permissions & MODERATORS:
        raise DatasetsNotManagedError
    return interaction.guild_id
