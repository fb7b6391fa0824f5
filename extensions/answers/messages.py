"""Messages that are for the bot: as they come, and those that came while nobody listened."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.intake import MessageIntake
from bot.answering.missed_questions import MissedQuestions
from bot.answering.recent_messages import RecentMessages

loader = lightbulb.Loader()


@loader.listener(hikari.MessageCreateEvent)  # type: ignore[type-abstract]
async def answer(event: hikari.MessageCreateEvent, intake: MessageIntake, recent: RecentMessages) -> None:
    """Have the message answered if it is for us, or written down where every voice note is."""
    recent.came(event.message)
    await intake.take(event.message)


@loader.listener(hikari.MessageUpdateEvent)  # type: ignore[type-abstract]
async def note_change(event: hikari.MessageUpdateEvent, recent: RecentMessages, bot: hikari.GatewayBot) -> None:
    """What was edited is read anew with the next question."""
    if (me := bot.get_me()) is not None:
        recent.changed(event.message, me.id)


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def note_deletion(event: hikari.MessageDeleteEvent, recent: RecentMessages) -> None:
    """What was deleted is shown to no model any more."""
    recent.deleted(event.channel_id, {event.message_id})


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def note_deletions(event: hikari.GuildBulkMessageDeleteEvent, recent: RecentMessages) -> None:
    """What was deleted together is shown to no model any more."""
    recent.deleted(event.channel_id, event.message_ids)


@loader.listener(hikari.ShardDisconnectedEvent)
async def note_loss(event: hikari.ShardDisconnectedEvent, missed: MissedQuestions) -> None:
    """Remember since when messages may be missed."""
    missed.lost(event.shard.id)


@loader.listener(hikari.ShardResumedEvent)
async def note_resumption(event: hikari.ShardResumedEvent, missed: MissedQuestions) -> None:
    """Nothing was missed: Discord tells it now."""
    missed.resumed(event.shard.id)


@loader.listener(hikari.ShardReadyEvent)
async def catch_up(event: hikari.ShardReadyEvent, missed: MissedQuestions, recent: RecentMessages) -> None:
    """Look for what came while there was no session."""
    recent.lost()
    await missed.renewed(event.shard.id)
