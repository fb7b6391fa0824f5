"""Catches up on what was asked and deleted during an interruption: a stop, an update, a crash, or a lost Discord
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
"""The name of the file that tells since when something may have been missed; with several gateways, followed by "-0",
"-1" and so on."""
MAX_AGE = timedelta(hours=24)
"""Older messages are left alone: their authors have found another way. From ``TOO_LATE`` on, an answer is only
offered."""
OVERLAP = timedelta(minutes=2)
"""How far before the last sign of life the search starts, since a dead connection is noticed late. Messages that were
answered in that time are recognised as answered."""
RECENT = timedelta(days=7)
"""A channel is searched if somebody addressed the bot there within this time."""
MAX_CHANNELS = 50
MAX_READ = MAX_MESSAGES
"""The most messages that are read of one channel, the latest."""
MAX_TAKEN = 200
"""The most messages that are answered, transcribed or offered an answer, in all channels together."""
ROOM_TIMEOUT_S = 600.0
"""How long a message waits for earlier ones of the same person to be answered."""
PAUSE_S = 0.2
"""The pause between two channels, so that Discord's rate limits do not delay those who ask now."""
SETTLING_S = 2.0
"""The wait after connecting, until Discord has sent the guilds."""
BEAT_S = 5.0
UNKNOWN_CHANNEL = 10003
"""Discord's error code for a channel that is gone."""


class MissedQuestions:
    """Finds missed questions where they may be: in direct messages and channels in which somebody recently addressed
    the bot, and in those that it has joined or transcribes."""

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
        """``file``: its modification time is when the connection was last known to be alive. If it is missing, the
        oldest such file of the other gateways is used, since the number of gateways may have changed since the last
        start."""
        self._bot = bot
        self._intake = intake
        self._jobs = jobs
        self._runner = runner
        self._preferences = preferences
        self._clock = clock
        self._deletions = deletions
        self._file = file
        self._sessions = 0
        """How many sessions Discord has begun; messages before the latest one may have been missed."""
        self._caught_up = 0
        """The number of the session up to which missed messages have been dealt with."""
        self._lost: set[int] = set()
        """Numbers of the shards whose connection is broken."""
        self._has_begun = False
        self._one_at_a_time = asyncio.Lock()

    async def begin(self) -> None:
        """Look for what was missed before this start, then keep recording that the connection is alive; runs until it
        is cancelled."""
        self._has_begun = True
        if not self._file.exists():
            others = sorted(self._file.parent.glob(f"{LAST_CONNECTED}*"), key=lambda other: other.stat().st_mtime)
            self._file.touch()
            if others:
                known = others[0].stat().st_mtime
                os.utime(self._file, (known, known))
            else:
                # Before the very first start nobody was listening, so nothing was missed.
                self._caught_up = self._sessions
        await self._catch_up()
        while True:
            if not self._lost and self._caught_up == self._sessions:
                self._file.touch()
            await asyncio.sleep(BEAT_S)

    def lost(self, shard: int) -> None:
        """Record that a shard's connection broke."""
        self._lost.add(shard)

    def resumed(self, shard: int) -> None:
        """Record that the shard's connection was resumed, so that Discord sends everything that happened meanwhile."""
        self._lost.discard(shard)

    async def renewed(self, shard: int) -> None:
        """Record that Discord has begun a new session, and look for what was missed before it."""
        self._lost.discard(shard)
        self._sessions += 1
        if self._has_begun:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Have the messages answered that were missed since the connection was last known to be alive. Never raises
        because of Discord: what cannot be read is left alone."""
        async with self._one_at_a_time:
            sessions = self._sessions
            if sessions == self._caught_up:
                return
            await asyncio.sleep(SETTLING_S)
            try:
                taken = await self._take_since(self._since())
            except Exception:
                log.exception("catching up failed, missed messages are looked for at the next start")
                return
            if taken:
                log.info("caught up on missed messages", messages=taken)
            self._caught_up = sessions

    def _since(self) -> datetime:
        """The time from which messages may have been missed."""
        last, now = datetime.fromtimestamp(self._file.stat().st_mtime, UTC), datetime.now(UTC)
        if last > now + OVERLAP:
            # The clock was set back, so the file does not tell when the connection was last alive.
            last = now - TOO_LATE
        return max(last - OVERLAP, now - MAX_AGE)

    async def _take_since(self, since: datetime) -> int:
        taken = 0
        async for channel, guild in self._channels():
            for message in await self._messages(channel, guild, since):
                # New questions are refused when there are too many, but missed ones come all at once and can wait.
                await self._runner.wait_for_room(message.author.id, ROOM_TIMEOUT_S)
                # Discord leaves the guild out of messages that are fetched.
                message.guild_id = guild
                is_late = self._clock() - message.timestamp > TOO_LATE
                taken += await (self._intake.offer(message) if is_late else self._intake.take(message))
                if taken >= MAX_TAKEN:
                    log.warning("more messages were missed than are caught up on", messages=taken)
                    return taken
        return taken

    async def _channels(self) -> AsyncIterator[tuple[hikari.Snowflake, hikari.Snowflake | None]]:
        """The channels to search, each with its guild; those with the latest conversations come first."""
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
        """The messages since then to which the bot has not replied, oldest first; none if the channel may not be read.
        Stored exchanges whose messages are gone are forgotten."""
        earliest = hikari.Snowflake.from_datetime(since)
        cached = self._bot.cache.get_guild_channel(channel) or self._bot.cache.get_thread(channel)
        known = await self._deletions.known_in(channel, guild)
        is_silent = isinstance(cached, hikari.TextableGuildChannel) and (cached.last_message_id or 0) < earliest
        if is_silent and not known:
            return []
        try:
            latest = await page_of_messages(self._bot.rest, channel, MAX_READ)
        except hikari.HTTPError as error:
            log.info("a channel cannot be read, its missed messages are skipped", channel=channel, why=str(error))
            if isinstance(error, hikari.NotFoundError) and error.code == UNKNOWN_CHANNEL:
                await self._deletions.forget(Deleted.CHANNEL, [channel])
            return []
        there = {message.id for message in latest}
        await self._deletions.forget_missing(known, there, is_whole=len(latest) < MAX_READ)
        found = [message for message in latest if message.id >= earliest]
        # This also covers answers that are no longer stored because they had to be forgotten.
        me = self._bot.get_me()
        replied = {
            one.message_reference.id
            for one in found
            if me is not None and one.author.id == me.id and one.message_reference is not None
        }
        return [message for message in reversed(found) if message.id not in replied]
