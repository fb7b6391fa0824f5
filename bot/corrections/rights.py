"""What someone may do with the corrections of a server."""

from __future__ import annotations

import hikari

from bot.corrections.service import CorrectionActor
from bot.preferences.preferences import Preferences
from bot.ui.permissions import Interaction, NotPermittedError, guild_of, lacking, require, roles_of


async def correction_actor(interaction: Interaction, preferences: Preferences) -> CorrectionActor:
    """The user of the interaction, with whether they may approve.

    Raises:
        OnServersOnlyError: the interaction is not on a server.
    """
    roles = (await preferences.guild(guild_of(interaction))).roles
    manages = not lacking(interaction, hikari.Permissions.MANAGE_GUILD)
    return CorrectionActor(interaction.user.id, manages or roles.let_approve(roles_of(interaction)))


async def require_corrector(interaction: Interaction, preferences: Preferences) -> CorrectionActor:
    """The user of the interaction, if they may correct.

    Raises:
        OnServersOnlyError: the interaction is not on a server.
        NotPermittedError: they may not.
    """
    person = await correction_actor(interaction, preferences)
    roles = (await preferences.guild(guild_of(interaction))).roles
    if not person.approves and roles.correct is not None:
        require(interaction, or_role=roles.correct)
    return person


async def require_approver(interaction: Interaction, preferences: Preferences) -> CorrectionActor:
    """The user of the interaction, if they may approve.

    Raises:
        OnServersOnlyError: the interaction is not on a server.
        NotPermittedError: they may not.
    """
    person = await correction_actor(interaction, preferences)
    if not person.approves:
        roles = (await preferences.guild(guild_of(interaction))).roles
        raise NotPermittedError(hikari.Permissions.MANAGE_GUILD, role_id=roles.approve)
    return person
