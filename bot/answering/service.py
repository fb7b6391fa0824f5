"""The life of an answer: stored before it is promised, written once, taken up again, or reported as failed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import hikari
import structlog
from cachetools import TTLCache

from bot.answering.attachments import attachments_of
from bot.answering.generator import AnswerGenerator
from bot.answering.job_payloads import AnswerPayload, JobKind, SpokenMessages, note_posted, posted_for
from bot.answering.message_text import text_of
from bot.answering.outcomes import Outcomes
from bot.answering.request import AnswerGoneError, AnswerRequest, MayNotWriteError
from bot.answering.unread_files import FileUnavailableError
from bot.answering.voice_notes import recordings_in
from bot.conversation.exchanges import ExchangeStore
from bot.corrections.feedback import FeedbackStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.database import is_away
from bot.ui.answer_buttons import offer_row, retry_row, streaming_row
from bot.ui.channel_permissions import permissions_in
from bot.ui.downloading import LinkExpiredError
from bot.ui.error_report import report_error
from bot.ui.nonce import fresh_nonce
from bot.ui.permissions import ASKER, require_owner
from bot.ui.reply_target import ChannelTarget, ReplyGoneError
from bot.ui.signs_of_life import signs_of_life
from bot.ui.streaming_reply import StreamingReply
from bot.work.cancellation import CancellationToken
from bot.work.job_store import Job, JobState, JobStore
from bot.work.jobs import JobQueueFullError, JobRunner
from bot.work.metrics import ANSWERS, WAITS_S

log = structlog.get_logger()

MAX_ATTEMPTS = 3
"""How often an answer is begun by itself, interruptions counted."""
TOO_LATE = timedelta(hours=1)
"""An answer that was interrupted longer ago surprises more than it helps: it is offered instead."""

REFUSAL_HOLDS_S = 60.0
"""A flood is answered once, not message by message."""

NEEDED_TO_WRITE = (
    hikari.Permissions.VIEW_CHANNEL | hikari.Permissions.SEND_MESSAGES | hikari.Permissions.SEND_MESSAGES_IN_THREADS
)
NO_HISTORY = 160002
"""Discord's code for a reply where earlier messages may not be read."""

INTERRUPTED = _("I am being restarted in the middle of this answer. I will finish it when I am back.")
BROKEN_OFF = _("What I remember is out of reach for a moment. I will finish this answer when it is back.")
GIVEN_UP = _("I was interrupted here.")
AWAY = _("I was away when you wrote this. Do you still want an answer?")


