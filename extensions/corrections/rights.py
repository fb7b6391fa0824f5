"""Who someone is to the corrections of a server."""

from __future__ import annotations

import hikari

from bot.corrections.service import CorrectionActor
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.preferences import Preferences
from bot.ui.permissions import MANAGERS, OnServersOnlyError

Interaction = (
    hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction | hikari.ModalInteraction
)


class NotCorrectorError(StarlingError):
    """Raised when someone corrects who does not have the role that a server wants for it."""

    sentence = _("On this server only those who have the role {role} may correct me.")


class NotTrainerError(StarlingError):
    """Raised when someone trains who may not."""

    sentence = _("Only those who may manage this server, or have the role for it, can train and test models.")


def guild_of(interaction: Interaction) -> hikari.Snowflake:
    """
    Raises:
        OnServersOnlyError: it is no server.
    """
    if interaction.guild_id is None or interaction.member is None:
        raise OnServersOnlyError
    return interaction.guild_id


async def person_of(interaction: Interaction, preferences: Preferences) -> CorrectionActor:
    """The one who asks, with whether they may approve.

    Raises:
        OnServersOnlyError: it is no server.
    """
    roles = (await preferences.guild(guild_of(interaction))).roles
    return CorrectionActor(int(interaction.user.id), _manages(interaction) or roles.let_approve(_roles(interaction)))


async def corrector_of(interaction: Interaction, preferences: Preferences) -> CorrectionActor:
    """The one who asks, who may correct.

    Raises:
        OnServersOnlyError: it is no server.
        NotCorrectorError: they may not.
    """
    person = await person_of(interaction, preferences)
    roles = (await preferences.guild(guild_of(interaction))).roles
    if not person.approves and not roles.let_correct(_roles(interaction)):
        raise NotCorrectorError(role=f"<@&{roles.correct}>")
    return person


async def require_trainer(interaction: Interaction, preferences: Preferences) -> hikari.Snowflake:
    """The server for which the one who asks may train.

    Raises:
        OnServersOnlyError: it is no server.
        NotTrainerError: they may not.
    """
    guild = guild_of(interaction)
    if not _manages(interaction) and not (await preferences.guild(guild)).roles.let_train(_roles(interaction)):
        raise NotTrainerError
    return guild


def _manages(interaction: Interaction) -> bool:
    member = interaction.member
    return member is not None and bool(member.permissions & MANAGERS)


def _roles(interaction: Interaction) -> set[int]:
    """Those of the member, with that of everyone."""
    member = interaction.member
    held = () if member is None else member.role_ids
    return {int(role) for role in (*held, guild_of(interaction))}
