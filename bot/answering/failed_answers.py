"""Tells the asker why there is no answer: below what is shown, or in a separate message."""

from __future__ import annotations

import contextlib

import hikari
import structlog

from bot.answering.outcomes import Outcomes
from bot.answering.request import MayNotWriteError
from bot.answering.unread_files import FileUnavailableError
from bot.ui.answer_buttons import retry_row
from bot.ui.bounded_download import LinkExpiredError
from bot.ui.channel_permissions import permissions_in
from bot.ui.error_report import ErrorReport, report_error
from bot.ui.nonce import fresh_nonce
from bot.ui.reply_target import ReplyGoneError
from bot.ui.streaming_reply import StreamingReply
from bot.work.job_store import Job, JobState, JobStore
from bot.work.metrics import ANSWERS

log = structlog.get_logger()

NEEDED_TO_WRITE = (
    hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.SEND_MESSAGES | hikari.Permissions.SEND_MESSAGES_IN_THREADS
)
NO_HISTORY = 160002
"""Discord's error code for a reply in a channel whose history the bot may not read."""


class FailedAnswers:
    """Ends failed answers."""

    def __init__(self, bot: hikari.GatewayBot, jobs: JobStore, outcomes: Outcomes) -> None:
        self._bot = bot
        self._rest = bot.rest
        self._jobs = jobs
        self._outcomes = outcomes

    async def end(self, job: Job, message: hikari.Message, reply: StreamingReply, error: Exception) -> None:
        """End the job as failed and tell the person why: below what is shown, as a reply, or, if that is not allowed,
        by a direct message. If the question was deleted, the job is cancelled and nobody is told."""
        if await self._is_gone(error, message, reply):
            log.info("the question was deleted before its answer")
            await self._jobs.finish(job.id, JobState.CANCELLED)
            return
        known_error = await self._named(error, message)
        report = report_error(known_error, reply.locale)
        ANSWERS.labels("failed").inc()
        self._outcomes.failed(known_error)
        await self._jobs.finish(job.id, JobState.FAILED, reference=report.reference)
        try:
            await self._tell(job, reply, known_error, report)
        except (hikari.HTTPError, ReplyGoneError) as failure:
            log.warning("could not notify the person", reference=report.reference, why=str(failure))

    async def _tell(self, job: Job, reply: StreamingReply, error: Exception, report: ErrorReport) -> None:
        if isinstance(error, MayNotWriteError) and not error.lacking & NEEDED_TO_WRITE:
            await self._rest.create_message(job.channel_id, report.text, nonce=fresh_nonce())
        elif isinstance(error, MayNotWriteError):
            direct = await self._rest.create_dm_channel(job.user_id)
            await self._rest.create_message(direct, report.text, nonce=fresh_nonce())
        else:
            row = retry_row(job.id, reply.locale) if report.is_transient else None
            await reply.end_with_note(report.text, row=row)

    async def _is_gone(self, error: Exception, message: hikari.Message, reply: StreamingReply) -> bool:
        """Whether ``error`` is due to the question having been deleted, as done by bots that repost it under another
        name."""
        if not isinstance(error, hikari.BadRequestError | LinkExpiredError | FileUnavailableError) or reply.message_ids:
            return False
        try:
            await self._rest.fetch_message(message.channel_id, message.id)
        except hikari.NotFoundError:
            return True
        except hikari.HTTPError:
            return False
        return False

    async def _named(self, error: Exception, message: hikari.Message) -> Exception:
        """``error``, or our own error that explains Discord's refusal."""
        is_forbidden = isinstance(error, hikari.ForbiddenError)
        if not is_forbidden and not (isinstance(error, hikari.BadRequestError) and error.code == NO_HISTORY):
            return error
        me, granted = self._bot.get_me(), hikari.Permissions.NONE
        if me is not None and message.guild_id is not None:
            with contextlib.suppress(hikari.HTTPError):
                granted = await permissions_in(self._rest, message.guild_id, message.channel_id, me.id)
        in_thread = self._bot.cache.get_thread(message.channel_id) is not None
        sending = hikari.Permissions.SEND_MESSAGES_IN_THREADS if in_thread else hikari.Permissions.SEND_MESSAGES
        lacking = (hikari.Permissions.VIEW_CHANNEL | sending | hikari.Permissions.READ_MESSAGE_HISTORY) & ~granted
        named = MayNotWriteError(message.channel_id, lacking or sending)
        named.__cause__ = error
        return named
