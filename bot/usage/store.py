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
"""Gives the present as an aware time."""

KEPT_FOR = timedelta(days=400)
"""A year, and what a comparison with the same month needs."""

WRITTEN_AFTER_S = 10.0
"""What was counted is written with the end of the next job, or after so long at the latest."""

_READINGS = 5
"""How often one tries to read while nothing is written; under a crowd the sums may lack what is."""

NO_GUILD = 0
"""Stands for direct messages: a part of a primary key cannot be empty."""


@dataclass(frozen=True, slots=True)
class UsageAmounts:
    """How much was used."""

    prompt_tokens: int = 0
    """Shown to the chat model."""
    reply_tokens: int = 0
    """Written by it."""
    heard_s: float = 0.0
    """Of recordings that were written down, in seconds."""
    spoken_characters: int = 0
    """Of text that was spoken."""
    cost: float = 0.0
    """Of the chat model, in the currency of the settings."""

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.prompt_tokens + self.reply_tokens

    def __add__(self, other: UsageAmounts) -> UsageAmounts:
        """Both together."""
        return UsageAmounts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(UsageAmounts))
_KEYS = ("day", "guild_id", "user_id", "model")


_Key = tuple[date, int, int, str]
"""The day, the guild, the user and the model."""
_Counted = dict[_Key, UsageAmounts]


class UsageStore(DataHolder):
    """Amounts by day (UTC), guild, user and model.

    What is counted is known here at once, and written together: with the end of the job that it was used for, which is
    taken up and counted again if it never comes to that.
    """

    kept_for = KEPT_FOR

    def __init__(self, database: Database, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock
        self._counted: _Counted = {}
        """What was not written yet."""
        self._being_written: list[_Counted] = []
        self._writes = 0
        """Grows when something begins to be written, and when that ends."""
        self._settled = asyncio.Event()
        """Set while nothing is being written."""
        self._settled.set()
        self._writing: asyncio.Task[None] | None = None

    @property
    def now(self) -> datetime:
        """In UTC."""
        return self._clock().astimezone(UTC)

    def add(self, *, guild_id: int | None, user_id: int, model: str, amounts: UsageAmounts) -> None:
        """Add ``amounts`` to what is there for today; needs a running event loop."""
        key = self.now.date(), guild_id or NO_GUILD, user_id, model[:200]
        self._counted[key] = self._counted.get(key, UsageAmounts()) + amounts
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_later())

    async def write(self, session: AsyncSession) -> None:
        """Write what was counted, in this transaction; of two processes at once, both count."""
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
        # In order, so that no two processes wait for each other.
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
            log.exception("what was used cannot be written down")

    async def close(self) -> None:
        """Write what was not written yet."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write_now()

    async def _read(
        self, wanted: Select[Any] | CompoundSelect[Any], values: Mapping[str, Any] | None = None
    ) -> tuple[Sequence[Row[Any]], _Counted]:
        """What the database says to ``wanted`` with these ``values``, and what was not written at that moment."""
        for _attempt in range(_READINGS):
            await self._settled.wait()
            writes = self._writes
            async with self._database.sessions() as session:
                rows = (await session.execute(wanted, values)).all()
            if writes == self._writes:
                break
        return rows, dict(self._counted)

    async def of_places(self, day: date, places: Collection[tuple[int | None, int | None]]) -> list[UsageAmounts]:
        """What was used on ``day`` in each of ``places``: in a guild, by a user, or by a user in a guild."""
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
        """What was used on each day from ``since`` on, in that guild, by that user, or by that user in that guild; days
        without any use are left out."""
        wanted = _sums(UsageRow.day >= since, guild_id, user_id).add_columns(UsageRow.day).group_by(UsageRow.day)
        rows, unwritten = await self._read(wanted)
        found = {row.day: _amounts(row) for row in rows}
        for key, amounts in unwritten.items():
            if key[0] >= since and _is_of(key, guild_id, user_id):
                found[key[0]] = found.get(key[0], UsageAmounts()) + amounts
        return found

    async def forget_guild(self, guild_id: int) -> int:
        """Delete what was used in a guild; says how many rows."""
        self._counted = {key: amounts for key, amounts in self._counted.items() if key[1] != guild_id}
        return await self._delete(UsageRow.guild_id == guild_id)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget what a person has used."""
        self._counted = {key: amounts for key, amounts in self._counted.items() if key[2] != user_id}
        return ErasureResult(await self._delete(UsageRow.user_id == user_id))

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete what was used on earlier days, in one guild or in all; says how many rows."""
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
    """What adds a row to the one with its keys, or keeps it where there is none. Every answer ends with it, and to put
    it together takes as long as to carry it out."""
    table = cast("Table", UsageRow.__table__)
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    values = {name: table.c[name] + insert.excluded[name] for name in _NAMES}
    adding: Insert = insert.on_conflict_do_update(index_elements=list(_KEYS), set_=values)
    return adding


def _is_of(key: _Key, guild_id: int | None, user_id: int | None) -> bool:
    return guild_id in (None, key[1]) and user_id in (None, key[2])


@functools.cache
def _sums_of(places: tuple[tuple[bool, bool], ...]) -> CompoundSelect[Any]:
    """The sums of a ``day`` in each of ``places``, which say whether they are of a guild and whether of a user: of
    ``guild_0`` and ``user_0``, and so on. Every answer asks for them several times, and to put them together takes
    twice as long as to read them."""
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
    # PostgreSQL's sums of integers are decimals.
    kinds = {field.name: float if field.type == "float" else int for field in fields(UsageAmounts)}
    return UsageAmounts(**{name: kind(getattr(row, name)) for name, kind in kinds.items()})  # type: ignore[arg-type]
