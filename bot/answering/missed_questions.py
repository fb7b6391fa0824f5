"""What was asked, and what was deleted, while nobody listened: at a stop, an update, a crash, or when Discord lost our
session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hikari
import structlog

from bot.answering.deletions import Deleted, Deletions
from bot.answering.intake import MessageIntake
from bot.answering.service import TOO_LATE
from bot.preferences.preferences import Preferences
from bot.ui.page_of_messages import MAX_MESSAGES, page_of_messages
from bot.usage.store import Clock
from bot.work.job_store import JobStore
from bot.work.jobs import JobRunner

log = structlog.get_logger()

LAST_CONNECTED = "last-connected"
"""The name of the file that tells since when something may have been missed; for each of several gateways with "-0",
"-1" and so on."""
MAX_AGE = timedelta(hours=24)
"""What is older is left alone: whoever asked has found another way. From ``TOO_LATE`` on an answer is only offered."""
OVERLAP = timedelta(minutes=2)
"""So much earlier than the connection was last known to live is looked: a dead one is noticed late. What was answered
then is known as answered."""
RECENT = timedelta(days=7)
"""Where somebody has turned to us within so long, they may have done so again."""
MAX_CHANNELS = 50
MAX_READ = MAX_MESSAGES
"""Messages of one channel, the latest."""
MAX_TAKEN = 200
"""Messages that are answered, written down or offered to be, of all channels together."""
ROOM_TIMEOUT_S = 600.0
"""How long one message waits until those of the same person before it are answered."""
PAUSE_S = 0.2
"""Between two channels, so that those who ask now are not kept waiting by Discord's limits."""
SETTLING_S = 2.0
"""After the connection stands, until Discord has told of the guilds."""
BEAT_S = 5.0
UNKNOWN_CHANNEL = 10003
"""Discord's code for one that is gone."""


