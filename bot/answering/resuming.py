"""Resumes promised jobs that have not ended: after a start, and once the database can be written again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.answering.auto_transcripts import AutoTranscripts
from bot.answering.job_payloads import JobKind
from bot.answering.service import AnswerService
from bot.work.job_store import JobStore
from bot.work.jobs import JobRunner

log = structlog.get_logger()

FIRST_PAUSE_S, LONGEST_PAUSE_S = 3.0, 120.0
"""The pause before jobs that broke off are resumed: a database that was away is soon back, a full disk is not."""
SETTLED_AFTER = timedelta(seconds=2)
"""A job that was updated more recently may be about to be submitted by whoever stored it."""


class JobResumer:
    """Resumes jobs of either kind that are neither waiting nor running."""

    def __init__(self, jobs: JobStore, runner: JobRunner, answers: AnswerService, transcripts: AutoTranscripts) -> None:
        self._jobs = jobs
        self._runner = runner
        self._answers = answers
        self._transcripts = transcripts

    async def after_start(self) -> None:
        """Resume what the last stop interrupted."""
        await self._take_up(datetime.max.replace(tzinfo=UTC))

    async def whenever_interrupted(self) -> None:
        """Keep resuming the jobs whose end could not even be stored; runs until it is cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(LONGEST_PAUSE_S):
                    await self._runner.interrupted.wait()
            except TimeoutError:
                pause_s = FIRST_PAUSE_S
                continue
            self._runner.interrupted.clear()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            try:
                await self._take_up(datetime.now(UTC) - SETTLED_AFTER)
            except (SQLAlchemyError, OSError) as error:
                log.warning("interrupted answers cannot be resumed yet", why=str(error).partition("\n")[0])
                self._runner.interrupted.set()

    async def _take_up(self, until: datetime) -> None:
        for job in await self._jobs.unfinished():
            if job.updated_at > until or self._runner.knows(job.id):
                continue
            if job.kind == JobKind.ANSWER:
                self._answers.take_up(job)
            elif job.kind == JobKind.TRANSCRIPT:
                await self._transcripts.take_up(job)