class AnswerService:
    """Takes messages that are for the bot, and has each of them answered once, or once more when a person wants it."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        generator: AnswerGenerator,
        jobs: JobStore,
        runner: JobRunner,
        exchanges: ExchangeStore,
        feedback: FeedbackStore,
        outcomes: Outcomes,
    ) -> None:
        self._bot = bot
        self._rest = bot.rest
        self._generator = generator
        self._jobs = jobs
        self._runner = runner
        self._exchanges = exchanges
        self._feedback = feedback
        self._outcomes = outcomes
        self._refused: TTLCache[tuple[int, int], bool] = TTLCache(10_000, REFUSAL_HOLDS_S)
        """Who was told lately that too much waits, and where."""

    async def accept(
        self, message: hikari.Message, *, locale: str, guild_name: str | None, follows: int | None = None
    ) -> bool:
        """Store that ``message`` is to be answered and have it answered; one that is known already is left alone. Says
        whether it was not known.

        ``locale``: the language in which the person is told of trouble. When too many wait, the person is told.
        ``follows``: an earlier question that it goes on from, although it does not reply to its answer.
        """
        job = await self._job_for(message, locale, guild_name, follows)
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
        job = await self._job_for(message, locale, guild_name)
        if job is None:
            return False
        await self._jobs.finish(job.id, JobState.CANCELLED)
        with contextlib.suppress(hikari.HTTPError):
            row = offer_row(job.id, locale)
            await self._reply(job, message).end_with_note(f"-# {translate(AWAY, locale)}", row=row)
        return True

    async def _job_for(
        self, message: hikari.Message, locale: str, guild_name: str | None, follows: int | None = None
    ) -> Job | None:
        """A new job for ``message``; None where there is one."""
        job = await self._jobs.create(
            JobKind.ANSWER,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload=AnswerPayload(locale, guild_name, self._words(message), follows=follows).stored,
        )
        if job is None:
            log.debug("message came twice", message=int(message.id))
        return job

    def take_up(self, job: Job) -> None:
        """Have an answer ended that was interrupted; offer one for which it is too late."""
        late = datetime.now(UTC) - job.updated_at > TOO_LATE
        with contextlib.suppress(JobQueueFullError):
            if late or job.attempts >= MAX_ATTEMPTS:
                self._runner.submit(job, self._give_up, is_promised=True)
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
        if job is None or not await self._continued(AnswerPayload.of(job).posted):
            raise AnswerGoneError
        payload = replace(AnswerPayload.of(job), goes_on=True)
        self._submit(await self._begun_anew(job.id, payload))

    async def _continued(self, posted: Sequence[int]) -> str:
        """What is remembered of the answer in the messages ``posted``."""
        exchange = await self._exchanges.by_reply(posted[0]) if posted else None
        return "" if exchange is None else exchange.reply

    async def edited(self, message: hikari.Message) -> None:
        """Answer anew what a person has written differently."""
        job = await self._jobs.of_message(JobKind.ANSWER, message.id)
        if job is None or AnswerPayload.of(job).words in (None, self._words(message)):
            return
        log.info("the question was edited", message=int(message.id))
        with contextlib.suppress(JobQueueFullError, AnswerGoneError):
            await self._repeat(job, words=self._words(message))

    async def deleted(self, message_ids: Collection[int]) -> None:
        """Delete the answers to questions, and the transcripts of voice notes, that were deleted."""
        for job in await self._jobs.of_messages(message_ids):
            await self._runner.withdraw(job.id)
            current = await self._jobs.get(job.id) or job
            await self._jobs.finish(job.id, JobState.CANCELLED)
            await self._delete(job, posted_for(current))

    async def _refuse(self, job: Job, message: hikari.Message, error: JobQueueFullError) -> None:
        """Tell that ``message`` is not answered; once of all that the same person sends there within a minute."""
        flood = (job.user_id, job.channel_id)
        if flood in self._refused:
            await self._jobs.finish(job.id, JobState.CANCELLED)
            return
        self._refused[flood] = True
        await self._report_error(job, message, self._reply(job, message), error)

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
        await self._delete(job, before.spoken)
        self._submit(job)

    async def _delete(self, job: Job, message_ids: Collection[int]) -> None:
        for id_ in message_ids:
            with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
                await self._rest.delete_message(job.channel_id, id_)

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
            asked = message or await self._question_of(job)
            if asked is not None:
                await self._answer(job, asked, cancellation)

        self._runner.submit(job, work, is_promised=is_promised)

    async def _question_of(self, job: Job) -> hikari.Message | None:
        """The message to answer; None when it is gone, with which the job ends."""
        assert job.message_id is not None
        try:
            message = await self._rest.fetch_message(job.channel_id, job.message_id)
            # Discord does not say of a message that is fetched in which guild it is.
            message.guild_id = None if job.guild_id is None else hikari.Snowflake(job.guild_id)
            return message
        except (hikari.NotFoundError, hikari.ForbiddenError):
            log.info("the question is gone", message=job.message_id)
            await self._jobs.finish(job.id, JobState.CANCELLED)
            return None

    async def _give_up(self, job: Job, _cancellation: CancellationToken) -> None:
        """Say below what is shown that it ends here, with a button to try again."""
        message = await self._question_of(job)
        if message is None:
            return
        reply = self._reply(job, message)
        await self._jobs.finish(job.id, JobState.FAILED)
        with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
            if reply.message_ids:
                shown = await self._rest.fetch_message(job.channel_id, reply.message_ids[-1])
                text = shown.content or ""
                for promise in (INTERRUPTED, BROKEN_OFF):
                    text = text.removesuffix(f"-# {translate(promise, reply.locale)}")
                reply.seen(reply.message_ids[-1], text.rstrip())
            await reply.end_with_note(f"-# {translate(GIVEN_UP, reply.locale)}", row=retry_row(job.id, reply.locale))

    async def _answer(self, job: Job, message: hikari.Message, cancellation: CancellationToken) -> None:
        ids = {"user": job.user_id, "channel": job.channel_id, "guild": job.guild_id, "message": int(message.id)}
        reply = self._reply(job, message)
        with structlog.contextvars.bound_contextvars(**ids):
            await self._jobs.start(job.id)
            voices = SpokenMessages(AnswerPayload.of(job))
            try:
                # Their rest is lost: all is spoken anew.
                await self._delete(job, AnswerPayload.of(job).first_words)
                with WAITS_S.labels("answer").time():
                    async with signs_of_life(self._rest, message.channel_id, reply):
                        await self._generator.answer(await self._asked(job, message, reply, voices, cancellation))
            except asyncio.CancelledError:
                await voices.note(self._jobs, job.id)
                await self._mark_interrupted(reply, INTERRUPTED)
                raise
            except ReplyGoneError:
                log.info("the answer was deleted while it was written")
                ANSWERS.labels("cancelled").inc()
                await self._jobs.finish(job.id, JobState.CANCELLED, noted=voices.unnoted)
            except Exception as error:
                if is_away(error):
                    await self._mark_interrupted(reply, BROKEN_OFF)
                    raise
                await voices.note(self._jobs, job.id)
                await self._report_error(job, message, reply, error)
            else:
                await self._jobs.finish(job.id, JobState.DONE, noted=voices.unnoted)
                ANSWERS.labels("done").inc()
                self._outcomes.answered(heard=bool(recordings_in(message)))

    async def _asked(
        self,
        job: Job,
        message: hikari.Message,
        reply: StreamingReply,
        voices: SpokenMessages,
        cancellation: CancellationToken,
    ) -> AnswerRequest:
        payload = AnswerPayload.of(job)

        async def first_words(id_: int) -> None:
            voices.add(id_, is_beginning=True)
            # The rest may take long.
            await voices.note(self._jobs, job.id)

        async def spoken(id_: int) -> None:
            voices.add(id_)

        return AnswerRequest(
            asker=message.member or message.author,
            channel_id=message.channel_id,
            guild_id=None if job.guild_id is None else hikari.Snowflake(job.guild_id),
            guild_name=payload.guild_name,
            text=self._words(message),
            recordings=recordings_in(message),
            reply=reply,
            message=message,
            files=tuple(attachments_of(message)),
            is_direct=job.guild_id is None,
            job=job.id,
            follows=payload.follows,
            asked_at=job.created_at,
            continued=await self._continued(payload.posted) if payload.goes_on else "",
            cancellation=cancellation,
            on_first_words=first_words,
            on_spoken=spoken,
        )

    def _words(self, message: hikari.Message) -> str:
        me = self._bot.get_me()
        assert me is not None, "questions come after Discord has said who we are"
        return text_of(message, me.id, self._bot.cache, embeds=False)

    def _reply(self, job: Job, message: hikari.Message) -> StreamingReply:
        async def store(posted: tuple[int, ...]) -> None:
            await note_posted(self._jobs, job.id, posted)

        payload = AnswerPayload.of(job)
        # Discord makes one message of two with the same nonce within minutes: a new attempt at a lost answer needs
        # another one.
        nonce = f"{job.id[:20]}{payload.times % 10}"
        again = job.attempts > 0
        return StreamingReply(
            ChannelTarget(
                self._rest,
                job.channel_id,
                message.id,
                job.user_id,
                nonce=nonce,
                is_repeated=again,
                spoken=len(payload.first_words),
            ),
            locale=payload.locale,
            posted=payload.posted,
            on_posted=store,
            streaming_row=streaming_row(job.id, payload.locale),
        )

    async def _mark_interrupted(self, reply: StreamingReply, why: str) -> None:
        """Say below a half-written answer that it goes on."""
        if reply.message_ids and not reply.completed.is_set():
            with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
                await reply.add_note(f"-# {translate(why, reply.locale)}")

    async def _report_error(self, job: Job, message: hikari.Message, reply: StreamingReply, error: Exception) -> None:
        """Tell the person: below what is shown, as a reply, or where that may not be, by a direct message. A question
        that was deleted is met with silence."""
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
            if isinstance(known_error, MayNotWriteError) and not known_error.lacking & NEEDED_TO_WRITE:
                await self._rest.create_message(job.channel_id, report.text, nonce=fresh_nonce())
            elif isinstance(known_error, MayNotWriteError):
                direct = await self._rest.create_dm_channel(job.user_id)
                await self._rest.create_message(direct, report.text, nonce=fresh_nonce())
            else:
                row = retry_row(job.id, reply.locale) if report.is_transient else None
                await reply.end_with_note(report.text, row=row)
        except (hikari.HTTPError, ReplyGoneError) as failure:
            log.warning("could not tell the person", reference=report.reference, why=str(failure))

    async def _is_gone(self, error: Exception, message: hikari.Message, reply: StreamingReply) -> bool:
        """Whether ``error`` came of a question that was deleted, as bots do that post it in another's name."""
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
        """``error``, or the error of ours that says what Discord's refusal means."""
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
