"""The bot's connection to Discord: a strict start, a gentle stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import hikari
import lightbulb
import structlog

from bot.app.background import StartTask, background_tasks
from bot.app.gateways import GatewayLocks
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.work.shards import WHOLE, ShardShare

log = structlog.get_logger()

GATEWAY_TIMEOUT_S = 20.0
"""How long the gateway may take to start the first shard, and then each further one. hikari would try for ever, but
whoever starts the bot wants a reason."""

IDENTIFY_PAUSE_S = 5.5
"""Discord allows one identify per 5 s among the shards with the same remainder modulo max_concurrency."""

_BAD_TOKEN, _MORE_SHARDS_WANTED, _INTENTS_REFUSED = 4004, 4011, 4014
"""Close codes of the gateway (Discord, Opcodes and Status Codes)."""


class BadTokenError(StarlingError):
    """Raised when Discord does not know the token."""

    sentence = _(
        "Discord refuses the token in DISCORD_TOKEN. Copy it again from your application's page, "
        "Bot, Reset Token, into .env."
    )


class IntentRefusedError(StarlingError):
    """Raised when Discord does not grant the application an intent that the bot requests."""

    sentence = _(
        "Discord does not grant the message content intent. Switch it on at your application's page, Bot, "
        "Message Content Intent, or set MESSAGE_CONTENT_INTENT=false."
    )


class TooFewShardsError(StarlingError):
    """Raised when a shard would have more guilds than Discord allows."""

    sentence = _(
        "Discord wants more shards for so many servers. Raise SHARDS, to the same number everywhere, or take it away "
        "where there is a single gateway."
    )


class DiscordUnreachableError(StarlingError):
    """Raised when no connection to Discord can be made at start."""

    sentence = _("Discord cannot be reached: {reason}. Check this machine's network and start again.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class SyncFailedError(StarlingError):
    """Raised when Discord does not accept the commands."""

    sentence = _("Discord does not accept the list of commands: {reason}.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class DisconnectedError(StarlingError):
    """Raised when Discord closes the connection for good."""

    sentence = _("Discord closed the connection for good: {reason} (code {code}).")

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason=reason, code=code)


def named(error: Exception) -> Exception:
    """``error``, or, if there is one, our own error that tells whoever starts the bot what it means."""
    if isinstance(error, hikari.UnauthorizedError):
        return BadTokenError()
    if isinstance(error, hikari.GatewayServerClosedConnectionError):
        if error.code == _BAD_TOKEN:
            return BadTokenError()
        if error.code == _INTENTS_REFUSED:
            return IntentRefusedError()
        if error.code == _MORE_SHARDS_WANTED:
            return TooFewShardsError()
        return DisconnectedError(error.reason, int(error.code or 0))
    if isinstance(error, hikari.ClientHTTPResponseError):
        return SyncFailedError(str(error))
    if isinstance(error, hikari.GatewayConnectionError | hikari.HTTPError | aiohttp.ClientError | OSError):
        return DiscordUnreachableError(str(error) or type(error).__name__)
    return error


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def serve(
    bot: hikari.GatewayBot,
    client: lightbulb.Client,
    stop: asyncio.Event,
    *,
    load: Callable[[], Awaitable[None]],
    started: Callable[[], Awaitable[None]],
    stopping: Callable[[], Awaitable[None]],
    aborting: Callable[[], Awaitable[None]],
    share: ShardShare = WHOLE,
    locks: GatewayLocks | None = None,
    watch: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Run ``bot`` until ``stop`` is set.

    ``load`` is awaited before the gateway is opened, and gives ``client`` its commands. ``started`` is awaited once
    Discord has said who we are; ``stopping`` before the connection is closed, while answers can still be sent;
    ``aborting`` in its place when nothing more may be sent, so that work in progress is left to the next start.
    ``share``: which shards are started; ``locks``: those of one of several gateways. ``watch`` raises once another
    process may hold what belongs to this one alone.

    Raises:
        StarlingError: it cannot start, Discord closes the connection for good, or another process may have the shards.
    """
    start = _Start(bot, client, load, share, locks)
    bot.subscribe(hikari.StartingEvent, start.on_starting)
    bot.subscribe(hikari.ShardReadyEvent, start.on_shard)
    try:
        async with background_tasks() as begin:
            watched = begin(_for_ever() if watch is None else watch())
            try:
                await _run(bot, start, begin, stop, started, watched)
            except StarlingError:
                await aborting()
                raise
            log.info("stopping")
            await stopping()
    finally:
        await start.turn.aclose()
        with contextlib.suppress(hikari.ComponentStateConflictError):
            await bot.close()
        await client.stop()


