"""The life cycle of an answer: stored before it is promised, written once, resumed, repeated or deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import hikari
import structlog
from cachetools import TTLCache

from bot.answering.attempts import AnswerAttempts
from bot.answering.job_payloads import AnswerPayload, JobKind, posted_for
from bot.answering.request import AnswerGoneError
from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.answer_buttons import offer_row
from bot.ui.permissions import ASKER, require_owner
from bot.work.cancellation import CancellationToken
from bot.work.job_store import Job, JobState, JobStore
from bot.work.jobs import JobQueueFullError, JobRunner

log = structlog.get_logger()

MAX_ATTEMPTS = 3
"""How many attempts at an answer are made without anyone asking again, including interrupted ones."""
TOO_LATE = timedelta(hours=1)
"""An answer that was interrupted longer ago than this is only offered: finished unasked, it would surprise more than it
helps."""

REFUSAL_HOLDS_S = 60.0
"""Within this time, a flood of messages gets one refusal, not one per message."""

AWAY = _("I was away when you wrote this. Do you still want an answer?")


class AnswerService:
    """Accepts messages that are for the bot, and has each of them answered once, and again when a person asks for
    it."""

    def __init__(
        self,
        attempts: AnswerAttempts,
        jobs: JobStore,
        runner: JobRunner,
        exchanges: ExchangeStore,
        feedback: FeedbackStore,
    ) -> None:
        self._attempts = attempts
        self._jobs = jobs
        self._runner = runner
        self._exchanges = exchanges
        self._feedback = feedback
        self._refused: TTLCache[tuple[int, int], bool] = TTLCache(10_000, REFUSAL_HOLDS_S)
        """The users who were recently told that too many requests are waiting, and the channels."""

    async def accept(
        self,
        message: hikari.Message,
        *,
        locale: str,
        guild_name: str | None,
        follows: int | None = None,
        notes: tuple[int, ...] = (),
    ) -> bool:
        """Store a job for ``message`` and have it answered; a message that already has a job is left alone. Returns
        whether the message was new.

        ``locale``: the language in which errors are reported to the author, who is also told when too many requests are
        waiting. ``follows``: an earlier question that this one continues, although it does not reply to its answer.
        ``notes``: the messages with the voice notes that the author sent just before.
        """
        words = self._attempts.words_of(message)
        payload = AnswerPayload(locale, guild_name, words, follows=follows, notes=notes)
        job = await self._job_for(message, payload)
        if job is None:
            return False
        try:
            self._submit(job, message)
        except JobQueueFullError as error:
            await self._refuse(job, message, error)
        return True

    async def offer(self, message: hikari.Message, *, locale: str, guild_name: str | None) -> bool:
        """Post a button that offers to answer ``message``, which was discovered late; a message that already has a job
        is left alone. Returns whether the message was new."""
        job = await self._job_for(message, AnswerPayload(locale, guild_name, self._attempts.words_of(message)))
        if job is None:
            return False
        await self._jobs.finish(job.id, JobState.CANCELLED)
        with contextlib.suppress(hikari.HTTPError):
            row = offer_row(job.id, locale)
            await self._attempts.reply_of(job, message).end_with_note(f"-# {translate(AWAY, locale)}", row=row)
        return True

    async def _job_for(self, message: hikari.Message, payload: AnswerPayload) -> Job | None:
        """A new job for ``message``; None if it already has one."""
        job = await self._jobs.create(
            JobKind.ANSWER,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload=payload.stored,
        )
        if job is None:
            log.debug("message received twice", message=message.id)
        return job

    def take_up(self, job: Job) -> None:
        """Finish an answer that was interrupted; if it is too late for that, or there were too many attempts, offer a
        retry instead."""
        late = datetime.now(UTC) - job.updated_at > TOO_LATE
        with contextlib.suppress(JobQueueFullError):
            if late or job.attempts >= MAX_ATTEMPTS:
                self._runner.submit(job, self._attempts.give_up, is_promised=True)
            else:
                log.info("resuming an interrupted answer", job=job.id)
                self._submit(job, is_promised=True)

    async def stop(self, job_id: str, pressed: hikari.ComponentInteraction) -> None:
        """Stop the answer and keep what is written so far.

        Raises:
            NotPermittedError: the person may not stop it.
            AnswerGoneError: it is not being written.
        """
        await self.require_theirs(job_id, pressed)
        if not self._runner.cancel(job_id):
            raise AnswerGoneError

    async def require_theirs(self, job_id: str, pressed: hikari.ComponentInteraction) -> None:
        """
        Raises:
            NotPermittedError: the person may neither stop nor repeat that answer.
            AnswerGoneError: it is no longer known, or not in the channel where the button was pressed.
        """
        job = await self._jobs.get(job_id)
        if job is None or job.channel_id != pressed.channel_id:
            raise AnswerGoneError
        require_owner(pressed, job.user_id, ASKER)

    async def again(self, job_id: str) -> None:
        """Answer the question again, in place of the existing answer.

        Raises:
            AnswerGoneError: it is no longer known.
            JobQueueFullError: too many requests are waiting.
        """
        job = await self._jobs.get(job_id)
        if job is None:
            raise AnswerGoneError
        await self._repeat(job)

    async def go_on(self, job_id: str) -> None:
        """Continue an answer that reached its length limit, below the existing text.

        Raises:
            AnswerGoneError: it is no longer known.
            JobQueueFullError: too many requests are waiting.
        """
        await self._runner.withdraw(job_id)
        job = await self._jobs.get(job_id)
        if job is None or not await self._attempts.continued(AnswerPayload.of(job).posted):
            raise AnswerGoneError
        payload = replace(AnswerPayload.of(job), goes_on=True)
        self._submit(await self._begun_anew(job.id, payload))

    async def edited(self, message: hikari.Message) -> None:
        """Answer a question again after its words were edited."""
        job = await self._jobs.of_message(JobKind.ANSWER, message.id)
        if job is None or AnswerPayload.of(job).words in (None, self._attempts.words_of(message)):
            return
        log.info("the question was edited", message=message.id)
        with contextlib.suppress(JobQueueFullError, AnswerGoneError):
            await self._repeat(job, words=self._attempts.words_of(message))

    async def deleted(self, message_ids: Collection[int]) -> None:
        """Delete the answers and transcripts that belong to deleted questions and voice notes."""
        for job in await self._jobs.of_messages(message_ids):
            await self._runner.withdraw(job.id)
            current = await self._jobs.get(job.id) or job
            await self._jobs.finish(job.id, JobState.CANCELLED)
            await self._attempts.delete(job, posted_for(current))

    async def _refuse(self, job: Job, message: hikari.Message, error: JobQueueFullError) -> None:
        """Tell the author that ``message`` will not be answered, at most once a minute per person and channel."""
        flood = (job.user_id, job.channel_id)
        if flood in self._refused:
            await self._jobs.finish(job.id, JobState.CANCELLED)
            return
        self._refused[flood] = True
        await self._attempts.refuse(job, message, error)

    async def _repeat(self, job: Job, *, words: str | None = None) -> None:
        await self._runner.withdraw(job.id)
        current = await self._jobs.get(job.id)
        if current is None:
            raise AnswerGoneError
        before = AnswerPayload.of(current)
        payload = replace(
            before, words=before.words if words is None else words, spoken=(), first_words=(), goes_on=False
        )
        job = await self._begun_anew(job.id, payload)
        if before.posted:
            await self._exchanges.withdraw(before.posted[0])
            await self._feedback.forget_messages(before.posted)
        await self._attempts.delete(job, before.spoken)
        self._submit(job)

    async def _begun_anew(self, job_id: str, payload: AnswerPayload) -> Job:
        """
        Raises:
            AnswerGoneError: the job was deleted in the meantime.
        """
        try:
            return await self._jobs.begin_anew(job_id, payload.stored)
        except KeyError as error:
            raise AnswerGoneError from error

    def _submit(self, job: Job, message: hikari.Message | None = None, *, is_promised: bool = False) -> None:
        """
        Raises:
            JobQueueFullError: too many requests are waiting.
        """

        async def work(job: Job, cancellation: CancellationToken) -> None:
            asked = message or await self._attempts.question_of(job)
            if asked is not None:
                await self._attempts.make(job, asked, cancellation)

        self._runner.submit(job, work, is_promised=is_promised)
