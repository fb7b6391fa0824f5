"""One attempt at an answer, from the stored job to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence

import hikari
import structlog

from bot.answering.attachments import attachments_of
from bot.answering.failed_answers import FailedAnswers
from bot.answering.generator import AnswerGenerator
from bot.answering.job_payloads import AnswerPayload, SpokenMessages, note_posted
from bot.answering.message_text import text_of
from bot.answering.outcomes import Outcomes
from bot.answering.request import AnswerRequest
from bot.answering.voice_notes import recordings_in
from bot.conversation.exchanges import ExchangeStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.storage.database import is_away
from bot.ui.answer_buttons import retry_row, streaming_row
from bot.ui.reply_target import ChannelTarget, ReplyGoneError
from bot.ui.streaming_reply import StreamingReply
from bot.ui.waiting_indicator import waiting_indicator
from bot.work.cancellation import CancellationToken
from bot.work.job_store import Job, JobState, JobStore
from bot.work.metrics import ANSWERS, WAITS_S

log = structlog.get_logger()

INTERRUPTED = _("I am being restarted in the middle of this answer. I will finish it when I am back.")
BROKEN_OFF = _("What I remember is out of reach for a moment. I will finish this answer when it is back.")
GIVEN_UP = _("I was interrupted here.")


class AnswerAttempts:
    """Makes the answers of jobs: each attempt finishes its job, or leaves it to be resumed."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        generator: AnswerGenerator,
        jobs: JobStore,
        exchanges: ExchangeStore,
        outcomes: Outcomes,
    ) -> None:
        self._bot = bot
        self._rest = bot.rest
        self._generator = generator
        self._jobs = jobs
        self._exchanges = exchanges
        self._outcomes = outcomes
        self._failed = FailedAnswers(bot, jobs, outcomes)

    async def make(self, job: Job, message: hikari.Message, cancellation: CancellationToken) -> None:
        ids = {"user": job.user_id, "channel": job.channel_id, "guild": job.guild_id, "message": message.id}
        reply = self.reply_of(job, message)
        with structlog.contextvars.bound_contextvars(**ids):
            await self._jobs.start(job.id)
            voices = SpokenMessages(AnswerPayload.of(job))
            try:
                # Their rest is lost, so everything is spoken again.
                await self.delete(job, AnswerPayload.of(job).first_words)
                with WAITS_S.labels("answer").time():
                    async with waiting_indicator(self._rest, message.channel_id, reply):
                        asked = await self._asked(job, message, reply, voices, cancellation)
                        is_known = await self._generator.answer(asked)
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
                await self._failed.end(job, message, reply, error)
            else:
                state = JobState.DONE if is_known else JobState.STOPPED
                await self._jobs.finish(job.id, state, noted=voices.unnoted)
                ANSWERS.labels("done").inc()
                self._outcomes.answered(heard=bool(recordings_in(message)))

    async def give_up(self, job: Job, _cancellation: CancellationToken) -> None:
        """Mark the answer as ending here, below what is shown, with a button to try again."""
        message = await self.question_of(job)
        if message is None:
            return
        reply = self.reply_of(job, message)
        await self._jobs.finish(job.id, JobState.FAILED)
        with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
            if reply.message_ids:
                shown = await self._rest.fetch_message(job.channel_id, reply.message_ids[-1])
                text = shown.content or ""
                for promise in (INTERRUPTED, BROKEN_OFF):
                    text = text.removesuffix(f"-# {translate(promise, reply.locale)}")
                reply.seen(reply.message_ids[-1], text.rstrip())
            await reply.end_with_note(f"-# {translate(GIVEN_UP, reply.locale)}", row=retry_row(job.id, reply.locale))

    async def refuse(self, job: Job, message: hikari.Message, error: Exception) -> None:
        """Tell the author that ``message`` will not be answered."""
        await self._failed.end(job, message, self.reply_of(job, message), error)

    async def question_of(self, job: Job) -> hikari.Message | None:
        """The message to answer. None if it is gone, in which case the job is cancelled."""
        assert job.message_id is not None
        try:
            message = await self._rest.fetch_message(job.channel_id, job.message_id)
            # Discord leaves the guild out of messages that are fetched.
            message.guild_id = None if job.guild_id is None else hikari.Snowflake(job.guild_id)
            return message
        except (hikari.NotFoundError, hikari.ForbiddenError):
            log.info("the question is gone", message=job.message_id)
            await self._jobs.finish(job.id, JobState.CANCELLED)
            return None

    async def continued(self, posted: Sequence[int]) -> str:
        """The stored text of the answer in the messages ``posted``; empty if there is none."""
        exchange = await self._exchanges.by_reply(posted[0]) if posted else None
        return "" if exchange is None else exchange.reply

    async def delete(self, job: Job, message_ids: Collection[int]) -> None:
        for id_ in message_ids:
            with contextlib.suppress(hikari.NotFoundError, hikari.ForbiddenError):
                await self._rest.delete_message(job.channel_id, id_)

    def words_of(self, message: hikari.Message) -> str:
        me = self._bot.get_me()
        assert me is not None, "questions come after Discord has said who we are"
        return text_of(message, me.id, self._bot.cache, embeds=False)

    def reply_of(self, job: Job, message: hikari.Message) -> StreamingReply:
        async def store(posted: tuple[int, ...]) -> None:
            await note_posted(self._jobs, job.id, posted)

        payload = AnswerPayload.of(job)
        # Discord merges two messages with the same nonce within minutes, so another attempt at a lost answer needs a
        # new nonce.
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

    async def _asked(
        self,
        job: Job,
        message: hikari.Message,
        reply: StreamingReply,
        voices: SpokenMessages,
        cancellation: CancellationToken,
    ) -> AnswerRequest:
        payload = AnswerPayload.of(job)
        answered = await self._exchanges.of_messages(payload.notes) if payload.notes else {}

        async def first_words(id_: int) -> None:
            voices.add(id_, is_beginning=True)
            # Stored at once, since the rest may take long.
            await voices.note(self._jobs, job.id)

        async def spoken(id_: int) -> None:
            voices.add(id_)

        return AnswerRequest(
            asker=message.member or message.author,
            channel_id=message.channel_id,
            guild_id=None if job.guild_id is None else hikari.Snowflake(job.guild_id),
            guild_name=payload.guild_name,
            text=self.words_of(message),
            recordings=recordings_in(message),
            reply=reply,
            message=message,
            files=tuple(attachments_of(message)),
            is_direct=job.guild_id is None,
            job=job.id,
            follows=payload.follows,
            notes=tuple(note for note in payload.notes if note not in answered),
            asked_at=job.created_at,
            continued=await self.continued(payload.posted) if payload.goes_on else "",
            cancellation=cancellation,
            on_first_words=first_words,
            on_spoken=spoken,
        )

    async def _mark_interrupted(self, reply: StreamingReply, why: str) -> None:
        """Add a note below a half-written answer that it will be continued."""
        if reply.message_ids and not reply.completed.is_set():
            with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
                await reply.add_note(f"-# {translate(why, reply.locale)}")
