"""Messages that are for the bot."""

from __future__ import annotations

import hikari
import lightbulb

from bot.answering.inbox import Inbox
from bot.answering.joined import JoinedChannels
from bot.answering.question import is_for
from bot.presenting.apology import apologise
from bot.presenting.known_locales import KnownLocales

loader = lightbulb.Loader()

DEFAULT_LOCALE = "en-US"


@loader.listener(hikari.MessageCreateEvent)  # type: ignore[type-abstract]
async def answer(
    event: hikari.MessageCreateEvent,
    bot: hikari.GatewayBot,
    inbox: Inbox,
    locales: KnownLocales,
    joined: JoinedChannels,
) -> None:
    """Have the message answered if it is for us."""
    me = bot.get_me()
    taking_part = joined.speak(event.channel_id) is not None
    if me is None or not is_for(me.id, event.message, joined=taking_part):
        return
    try:
        guild = event.get_guild() if isinstance(event, hikari.GuildMessageCreateEvent) else None
        locale = await locales.of(event.author_id, str(guild.preferred_locale) if guild else DEFAULT_LOCALE)
        await inbox.accept(event.message, locale=locale, guild_name=guild.name if guild else None)
    except Exception as error:
        apology = apologise(error, DEFAULT_LOCALE, message=int(event.message_id), user=int(event.author_id))
        await event.message.respond(apology.text, reply=True, user_mentions=False, mentions_reply=True)
