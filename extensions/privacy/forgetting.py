"""Deletes here what people delete on Discord, and answers questions again that they edit."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.deletions import Deleted, Deletions
from bot.answering.left_guilds import LeftGuilds
from bot.answering.service import AnswerService

loader = lightbulb.Loader()


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def forget_message(event: hikari.MessageDeleteEvent, deletions: Deletions) -> None:
    """Forget what was said in a deleted question or answer; the answer to a deleted question goes as well."""
    await deletions.forget(Deleted.MESSAGE, [event.message_id])


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def forget_messages(event: hikari.GuildBulkMessageDeleteEvent, deletions: Deletions) -> None:
    """Forget what was said in questions and answers that were deleted together; answers to the questions go as well."""
    await deletions.forget(Deleted.MESSAGE, event.message_ids)


@loader.listener(hikari.GuildChannelDeleteEvent)
async def forget_channel(event: hikari.GuildChannelDeleteEvent, deletions: Deletions) -> None:
    """Forget what was said in a deleted channel: Discord does not report its messages one by one."""
    await deletions.forget(Deleted.CHANNEL, [event.channel_id])


@loader.listener(hikari.GuildThreadDeleteEvent)
async def forget_thread(event: hikari.GuildThreadDeleteEvent, deletions: Deletions) -> None:
    """Forget what was said in a deleted thread."""
    await deletions.forget(Deleted.CHANNEL, [event.thread_id])


@loader.listener(hikari.MessageUpdateEvent)  # type: ignore[type-abstract]
async def answer_anew(event: hikari.MessageUpdateEvent, bot: hikari.GatewayBot, answers: AnswerService) -> None:
    """Answer a question again after its author has edited it. Discord also sends this event for link previews, which
    are not edits."""
    author = event.message.author
    if not author or author.is_bot or not event.message.edited_timestamp:
        return
    try:
        message = await bot.rest.fetch_message(event.channel_id, event.message_id)
    except (hikari.NotFoundError, hikari.ForbiddenError):
        return
    await answers.edited(message)


@loader.listener(hikari.GuildLeaveEvent)
async def forget_guild(event: hikari.GuildLeaveEvent, deletions: Deletions, guilds: LeftGuilds) -> None:
    """Forget all that was said, used, chosen and taught in a guild that the bot has left; an outage of Discord is a
    different event."""
    await deletions.forget(Deleted.GUILD, [event.guild_id])
    await guilds.left(event.guild_id)


@loader.listener(hikari.GuildJoinEvent)
async def know_guild(event: hikari.GuildJoinEvent, guilds: LeftGuilds) -> None:
    """Record that the bot is now in the guild."""
    await guilds.joined(event.guild_id)


@loader.listener(hikari.ShardReadyEvent)
async def forget_left_guilds(event: hikari.ShardReadyEvent, guilds: LeftGuilds) -> None:
    """Forget the guilds that the bot was removed from while it was offline."""
    await guilds.told(event.application_id, event.unavailable_guilds, event.shard.id, event.shard.shard_count)
