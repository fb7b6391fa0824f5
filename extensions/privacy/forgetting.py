"""What people delete is deleted here as well, and what they edit is answered anew."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.service import AnswerService
from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackStore
from bot.corrections.service import Corrections
from bot.datasets.store import DatasetStore
from bot.instructions.service import Instructions
from bot.preferences.preferences import Preferences
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.trainings import Trainings
from bot.usage.store import UsageStore

loader = lightbulb.Loader()


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def forget_message(
    event: hikari.MessageDeleteEvent,
    exchanges: ExchangeStore,
    corrections: Corrections,
    feedback: FeedbackStore,
    comparisons: ComparisonStore,
    answers: AnswerService,
) -> None:
    """Forget what was said in a deleted question or answer; the answer to a deleted question goes as well."""
    await exchanges.forget_messages([event.message_id])
    await corrections.forget_messages([event.message_id])
    await feedback.forget_messages([event.message_id])
    await comparisons.forget_messages([event.message_id])
    await answers.deleted([event.message_id])


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def forget_messages(
    event: hikari.GuildBulkMessageDeleteEvent,
    exchanges: ExchangeStore,
    corrections: Corrections,
    feedback: FeedbackStore,
    comparisons: ComparisonStore,
    answers: AnswerService,
) -> None:
    """The same for many at once."""
    await exchanges.forget_messages(list(event.message_ids))
    await corrections.forget_messages(list(event.message_ids))
    await feedback.forget_messages(list(event.message_ids))
    await comparisons.forget_messages(list(event.message_ids))
    await answers.deleted(list(event.message_ids))


@loader.listener(hikari.MessageUpdateEvent)  # type: ignore[type-abstract]
async def answer_anew(event: hikari.MessageUpdateEvent, bot: hikari.GatewayBot, answers: AnswerService) -> None:
    """Answer a question anew that its author has edited. Discord also tells of previews of links in this way, which
    are no edits."""
    author = event.message.author
    if not author or author.is_bot or not event.message.edited_timestamp:
        return
    try:
        message = await bot.rest.fetch_message(event.channel_id, event.message_id)
    except (hikari.NotFoundError, hikari.ForbiddenError):
        return
    await answers.edited(message)


@loader.listener(hikari.GuildLeaveEvent)
async def forget_guild(
    event: hikari.GuildLeaveEvent,
    exchanges: ExchangeStore,
    usage: UsageStore,
    datasets: DatasetStore,
    corrections: Corrections,
    preferences: Preferences,
    instructions: Instructions,
    feedback: FeedbackStore,
    comparisons: ComparisonStore,
    trainings: Trainings,
) -> None:
    """Forget all that was said, used and taught in a guild that the bot has left; an outage of Discord's is another
    event."""
    await exchanges.forget_guild(event.guild_id)
    await usage.forget_guild(event.guild_id)
    await datasets.forget_guild(event.guild_id)
    await corrections.forget_guild(event.guild_id)
    await preferences.forget_guild(event.guild_id)
    await instructions.forget_guild(event.guild_id)
    await feedback.forget_guild(event.guild_id)
    await comparisons.forget_guild(event.guild_id)
    await trainings.forget_guild(event.guild_id)
