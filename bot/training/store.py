"""The stored trainings: planned, queued, running, ended. One at a time runs in a guild."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage
from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.database import Database, rows_changed
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import TrainingRow
from bot.training.recipe import TrainingMethod
from bot.training.specs import TrainingSpec, TrainingStarter
from bot.training.starting import DAY, PLANNED_FOR, require_planned, require_room_today
from bot.training.states import OPEN, TrainingState

Point = tuple[int, float | None, float | None]
"""Step, training loss, held-out loss."""


class NoSuchTrainingError(StarlingError):
    """Raised when a guild has no such training."""

    sentence = _("There is no training #{number} here. /jobs list shows those that there are.")

    def __init__(self, number: int | str) -> None:
        super().__init__(number=number)


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A version of a dataset that is trained on."""

    id: str
    name: str
    version: int
    label: str
    withdrawn_before: int = 0
    """How many examples had been taken back from it before the training began, so that the model never saw them."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training."""

    id: str
    guild_id: int
    number: int
    starter_id: int | None
    """None if they were forgotten."""
    channel_id: int
    message_id: int | None
    locale: str
    trainer: str
    base: str
    seed: int
    datasets: tuple[DatasetRef, ...]
    content_hash: str
    heldout: frozenset[str] | None
    """The keys of the held-out examples; None until it begins."""
    examples: int
    method: TrainingMethod
    handle: str | None
    state: TrainingState
    is_cancelled: bool
    """Whether somebody has cancelled it while it runs."""
    fraction: float | None
    curve: tuple[Point, ...]
    message: str
    error: LazyMessage | None
    """Why it failed; None also if that is not known."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it was started and has not ended."""
        return self.state in OPEN

    @property
    def spec(self) -> TrainingSpec:
        """What was asked for."""
        return TrainingSpec(self.trainer, self.base, self.method, self.seed)


