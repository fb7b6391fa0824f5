"""Detects servers that removed Starling while it was offline, and forgets them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from pathlib import Path

import hikari
import structlog

from bot.answering.deletions import Deleted, Deletions
from bot.storage.atomic_write import write_atomically

log = structlog.get_logger()

KNOWN_GUILDS = "guilds-known"
"""The name of the file with the ids of the servers that Starling is on; with several gateways, followed by "-0", "-1"
and so on."""


class LeftGuilds:
    """Compares the servers that Discord lists at the beginning of a session with those that were known before."""

    def __init__(self, rest: hikari.api.RESTClient, deletions: Deletions, file: Path) -> None:
        """``file``: where the known servers are stored. The files of other gateways are read as well, since the number
        of gateways may have changed."""
        self._rest = rest
        self._deletions = deletions
        self._file = file
        self._application = 0
        self._known: set[int] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def told(self, application: int, guilds: Collection[int], shard: int, shards: int) -> None:
        """Handle the start of a shard's session with the list of all its ``guilds``. Known servers that are missing
        from it are forgotten, once Discord has confirmed for each that the bot cannot see it."""
        async with self._one_at_a_time:
            self._application = application
            if self._known is None:
                self._known = await asyncio.to_thread(self._read)
            ours = {guild for guild in self._known if (guild >> 22) % shards == shard}
            left = [guild for guild in ours.difference(guilds) if await self._is_left(guild)]
            if left:
                log.info("servers were left while this bot was offline", servers=len(left))
                await self._deletions.forget(Deleted.GUILD, left)
            self._known = (self._known - set(left)) | set(guilds)
            await asyncio.to_thread(self._write)

    async def joined(self, guild: int) -> None:
        """Record that Starling has joined a server."""
        async with self._one_at_a_time:
            if self._known is not None and guild not in self._known:
                self._known.add(guild)
                await asyncio.to_thread(self._write)

    async def left(self, guild: int) -> None:
        """Record that Starling has left a server."""
        async with self._one_at_a_time:
            if self._known is not None and guild in self._known:
                self._known.remove(guild)
                await asyncio.to_thread(self._write)

    async def _is_left(self, guild: int) -> bool:
        try:
            await self._rest.fetch_guild(guild)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            return True
        except hikari.HTTPError as error:
            log.warning("cannot tell whether a server was left", server=guild, why=str(error))
        return False

    def _read(self) -> set[int]:
        """The known servers of this application; those that were stored under another application's token were not
        left."""
        known: set[int] = set()
        for file in self._file.parent.glob(f"{KNOWN_GUILDS}*.json"):
            try:
                listed = json.loads(file.read_text(encoding="utf-8"))
                if int(listed["application"]) == self._application:
                    known.update(map(int, listed["guilds"]))
            except (OSError, ValueError, TypeError, KeyError) as error:
                log.warning("a list of servers cannot be read", file=str(file), why=str(error))
        return known

    def _write(self) -> None:
        listed = {"application": self._application, "guilds": sorted(self._known or ())}
        try:
            write_atomically(self._file, json.dumps(listed).encode())
        except OSError as error:
            log.error("the list of servers cannot be written", file=str(self._file), why=str(error))