class MissedQuestions:
    """Finds them where they may be: in direct messages and channels in which somebody has lately turned to us, and in
    those that we take part in."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        intake: MessageIntake,
        jobs: JobStore,
        runner: JobRunner,
        preferences: Preferences,
        file: Path,
        clock: Clock,
        deletions: Deletions,
    ) -> None:
        """``file``: changed last when the connection was last known to live. Where it is missing, the oldest one of
        other gateways tells: there are more or fewer of them than at the last start.
        """
        self._bot = bot
        self._intake = intake
        self._jobs = jobs
        self._runner = runner
        self._preferences = preferences
        self._clock = clock
        self._deletions = deletions
        self._file = file
        self._sessions = 0
        """How many Discord has begun: what came before the latest may have been missed."""
        self._caught_up = 0
        """Up to which of them what was missed was looked for."""
        self._lost: set[int] = set()
        """Numbers of the shards whose connection is broken."""
        self._has_begun = False
        self._one_at_a_time = asyncio.Lock()

    async def begin(self) -> None:
        """Look for what was missed before this start, then keep note of the connection; ends by being cancelled."""
        self._has_begun = True
        if not self._file.exists():
            others = sorted(self._file.parent.glob(f"{LAST_CONNECTED}*"), key=lambda other: other.stat().st_mtime)
            self._file.touch()
            if others:
                known = others[0].stat().st_mtime
                os.utime(self._file, (known, known))
            else:
                # Nobody was listening before the first start of all, so that nothing was missed.
                self._caught_up = self._sessions
        await self._catch_up()
        while True:
            if not self._lost and self._caught_up == self._sessions:
                self._file.touch()
            await asyncio.sleep(BEAT_S)

    def lost(self, shard: int) -> None:
        """Take note that the connection of a shard broke."""
        self._lost.add(shard)

    def resumed(self, shard: int) -> None:
        """Take note that it stands again, and that Discord tells all that happened meanwhile."""
        self._lost.discard(shard)

    async def renewed(self, shard: int) -> None:
        """Take note that Discord has begun another session, and look for what came before it."""
        self._lost.discard(shard)
        self._sessions += 1
        if self._has_begun:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Have answered what was missed since the connection was last known to live. Never raises for Discord's sake:
        what cannot be read is left alone."""
        async with self._one_at_a_time:
            sessions = self._sessions
            if sessions == self._caught_up:
                return
            await asyncio.sleep(SETTLING_S)
            try:
                taken = await self._take_since(self._since())
            except Exception:
                log.exception("what was missed is looked for at the next start")
                return
            if taken:
                log.info("caught up on what was missed", messages=taken)
            self._caught_up = sessions

    def _since(self) -> datetime:
        """From when on messages may have been missed."""
        last, now = datetime.fromtimestamp(self._file.stat().st_mtime, UTC), datetime.now(UTC)
        if last > now + OVERLAP:
            # The clock was set back: when the connection stood last cannot be told.
            last = now - TOO_LATE
        return max(last - OVERLAP, now - MAX_AGE)

    async def _take_since(self, since: datetime) -> int:
        taken = 0
        async for channel, guild in self._channels():
            for message in await self._messages(channel, guild, since):
                # Of what is asked now, too much is refused; what was missed comes all at once, and can wait.
                await self._runner.wait_for_room(message.author.id, ROOM_TIMEOUT_S)
                # Discord does not say of a message that is fetched in which guild it is.
                message.guild_id = guild
                is_late = self._clock() - message.timestamp > TOO_LATE
                taken += await (self._intake.offer(message) if is_late else self._intake.take(message))
                if taken >= MAX_TAKEN:
                    log.warning("more was missed than is caught up on", messages=taken)
                    return taken
        return taken

    async def _channels(self) -> AsyncIterator[tuple[hikari.Snowflake, hikari.Snowflake | None]]:
        """Where to look, each with its guild, those of the latest conversations first."""
        found = dict(await self._jobs.recent_channels(datetime.now(UTC) - RECENT, MAX_CHANNELS))
        for guild, channels in (await self._preferences.channels()).items():
            if self._bot.cache.get_guild(guild) is not None:
                for channel in sorted(channels):
                    found.setdefault(channel, guild)
        for channel, guild_id in list(found.items())[:MAX_CHANNELS]:
            yield hikari.Snowflake(channel), None if guild_id is None else hikari.Snowflake(guild_id)
            await asyncio.sleep(PAUSE_S)

    async def _messages(
        self, channel: hikari.Snowflake, guild: hikari.Snowflake | None, since: datetime
    ) -> list[hikari.Message]:
        """What was written there since then and has no reply of ours, the oldest first; nothing where nothing may be
        read. What is stored of messages that are gone is forgotten."""
        earliest = hikari.Snowflake.from_datetime(since)
        cached = self._bot.cache.get_guild_channel(channel) or self._bot.cache.get_thread(channel)
        known = await self._deletions.known_in(channel, guild)
        is_silent = isinstance(cached, hikari.TextableGuildChannel) and (cached.last_message_id or 0) < earliest
        if is_silent and not known:
            return []
        try:
            latest = await page_of_messages(self._bot.rest, channel, MAX_READ)
        except hikari.HTTPError as error:
            log.info("a channel cannot be read, what was missed there stays so", channel=channel, why=str(error))
            if isinstance(error, hikari.NotFoundError) and error.code == UNKNOWN_CHANNEL:
                await self._deletions.forget(Deleted.CHANNEL, [channel])
            return []
        there = {message.id for message in latest}
        await self._deletions.forget_missing(known, there, is_whole=len(latest) < MAX_READ)
        found = [message for message in latest if message.id >= earliest]
        # Also of what is no longer known as answered, because it was to be forgotten.
        me = self._bot.get_me()
        replied = {
            one.message_reference.id
            for one in found
            if me is not None and one.author.id == me.id and one.message_reference is not None
        }
        return [message for message in reversed(found) if message.id not in replied]
