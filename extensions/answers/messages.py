"""Messages for the bot: those that arrive, and those that were missed while it was disconnected."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.intake import MessageIntake
from bot.answering.missed_questions import MissedQuestions
from bot.answering.recent_messages import RecentMessages

loader = lightbulb.Loader()


@loader.listener(hikari.MessageCreateEvent)  # type: ignore[type-abstract]
async def answer(event: hikari.MessageCreateEvent, intake: MessageIntake, recent: RecentMessages) -> None:
    """Have the message answered if it is for the bot, or transcribed in channels where every voice note is."""
    recent.came(event.message)
    await intake.take(event.message)


@loader.listener(hikari.MessageUpdateEvent)  # type: ignore[type-abstract]
async def note_change(event: hikari.MessageUpdateEvent, recent: RecentMessages, bot: hikari.GatewayBot) -> None:
    """Record the edit, so that the next question sees the new text."""
    if (me := bot.get_me()) is not None:
        recent.changed(event.message, me.id)


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def note_deletion(event: hikari.MessageDeleteEvent, recent: RecentMessages) -> None:
    """Record the deletion, so that no model sees the message any more."""
    recent.deleted(event.channel_id, {event.message_id})


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def note_deletions(event: hikari.GuildBulkMessageDeleteEvent, recent: RecentMessages) -> None:
    """Record the deletions, so that no model sees these messages any more."""
    recent.deleted(event.channel_id, event.message_ids)


@loader.listener(hikari.ShardDisconnectedEvent)
async def note_loss(event: hikari.ShardDisconnectedEvent, missed: MissedQuestions) -> None:
    """Record that messages may be missed from now on."""
    missed.lost(event.shard.id)


@loader.listener(hikari.ShardResumedEvent)
async def note_resumption(event: hikari.ShardResumedEvent, missed: MissedQuestions) -> None:
    """Record that nothing was missed: Discord now sends all events of the meantime."""
    missed.resumed(event.shard.id)


@loader.listener(hikari.ShardReadyEvent)
async def catch_up(event: hikari.ShardReadyEvent, missed: MissedQuestions, recent: RecentMessages) -> None:
    """Look for messages that came while there was no session."""
    recent.lost()
    await missed.renewed(event.shard.id)