class TrainingStore(DataHolder):
    """Stores trainings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(
        self,
        starter: TrainingStarter,
        spec: TrainingSpec,
        datasets: Sequence[DatasetRef],
        *,
        content_hash: str,
        examples: int,
    ) -> Training:
        """Store a plan until somebody starts it; plans of the guild older than ``PLANNED_FOR`` are deleted."""
        now, guild_id = datetime.now(UTC), starter.guild_id
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            stale = (TrainingRow.state == TrainingState.PLANNED, TrainingRow.created_at < now - PLANNED_FOR)
            await session.execute(delete(TrainingRow).where(TrainingRow.guild_id == guild_id, *stale))
            last = await session.scalar(select(func.max(TrainingRow.number)).where(TrainingRow.guild_id == guild_id))
            row = TrainingRow(
                id=uuid.uuid4().hex, guild_id=guild_id, number=(last or 0) + 1, starter_id=starter.user_id,
                channel_id=starter.channel_id, message_id=None, locale=starter.locale, trainer=spec.trainer,
                base=spec.base, seed=spec.seed, method=spec.method, datasets=_stored(datasets),
                content_hash=content_hash, heldout=None, examples=examples, handle=None,
                state=TrainingState.PLANNED, is_cancelled=False, fraction=None, curve=[], message="", error=None,
                announced=False, created_at=now, started_at=None, ended_at=None,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            return _read(row)

    async def queue(self, guild_id: int, id_: str, starter_id: int, *, max_per_day: int) -> Training:
        """Queue a planned training.

        Raises:
            NoSuchTrainingError, AlreadyStartedError, TooManyTrainingsError
        """
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await session.get(TrainingRow, id_)
            if row is None or row.guild_id != guild_id:
                raise NoSuchTrainingError("?")
            require_planned(row.number, TrainingState(row.state))
            lately = select(func.count()).where(
                TrainingRow.guild_id == row.guild_id,
                TrainingRow.started_at > datetime.now(UTC) - DAY,
            )
            require_room_today(await session.scalar(lately) or 0, max_per_day)
            row.state, row.starter_id, row.started_at = TrainingState.QUEUED, starter_id, datetime.now(UTC)
            return _read(row)

    async def begin(self, guild_id: int, id_: str) -> bool:
        """Make it the one that runs in its guild; False while another runs or is queued before it, or if it has ended
        or does not exist."""
        async with self._database.sessions.begin() as session:
            await lock_guild(session, guild_id)
            row = await session.get(TrainingRow, id_)
            if row is None:
                return False
            if row.state == TrainingState.RUNNING:
                return True
            others = select(TrainingRow.id).where(
                TrainingRow.guild_id == row.guild_id,
                (TrainingRow.state == TrainingState.RUNNING)
                | ((TrainingRow.state == TrainingState.QUEUED) & (TrainingRow.number < row.number)),
            )
            if row.state != TrainingState.QUEUED or await session.scalar(others.limit(1)) is not None:
                return False
            # Somebody may have cancelled it in the meantime.
            still = (TrainingRow.id == id_, TrainingRow.state == TrainingState.QUEUED)
            changed = await session.execute(update(TrainingRow).where(*still).values(state=TrainingState.RUNNING))
            return bool(changed.rowcount)  # type: ignore[attr-defined]

    async def note_datasets(self, id_: str, datasets: Sequence[DatasetRef]) -> None:
        """Update what is known of its datasets."""
        await self._change(id_, OPEN, {"datasets": _stored(datasets)})

    async def note(self, id_: str, **values: Any) -> Training | None:
        """Update what is known of it: ``message_id``, ``handle``, ``fraction``, ``curve``, ``message``, ``examples``,
        ``content_hash``, ``heldout``. None if it has ended or does not exist."""
        return await self._change(id_, (TrainingState.PLANNED, *OPEN), values)

    async def end_before_its_turn(self, id_: str) -> Training | None:
        """Cancel a training that has not begun; None if it is running, has ended, or does not exist."""
        return await self._change(
            id_,
            (TrainingState.PLANNED, TrainingState.QUEUED),
            {"state": TrainingState.CANCELLED, "ended_at": datetime.now(UTC)},
        )

    async def note_cancelled(self, id_: str) -> Training | None:
        """Note that somebody has cancelled it; None if it is not running."""
        return await self._change(id_, (TrainingState.RUNNING,), {"is_cancelled": True})

    async def end(
        self, id_: str, state: TrainingState, message: str = "", error: LazyMessage | None = None
    ) -> Training | None:
        """Mark it as ended; None if it had ended already or does not exist."""
        why = None if error is None else {"text": error.text, "facts": {k: _plain(v) for k, v in error.params.items()}}
        values = {"state": state, "message": message, "error": why, "ended_at": datetime.now(UTC)}
        return await self._change(id_, (TrainingState.PLANNED, *OPEN), values)

    async def _change(self, id_: str, states: Sequence[TrainingState], values: Mapping[str, Any]) -> Training | None:
        """Change it if it is in one of ``states``; None if it is not."""
        still = (TrainingRow.id == id_, TrainingRow.state.in_(states))
        async with self._database.sessions.begin() as session:
            changed = await session.execute(update(TrainingRow).where(*still).values(**values))
            if not changed.rowcount:  # type: ignore[attr-defined]
                return None
            row = await session.get(TrainingRow, id_, populate_existing=True)
            return None if row is None else _read(row)

    async def by_id(self, id_: str) -> Training | None:
        """The training, or None if it does not exist."""
        async with self._database.sessions() as session:
            row = await session.get(TrainingRow, id_)
            return None if row is None else _read(row)

    async def in_guild(self, guild_id: int, id_: str) -> Training:
        """
        Raises:
            NoSuchTrainingError: the guild has none with that id.
        """
        found = await self.by_id(id_)
        if found is None or found.guild_id != guild_id:
            raise NoSuchTrainingError("?")
        return found

    async def get(self, guild_id: int, number: int) -> Training:
        """
        Raises:
            NoSuchTrainingError: the guild has none with that number.
        """
        wanted = select(TrainingRow).where(TrainingRow.guild_id == guild_id, TrainingRow.number == number)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
        if row is None:
            raise NoSuchTrainingError(number)
        return _read(row)

    async def of_guild(self, guild_id: int, limit: int) -> list[Training]:
        """The guild's trainings that were started, the latest first."""
        wanted = select(TrainingRow).where(TrainingRow.guild_id == guild_id, TrainingRow.state != TrainingState.PLANNED)
        async with self._database.sessions() as session:
            rows = await session.scalars(wanted.order_by(TrainingRow.number.desc()).limit(limit))
            return [_read(row) for row in rows]

    async def learned_from(self, guild_id: int, dataset_id: str) -> list[Training]:
        """The guild's trainings on this version of a dataset."""
        wanted = select(TrainingRow).where(TrainingRow.guild_id == guild_id)
        async with self._database.sessions() as session:
            found = [_read(row) for row in await session.scalars(wanted)]
        return [training for training in found if any(one.id == dataset_id for one in training.datasets)]

    async def note_announced(self, id_: str) -> None:
        """Note that its end was announced."""
        async with self._database.sessions.begin() as session:
            await session.execute(update(TrainingRow).where(TrainingRow.id == id_).values(announced=True))

    async def unfinished(self) -> list[Training]:
        """All that were started and have not ended, or whose end is not announced yet; the oldest first."""
        is_open = TrainingRow.state.in_(OPEN)
        is_unannounced = TrainingRow.started_at.is_not(None) & ~TrainingRow.announced
        wanted = select(TrainingRow).where(is_open | is_unannounced).order_by(TrainingRow.started_at)
        async with self._database.sessions() as session:
            return [_read(row) for row in await session.scalars(wanted)]

    async def open_in(self, guild_id: int) -> list[Training]:
        """The guild's trainings that were started and have not ended."""
        wanted = select(TrainingRow).where(TrainingRow.guild_id == guild_id, TrainingRow.state.in_(OPEN))
        async with self._database.sessions() as session:
            return [_read(row) for row in await session.scalars(wanted)]

    async def forget_guild(self, guild_id: int) -> int:
        """Forget all trainings of a guild."""
        async with self._database.sessions.begin() as session:
            return await rows_changed(session, delete(TrainingRow).where(TrainingRow.guild_id == guild_id))

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget that the user started trainings; the guilds keep the trainings."""
        theirs = update(TrainingRow).where(TrainingRow.starter_id == user_id).values(starter_id=None)
        async with self._database.sessions.begin() as session:
            return ErasureResult(await rows_changed(session, theirs))

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Forget the message ids of cards that were deleted, which are no longer updated."""
        cards = update(TrainingRow).where(TrainingRow.message_id.in_(message_ids)).values(message_id=None)
        async with self._database.sessions.begin() as session:
            return await rows_changed(session, cards)


def _stored(datasets: Sequence[DatasetRef]) -> list[list[Any]]:
    return [list(dataclasses.astuple(one)) for one in datasets]


def _plain(fact: object) -> object:
    return fact if isinstance(fact, str | int | float) else str(fact)


def _read(row: TrainingRow) -> Training:
    return Training(
        row.id, row.guild_id, row.number, row.starter_id, row.channel_id, row.message_id, row.locale, row.trainer,
        row.base, row.seed, tuple(DatasetRef(*one) for one in row.datasets), row.content_hash,
        None if row.heldout is None else frozenset(row.heldout), row.examples, TrainingMethod(row.method),
        row.handle, TrainingState(row.state), row.is_cancelled, row.fraction,
        tuple((int(p[0]), p[1], p[2]) for p in row.curve), row.message,
        None if row.error is None else LazyMessage(row.error["text"], row.error["facts"]),
        row.created_at, row.started_at, row.ended_at,
    )  # fmt: skip
