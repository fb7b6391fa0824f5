"""Answering a button or a form when that takes longer than Discord waits."""

from __future__ import annotations

from collections.abc import Sequence

import hikari

Deferrable = hikari.ComponentInteraction | hikari.ModalInteraction


def _flags(*, ephemeral: bool) -> hikari.MessageFlag:
    return hikari.MessageFlag.EPHEMERAL if ephemeral else hikari.MessageFlag.NONE


async def defer(interaction: Deferrable, *, ephemeral: bool = False) -> None:
    """Promise an answer in a message of its own, which nobody else sees where it is ``ephemeral``.

    Raises:
        hikari.HTTPError: Discord does not take it.
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
    """Give the answer that was promised; it mentions nobody.

    Raises:
        hikari.HTTPError: Discord does not take it.
    """
    await interaction.execute(
        text, components=components, flags=_flags(ephemeral=ephemeral),
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip
