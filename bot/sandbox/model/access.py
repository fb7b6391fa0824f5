"""Who has which permissions where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.sandbox.model.entities import Channel, Guild, Member, Role
from bot.sandbox.model.permissions import ALL, Permissions

_LOST_WITHOUT_SENDING = (
    Permissions.MENTION_EVERYONE | Permissions.SEND_TTS_MESSAGES | Permissions.ATTACH_FILES | Permissions.EMBED_LINKS
)


_LEFT_IN_TIMEOUT = Permissions.VIEW_CHANNEL | Permissions.READ_MESSAGE_HISTORY


def in_guild(guild: Guild, member: Member, roles: Mapping[int, Role]) -> Permissions:
    """The permissions that the member's roles give in the guild, before the overwrites of any channel."""
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


def in_channel(guild: Guild, member: Member, roles: Mapping[int, Role], channel: Channel) -> Permissions:
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
