"""Whose files a command or a button is about, and whether the person may have them."""

from __future__ import annotations

import hikari

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.files import FileStore, Folder

MODERATORS = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR


class ModeratorsOnlyError(StarlingError):
    """Raised when someone wants a guild's files who may not manage the guild."""

    sentence = _("The files of this server are for those who have the permission Manage Server.")


def own_files(
    interaction: hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction,
    store: FileStore,
) -> Folder:
    """The guild's folder; in a direct message, that of the person.

    Discord hides the commands from others by default, but a guild may show them and a button stays.

    Raises:
        ModeratorsOnlyError: the person may not manage the guild.
    """
    if interaction.guild_id is None:
        return store.of_user(interaction.user.id)
    if interaction.member is None or not interaction.member.permissions & MODERATORS:
        raise ModeratorsOnlyError
    return store.of_guild(interaction.guild_id)
