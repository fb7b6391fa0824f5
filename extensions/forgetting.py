"""What people delete is deleted here as well."""

from __future__ import annotations

import hikari
import lightbulb

from bot.storage.datasets import DatasetStore
from bot.storage.exchanges import ExchangeStore

loader = lightbulb.Loader()


@loader.listener(hikari.MessageDeleteEvent)  # type: ignore[type-abstract]
async def forget_message(event: hikari.MessageDeleteEvent, exchanges: ExchangeStore) -> None:
    """Forget what was said in a deleted question or answer."""
    await exchanges.forget_messages([event.message_id])


@loader.listener(hikari.GuildBulkMessageDeleteEvent)
async def forget_messages(event: hikari.GuildBulkMessageDeleteEvent, exchanges: ExchangeStore) -> None:
    """The same for many at once."""
    await exchanges.forget_messages(list(event.message_ids))


@loader.listener(hikari.GuildLeaveEvent)
async def forget_guild(event: hikari.GuildLeaveEvent, exchanges: ExchangeStore, datasets: DatasetStore) -> None:
    """Forget all that was said and taught in a guild that the bot has left; an outage of Discord's is another event."""
    await exchanges.forget_guild(event.guild_id)
    await datasets.forget_guild(event.guild_id)
