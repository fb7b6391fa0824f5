"""What people and guilds have used, day by day."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Insert,
    Row,
    Select,
    Table,
    bindparam,
    event,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database
from bot.storage.tables import UsageRow

log = structlog.get_logger()

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime."""

KEPT_FOR = timedelta(days=400)
"""A year, and enough more to compare a month with the same month a year before."""

WRITTEN_AFTER_S = 10.0
"""Counted amounts are written when the next job ends, or after this time at the latest."""

_READINGS = 5
"""How many times a read is tried until no write interferes; under heavy load, the sums may then lack what is just
being written."""

NO_GUILD = 0
"""Stands for direct messages: a primary key column cannot be null."""


@dataclass(frozen=True, slots=True)
class UsageAmounts:
    """How much was used."""

    prompt_tokens: int = 0
    """Read by the chat model."""
    reply_tokens: int = 0
    """Written by the chat model."""
    heard_s: float = 0.0
    """Seconds of recordings that were transcribed."""
    spoken_characters: int = 0
    """Characters of text that was spoken."""
    cost: float = 0.0
    """Cost of the chat model, in the currency of the settings."""

    @property
    def tokens(self) -> int:
        """Prompt and reply tokens together."""
        return self.prompt_tokens + self.reply_tokens

    def __add__(self, other: UsageAmounts) -> UsageAmounts:
        """The sum of both."""
        return UsageAmounts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(UsageAmounts))
_KEYS = ("day", "guild_id", "user_id", "model")


_Key = tuple[date, int, int, str]
"""The day, guild id, user id and model."""
_Counted = dict[_Key, UsageAmounts]


