"""Approved corrections that are about what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog
from cachetools import LRUCache

from bot.corrections.correction import ApprovedCorrection
from bot.errors import StarlingError
from bot.recall.indexes import Index, RecallMatch

log = structlog.get_logger()

MAX_RECALLED = 3
MAX_GUILDS = 64
"""Indexes that are kept in memory; 5,000 corrections take 8 MB."""
PATIENCE_S = 5.0
"""How long an answer waits for an index: thousands of corrections take a minute after a start, others are there at
once."""


@dataclass(slots=True)
class _GuildIndex:
    """The index of one guild."""

    index: Index
    version: int = 0
    """Grows whenever what is approved changes."""
    indexed: int = -1
    """The version that the index holds."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Recall:
    """Recalls corrections of one guild for one question; of no other guild."""

    def __init__(
        self, source: Callable[[int], Awaitable[Sequence[ApprovedCorrection]]], index: Callable[[], Index] | None
    ) -> None:
        """``source`` gives what a guild has approved, ``index`` makes an empty one; None: nothing is recalled."""
        self._source = source
        self._index = index
        self._indexes: LRUCache[int, _GuildIndex] = LRUCache(MAX_GUILDS)
        self._building: set[asyncio.Task[list[RecallMatch]]] = set()

    def forget(self, guild_id: int) -> None:
        """What the guild has approved has changed: the next question is answered by what is approved then."""
        if (guild_index := self._indexes.get(int(guild_id))) is not None:
            guild_index.version += 1

    async def recalled(self, guild_id: int | None, question: str) -> tuple[ApprovedCorrection, ...]:
        """Of ``near``, the corrections that are about ``question``."""
        return tuple(one.correction for one in await self.near(guild_id, question) if one.margin >= 0)

    async def near(self, guild_id: int | None, question: str) -> tuple[RecallMatch, ...]:
        """At most ``MAX_RECALLED`` corrections near to ``question``, the likeliest first; none in direct messages, nor
        while the index takes longer than ``PATIENCE_S``."""
        if guild_id is None or self._index is None or not question.strip():
            return ()
        guild_index = self._indexes.get(int(guild_id))
        if guild_index is None:
            guild_index = self._indexes[int(guild_id)] = _GuildIndex(self._index())
        # Goes on when nobody waits any more: the next question finds the index ready.
        whole = question.encode(errors="replace").decode()
        task = asyncio.create_task(self._search(int(guild_id), guild_index, whole))
        self._building.add(task)
        task.add_done_callback(self._building.discard)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return tuple(await asyncio.shield(task))
        except TimeoutError:
            log.warning("the index of corrections is not ready, answering without", guild=guild_id)
            return ()
        except StarlingError as error:
            # Whatever is wrong with recall, an answer without it is better than none.
            log.error("corrections cannot be recalled, answering without", why=str(error))
            return ()

    async def close(self) -> None:
        """Wait for the searches that run."""
        await asyncio.gather(*self._building, return_exceptions=True)

    async def _search(self, guild_id: int, guild_index: _GuildIndex, question: str) -> list[RecallMatch]:
        async with guild_index.lock:
            while guild_index.indexed != guild_index.version:
                version = guild_index.version
                corrections = await self._source(guild_id)
                await asyncio.to_thread(guild_index.index.replace, corrections)
                guild_index.indexed = version
            return await asyncio.to_thread(guild_index.index.near, question, MAX_RECALLED)
