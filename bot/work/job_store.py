"""Jobs: what was promised to people, stored before it is promised."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database
from bot.storage.tables import JobRow
from bot.work.shards import WHOLE, ShardShare


class JobState(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Not wanted, or not yet: its message is gone, it is only offered, or too much is waiting."""
    STOPPED = "stopped"
    """Stopped by a person before it had heard everything."""


_OPEN = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One job. All ids except ``id`` are Discord's."""

    id: str
    """32 hexadecimal digits."""
    kind: str
    state: JobState
    guild_id: int | None
    channel_id: int
    user_id: int
    message_id: int | None
    """The message that is answered."""
    payload: dict[str, Any]
    """What this kind of job needs, as JSON; ``times``: how often it was queued again."""
    reference: str | None
    """The reference that the user was shown when it failed."""
    attempts: int
    """How often it was started since it was last queued."""
    created_at: datetime
    updated_at: datetime


async def _nothing(_session: AsyncSession) -> None:
    """The default for ``beside``: write nothing."""


class JobStore(DataHolder):
    """Stores jobs by id."""

    def __init__(
        self,
        database: Database,
        share: ShardShare = WHOLE,
        *,
        beside: Callable[[AsyncSession], Awaitable[None]] = _nothing,
    ) -> None:
        """``share``: the shards whose jobs this process takes up. ``beside``: called in the transaction that stores a
        job's end, to write more in it."""
        self._database = database
        self._share = share
        self._beside = beside

    async def create(
        self,
        kind: str,
        *,
        channel_id: int,
        user_id: int,
        guild_id: int | None = None,
        message_id: int | None = None,
        payload: dict[str, Any] | None = None,
    ) -> Job | None:
        """Store a new, queued job; None if there already is one of this kind for this message.

        Discord may deliver an event twice: the second delivery finds the job of the first.
        """
        now = datetime.now(UTC)
        row = JobRow(
            id=uuid.uuid4().hex,
            kind=kind,
            state=JobState.QUEUED,
            guild_id=guild_id,
            channel_id=channel_id,
            user_id=user_id,
            message_id=message_id,
            payload=payload or {},
            reference=None,
            attempts=0,
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._database.sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            return None
        return _job(row)

    async def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        async with self._database.sessions() as session:
            row = await session.get(JobRow, job_id)
            return None if row is None else _job(row)

    async def start(self, job_id: str) -> None:
        """Record that the job was started, perhaps again."""
        begun = {"state": JobState.RUNNING, "attempts": JobRow.attempts + 1, "updated_at": datetime.now(UTC)}
        async with self._database.sessions.begin() as session:
            await session.execute(update(JobRow).where(JobRow.id == job_id).values(begun))

    async def finish(
        self, job_id: str, state: JobState, *, reference: str | None = None, noted: Mapping[str, Any] | None = None
    ) -> None:
        """Record how the job ended; ``noted`` (whatever JSON can hold) is added to the payload."""
        async with self._database.sessions.begin() as session:
            ended: dict[str, Any] = {"state": state, "reference": reference, "updated_at": datetime.now(UTC)}
            if noted and (row := await session.get(JobRow, job_id, with_for_update=True)) is not None:
                ended["payload"] = {**row.payload, **noted}
            await session.execute(update(JobRow).where(JobRow.id == job_id).values(ended))
            await self._beside(session)

    async def note(self, job_id: str, **values: Any) -> None:
        """Add ``values`` (whatever JSON can hold) to the payload."""
        async with self._database.sessions.begin() as session:
            row = await session.get(JobRow, job_id, with_for_update=True)
            if row is not None:
                row.payload = {**row.payload, **values}
                row.updated_at = datetime.now(UTC)

    async def begin_anew(self, job_id: str, payload: dict[str, Any]) -> Job:
        """Queue the job again, with another payload.

        Raises:
            KeyError: there is no such job.
        """
        async with self._database.sessions.begin() as session:
            row = await session.get(JobRow, job_id, with_for_update=True)
            if row is None:
                raise KeyError(job_id)
            row.payload = {**payload, "times": row.payload.get("times", 0) + 1}
            row.state, row.attempts, row.reference, row.updated_at = JobState.QUEUED, 0, None, datetime.now(UTC)
            return _job(row)

    async def of_message(self, kind: str, message_id: int) -> Job | None:
        """The job of this kind for this message, or None."""
        wanted = select(JobRow).where(JobRow.kind == kind, JobRow.message_id == message_id)
        async with self._database.sessions() as session:
            row = await session.scalar(wanted)
            return None if row is None else _job(row)

    async def of_messages(self, message_ids: Collection[int]) -> list[Job]:
        """The jobs of any kind for these messages."""
        wanted = select(JobRow).where(JobRow.message_id.in_(message_ids))
        async with self._database.sessions() as session:
            return [_job(row) for row in await session.scalars(wanted)]

    async def stopped(self, message_ids: Collection[int]) -> frozenset[int]:
        """Those of these messages with a job that was stopped before it had heard everything."""
        jobs = await self.of_messages(message_ids) if message_ids else []
        return frozenset(job.message_id for job in jobs if job.state is JobState.STOPPED and job.message_id)

    async def recent_channels(self, since: datetime, limit: int) -> list[tuple[int, int | None]]:
        """Channels of our shards with a job updated since ``since``, each with its guild: at most ``limit``, those with
        the latest update first."""
        latest, ours = func.max(JobRow.updated_at), self._share.owned(JobRow.guild_id)
        wanted = select(JobRow.channel_id, JobRow.guild_id).where(JobRow.updated_at >= since, ours)
        wanted = wanted.group_by(JobRow.channel_id, JobRow.guild_id).order_by(latest.desc()).limit(limit)
        async with self._database.sessions() as session:
            return [(channel, guild) for channel, guild in await session.execute(wanted)]

    async def unfinished(self) -> list[Job]:
        """Jobs of our shards that were promised and have not ended, oldest first."""
        wanted = select(JobRow).where(JobRow.state.in_(_OPEN), self._share.owned(JobRow.guild_id))
        wanted = wanted.order_by(JobRow.created_at)
        async with self._database.sessions() as session:
            return [_job(row) for row in await session.scalars(wanted)]

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Delete the jobs for deleted messages, since they hold the messages' words."""
        return await self._delete(JobRow.message_id.in_(message_ids))

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Delete a person's jobs. One that is running continues to its end, but is not resumed after a restart."""
        return ErasureResult(await self._delete(JobRow.user_id == user_id))

    async def forget_guild(self, guild_id: int) -> int:
        """Delete the jobs of a guild."""
        return await self._delete(JobRow.guild_id == guild_id)

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete jobs last updated before ``moment``, of one guild or of all, and return how many."""
        older = JobRow.updated_at < moment
        return await self._delete(older if guild_id is None else and_(older, JobRow.guild_id == guild_id))

    async def _delete(self, which: ColumnElement[bool]) -> int:
        return await delete_in_batches(self._database, JobRow, which)


def _job(row: JobRow) -> Job:
    values = {column.key: getattr(row, column.key) for column in JobRow.__table__.columns}
    return Job(**{**values, "state": JobState(row.state)})
