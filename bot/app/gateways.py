"""The locks of several gateways on one PostgreSQL database: for what belongs to one gateway alone, and for what only
one of them does for all.

What a single process owns because it runs alone, a gateway owns through locks of the database
(``bot.storage.advisory_locks``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from enum import IntEnum
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.app.background import background_tasks
from bot.app.single_instance import DATABASE_LOCK, DatabaseInUseError
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.advisory_locks import AdvisoryLock, AdvisoryLocks
from bot.storage.database import Database, DatabaseUnavailableError, reason_of
from bot.work.shards import ShardShare

log = structlog.get_logger()

SHARD_LOCKS, LAYOUT_LOCKS, DUTY_LOCKS = 0x57A1_0002, 0x57A1_0003, 0x57A1_0004
"""Key spaces of PostgreSQL's advisory locks: arbitrary numbers that nothing else in the database uses."""
_LAYOUT = 1000
"""The factor that packs a layout into one number: shards times this, plus gateways - 1. GATEWAYS is at most as much."""
TAKING_OVER_S = 3.0
"""How long a lock is waited for: a restarted gateway may come back before the database has noticed that the old one
ended."""


DUTY_PAUSE_S = 5.0
"""The pause before a gateway tries again to take a duty that has failed or passed to another."""


class Duty(IntEnum):
    """What one gateway at a time does for all."""

    IDENTIFYING = 1
    """Discord limits how many shards may identify within five seconds, and hikari counts only those of its own
    process."""
    FORGETTING = 2
    FOLLOWING_TRAININGS = 3


class ShardInUseError(StarlingError):
    """Raised when another process has one of this process's shards."""

    sentence = _(
        "Another Starling has shard {shard} already, and everybody there would be answered twice. It runs with "
        "GATEWAY={gateway} as well: stop it first, or give this one a number of its own."
    )

    def __init__(self, shard: int, gateway: int) -> None:
        super().__init__(shard=shard, gateway=gateway)


class GatewaysDifferError(StarlingError):
    """Raised when gateways on one database do not divide the shards in the same way."""

    sentence = _(
        "Another Starling on the same database runs with GATEWAYS={gateways} and SHARDS={shards}. Both have to be the "
        "same everywhere: stop all gateways before you change them, then start them with the new numbers."
    )

    def __init__(self, gateways: int, shards: int) -> None:
        super().__init__(gateways=gateways, shards=shards)


class GatewayLocks:
    """The locks of one of several gateways."""

    def __init__(self, share: ShardShare, locks: AdvisoryLocks) -> None:
        self._share = share
        self._locks = locks

    async def take(self) -> None:
        """Take the locks on what belongs to this gateway alone, and hold them until the connection ends.

        Raises:
            DatabaseInUseError: a Starling that is not one of several gateways runs on the database.
            GatewaysDifferError: others divide the shards differently.
            ShardInUseError: another process has one of the shards.
        """
        share = self._share
        if not await self._locks.take(AdvisoryLock(DATABASE_LOCK, is_shared=True), patience_s=TAKING_OVER_S):
            raise DatabaseInUseError
        layout = share.shards * _LAYOUT + share.gateways - 1
        assert await self._locks.take(AdvisoryLock(LAYOUT_LOCKS, layout, is_shared=True)), "nobody has it alone"
        for other in await self._locks.others_in(LAYOUT_LOCKS, layout):
            shards, gateways = divmod(other, _LAYOUT)
            raise GatewaysDifferError(gateways + 1, shards)
        for shard in share.shard_ids or ():
            if not await self._locks.take(AdvisoryLock(SHARD_LOCKS, shard), patience_s=TAKING_OVER_S):
                raise ShardInUseError(shard, share.gateway)

    def identifying(self) -> contextlib.AbstractAsyncContextManager[object]:
        """This gateway's turn to start its shards; entering waits until no other gateway has its turn."""
        return self._locks.held(AdvisoryLock(DUTY_LOCKS, Duty.IDENTIFYING))

    async def alone(self, duty: Duty, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``work``, which runs until it is cancelled, whenever the duty is this gateway's and no other's."""
        name = duty.name.lower().replace("_", " ")
        while True:
            async with self._locks.held(AdvisoryLock(DUTY_LOCKS, duty)) as lost, background_tasks() as begin:
                log.info("this gateway has a duty for all gateways", duty=name)
                await asyncio.wait({begin(work()), begin(lost.wait())}, return_when=asyncio.FIRST_COMPLETED)
            log.warning("this gateway no longer has a duty", duty=name)
            await asyncio.sleep(DUTY_PAUSE_S)

    async def watch(self) -> None:
        """Watch the locks until cancelled; raises ``LocksLostError`` once another process may have the shards."""
        await self._locks.watch()


@contextlib.asynccontextmanager
async def gateway_locks(share: ShardShare, database: Database) -> AsyncIterator[GatewayLocks | None]:
    """The locks of this gateway, held while the block runs; None if there are no other gateways.

    Raises:
        DatabaseUnavailableError: the database cannot be reached.
        StarlingError: see ``GatewayLocks.take``.
    """
    if share.is_whole:
        yield None
        return
    async with contextlib.AsyncExitStack() as stack:
        try:
            locks = await stack.enter_async_context(AdvisoryLocks(database.engine.url))
            held = GatewayLocks(share, locks)
            await held.take()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise DatabaseUnavailableError(database.engine.url.render_as_string(), reason_of(error)) from error
        yield held
