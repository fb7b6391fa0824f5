"""The health of a running Starling, checked every few seconds for ``starling health`` and for its host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import hikari
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.answering.outcomes import AnswerFailure, AnswerPart, Outcomes
from bot.app.background import every
from bot.app.chat_watch import ChatWatch
from bot.app.check import Check, CheckResult, check_disk, free_mb
from bot.app.health_report import BEAT_S, DATABASE, DISK, GATEWAY, report_file, write_report
from bot.app.host_alert import HostAlert
from bot.app.work_watch import WorkWatch
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.settings import Settings
from bot.storage.database import Database, reason_of
from bot.work.jobs import JobRunner

DATABASE_TIMEOUT_S = 5.0
LONG_WAIT_S = 120.0
"""A longer wait for a place in the queue is too long."""
SCARCE_MB = 200
"""Below this, the host is told that the disk is nearly full."""
CHECKS_BEFORE_TOLD = 3
"""How many checks in a row fail before the host is told: an endpoint that is restarted is away for a minute."""

FAILED = _("{count} answers in a row have failed. The last error was: {why}")
SILENT = _("My chat endpoint has not answered for some minutes. It says: {why}")
FULL = _("The disk of my data folder is nearly full: {free} MB are left.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is checked."""

    bot: hikari.GatewayBot
    database: Database
    runner: JobRunner
    outcomes: Outcomes
    chat: ChatWatch
    is_demonstration: bool
    """Whether the demonstration model answers."""
    work: WorkWatch | None = None
    """The watch on the workers' queues; None if this process transcribes and speaks itself."""


class Health:
    """Checks everything, writes the report, and tells the host of troubles."""

    def __init__(self, watched: Watched, settings: Settings, alert: HostAlert) -> None:
        self._watched = watched
        self._folder = settings.data_folder
        self._file = report_file(settings)
        self._told_after = settings.owner_told_after
        self._alert = alert
        self.is_database_up = True
        """Whether it worked when it was last checked."""

    @property
    def is_connected(self) -> bool:
        """Whether every shard is connected to Discord."""
        bot = self._watched.bot
        return bot.is_alive and bool(bot.shards) and all(shard.is_connected for shard in bot.shards.values())

    async def run(self) -> None:
        """Look every ``BEAT_S`` until cancelled."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            await every(BEAT_S, self.look, "could not look how it is")
        finally:
            self._file.unlink(missing_ok=True)

    async def look(self) -> None:
        """Check everything once, write the report, and tell the host if necessary."""
        checks = await self.checks()
        await asyncio.to_thread(write_report, self._file, checks)
        await self._alert.consider(self._troubles(), is_well=self._has_worked)

    async def checks(self) -> list[Check]:
        """The results of all checks, for the host."""
        return [
            self._gateway(),
            await self._database(),
            self._chat(),
            self._part("recordings", AnswerPart.RECOGNITION, "are written down"),
            self._part("voices", AnswerPart.VOICE, "speak"),
            self._queue(),
            *([] if self._watched.work is None else [self._watched.work.check()]),
            await asyncio.to_thread(check_disk, DISK, self._folder),
            *self._lately(),
        ]

    @property
    def _has_worked(self) -> bool:
        """Whether anything has worked since the start; until something has been tried, nothing shows that a trouble is
        over."""
        watched = self._watched
        return watched.is_demonstration or watched.chat.has_answered or watched.outcomes.last_answer_at is not None

    def _troubles(self) -> Sequence[LazyMessage]:
        """The troubles that the host is told of on Discord."""
        found, outcomes = [], self._watched.outcomes
        if outcomes.failures_in_a_row >= self._told_after and outcomes.last_failure is not None:
            found.append(lazy(FAILED, count=outcomes.failures_in_a_row, why=outcomes.last_failure.detail))
        elif self._watched.chat.failed_checks >= CHECKS_BEFORE_TOLD and (failure := outcomes.broken(AnswerPart.CHAT)):
            found.append(lazy(SILENT, why=failure.detail))
        if (free := free_mb(self._folder)) < SCARCE_MB:
            found.append(lazy(FULL, free=free))
        return found

    def _gateway(self) -> Check:
        if self.is_connected:
            latency_ms = max(shard.heartbeat_latency for shard in self._watched.bot.shards.values()) * 1000
            # NaN: Discord has not answered a heartbeat yet.
            detail = "connected" if latency_ms != latency_ms else f"connected, {latency_ms:.0f} ms away"
            return Check(GATEWAY, CheckResult.GOOD, detail)
        remedy = "Discord's status page or this machine's network has the reason; Starling goes on trying."
        return Check(GATEWAY, CheckResult.BAD, "not connected to Discord", remedy)

    async def _database(self) -> Check:
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S), self._watched.database.sessions() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self.is_database_up = False
            return Check(
                DATABASE, CheckResult.BAD, reason_of(error), "Check the server, or the disk of the data folder."
            )
        failure = self._watched.outcomes.broken(AnswerPart.DATABASE)
        self.is_database_up = failure is None
        if failure is not None:
            # It can be read, but the last attempt to write to it failed.
            remedy = "Look whether its disk has room; the log has the reason."
            return Check(DATABASE, CheckResult.BAD, f"did not store what it should ({_ago(failure.at)})", remedy)
        return Check(DATABASE, CheckResult.GOOD, "answers")

    def _chat(self) -> Check:
        what = "chat endpoint"
        if self._watched.is_demonstration:
            return Check(what, CheckResult.GOOD, "the demonstration model on this machine")
        if (problem := self._watched.chat.problem) is not None:
            return Check(what, CheckResult.BAD, problem, "starling doctor says what can be done.")
        return Check(what, CheckResult.GOOD, "answers")

    def _part(self, what: str, part: AnswerPart, works: str) -> Check:
        failure = self._watched.outcomes.broken(part)
        if failure is None:
            return Check(what, CheckResult.GOOD, works)
        return Check(what, CheckResult.BAD, f"{failure} ({_ago(failure.at)})", "The log has the reason.")

    def _queue(self) -> Check:
        runner = self._watched.runner
        detail = f"{runner.running} under way, {runner.waiting} waiting"
        if runner.longest_wait_s > LONG_WAIT_S:
            late = f"{detail}, the first for {runner.longest_wait_s / 60:.0f} min"
            return Check("queue", CheckResult.BAD, late, "Raise ANSWERS_AT_ONCE, or take a faster chat model.")
        return Check("queue", CheckResult.GOOD, detail)

    def _lately(self) -> list[Check]:
        outcomes = self._watched.outcomes
        answered = "none yet" if outcomes.last_answer_at is None else _ago(outcomes.last_answer_at)
        last = outcomes.last_failure
        failed = Check("last failure", CheckResult.GOOD, "none yet" if last is None else _failure_text(last))
        if last is not None and (count := outcomes.failures_in_a_row):
            detail = f"{_failure_text(last)}; {count} in a row"
            is_bad = count >= self._told_after
            failed = Check("last failure", CheckResult.BAD if is_bad else CheckResult.WARNING, detail)
        return [Check("last answer", CheckResult.GOOD, answered), failed]


def _failure_text(failure: AnswerFailure) -> str:
    return f"{_ago(failure.at)}: {failure.error}: {failure}"


def _ago(moment: datetime) -> str:
    passed_s = (datetime.now(UTC) - moment).total_seconds()
    if passed_s < 90:
        return f"{passed_s:.0f} s ago"
    return f"{passed_s / 60:.0f} min ago" if passed_s < 5400 else f"{passed_s / 3600:.0f} h ago"
