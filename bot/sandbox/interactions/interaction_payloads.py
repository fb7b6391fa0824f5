"""Interactions as Discord sends them to the bot."""

from __future__ import annotations

from bot.sandbox.actions.command_registry import CommandRegistry
from bot.sandbox.interactions.interaction import Interaction
from bot.sandbox.model.accounts import Accounts
from bot.sandbox.model.entities import Channel, Message, User
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads, user_payload
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.state import SandboxState
from bot.sandbox.options import Options

_SHOWN_TO_BOT = (
    Permissions.ATTACH_FILES | Permissions.EMBED_LINKS | Permissions.MENTION_EVERYONE | Permissions.USE_EXTERNAL_EMOJIS
)
"""What ``app_permissions`` always contains, whatever the channel allows."""


class InteractionPayloads:
    """Builds what the bot receives."""

    def __init__(
        self,
        state: SandboxState,
        payloads: Payloads,
        commands: CommandRegistry,
        accounts: Accounts,
        options: Options,
    ) -> None:
        self._state = state
        self._payloads = payloads
        self._commands = commands
        self._accounts = accounts
        self._options = options

    def owners(self, user: User, channel: Channel) -> Json:
        """Discord's ``authorizing_integration_owners``."""
        if self._commands.installed_in(channel):
            return {"0": str(channel.guild_id or 0)}
        return {"1": str(user.id)}

    def payload(self, interaction: Interaction, channel: Channel, source: Message | None) -> Json:
        """What the bot receives. ``source``: the message whose component was used."""
        state, user = self._state, interaction.user
        granted = state.permissions(self._accounts.bot.id, channel) | _SHOWN_TO_BOT
        payload: Json = {
            "id": str(interaction.id),
            "application_id": str(self._accounts.bot.id),
            "type": int(interaction.type),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel": self._payloads.partial_channel(channel, user.id),
            "channel_id": str(channel.id),
            "app_permissions": str(int(granted)),
            "locale": user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": interaction.owners,
            "context": self._commands.context(channel),
            "attachment_size_limit": self._options.file_limit_bytes,
        }
        if channel.guild_id is None:
            payload["user"] = user_payload(user)
        else:
            guild = state.guild(channel.guild_id)
            member = self._payloads.member(state.member(guild.id, user.id))
            payload |= {
                "guild_id": str(guild.id),
                "guild_locale": guild.preferred_locale,
                "guild": {"id": str(guild.id), "locale": guild.preferred_locale, "features": []},
                "member": member | {"permissions": str(int(state.permissions(user.id, channel)))},
            }
        if source is not None:
            payload["message"] = self._payloads.message(source, self._accounts.bot.id)
        return payload
