"""A file that is touched while the connection to Discord lives, for container health checks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import hikari

BEAT_S = 15.0
STALE_AFTER_S = 60.0


def alive_file(data_folder: Path) -> Path:
    """The file's path."""
    return data_folder / "alive"


async def keep_alive_file(bot: hikari.GatewayBot, data_folder: Path) -> None:
    """Touch the file every ``BEAT_S`` while every shard is connected; ends by being cancelled."""
    path = alive_file(data_folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        while True:
            if bot.is_alive and bot.shards and all(shard.is_connected for shard in bot.shards.values()):
                path.touch()
            await asyncio.sleep(BEAT_S)
    finally:
        path.unlink(missing_ok=True)


def is_alive(data_folder: Path) -> bool:
    """Whether the file was touched in the last ``STALE_AFTER_S``."""
    try:
        return time.time() - alive_file(data_folder).stat().st_mtime < STALE_AFTER_S
    except FileNotFoundError:
        return False
