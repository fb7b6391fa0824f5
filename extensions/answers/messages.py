"""Messages that are for the bot: as they come, and those that came while nobody listened."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.intake import MessageIntake
from bot.answering.missed_questions import MissedQuestions

loader = lightbulb.Loader()


@loader.listener(hikari.MessageCreateEvent)  # type: ignore[type-abstract]
async def answer(event: hikari.MessageCreateEvent, intake: MessageIntake) -> None:
    """Have the message answered if it is for us, or written down where every voice note is."""
    await intake.take(event.message)


@loader.listener(hikari.ShardDisconnectedEvent)
async def note_loss(event: hikari.ShardDisconnectedEvent, missed: MissedQuestions) -> None:
    """Remember since when messages may be missed."""
    missed.lost(event.shard.id)


@loader.listener(hikari.ShardResumedEvent)
async def note_resumption(event: hikari.ShardResumedEvent, missed: MissedQuestions) -> None:
    """Nothing was missed: Discord tells it now."""
    missed.resumed(event.shard.id)


@loader.listener(hikari.ShardReadyEvent)
async def catch_up(event: hikari.ShardReadyEvent, missed: MissedQuestions) -> None:
    """Look for what came while there was no session."""
    await missed.renewed(event.shard.id)
