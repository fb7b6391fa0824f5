"""The bot's connection to Discord: a strict start, a gentle stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import aiohttp
import hikari
import lightbulb
import structlog

from bot.app.background import StartTask, background_tasks
from bot.errors import StarlingError
from bot.errors import translatable as _

log = structlog.get_logger()

GATEWAY_TIMEOUT_S = 20.0
"""How long the gateway may take to say who we are. hikari would try for ever; whoever starts the bot wants a reason."""

_BAD_TOKEN, _INTENTS_REFUSED = 4004, 4014
"""Close codes of the gateway (Discord, Opcodes and Status Codes)."""


class BadTokenError(StarlingError):
    """Raised when Discord does not know the token."""

    sentence = _(
        "Discord refuses the token in DISCORD_TOKEN. Copy it again from your application's page, "
        "Bot, Reset Token, into .env."
    )


class IntentRefusedError(StarlingError):
    """Raised when the application may not have an intent that is asked for."""

    sentence = _(
        "Discord does not grant the message content intent. Switch it on at your application's page, Bot, "
        "Message Content Intent, or set MESSAGE_CONTENT_INTENT=false."
    )


class DiscordUnreachableError(StarlingError):
    """Raised when no connection to Discord can be made at start."""

    sentence = _("Discord cannot be reached: {reason}. Check this machine's network and start again.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class SyncFailedError(StarlingError):
    """Raised when Discord does not take the commands."""

    sentence = _("Discord does not accept the list of commands: {reason}.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class DisconnectedError(StarlingError):
    """Raised when Discord closes the connection for good."""

    sentence = _("Discord closed the connection for good: {reason} (code {code}).")

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason=reason, code=code)


def named(error: Exception) -> Exception:
    """``error``, or the error of ours that says what it means for the one who starts the bot."""
    if isinstance(error, hikari.UnauthorizedError):
        return BadTokenError()
    if isinstance(error, hikari.GatewayServerClosedConnectionError):
        if error.code == _BAD_TOKEN:
            return BadTokenError()
        if error.code == _INTENTS_REFUSED:
            return IntentRefusedError()
        return DisconnectedError(error.reason, int(error.code or 0))
    if isinstance(error, hikari.ClientHTTPResponseError):
        return SyncFailedError(str(error))
    if isinstance(error, hikari.GatewayConnectionError | hikari.HTTPError | aiohttp.ClientError | OSError):
        return DiscordUnreachableError(str(error) or type(error).__name__)
    return error


async def serve(
    bot: hikari.GatewayBot,
    client: lightbulb.Client,
    stop: asyncio.Event,
    *,
    load: Callable[[], Awaitable[None]],
    started: Callable[[], Awaitable[None]],
    stopping: Callable[[], Awaitable[None]],
) -> None:
    """Run ``bot`` until ``stop`` is set.

    ``load`` is awaited before the gateway is opened: it gives ``client`` its commands. ``started`` is awaited when
    Discord has sent who we are; ``stopping`` before the connection is closed, while answers can still be sent.

    Raises:
        StarlingError: it cannot start, or Discord closes the connection for good.
    """
    start = _Start(client, load)
    bot.subscribe(hikari.StartingEvent, start.on_starting)
    try:
        async with background_tasks() as begin:
            await _run(bot, start, begin, stop, started)
            log.info("stopping")
            await stopping()
    finally:
        with contextlib.suppress(hikari.ComponentStateConflictError):
            await bot.close()
        await client.stop()


class _Start:
    """What is done while REST is open and the gateway is not, so that no interaction is lost."""

    def __init__(self, client: lightbulb.Client, load: Callable[[], Awaitable[None]]) -> None:
        self._client = client
        self._load = load
        self.done = asyncio.Event()
        self.failure: Exception | None = None

    async def on_starting(self, _event: hikari.StartingEvent) -> None:
        """Load and start; hikari swallows what a listener raises, so ``failure`` has it."""
        try:
            await self._load()
            await self._client.start()
        except Exception as error:
            self.failure = error
        finally:
            self.done.set()


async def _run(
    bot: hikari.GatewayBot,
    start: _Start,
    begin: StartTask,
    stop: asyncio.Event,
    started: Callable[[], Awaitable[None]],
) -> None:
    """Connect, and wait until ``stop`` is set or the connection ends.

    Raises:
        StarlingError: it cannot start, or Discord closes the connection for good.
    """
    stopped, connected = begin(stop.wait()), begin(_connect(bot, start.done))
    try:
        await asyncio.wait({stopped, connected}, return_when=asyncio.FIRST_COMPLETED)
        if connected.done():
            connected.result()
            if start.failure is not None:
                raise start.failure
            await started()
            closed = begin(bot.join())
            await asyncio.wait({stopped, closed}, return_when=asyncio.FIRST_COMPLETED)
            if closed.done():
                closed.result()
    except Exception as error:
        meant = named(start.failure or error)
        if meant is error:
            raise
        raise meant from error


async def _connect(bot: hikari.GatewayBot, prepared: asyncio.Event) -> None:
    """Start ``bot``; once ``prepared`` is set, its gateway has ``GATEWAY_TIMEOUT_S``.

    Raises:
        DiscordUnreachableError: the gateway was silent for so long.
    """

    async def wait_for_gateway() -> None:
        await prepared.wait()
        await asyncio.sleep(GATEWAY_TIMEOUT_S)

    starting: asyncio.Task[object] = asyncio.create_task(bot.start(check_for_updates=False))
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
