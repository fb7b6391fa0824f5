"""What people delete is deleted here as well, and what they edit is answered anew."""

from __future__ import annotations

from collections.abc import Sequence

import hikari
import lightbulb

from bot.answering.service import AnswerService
from bot.privacy.personal_data import PersonalData

loader = lightbulb.Loader()


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def forget_message(event: hikari.MessageDeleteEvent, data: PersonalData, answers: AnswerService) -> None:
    """Forget what was said in a deleted question or answer; the answer to a deleted question goes as well."""
    await _forget([event.message_id], data, answers)


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def forget_messages(
    event: hikari.GuildBulkMessageDeleteEvent, data: PersonalData, answers: AnswerService
) -> None:
    """Forget what was said in questions and answers that were deleted together; answers to the questions go as well."""
    await _forget(list(event.message_ids), data, answers)


async def _forget(message_ids: Sequence[int], data: PersonalData, answers: AnswerService) -> None:
    try:
        # What is being answered would be stored after it was forgotten, and jobs know where their answers are.
        await answers.deleted(message_ids)
    finally:
        await data.forget_messages(message_ids)


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
async def forget_guild(event: hikari.GuildLeaveEvent, data: PersonalData) -> None:
    """Forget all that was said, used, chosen and taught in a guild that the bot has left; an outage of Discord's is
    another event."""
    await data.forget_guild(event.guild_id)
