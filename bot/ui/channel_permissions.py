"""What the bot may do in a channel."""

from __future__ import annotations

import hikari

from bot.errors import translatable as _

LACKS_INTENT = _(
    "⚠️ Discord shows me only messages that mention me, and no voice notes but replies: switch on the Message Content "
    "Intent in Discord's Developer Portal, set MESSAGE_CONTENT_INTENT=true, and restart me. Without it, Answer this "
    "and Transcribe in the menu of a message work on any of them."
)


async def permissions_in(
    rest: hikari.api.RESTClient, guild_id: hikari.Snowflakeish, channel_id: hikari.Snowflakeish, me: hikari.Snowflakeish
) -> hikari.Permissions:
    """What the member ``me`` may do in the channel or thread, computed as Discord documents it
    (https://docs.discord.com/developers/topics/permissions).

    An interaction's ``app_permissions`` are no substitute: they are for its own channel, and always include some that
    the channel may deny.

    Raises:
        hikari.HTTPError: a request fails; a channel that the bot may not view yields no permissions instead.
    """
    try:
        channel = await rest.fetch_channel(channel_id)
        if isinstance(channel, hikari.GuildThreadChannel):
            channel = await rest.fetch_channel(channel.parent_id)
    except hikari.ForbiddenError:
        return hikari.Permissions.NONE
    assert isinstance(channel, hikari.PermissibleGuildChannel)
    member = await rest.fetch_member(guild_id, me)
    mine = {guild_id, *member.role_ids}
    granted = hikari.Permissions.NONE
    for role in await rest.fetch_roles(guild_id):
        if role.id in mine:
            granted |= role.permissions
    if granted & hikari.Permissions.ADMINISTRATOR:
        return hikari.Permissions.all_permissions()
    overwrites = channel.permission_overwrites
    everyone = overwrites.get(hikari.Snowflake(guild_id))
    of_roles = [o for id_, o in overwrites.items() if id_ in mine and id_ != guild_id]
    own = overwrites.get(hikari.Snowflake(me))
    for layer in ([everyone] if everyone else [], of_roles, [own] if own else []):
        for overwrite in layer:
            granted &= ~overwrite.deny
        for overwrite in layer:
            granted |= overwrite.allow
    return granted if granted & hikari.Permissions.VIEW_CHANNEL else hikari.Permissions.NONE
