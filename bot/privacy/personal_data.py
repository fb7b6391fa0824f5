"""Summarises, exports and erases everything stored on a person, in whatever store it is."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

import structlog

from bot.privacy.data_holder import DataHolder, ErasureResult, StoredDataSummary
from bot.privacy.tombstones import TombstoneKind, Tombstones

log = structlog.get_logger()

_ResultT = TypeVar("_ResultT")


async def _nothing() -> None:
    """The default for ``scrub``, where no file needs to be overwritten."""


class PersonalData:
    """Asks every holder. If some fail, the others are still asked; the errors are raised together afterwards, as an
    ``ExceptionGroup``."""

    def __init__(
        self,
        holders: Sequence[DataHolder],
        scrub: Callable[[], Awaitable[None]] = _nothing,
        tombstones: Tombstones | None = None,
    ) -> None:
        """``holders`` are asked in this order. ``scrub`` is called after rows were deleted, to overwrite them.
        ``tombstones`` records what earlier backups must not bring back."""
        self.holders = tuple(holders)
        self._tombstones = tombstones
        self.scrub = scrub

    async def summary(self, user_id: int) -> StoredDataSummary:
        """How much is stored on a person."""
        counts = StoredDataSummary()
        for found in await self._each(lambda holder: holder.count(user_id)):
            counts += found
        return counts

    async def export(self, user_id: int) -> bytes:
        """All that is stored on a person, as JSON in UTF-8."""
        stored: dict[str, object] = {"user_id": str(user_id), "exported_at": datetime.now(UTC)}
        for found in await self._each(lambda holder: holder.export(user_id)):
            stored |= found
        return json.dumps(stored, ensure_ascii=False, indent=1, default=_readable).encode()

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete all that is stored on a person, except for what models have already learned, and for the time of this
        request, so that no archive brings back what was withdrawn."""
        try:
            forgotten = sum(await self._each(lambda holder: holder.forget_user(user_id)), ErasureResult())
        finally:
            await self._bury(TombstoneKind.USER, [user_id])
        await self._scrubbed(forgotten.rows)
        return forgotten

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget what was said in messages that were deleted on Discord; returns how many rows were affected."""
        rows = sum(await self._each(lambda holder: holder.forget_messages(message_ids)))
        if rows:
            await self._bury(TombstoneKind.MESSAGE, message_ids)
        return await self._scrubbed(rows)

    async def forget_again(self, kind: TombstoneKind, ids: Collection[str]) -> int:
        """Delete again what people had taken back one by one and a restored backup has brought back; returns how many
        rows were affected."""
        return await self._scrubbed(sum(await self._each(lambda holder: holder.forget_again(kind, ids))))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all data of a guild; returns how many rows were affected."""
        try:
            rows = sum(await self._each(lambda holder: holder.forget_guild(guild_id)))
        finally:
            await self._bury(TombstoneKind.GUILD, [guild_id])
        return await self._scrubbed(rows)

    async def _bury(self, kind: TombstoneKind, ids: Collection[int]) -> None:
        if self._tombstones is not None:
            await self._tombstones.bury(kind, ids)

    async def _scrubbed(self, rows: int) -> int:
        if rows:
            await self.scrub()
        return rows

    async def _each(self, ask: Callable[[DataHolder], Awaitable[_ResultT]]) -> list[_ResultT]:
        """
        Raises:
            ExceptionGroup: some holders failed.
        """
        results, errors = list[_ResultT](), list[Exception]()
        for holder in self.holders:
            try:
                results.append(await ask(holder))
            except Exception as error:
                log.exception("a store of personal data has failed", holder=type(holder).__name__)
                errors.append(error)
        if errors:
            raise ExceptionGroup("personal data could not be reached everywhere", errors)
        return results


def _readable(value: object) -> object:
    """Convert a value that JSON cannot represent."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
