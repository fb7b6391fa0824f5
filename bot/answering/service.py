"""The life of an answer: stored before it is promised, written once, taken up again, repeated or taken away."""

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
"""How often an answer is begun by itself, interruptions counted."""
TOO_LATE = timedelta(hours=1)
"""An answer that was interrupted longer ago surprises more than it helps: it is offered instead."""

REFUSAL_HOLDS_S = 60.0
"""A flood is answered once, not message by message."""

AWAY = _("I was away when you wrote this. Do you still want an answer?")


class AnswerService:
    """Takes messages that are for the bot, and has each of them answered once, or once more when a person wants it."""

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
        """Who was told lately that too much waits, and where."""

    async def accept(
        self,
        message: hikari.Message,
        *,
        locale: str,
        guild_name: str | None,
        follows: int | None = None,
        notes: tuple[int, ...] = (),
    ) -> bool:
        """Store that ``message`` is to be answered and have it answered; one that is known already is left alone. Says
        whether it was not known.

        ``locale``: the language in which the person is told of trouble. When too many wait, the person is told.
        ``follows``: an earlier question that it goes on from, although it does not reply to its answer. ``notes``: the
        messages with the voice notes that its author sent just before.
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
        """Offer to answer ``message``, which came to light late, by a button; one that is known already is left alone.
        Says whether it was not known."""
        job = await self._job_for(message, AnswerPayload(locale, guild_name, self._attempts.words_of(message)))
        if job is None:
            return False
        await self._jobs.finish(job.id, JobState.CANCELLED)
        with contextlib.suppress(hikari.HTTPError):
            row = offer_row(job.id, locale)
            await self._attempts.reply_of(job, message).end_with_note(f"-# {translate(AWAY, locale)}", row=row)
        return True

    async def _job_for(self, message: hikari.Message, payload: AnswerPayload) -> Job | None:
        """A new job for ``message``; None where there is one."""
        job = await self._jobs.create(
            JobKind.ANSWER,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload=payload.stored,
        )
        if job is None:
            log.debug("message came twice", message=message.id)
        return job

    def take_up(self, job: Job) -> None:
        """Have an answer ended that was interrupted; offer one for which it is too late."""
        late = datetime.now(UTC) - job.updated_at > TOO_LATE
        with contextlib.suppress(JobQueueFullError):
            if late or job.attempts >= MAX_ATTEMPTS:
                self._runner.submit(job, self._attempts.give_up, is_promised=True)
            else:
                log.info("taking up an interrupted answer", job=job.id)
                self._submit(job, is_promised=True)

    async def stop(self, job_id: str, pressed: hikari.ComponentInteraction) -> None:
        """Let the answer be what it is so far.

        Raises:
            NotPermittedError: it is not theirs to stop.
            AnswerGoneError: it is not being written.
        """
        await self.require_theirs(job_id, pressed)
        if not self._runner.cancel(job_id):
            raise AnswerGoneError

    async def require_theirs(self, job_id: str, pressed: hikari.ComponentInteraction) -> None:
        """
        Raises:
            NotPermittedError: they may neither stop nor repeat that answer.
            AnswerGoneError: it is no longer known, or not in the channel where the button was pressed.
        """
        job = await self._jobs.get(job_id)
        if job is None or job.channel_id != pressed.channel_id:
            raise AnswerGoneError
        require_owner(pressed, job.user_id, ASKER)

    async def again(self, job_id: str) -> None:
        """Have the question answered anew, in the place of the answer that is there.

        Raises:
            AnswerGoneError: it is no longer known.
            JobQueueFullError: too many wait.
        """
        job = await self._jobs.get(job_id)
        if job is None:
            raise AnswerGoneError
        await self._repeat(job)

    async def go_on(self, job_id: str) -> None:
        """Have an answer that reached its limit go on, below what there is of it.

        Raises:
            AnswerGoneError: it is no longer known.
            JobQueueFullError: too many wait.
        """
        await self._runner.withdraw(job_id)
        job = await self._jobs.get(job_id)
        if job is None or not await self._attempts.continued(AnswerPayload.of(job).posted):
            raise AnswerGoneError
        payload = replace(AnswerPayload.of(job), goes_on=True)
        self._submit(await self._begun_anew(job.id, payload))

    async def edited(self, message: hikari.Message) -> None:
        """Answer anew what a person has written differently."""
        job = await self._jobs.of_message(JobKind.ANSWER, message.id)
        if job is None or AnswerPayload.of(job).words in (None, self._attempts.words_of(message)):
            return
        log.info("the question was edited", message=message.id)
        with contextlib.suppress(JobQueueFullError, AnswerGoneError):
            await self._repeat(job, words=self._attempts.words_of(message))

    async def deleted(self, message_ids: Collection[int]) -> None:
        """Delete the answers to questions, and the transcripts of voice notes, that were deleted."""
        for job in await self._jobs.of_messages(message_ids):
            await self._runner.withdraw(job.id)
            current = await self._jobs.get(job.id) or job
            await self._jobs.finish(job.id, JobState.CANCELLED)
            await self._attempts.delete(job, posted_for(current))

    async def _refuse(self, job: Job, message: hikari.Message, error: JobQueueFullError) -> None:
        """Tell that ``message`` is not answered; once of all that the same person sends there within a minute."""
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
            AnswerGoneError: it was forgotten since it was looked for.
        """
        try:
            return await self._jobs.begin_anew(job_id, payload.stored)
        except KeyError as error:
            raise AnswerGoneError from error

    def _submit(self, job: Job, message: hikari.Message | None = None, *, is_promised: bool = False) -> None:
        """
        Raises:
            JobQueueFullError: too many wait.
        """

        async def work(job: Job, cancellation: CancellationToken) -> None:
            asked = message or await self._attempts.question_of(job)
            if asked is not None:
                await self._attempts.make(job, asked, cancellation)

        self._runner.submit(job, work, is_promised=is_promised)
