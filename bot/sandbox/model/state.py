"""Everything that exists in a sandbox, by id, with lookups that fail as Discord's do."""

from __future__ import annotations

from bot.sandbox.model.access import in_channel, in_guild
from bot.sandbox.model.entities import Channel, Guild, Member, Message, Role, User
from bot.sandbox.model.enums import ChannelType
from bot.sandbox.model.errors import missing_access, missing_permissions, unknown
from bot.sandbox.model.grouped import Grouped
from bot.sandbox.model.message_store import MessageStore
from bot.sandbox.model.permissions import DIRECT_MESSAGE, Permissions
from bot.sandbox.model.snowflakes import SnowflakeClock


class SandboxState:
    """Guilds, people, channels and messages. Changed only by the parts that also notify the gateway."""

    def __init__(self, *, message_limit: int) -> None:
        self.clock = SnowflakeClock()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.roles: Grouped[int, Role] = Grouped(lambda role: role.guild_id)
        self.members: Grouped[tuple[int, int], Member] = Grouped(
            lambda member: member.guild_id, lambda member: member.user_id
        )
        """By guild and user."""
        self.channels: Grouped[int, Channel] = Grouped(lambda channel: channel.guild_id)
        self.messages = MessageStore(message_limit)

    def user(self, user_id: int) -> User:
        """Raises:
        DiscordError: 404 10013.
        """
        if (user := self.users.get(user_id)) is None:
            raise unknown("User")
        return user

    def guild(self, guild_id: int) -> Guild:
        """Raises:
        DiscordError: 404 10004.
        """
        if (guild := self.guilds.get(guild_id)) is None:
            raise unknown("Guild")
        return guild

    def role(self, guild_id: int, role_id: int) -> Role:
        """Raises:
        DiscordError: 404 10011.
        """
        if (role := self.roles.get(role_id)) is None or role.guild_id != guild_id:
            raise unknown("Role")
        return role

    def member(self, guild_id: int, user_id: int) -> Member:
        """Raises:
        DiscordError: 404 10007.
        """
        if (member := self.members.get((guild_id, user_id))) is None:
            raise unknown("Member")
        return member

    def channel(self, channel_id: int) -> Channel:
        """Raises:
        DiscordError: 404 10003.
        """
        if (channel := self.channels.get(channel_id)) is None:
            raise unknown("Channel")
        return channel

    def message(self, channel_id: int, message_id: int) -> Message:
        """Raises:
        DiscordError: 404 10008.
        """
        message = self.messages.get(message_id)
        if message is None or message.channel_id != channel_id:
            raise unknown("Message")
        return message

    def guild_of_member(self, guild_id: int, user_id: int) -> Guild:
        """The guild, for one of its members.

        Raises:
            DiscordError: 404 10004 if the user is not a member.
        """
        if (guild_id, user_id) not in self.members:
            raise unknown("Guild")
        return self.guild(guild_id)

    def guild_roles(self, guild_id: int) -> list[Role]:
        return sorted(self.roles.of(guild_id), key=lambda r: (r.position, r.id))

    def guild_members(self, guild_id: int) -> list[Member]:
        return self.members.of(guild_id)

    def guild_channels(self, guild_id: int) -> list[Channel]:
        """The channels of a guild in display order, without threads."""
        found = (c for c in self.channels.of(guild_id) if not c.is_thread)
        return sorted(found, key=lambda c: (c.position, c.id))

    def guild_threads(self, guild_id: int) -> list[Channel]:
        return [c for c in self.channels.of(guild_id) if c.is_thread]

    def direct_channel(self, one: int, other: int) -> Channel | None:
        parties = {one, other}
        return next(
            (c for c in self.channels.of(None) if c.type is ChannelType.DM and set(c.recipient_ids) == parties), None
        )

    def permissions(self, user_id: int, channel: Channel) -> Permissions:
        """What the user may do in ``channel``; nothing if they have no access."""
        if channel.guild_id is None:
            return DIRECT_MESSAGE if user_id in channel.recipient_ids else Permissions.NONE
        member = self.members.get((channel.guild_id, user_id))
        if member is None:
            return Permissions.NONE
        if channel.is_thread and channel.parent_id is not None:
            granted = self.permissions(user_id, self.channels[channel.parent_id])
            if channel.type is not ChannelType.PRIVATE_THREAD or granted & Permissions.MANAGE_THREADS:
                return granted
            assert channel.thread is not None
            return granted if user_id in channel.thread.member_ids else Permissions.NONE
        return in_channel(self.guilds[channel.guild_id], member, self.roles, channel)

    def guild_permissions(self, user_id: int, guild_id: int) -> Permissions:
        return in_guild(self.guild(guild_id), self.member(guild_id, user_id), self.roles)

    def may_see(self, user_id: int, channel: Channel) -> bool:
        return bool(self.permissions(user_id, channel) & Permissions.VIEW_CHANNEL)

    def require(self, user_id: int, channel: Channel, needed: Permissions) -> None:
        """Raises:
        DiscordError: 403 50001 if the user cannot see the channel, 403 50013 if one of ``needed`` is missing.
        """
        granted = self.permissions(user_id, channel)
        if not granted & Permissions.VIEW_CHANNEL:
            raise missing_access()
        if granted & needed != needed:
            raise missing_permissions()

    def require_in_guild(self, user_id: int, guild_id: int, needed: Permissions) -> None:
        """Raises:
        DiscordError: 404 10004 for people who are not members, 403 50013 if one of ``needed`` is missing.
        """
        self.guild_of_member(guild_id, user_id)
        if self.guild_permissions(user_id, guild_id) & needed != needed:
            raise missing_permissions()

    def memberships(self, user_id: int) -> list[Member]:
        """The user as a member of each of their guilds."""
        return self.members.of(user_id, 1)

    def guilds_of(self, user_id: int) -> list[Guild]:
        return [self.guilds[member.guild_id] for member in self.memberships(user_id)]

    def direct_channels_of(self, user_id: int) -> list[Channel]:
        return [c for c in self.channels.of(None) if user_id in c.recipient_ids]
