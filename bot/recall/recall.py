"""Finds the approved corrections that are about a question."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.corrections.correction import ApprovedCorrection
from bot.corrections.taught import Taught
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.recall.indexes import Index, RecallMatch

log = structlog.get_logger()

MAX_RECALLED = 3
MAX_BYTES = 256 * 2**20
"""The limit on all indexes kept in memory: some twenty of 5,000 corrections each, or thousands of small ones. Others
are read from the database when somebody asks, which takes a second for a large one."""
PATIENCE_S = 5.0
"""How long an answer waits for recall."""
BATCH = 32
"""Corrections whose vectors are computed and stored in one batch: a second's work."""
WAITED_FOR = 2 * BATCH
"""If the vectors of at most this many corrections are missing, an answer waits for them; if more, it does without."""
GROWTH = 2
"""New vectors are added to an index once there are ``1 / GROWTH`` as many as it has, but at least ``BATCH``: adding
them takes a second, too."""

_ResultT = TypeVar("_ResultT")
_UNREAD = "unread"
"""Not a revision: nothing has been read yet."""
_ANYTHING = "What is this?"
"""Asked in advance, so that what the first question needs is loaded before it comes."""


@dataclass(slots=True)
class _OwnersIndex:
    """The index of one guild, or of one person."""

    taught: Taught
    owner: int
    index: Index
    revision: str | None = _UNREAD
    """The revision that the index holds."""
    words_of: str | None = _UNREAD
    """The revision of ``by_words``, which is ready before the index is."""
    by_words: dict[str, ApprovedCorrection] = field(default_factory=dict)
    """The latest correction for each question, by ``key_of_text``."""
    count: int = 0
    size_bytes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the index is used, except in the methods that allow concurrent use."""
    growing: asyncio.Task[None] | None = None
    """The task that computes the vectors that are lacking."""

    def word_for_word(self, question: str) -> list[RecallMatch]:
        """The correction that was taught for ``question`` word for word, if any."""
        asked = self.by_words.get(key_of_text(question))
        return [] if asked is None else [RecallMatch(asked, 0.0, is_word_for_word=True)]


MAX_LOADING = 2
"""How many modals may load something at the same time; what one of them loads serves all."""


class Recall:
    """Recalls corrections for a question: those of its guild or, in direct messages, those of the person who asks, and
    never anyone else's.

    A correction that is taken back, by whatever process, is not recalled for the next question: each search first
    checks that the revision that was read is still the current one.
    """

    def __init__(self, guilds: Taught, index: Callable[[], Index] | None, people: Taught) -> None:
        """``guilds`` gives what guilds have approved, ``people`` what people have taught for themselves. ``index``
        makes an empty index; if it is None, nothing is recalled."""
        self._index = index
        self._guilds = guilds
        self._people = people
        self._indexes: OrderedDict[tuple[Taught, int], _OwnersIndex] = OrderedDict()
        """The least recently searched index comes first."""
        self._tasks: set[asyncio.Task[object]] = set()
        self._loading: set[asyncio.Task[None]] = set()
        self._working = asyncio.Lock()
        """Held while lacking vectors are computed, which only one thread does at a time: the others are left for
        searches that somebody waits for."""
        self._is_closed = False

    def prepare(self, guild_id: int) -> None:
        """Load what is needed to recall what a guild has approved, before anybody asks; returns at once."""
        self._prepare(self._guilds, guild_id)

    def prepare_own(self, user_id: int) -> None:
        """Load what is needed to recall what a person has taught for themselves; returns at once."""
        self._prepare(self._people, user_id)

    def prepare_for(self, question: str) -> None:
        """Load what is needed to recall an answer to ``question``, which is about to be taught. Returns at once, and
        ``close`` does not wait for it."""
        if self._index is not None and question.strip() and len(self._loading) < MAX_LOADING:
            loading = asyncio.create_task(asyncio.to_thread(self._index().load_for, question))
            self._loading.add(loading)
            loading.add_done_callback(self._loading.discard)
            loading.add_done_callback(_log_failure)

    async def recalled(self, guild_id: int | None, question: str) -> tuple[ApprovedCorrection, ...]:
        """The corrections found by ``near`` that are about ``question``: those at or above the threshold."""
        return tuple(one.correction for one in await self.near(guild_id, question) if one.margin >= 0)

    async def near(
        self, guild_id: int | None, question: str, *, patience_s: float | None = None
    ) -> tuple[RecallMatch, ...]:
        """At most ``MAX_RECALLED`` corrections of a guild that are near to ``question``, the likeliest first; none in
        direct messages. Waits at most ``patience_s`` (None: ``PATIENCE_S``); what is not ready by then is missing."""
        return () if guild_id is None else await self._near(self._guilds, guild_id, question, patience_s)

    async def near_own(
        self, user_id: int, question: str, *, patience_s: float | None = None
    ) -> tuple[RecallMatch, ...]:
        """As ``near``, among the corrections that a person has taught for themselves, for a question that they ask in
        direct messages."""
        return await self._near(self._people, user_id, question, patience_s)

    async def _near(
        self, taught: Taught, owner: int, question: str, patience_s: float | None
    ) -> tuple[RecallMatch, ...]:
        if self._index is None or not question.strip():
            return ()
        patience_s = PATIENCE_S if patience_s is None else patience_s
        text = question.encode(errors="replace").decode()
        # The search goes on after a timeout, so that the next question finds the index ready.
        task = self._begin(self._search(self._index, taught, owner, text, patience_s))
        try:
            async with asyncio.timeout(patience_s):
                return tuple(await asyncio.shield(task))
        except TimeoutError:
            log.warning("the index of corrections is not ready, answering without", owner=owner)
        except StarlingError as error:
            # Whatever is wrong with recall, an answer without it is better than none.
            log.error("corrections cannot be recalled, answering without", why=str(error))
        held = self._indexes.get((taught, owner))
        if held is None or held.words_of != await taught.revision(owner):
            return ()
        return tuple(held.word_for_word(question))

    def _prepare(self, taught: Taught, owner: int) -> None:
        if self._index is not None and not self._is_closed:
            self._begin(self._search(self._index, taught, owner, _ANYTHING, PATIENCE_S)).add_done_callback(_log_failure)

    def _begin(self, work: Coroutine[Any, Any, _ResultT]) -> asyncio.Task[_ResultT]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Wait for running searches; vectors that are still lacking are left for another time."""
        self._is_closed = True
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _search(
        self, index: Callable[[], Index], taught: Taught, owner: int, question: str, patience_s: float
    ) -> list[RecallMatch]:
        revision = await taught.revision(owner)
        if revision is None:
            self._indexes.pop((taught, owner), None)
            return []
        if (held := self._indexes.get((taught, owner))) is None:
            held = self._indexes[taught, owner] = _OwnersIndex(taught, owner, index())
        self._indexes.move_to_end((taught, owner))
        async with held.lock:
            if held.revision != revision:
                await self._read(held, revision)
        if found := held.word_for_word(question):
            return found
        # Without the lock: loading takes seconds, and questions in other languages do not need what it loads.
        widens = await asyncio.to_thread(held.index.widens_for, question)
        async with held.lock:
            if widens or held.revision != revision:
                await self._read(held, revision)
            if held.index.lacking() and (held.growing is None or held.growing.done()):
                held.growing = self._begin(self._grow(held))
            is_soon = len(held.index.lacking()) <= WAITED_FOR
        if held.growing is not None and is_soon:
            # After the timeout, answering from what is ready is better than nothing.
            await asyncio.wait({held.growing}, timeout=0.8 * patience_s)
        async with held.lock:
            return await asyncio.to_thread(held.index.near, question, MAX_RECALLED)

    async def _read(self, held: _OwnersIndex, revision: str | None) -> None:
        """Read the owner's corrections, which are those of ``revision`` or later, into ``held``, which must be
        locked."""
        corrections = await held.taught.all(held.owner)
        held.by_words = {
            key_of_text(one.prompt): one for one in sorted(corrections, key=lambda correction: correction.number)
        }
        held.words_of = revision
        kept = {one: await held.taught.vectors(held.owner, one) for one in held.index.embeddings}
        await asyncio.to_thread(held.index.replace, corrections, kept)
        held.revision, held.count, held.size_bytes = revision, len(corrections), held.index.size_bytes
        while sum(one.size_bytes for one in self._indexes.values()) > MAX_BYTES and len(self._indexes) > 1:
            self._indexes.popitem(last=False)

    async def _grow(self, held: _OwnersIndex) -> None:
        """Compute and store the vectors that ``held`` lacks."""
        try:
            while not self._is_closed:
                async with held.lock:
                    lacking, count = held.index.lacking(), held.count
                if not lacking:
                    return
                for begin in range(0, max(BATCH, (count - len(lacking)) // GROWTH), BATCH):
                    await self._work_out(held, lacking[begin : begin + BATCH])
                async with held.lock:
                    await self._read(held, await held.taught.revision(held.owner))
                    if held.index.lacking() == lacking:
                        log.error("embeddings of corrections were not stored", owner=held.owner, count=len(lacking))
                        return
        except (StarlingError, SQLAlchemyError) as error:
            log.error("embeddings of corrections cannot be computed", owner=held.owner, why=str(error))

    async def _work_out(self, held: _OwnersIndex, corrections: Sequence[ApprovedCorrection]) -> None:
        if not corrections or self._is_closed:
            return
        async with self._working:
            found = await asyncio.to_thread(held.index.work_out, corrections)
        for embedding, made in found.items():
            kept = [(one, made[one.number]) for one in corrections if one.number in made]
            if kept:
                await held.taught.keep_vectors(held.owner, embedding, kept)


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("corrections cannot be made ready to be recalled", why=str(error))
