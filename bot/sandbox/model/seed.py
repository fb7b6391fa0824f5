"""The people and places that every sandbox starts with. Their ids never change; their tokens differ in each process."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.sandbox.model.entities import Channel, Guild, Member, Overwrite, OverwriteType, Role, User
from bot.sandbox.model.enums import ChannelType
from bot.sandbox.model.permissions import EVERYONE, Permissions
from bot.sandbox.model.state import SandboxState

APPLICATION_ID = 1_100_000_000_000_000_100
"""Also the id of the bot's user, as with every application made since 2016."""

ADMIN_ID = 1_100_000_000_000_000_201
MEMBER_ID = 1_100_000_000_000_000_202
OTHER_MEMBER_ID = 1_100_000_000_000_000_203

GUILD_ID = 1_100_000_000_004_194_304
GENERAL_ID = GUILD_ID + 101
VOICE_NOTES_ID = GUILD_ID + 102
MODERATORS_ID = GUILD_ID + 103
READ_ONLY_ID = GUILD_ID + 104
CATEGORY_ID = GUILD_ID + 100
BOT_ROLE_ID = GUILD_ID + 201
MODERATOR_ROLE_ID = GUILD_ID + 202

# With two shards, the first guild belongs to one of them, this one to the other.
SECOND_GUILD_ID = GUILD_ID + (1 << 22)
SECOND_GENERAL_ID = SECOND_GUILD_ID + 101

JOINED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def new_token(account_id: int) -> str:
    """A token shaped like Discord's: the account's id in base64, a time, a signature. It cannot be guessed."""
    account = base64.urlsafe_b64encode(str(account_id).encode()).decode().rstrip("=")
    return f"{account}.SANDBX.{secrets.token_urlsafe(24)}"


BOT_TOKEN = new_token(APPLICATION_ID)
USER_TOKENS = {account_id: new_token(account_id) for account_id in (ADMIN_ID, MEMBER_ID, OTHER_MEMBER_ID)}
"""Created anew by each process, so that somebody else's page that is open in the same browser does not know them."""


def populate(state: SandboxState, bot_name: str) -> None:
    """Put the fixed people, guilds, roles and channels into an empty state."""
    bot = User(APPLICATION_ID, bot_name, bot=True)
    people = (
        User(ADMIN_ID, "ada", "Ada"),
        User(MEMBER_ID, "boris", "Борис", locale="ru"),
        User(OTHER_MEMBER_ID, "chloe", "Chloe", locale="en-GB"),
    )
    state.users.update({user.id: user for user in (bot, *people)})
    state.guilds[GUILD_ID] = Guild(GUILD_ID, "Sandbox", ADMIN_ID)
    roles = (
        Role(GUILD_ID, GUILD_ID, "@everyone", EVERYONE, 0),
        Role(BOT_ROLE_ID, GUILD_ID, bot_name, EVERYONE, 1, bot_id=APPLICATION_ID),
        Role(
            MODERATOR_ROLE_ID,
            GUILD_ID,
            "Moderators",
            EVERYONE | Permissions.MANAGE_MESSAGES | Permissions.MANAGE_THREADS | Permissions.PIN_MESSAGES,
            2,
            color=0x5865F2,
            mentionable=True,
            hoist=True,
        ),
    )
    state.roles.update({role.id: role for role in roles})
    members = (
        Member(GUILD_ID, APPLICATION_ID, JOINED_AT, (BOT_ROLE_ID,)),
        Member(GUILD_ID, ADMIN_ID, JOINED_AT, (MODERATOR_ROLE_ID,)),
        Member(GUILD_ID, MEMBER_ID, JOINED_AT),
        Member(GUILD_ID, OTHER_MEMBER_ID, JOINED_AT, nick="Chloe B."),
    )
    state.members.update({(member.guild_id, member.user_id): member for member in members})
    hidden = Overwrite(GUILD_ID, OverwriteType.ROLE, Permissions.NONE, Permissions.VIEW_CHANNEL)
    shown = Overwrite(MODERATOR_ROLE_ID, OverwriteType.ROLE, Permissions.VIEW_CHANNEL, Permissions.NONE)
    shown_to_bot = Overwrite(BOT_ROLE_ID, OverwriteType.ROLE, Permissions.VIEW_CHANNEL, Permissions.NONE)
    silent = Overwrite(
        BOT_ROLE_ID,
        OverwriteType.ROLE,
        Permissions.NONE,
        Permissions.SEND_MESSAGES | Permissions.SEND_MESSAGES_IN_THREADS | Permissions.ADD_REACTIONS,
    )
    text = ChannelType.GUILD_TEXT
    channels = (
        Channel(CATEGORY_ID, ChannelType.GUILD_CATEGORY, GUILD_ID, "Text channels"),
        Channel(GENERAL_ID, text, GUILD_ID, "general", position=1, parent_id=CATEGORY_ID),
        Channel(VOICE_NOTES_ID, text, GUILD_ID, "voice-notes", position=2, parent_id=CATEGORY_ID),
        Channel(
            MODERATORS_ID,
            text,
            GUILD_ID,
            "moderators",
            position=3,
            parent_id=CATEGORY_ID,
            overwrites=(hidden, shown, shown_to_bot),
        ),
        Channel(READ_ONLY_ID, text, GUILD_ID, "no-bots", position=4, parent_id=CATEGORY_ID, overwrites=(silent,)),
    )
    state.channels.update({channel.id: channel for channel in channels})
    add_plain_guild(state, "Second sandbox", ["general"], [MEMBER_ID])


def add_plain_guild(state: SandboxState, name: str, channels: Sequence[str], member_ids: Iterable[int]) -> Guild:
    """Add a guild that belongs to the administrator, with text channels, the bot and ``member_ids``.

    Its id follows from how many guilds there are, so that each guild belongs to the next shard. The ids of its channels
    are its own plus 101, plus 102 and so on.
    """
    guild = Guild(GUILD_ID + (len(state.guilds) << 22), name, ADMIN_ID)
    state.guilds[guild.id] = guild
    bot_role = Role(guild.id + 201, guild.id, state.user(APPLICATION_ID).username, EVERYONE, 1, bot_id=APPLICATION_ID)
    for role in (Role(guild.id, guild.id, "@everyone", EVERYONE, 0), bot_role):
        state.roles[role.id] = role
    members = [Member(guild.id, APPLICATION_ID, JOINED_AT, (bot_role.id,))]
    members += [Member(guild.id, user_id, JOINED_AT) for user_id in dict.fromkeys((ADMIN_ID, *member_ids))]
    for member in members:
        state.members[guild.id, member.user_id] = member
    for position, channel_name in enumerate(channels, 1):
        channel_id = guild.id + 100 + position
        state.channels[channel_id] = Channel(
            channel_id, ChannelType.GUILD_TEXT, guild.id, channel_name, position=position
        )
    return guild