class _Start:
    """The steps that are taken while REST is open and the gateway is not, so that no interaction is lost."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        client: lightbulb.Client,
        load: Callable[[], Awaitable[None]],
        share: ShardShare,
        locks: GatewayLocks | None,
    ) -> None:
        self._bot = bot
        self._client = client
        self._load = load
        self._locks = locks
        self._pause_s = 0.0
        self.turn = contextlib.AsyncExitStack()
        """Keeps other gateways from identifying until it is closed."""
        self.share = share
        self.done = asyncio.Event()
        self.failure: Exception | None = None
        self.shards_started = 0

    async def on_starting(self, _event: hikari.StartingEvent) -> None:
        """Load the extensions and start the client, then wait for the turn to identify. hikari swallows exceptions of
        listeners, so they are stored in ``failure``."""
        try:
            await self._load()
            await self._client.start()
            if self._locks is not None:
                limit = (await self._bot.rest.fetch_gateway_bot_info()).session_start_limit
                self._pause_s = IDENTIFY_PAUSE_S if limit.max_concurrency < self.share.shards else 0.0
                await self.turn.enter_async_context(self._locks.identifying())
        except Exception as error:
            self.failure = error
        finally:
            self.done.set()

    async def on_shard(self, _event: hikari.ShardReadyEvent) -> None:
        """Count a shard that Discord has accepted."""
        self.shards_started += 1

    async def end_turn(self) -> None:
        """Let the next gateway identify, after the pause that Discord requires between two shards of one bucket."""
        await asyncio.sleep(self._pause_s)
        await self.turn.aclose()


async def _run(
    bot: hikari.GatewayBot,
    start: _Start,
    begin: StartTask,
    stop: asyncio.Event,
    started: Callable[[], Awaitable[None]],
    watched: asyncio.Task[object],
) -> None:
    """Connect, and wait until ``stop`` is set or the connection ends. ``watched`` is a task that raises once another
    process may have the shards.

    Raises:
        StarlingError: it cannot start, or Discord closes the connection for good.
    """
    stopped, connected = begin(stop.wait()), begin(_connect(bot, start))
    try:
        await asyncio.wait({stopped, connected, watched}, return_when=asyncio.FIRST_COMPLETED)
        if watched.done():
            watched.result()
        if connected.done():
            connected.result()
            if start.failure is not None:
                raise start.failure
            begin(start.end_turn())
            await started()
            closed = begin(bot.join())
            await asyncio.wait({stopped, closed, watched}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (watched, closed):
                if ended.done():
                    ended.result()
    except Exception as error:
        meant = named(start.failure or error)
        if meant is error:
            raise
        raise meant from error


async def _connect(bot: hikari.GatewayBot, start: _Start) -> None:
    """Start ``bot``; once everything is loaded, each of its shards has ``GATEWAY_TIMEOUT_S`` to start.

    Raises:
        DiscordUnreachableError: no shard has started for that long.
    """

    async def wait_for_gateway() -> None:
        await start.done.wait()
        seen = -1
        while seen < start.shards_started:
            seen = start.shards_started
            await asyncio.sleep(GATEWAY_TIMEOUT_S)

    share = start.share
    starting: asyncio.Task[object] = asyncio.create_task(
        bot.start(check_for_updates=False, shard_ids=share.shard_ids, shard_count=share.shard_count)
    )
    patience: asyncio.Task[object] = asyncio.create_task(wait_for_gateway())
    try:
        await asyncio.wait({starting, patience}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            raise DiscordUnreachableError(f"its gateway was silent for {GATEWAY_TIMEOUT_S:.0f} s")
        starting.result()
    finally:
        for task in (starting, patience):
            task.cancel()
        await asyncio.wait({starting, patience})
