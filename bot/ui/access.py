"""Checks that the person who uses a command, a button or a form may use Starling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import hikari
import lightbulb

from bot.preferences.access import AccessRules

ALWAYS = ("privacy", "confirm-privacy")
"""Names and custom ids that begin with these are always served: everyone may see and delete what is stored about them,
whatever else they may not do."""

Guard = Callable[[hikari.ComponentInteraction | hikari.ModalInteraction], Awaitable[None]]
"""Raises an error for an interaction that must not be served."""

MANAGES = hikari.Permissions.MANAGE_GUILD | hikari.Permissions.ADMINISTRATOR


class InteractionAccess:
    """Checks interactions against the access rules."""

    def __init__(self, rules: AccessRules, cache: hikari.api.Cache) -> None:
        self._rules = rules
        self._cache = cache

    async def require(
        self, interaction: hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction
    ) -> None:
        """
        Raises:
            NoAccessError: its user may not use Starling there.
        """
        name = getattr(interaction, "command_name", None) or getattr(interaction, "custom_id", "")
        if str(name).startswith(ALWAYS):
            return
        member = interaction.member
        await self._rules.require(
            interaction.user.id,
            interaction.guild_id,
            channels_of(interaction.channel_id, self._cache),
            None if member is None else member.role_ids,
            manages=member is not None and bool(member.permissions & MANAGES),
        )

    @property
    def hook(self) -> lightbulb.ExecutionHook:
        """The check that runs before every command."""

        @lightbulb.hook(lightbulb.ExecutionSteps.CHECKS, skip_when_failed=True)
        async def check(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            await self.require(context.interaction)

        return check


def channels_of(channel: hikari.Snowflake, cache: hikari.api.Cache) -> list[int]:
    """The channel and, if it is known to be a thread, its parent channel."""
    thread = cache.get_thread(channel)
    return [channel] if thread is None else [channel, thread.parent_id]


def may_manage(
    guild: hikari.Snowflake, user: hikari.Snowflake, roles: Collection[int], cache: hikari.api.Cache
) -> bool:
    """Whether a member with ``roles`` may manage ``guild``, from the cached guild, as a message does not say it; False
    if the guild is not cached."""
    known = cache.get_guild(guild)
    if known is None:
        return False
    # The @everyone role has the guild's id.
    held = [known.get_role(hikari.Snowflake(role)) for role in (guild, *roles)]
    return known.owner_id == user or any(role is not None and role.permissions & MANAGES for role in held)
