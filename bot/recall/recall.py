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


_ANYTHING = "What is this?"
"""Asked so that what is loaded by the first question is there before it."""

CorrectionSource = Callable[[int], Awaitable[Sequence[ApprovedCorrection]]]
"""Gives the corrections of a guild, or of a person, by Discord's id."""


async def _nothing(_id: int) -> Sequence[ApprovedCorrection]:
    return ()


class Recall:
    """Recalls corrections of one guild for one question, or of one person in direct messages; never of any other."""

    def __init__(
        self, source: CorrectionSource, index: Callable[[], Index] | None, own: CorrectionSource = _nothing
    ) -> None:
        """``source`` gives what a guild has approved, ``own`` what a person has taught for themselves, ``index`` makes
        an empty one; None: nothing is recalled."""
        self._source = source
        self._own = own
        self._index = index
        self._indexes: LRUCache[int, _GuildIndex] = LRUCache(MAX_GUILDS)
        self._own_indexes: LRUCache[int, _GuildIndex] = LRUCache(MAX_GUILDS)
        self._building: set[asyncio.Task[list[RecallMatch]]] = set()
        self._is_closed = False

    def forget(self, guild_id: int) -> None:
        """What the guild has approved has changed: the next question is answered by what is approved then, for which
        everything is made ready at once."""
        if (guild_index := self._indexes.get(int(guild_id))) is not None:
            guild_index.version += 1
        self.prepare(guild_id)

    def prepare(self, guild_id: int) -> None:
        """Load what is needed to recall what a guild has approved, before anybody asks; returns at once."""
        self._prepare(self._indexes, self._source, int(guild_id))

    def prepare_own(self, user_id: int) -> None:
        """Load what is needed to recall what a person has taught for themselves; returns at once."""
        self._prepare(self._own_indexes, self._own, int(user_id))

    async def recalled(self, guild_id: int | None, question: str) -> tuple[ApprovedCorrection, ...]:
        """Of ``near``, the corrections that are about ``question``."""
        return tuple(one.correction for one in await self.near(guild_id, question) if one.margin >= 0)

    async def near(self, guild_id: int | None, question: str) -> tuple[RecallMatch, ...]:
        """At most ``MAX_RECALLED`` corrections of a guild near to ``question``, the likeliest first; none in direct
        messages, nor while the index takes longer than ``PATIENCE_S``."""
        if guild_id is None:
            return ()
        return await self._near(self._indexes, self._source, int(guild_id), question)

    async def near_own(self, user_id: int, question: str) -> tuple[RecallMatch, ...]:
        """At most ``MAX_RECALLED`` of what a person has taught for themselves that are near to ``question``, which they
        ask in direct messages; the likeliest first."""
        if (guild_index := self._own_indexes.get(int(user_id))) is not None:
            # Few enough to be looked at each time; those that stayed are not worked out again.
            guild_index.version += 1
        return await self._near(self._own_indexes, self._own, int(user_id), question)

    async def _near(
        self, indexes: LRUCache[int, _GuildIndex], source: CorrectionSource, owner: int, question: str
    ) -> tuple[RecallMatch, ...]:
        if self._index is None or not question.strip():
            return ()
        # Goes on when nobody waits any more: the next question finds the index ready.
        task = self._begin(indexes, source, owner, question.encode(errors="replace").decode())
        try:
            async with asyncio.timeout(PATIENCE_S):
                return tuple(await asyncio.shield(task))
        except TimeoutError:
            log.warning("the index of corrections is not ready, answering without", owner=owner)
            return ()
        except StarlingError as error:
            # Whatever is wrong with recall, an answer without it is better than none.
            log.error("corrections cannot be recalled, answering without", why=str(error))
            return ()

    def _prepare(self, indexes: LRUCache[int, _GuildIndex], source: CorrectionSource, owner: int) -> None:
        if self._index is None or self._is_closed:
            return
        task = self._begin(indexes, source, owner, _ANYTHING)
        task.add_done_callback(_log_failure)

    def _begin(
        self, indexes: LRUCache[int, _GuildIndex], source: CorrectionSource, owner: int, question: str
    ) -> asyncio.Task[list[RecallMatch]]:
        assert self._index is not None, "without an index there is nothing to search"
        guild_index = indexes.get(owner)
        if guild_index is None:
            guild_index = indexes[owner] = _GuildIndex(self._index())
        task = asyncio.create_task(_search(source, owner, guild_index, question))
        self._building.add(task)
        task.add_done_callback(self._building.discard)
        return task

    async def close(self) -> None:
        """Wait for the searches that run."""
        self._is_closed = True
        await asyncio.gather(*self._building, return_exceptions=True)


def _log_failure(task: asyncio.Task[list[RecallMatch]]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("corrections cannot be made ready to be recalled", why=str(error))


async def _search(source: CorrectionSource, owner: int, guild_index: _GuildIndex, question: str) -> list[RecallMatch]:
    async with guild_index.lock:
        while guild_index.indexed != guild_index.version:
            version = guild_index.version
            corrections = await source(owner)
            await asyncio.to_thread(guild_index.index.replace, corrections)
            guild_index.indexed = version
        return await asyncio.to_thread(guild_index.index.near, question, MAX_RECALLED)
