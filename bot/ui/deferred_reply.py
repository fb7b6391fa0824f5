"""Answering a button or a form when that takes longer than Discord waits."""

from __future__ import annotations

from collections.abc import Sequence

import hikari

Deferrable = hikari.ComponentInteraction | hikari.ModalInteraction


def _flags(*, ephemeral: bool) -> hikari.MessageFlag:
    return hikari.MessageFlag.EPHEMERAL if ephemeral else hikari.MessageFlag.NONE


async def defer(interaction: Deferrable, *, ephemeral: bool = False) -> None:
    """Defer the answer, which will be a message of its own; if ``ephemeral``, only the user sees it.

    Raises:
        hikari.HTTPError: Discord refuses it.
    """
    await interaction.create_initial_response(
        hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=_flags(ephemeral=ephemeral)
    )


async def follow_up(
    interaction: Deferrable | hikari.CommandInteraction,
    text: str,
    *,
    components: Sequence[hikari.api.ComponentBuilder] = (),
    ephemeral: bool = False,
) -> None:
    """Send the deferred answer; it pings nobody.

    Raises:
        hikari.HTTPError: Discord refuses it.
    """
    await interaction.execute(
        text, components=components, flags=_flags(ephemeral=ephemeral),
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip
