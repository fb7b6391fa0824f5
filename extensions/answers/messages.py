"""Messages that are for the bot."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.request import is_for
from bot.answering.service import AnswerService
from bot.i18n.known_locales import KnownLocales
from bot.preferences.preferences import Preferences
from bot.ui.error_report import report_error
from bot.work.keyed_lock import KeyedLock

loader = lightbulb.Loader()

DEFAULT_LOCALE = "en-US"


@loader.listener(hikari.MessageCreateEvent)  # type: ignore[type-abstract]
async def answer(
    event: hikari.MessageCreateEvent,
    bot: hikari.GatewayBot,
    answers: AnswerService,
    locales: KnownLocales,
    preferences: Preferences,
    transcripts: AutoTranscripts,
    lock: KeyedLock,
) -> None:
    """Have the message answered if it is for us, or written down where every voice note is."""
    me = bot.get_me()
    try:
        # Each event is handled in a task of its own: without a lock, what someone says next may be taken first.
        async with lock.of((event.author_id, event.channel_id)):
            joined = (await preferences.guild(event.message.guild_id)).joined_channels
            for_us = me is not None and is_for(me.id, event.message, joined=int(event.channel_id) in joined)
            if not for_us and not await transcripts.wanted(event.message):
                return
            guild = event.get_guild() if isinstance(event, hikari.GuildMessageCreateEvent) else None
            locale = await locales.of(event.author_id, str(guild.preferred_locale) if guild else DEFAULT_LOCALE)
            if for_us:
                await answers.accept(event.message, locale=locale, guild_name=guild.name if guild else None)
            else:
                await transcripts.accept(event.message, locale=locale)
    except Exception as error:
        report = report_error(error, DEFAULT_LOCALE, message=int(event.message_id), user=int(event.author_id))
        await event.message.respond(report.text, reply=True, user_mentions=False, mentions_reply=True)
