"""``starling run``, ``sandbox`` and ``worker``: what runs until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.markup import escape

from bot.app.allocation import allocate_in_one_arena
from bot.app.command_line.console import err
from bot.app.command_line.weights import fetch
from bot.app.garbage_collection import pause_garbage_collection
from bot.settings import Settings, read_settings, unknown_names
from bot.weights.needed import needed_models
from bot.weights.weights import WeightsCache

app = typer.Typer()


@app.command()
def run(
    fetch_first: Annotated[bool, typer.Option("--fetch", help="Download missing models before starting.")] = False,
) -> None:
    """Start Starling: on Discord if DISCORD_TOKEN is set, otherwise in a sandbox on this machine.

    Example:  DISCORD_TOKEN=... starling run
    """
    pause_garbage_collection()
    allocate_in_one_arena()
    from bot.app.logs import set_up_logs
    from bot.app.running import run_starling

    os.umask(0o077)  # every file that is made from here on may contain what people said
    settings = read_settings()
    for note in unknown_names():
        err.print(f"[yellow]note[/]  {escape(note)}", highlight=False, soft_wrap=True)
    if fetch_first:
        _fetch_missing(needed_models(settings), settings)
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_starling, settings))


@app.command()
def sandbox() -> None:
    """Start the sandbox alone: a local Discord for any bot.

    Example:  SANDBOX_PORT=9000 starling sandbox
    """
    from bot.app.logs import set_up_logs
    from bot.app.running import run_sandbox

    settings = read_settings()
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_sandbox, settings))


@app.command()
def worker(
    fetch_first: Annotated[bool, typer.Option("--fetch", help="Download missing models before starting.")] = False,
) -> None:
    """Transcribe and speak for Starlings on other machines, over the NATS server at WORK_URL (see docs/scaling.md).

    It needs neither a Discord token nor a database password. WORK_KINDS chooses what it does.

    Example:  WORK_URL=nats://worker:password@nats:4222 starling worker
    """
    pause_garbage_collection()
    allocate_in_one_arena()
    from bot.app.logs import set_up_logs
    from bot.app.worker import read_worker_settings, run_worker
    from bot.weights.needed import needed_for_speech

    os.umask(0o077)
    settings = read_worker_settings()
    if fetch_first:
        _fetch_missing(needed_for_speech(settings, settings.work_kinds), settings)
    set_up_logs(settings.log_level, settings.secrets)
    asyncio.run(_until_stopped(run_worker, settings))


def _fetch_missing(names: Iterable[str], settings: Settings) -> None:
    cache = WeightsCache(settings.models_folder)
    missing = [name for name in names if not cache.is_here(name)]
    if missing:
        fetch(missing)


async def _until_stopped(service, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    served = asyncio.ensure_future(service(settings, stop, typer.echo))

    def end() -> None:
        """Stop gently; a second signal stops without waiting."""
        if stop.is_set():
            served.cancel()
        stop.set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, end)
    with contextlib.suppress(asyncio.CancelledError):
        await served