class UsageStore(DataHolder):
    """Amounts by day (UTC), guild, user and model.

    Counted amounts are included in what is read here at once. They are written together, when a job ends or after
    ``WRITTEN_AFTER_S``; if they are lost before, their job did not end, and is resumed and counted again.
    """

    kept_for = KEPT_FOR

    def __init__(self, database: Database, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock
        self._counted: _Counted = {}
        """What has not been written yet."""
        self._being_written: list[_Counted] = []
        self._writes = 0
        """Incremented when a write begins, and when it ends."""
        self._settled = asyncio.Event()
        """Set while nothing is being written."""
        self._settled.set()
        self._writing: asyncio.Task[None] | None = None

    @property
    def now(self) -> datetime:
        """The current time in UTC."""
        return self._clock().astimezone(UTC)

    def add(self, *, guild_id: int | None, user_id: int, model: str, amounts: UsageAmounts) -> None:
        """Add ``amounts`` to those of today; needs a running event loop."""
        key = self.now.date(), guild_id or NO_GUILD, user_id, model[:200]
        self._counted[key] = self._counted.get(key, UsageAmounts()) + amounts
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_later())

    async def write(self, session: AsyncSession) -> None:
        """Write what was counted, in this transaction. Amounts are added to the stored ones, so that those of several
        processes all count."""
        counted, self._counted = self._counted, {}
        if not counted:
            return
        self._being_written.append(counted)
        self._writes += 1
        self._settled.clear()

        def end(*, is_kept: bool) -> None:
            if any(one is counted for one in self._being_written):
                self._being_written = [one for one in self._being_written if one is not counted]
                self._writes += 1
                for key, amounts in {} if is_kept else counted.items():
                    self._counted[key] = self._counted.get(key, UsageAmounts()) + amounts
                if not self._being_written:
                    self._settled.set()

        event.listen(session.sync_session, "after_commit", lambda _session: end(is_kept=True), once=True)
        event.listen(session.sync_session, "after_rollback", lambda _session: end(is_kept=False), once=True)
        # Sorted, so that two processes cannot deadlock.
        rows = [dict(zip(_KEYS, key, strict=True)) | asdict(counted[key]) for key in sorted(counted)]
        await (await session.connection()).execute(_adding(self._database.engine.dialect.name), rows)

    async def _write_later(self) -> None:
        while self._counted:
            await asyncio.sleep(WRITTEN_AFTER_S)
            await self._write_now()

    async def _write_now(self) -> None:
        try:
            async with self._database.sessions.begin() as session:
                await self.write(session)
        except SQLAlchemyError:
            log.exception("usage cannot be recorded")

    async def close(self) -> None:
        """Write what has not been written yet."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write_now()

    async def _read(
        self, wanted: Select[Any] | CompoundSelect[Any], values: Mapping[str, Any] | None = None
    ) -> tuple[Sequence[Row[Any]], _Counted]:
        """The rows of the query ``wanted`` with these ``values``, and what had not been written at that moment."""
        for _attempt in range(_READINGS):
            await self._settled.wait()
            writes = self._writes
            async with self._database.sessions() as session:
                rows = (await session.execute(wanted, values)).all()
            if writes == self._writes:
                break
        return rows, dict(self._counted)

    async def of_places(self, day: date, places: Collection[tuple[int | None, int | None]]) -> list[UsageAmounts]:
        """What was used on ``day`` in each of ``places``, pairs of guild and user: in a guild (user None), by a user
        (guild None), or by a user in a guild."""
        ids: dict[str, Any] = {"day": day}
        for number, (guild_id, user_id) in enumerate(places):
            ids |= {f"guild_{number}": guild_id, f"user_{number}": user_id}
        wanted = _sums_of(tuple((guild_id is not None, user_id is not None) for guild_id, user_id in places))
        rows, unwritten = await self._read(wanted, {name: id_ for name, id_ in ids.items() if id_ is not None})
        written = {row.place: _amounts(row) for row in rows}
        return [
            sum((some for key, some in unwritten.items() if key[0] == day and _is_of(key, *place)), written[number])
            for number, place in enumerate(places)
        ]

    async def by_day(
        self, since: date, *, guild_id: int | None = None, user_id: int | None = None
    ) -> dict[date, UsageAmounts]:
        """What was used on each day from ``since`` on: in the guild, by the user, or by the user in the guild. Days
        without any use are left out."""
        wanted = _sums(UsageRow.day >= since, guild_id, user_id).add_columns(UsageRow.day).group_by(UsageRow.day)
        rows, unwritten = await self._read(wanted)
        found = {row.day: _amounts(row) for row in rows}
        for key, amounts in unwritten.items():
            if key[0] >= since and _is_of(key, guild_id, user_id):
                found[key[0]] = found.get(key[0], UsageAmounts()) + amounts
        return found

    async def forget_guild(self, guild_id: int) -> int:
        """Delete what was used in a guild; returns how many rows."""
        self._counted = {key: amounts for key, amounts in self._counted.items() if key[1] != guild_id}
        return await self._delete(UsageRow.guild_id == guild_id)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete what a person has used."""
        self._counted = {key: amounts for key, amounts in self._counted.items() if key[2] != user_id}
        return ErasureResult(await self._delete(UsageRow.user_id == user_id))

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete what was used before the day of ``moment``, in one guild or in all; returns how many rows."""
        earlier = UsageRow.day < moment.date()
        return await self._delete(earlier if guild_id is None else earlier & (UsageRow.guild_id == guild_id))

    async def export(self, user_id: int) -> Mapping[str, object]:
        """What a person has used, by day."""
        used = await self.by_day(self.now.date() - KEPT_FOR, user_id=user_id)
        return {"used_a_day": {day.isoformat(): amounts for day, amounts in used.items()}}

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        return await delete_in_batches(self._database, UsageRow, condition)


@functools.cache
def _adding(dialect: str) -> Insert:
    """The statement that adds amounts to the row with the same key, or inserts one. It is cached: every answer ends
    with it, and building it takes as long as executing it."""
    table = cast("Table", UsageRow.__table__)
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    values = {name: table.c[name] + insert.excluded[name] for name in _NAMES}
    adding: Insert = insert.on_conflict_do_update(index_elements=list(_KEYS), set_=values)
    return adding


def _is_of(key: _Key, guild_id: int | None, user_id: int | None) -> bool:
    return guild_id in (None, key[1]) and user_id in (None, key[2])


@functools.cache
def _sums_of(places: tuple[tuple[bool, bool], ...]) -> CompoundSelect[Any]:
    """A query for the sums of a ``day`` in each of ``places``, which say whether a guild and whether a user is given,
    as the parameters ``guild_0`` and ``user_0`` and so on. It is cached: every answer needs it several times, and
    building it takes twice as long as executing it."""
    day, sums = UsageRow.day == bindparam("day"), []
    for number, (has_guild, has_user) in enumerate(places):
        guild: _Id = bindparam(f"guild_{number}") if has_guild else None
        user: _Id = bindparam(f"user_{number}") if has_user else None
        sums.append(_sums(day, guild, user).add_columns(literal(number).label("place")))
    return union_all(*sums)


_Id = int | BindParameter[Any] | None


def _sums(days: ColumnElement[bool], guild_id: _Id, user_id: _Id) -> Select[tuple[float, ...]]:
    wanted = select(*(func.coalesce(func.sum(getattr(UsageRow, name)), 0).label(name) for name in _NAMES)).where(days)
    if guild_id is not None:
        wanted = wanted.where(UsageRow.guild_id == guild_id)
    if user_id is not None:
        wanted = wanted.where(UsageRow.user_id == user_id)
    return wanted


def _amounts(row: object) -> UsageAmounts:
    # PostgreSQL sums integers to decimals.
    kinds = {field.name: float if field.type == "float" else int for field in fields(UsageAmounts)}
    return UsageAmounts(**{name: kind(getattr(row, name)) for name, kind in kinds.items()})  # type: ignore[arg-type]
