"""What the command line runs: Starling on Discord, Starling in a sandbox, or the sandbox alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import hikari

from audio.recognition.recognizers import RECOGNIZERS
from audio.registry import OFFLINE
from audio.synthesis.engines import ENGINES
from bot.app.garbage_collection import freeze_and_resume_garbage_collection
from bot.app.starling import Starling
from bot.app.still_working import still_working
from bot.app.token import MisshapenTokenError, NoTokenError, has_token_shape
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.sandbox.server import Sandbox
from bot.settings import OPENAI_URL, Settings


class SandboxPortError(StarlingError):
    """Raised when the sandbox cannot listen at its address."""

    sentence = _(
        "The sandbox cannot listen at {host}, port {port}: {reason}. Set SANDBOX_PORT to another one, such as "
        "SANDBOX_PORT=8191; SANDBOX_HOST is 127.0.0.1, or another address of this machine."
    )

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host=host, port=port, reason=reason)


def invitation(me: hikari.Snowflake, api_url: str | None) -> str:
    """The link that adds the bot to a server with the permissions that it uses. ``api_url``: the API of the Discord to
    use; None for Discord's own."""
    wanted = (
        hikari.Permissions.VIEW_CHANNEL
        | hikari.Permissions.SEND_MESSAGES
        | hikari.Permissions.SEND_MESSAGES_IN_THREADS
        | hikari.Permissions.SEND_VOICE_MESSAGES
        | hikari.Permissions.ATTACH_FILES
        | hikari.Permissions.READ_MESSAGE_HISTORY
        | hikari.Permissions.ADD_REACTIONS
    )
    query = f"client_id={int(me)}&scope=bot+applications.commands&permissions={int(wanted)}"
    site = urlsplit(api_url)._replace(path="", query="", fragment="").geturl() if api_url else "https://discord.com"
    return f"{site}/oauth2/authorize?{query}"


@contextlib.asynccontextmanager
async def build_sandbox(settings: Settings) -> AsyncIterator[Sandbox]:
    """A running sandbox at the address that the settings give.

    Raises:
        SandboxPortError: the port is taken.
    """
    sandbox = Sandbox(host=settings.sandbox_host, port=settings.sandbox_port)
    try:
        await sandbox.start()
    except OSError as error:
        raise SandboxPortError(settings.sandbox_host, settings.sandbox_port, error.strerror or str(error)) from error
    try:
        yield sandbox
    finally:
        await sandbox.stop()


async def run_sandbox(settings: Settings, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
    """Serve the sandbox alone until ``stop`` is set."""
    async with build_sandbox(settings) as sandbox:
        tell(f"The sandbox is ready: {sandbox.url}")
        tell("Point a bot there:")
        tell(f"  REST            {sandbox.rest_url}")
        tell(f"  gateway         {sandbox.description['gateway']}  (GET /gateway/bot tells it)")
        tell(f"  token           {sandbox.bot_token}")
        tell(f"  application id  {sandbox.description['application_id']}")
        await stop.wait()


async def run_starling(settings: Settings, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
    """Serve on Discord, or without a token in a sandbox, until ``stop`` is set.

    Raises:
        MisshapenTokenError: the token does not look like one.
        NoTokenError: there is no token, and either the settings want no sandbox or there are several gateways.
    """
    if settings.discord_token is not None:

        def connected(me: hikari.OwnUser) -> None:
            ready()
            freeze_and_resume_garbage_collection()
            link = invitation(me.id, settings.discord_api_url)
            tell(f"Starling is ready: on Discord as {me.username}. Invite it with {link}")

        token = settings.discord_token.get_secret_value()
        if not has_token_shape(token):
            raise MisshapenTokenError
        with still_working("starting", tell) as ready:
            await Starling(settings, token, settings.discord_api_url).run(stop, connected)
        return
    if not settings.sandbox_autostart or settings.gateways > 1:
        raise NoTokenError
    settings = at_home(settings)
    elsewhere = recipients(settings)
    leaves = f"what you say there goes to {', '.join(elsewhere)}" if elsewhere else "nothing leaves it"
    tell(f"No DISCORD_TOKEN is set, so Starling runs in a sandbox on this machine: try everything, {leaves}.")
    async with build_sandbox(settings) as sandbox:

        def at_sandbox(_me: hikari.OwnUser) -> None:
            ready()
            freeze_and_resume_garbage_collection()
            tell(f"Starling is ready: {sandbox.url}")

        with still_working("starting", tell) as ready:
            await Starling(settings, sandbox.bot_token, sandbox.rest_url).run(stop, at_sandbox)
    tell("Stopped.")


def at_home(settings: Settings) -> Settings:
    """``settings`` for the sandbox: unless they are set, voices are offline ones, so that nothing leaves this machine,
    and message content is on, so that everything can be tried."""
    here = {"tts_engine": OFFLINE, "message_content_intent": True}
    return settings.model_copy(update={name: at for name, at in here.items() if name not in settings.model_fields_set})


def recipients(settings: Settings) -> list[str]:
    """Who, beyond this machine, receives some of what people say to a Starling with these settings."""
    endpoints = [] if settings.embedded_chat else [settings.openai_base_url or OPENAI_URL]
    endpoints += [endpoint.base_url for endpoint in settings.chat_endpoints]
    hosts = [urlsplit(address).hostname or address for address in endpoints]
    hearing, speaking = RECOGNIZERS.chosen(settings.stt_engine, settings), ENGINES.chosen(settings.tts_engine, settings)
    hosts += [one.recipient(settings) for one in hearing if one.recipient is not None]
    hosts += [one.recipient(settings) for one in speaking if one.recipient is not None]
    return [host for host in dict.fromkeys(hosts) if host not in ("localhost", "127.0.0.1", "::1")]
