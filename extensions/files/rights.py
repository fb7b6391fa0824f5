"""Whose files a command or a button is about, and whether the person may access them."""

from __future__ import annotations

import hikari

from bot.storage.files import FileStore, Folder
from bot.ui.permissions import require


def own_files(
    interaction: hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction,
    store: FileStore,
) -> Folder:
    """The guild's folder or, in a direct message, the person's own.

    Raises:
        NotPermittedError: the person may not manage the guild.
    """
    if interaction.guild_id is None:
        return store.of_user(interaction.user.id)
    return store.of_guild(require(interaction))
