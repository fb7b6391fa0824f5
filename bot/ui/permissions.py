"""The permissions or roles that a member needs for what they ask. Discord hides commands by default only, and buttons
stay."""

from __future__ import annotations

import hikari
import lightbulb

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy

Interaction = (
    hikari.CommandInteraction | hikari.AutocompleteInteraction | hikari.ComponentInteraction | hikari.ModalInteraction
)

NAMES = {
    hikari.Permissions.VIEW_CHANNEL: _("View Channel"),
    hikari.Permissions.SEND_MESSAGES: _("Send Messages"),
    hikari.Permissions.SEND_MESSAGES_IN_THREADS: _("Send Messages in Threads"),
    hikari.Permissions.READ_MESSAGE_HISTORY: _("Read Message History"),
    hikari.Permissions.ATTACH_FILES: _("Attach Files"),
    hikari.Permissions.SEND_VOICE_MESSAGES: _("Send Voice Messages"),
    hikari.Permissions.MANAGE_MESSAGES: _("Manage Messages"),
    hikari.Permissions.MANAGE_CHANNELS: _("Manage Channels"),
    hikari.Permissions.MANAGE_GUILD: _("Manage Server"),
}
"""As Discord's own client names them."""

PERMISSION = _("the permission {permissions}")
PERMISSION_THERE = _("the permission {permissions} in {channel}")
PERMISSION_OR_ROLE = _("the permission {permissions} or the role {role}")


THOSE_WITH = _("those who have {needed} can do that")
ASKER = _("the one who asked, or those who have {needed}, can do that")
ASKED = _("the one who was asked can do that")
STARTER = _("the one who started it can do that")
"""For ``NotPermittedError``: who may do what was refused."""


class OnServersOnlyError(StarlingError):
    """Raised when something that needs a server is used elsewhere."""

    sentence = _("That works only on a server. Please use it there.")


class NotPermittedError(StarlingError):
    """Raised when somebody tries what needs permissions that they lack, or what only another person may do."""

    sentence = _("Only {allowed}.")

    def __init__(
        self,
        lacking: hikari.Permissions = hikari.Permissions.NONE,
        *,
        channel_id: int | None = None,
        role_id: int | None = None,
        allowed: str = THOSE_WITH,
    ) -> None:
        """``lacking``: the missing permissions, some of ``NAMES``. ``channel_id``: where they are missing, if not on
        the whole server. ``role_id``: a role that would do instead. ``allowed``: who may do it; if it names the
        permissions, ``lacking`` is needed."""
        names = named(lacking)
        if channel_id is not None:
            needed = lazy(PERMISSION_THERE, permissions=names, channel=f"<#{channel_id}>")
        elif role_id is not None:
            needed = lazy(PERMISSION_OR_ROLE, permissions=names, role=f"<@&{role_id}>")
        else:
            needed = lazy(PERMISSION, permissions=names)
        super().__init__(allowed=lazy(allowed, needed=needed))


def named(permissions: hikari.Permissions) -> LazyMessage:
    """The names of those ``permissions`` that have one in ``NAMES``, separated by commas."""
    names = {f"p{number}": lazy(name) for number, (flag, name) in enumerate(NAMES.items()) if permissions & flag}
    return lazy(", ".join(f"{{{key}}}" for key in names), **names)


def guild_of(asked: lightbulb.Context | Interaction) -> hikari.Snowflake:
    """The server on which the person asks.

    Raises:
        OnServersOnlyError: they are not on a server.
    """
    interaction = _interaction(asked)
    if interaction.guild_id is None or interaction.member is None:
        raise OnServersOnlyError
    return interaction.guild_id


def server_or_direct(interaction: Interaction) -> hikari.Snowflake | None:
    """The server on which the person asks; None in a direct message that only they and the bot see.

    Raises:
        OnServersOnlyError: it is neither.
    """
    if interaction.context is hikari.ApplicationContextType.BOT_DM:
        return None
    return guild_of(interaction)


def roles_of(asked: lightbulb.Context | Interaction) -> set[int]:
    """The ids of the person's roles, including that of @everyone.

    Raises:
        OnServersOnlyError: they are not on a server.
    """
    guild, member = guild_of(asked), _interaction(asked).member
    return {guild, *(member.role_ids if member is not None else ())}


def lacking(
    asked: lightbulb.Context | Interaction,
    permissions: hikari.Permissions,
    channel: hikari.PartialChannel | None = None,
) -> hikari.Permissions:
    """Those of ``permissions`` that the person does not have in ``channel`` or, without one, in the channel where they
    ask.

    Raises:
        OnServersOnlyError: they are not on a server.
    """
    guild_of(asked)
    member = _interaction(asked).member
    assert member is not None, "on servers it is a member who asks"
    granted = channel.permissions if isinstance(channel, hikari.InteractionChannel) else member.permissions
    return hikari.Permissions.NONE if granted & hikari.Permissions.ADMINISTRATOR else permissions & ~granted


def require(
    asked: lightbulb.Context | Interaction,
    permissions: hikari.Permissions = hikari.Permissions.MANAGE_GUILD,
    *,
    channel: hikari.PartialChannel | None = None,
    or_role: int | None = None,
) -> hikari.Snowflake:
    """Require that the person has all of ``permissions`` (in ``channel`` if one is given), or else the role
    ``or_role``; return the server.

    Raises:
        OnServersOnlyError: they are not on a server.
        NotPermittedError: they have neither.
    """
    guild, missing = guild_of(asked), lacking(asked, permissions, channel)
    if missing and (or_role is None or or_role not in roles_of(asked)):
        raise NotPermittedError(missing, channel_id=None if channel is None else channel.id, role_id=or_role)
    return guild


def require_owner(interaction: Interaction, owner_id: int, allowed: str) -> None:
    """Require that the person is the user ``owner_id`` or, if ``allowed`` is ``ASKER``, may manage messages.
    ``allowed``: one of ``ASKER``, ``ASKED`` and ``STARTER``.

    Raises:
        NotPermittedError: they are somebody else.
    """
    if interaction.user.id == owner_id:
        return
    managing = hikari.Permissions.MANAGE_MESSAGES
    granted = hikari.Permissions.NONE if interaction.member is None else interaction.member.permissions
    if allowed != ASKER or not granted & (managing | hikari.Permissions.ADMINISTRATOR):
        raise NotPermittedError(managing, allowed=allowed)


def _interaction(asked: lightbulb.Context | Interaction) -> Interaction:
    return asked.interaction if isinstance(asked, lightbulb.Context) else asked
