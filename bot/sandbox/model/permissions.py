"""Discord's permission bits, and who has which of them where."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.model.entities import Channel, Guild, Member, Role


class Permissions(IntFlag):
    NONE = 0
    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_VOICE_MESSAGES = 1 << 46
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51


ALL = Permissions((1 << 53) - 1)
"""Every bit, also those that have no name here: what an owner or administrator has."""

EVERYONE = (
    Permissions.CREATE_INSTANT_INVITE
    | Permissions.ADD_REACTIONS
    | Permissions.STREAM
    | Permissions.VIEW_CHANNEL
    | Permissions.SEND_MESSAGES
    | Permissions.EMBED_LINKS
    | Permissions.ATTACH_FILES
    | Permissions.READ_MESSAGE_HISTORY
    | Permissions.USE_EXTERNAL_EMOJIS
    | Permissions.CONNECT
    | Permissions.SPEAK
    | Permissions.CHANGE_NICKNAME
    | Permissions.USE_APPLICATION_COMMANDS
    | Permissions.CREATE_PUBLIC_THREADS
    | Permissions.CREATE_PRIVATE_THREADS
    | Permissions.USE_EXTERNAL_STICKERS
    | Permissions.SEND_MESSAGES_IN_THREADS
    | Permissions.SEND_VOICE_MESSAGES
    | Permissions.SEND_POLLS
    | Permissions.USE_EXTERNAL_APPS
)
"""What @everyone may do in a fresh guild."""

DIRECT_MESSAGE = (
    Permissions.ADD_REACTIONS
    | Permissions.VIEW_CHANNEL
    | Permissions.SEND_MESSAGES
    | Permissions.EMBED_LINKS
    | Permissions.ATTACH_FILES
    | Permissions.READ_MESSAGE_HISTORY
    | Permissions.MENTION_EVERYONE
    | Permissions.USE_EXTERNAL_EMOJIS
    | Permissions.USE_APPLICATION_COMMANDS
    | Permissions.USE_EXTERNAL_STICKERS
    | Permissions.SEND_VOICE_MESSAGES
    | Permissions.SEND_POLLS
    | Permissions.USE_EXTERNAL_APPS
    | Permissions.PIN_MESSAGES
)
"""What either side may do in a direct message, where there are no roles."""

_LOST_WITHOUT_SENDING = (
    Permissions.MENTION_EVERYONE | Permissions.SEND_TTS_MESSAGES | Permissions.ATTACH_FILES | Permissions.EMBED_LINKS
)


_LEFT_IN_TIMEOUT = Permissions.VIEW_CHANNEL | Permissions.READ_MESSAGE_HISTORY


def in_guild(guild: Guild, member: Member, roles: dict[int, Role]) -> Permissions:
    """What the member's roles give in the guild, before any channel has its say."""
    if guild.owner_id == member.user_id:
        return ALL
    granted = roles[guild.id].permissions
    for role_id in member.role_ids:
        granted |= roles[role_id].permissions
    return ALL if granted & Permissions.ADMINISTRATOR else _as_timed_out(member, granted)


def _as_timed_out(member: Member, granted: Permissions) -> Permissions:
    """``granted``, or what is left of it while the member is timed out."""
    until = member.timed_out_until
    return granted & _LEFT_IN_TIMEOUT if until is not None and until > datetime.now(UTC) else granted


def in_channel(guild: Guild, member: Member, roles: dict[int, Role], channel: Channel) -> Permissions:
    """What the member may do in ``channel``, which is not a thread: threads have the permissions of their parent.

    Overwrites apply in Discord's order: @everyone, then all roles together, then the member.
    """
    granted = in_guild(guild, member, roles)
    if granted & Permissions.ADMINISTRATOR:
        return ALL
    by_id = {overwrite.id: overwrite for overwrite in channel.overwrites}
    if everyone := by_id.get(guild.id):
        granted = granted & ~everyone.deny | everyone.allow
    allow = deny = Permissions.NONE
    for role_id in member.role_ids:
        if overwrite := by_id.get(role_id):
            allow |= overwrite.allow
            deny |= overwrite.deny
    granted = granted & ~deny | allow
    if own := by_id.get(member.user_id):
        granted = granted & ~own.deny | own.allow
    if not granted & Permissions.VIEW_CHANNEL:
        return Permissions.NONE
    if not granted & Permissions.SEND_MESSAGES:
        granted &= ~_LOST_WITHOUT_SENDING
    return _as_timed_out(member, granted)
