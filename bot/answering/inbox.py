"""The life of an answer: stored before it is promised, written once, taken up again, or apologised for."""

from __future__ import annotations

import asyncio
import contextlib

import hikari
import structlog

from bot.answering.question import MayNotWriteError, QuestionGoneError
from bot.answering.writing import Question, Writer
from bot.downloading import LinkExpiredError
from bot.errors import translatable as _
from bot.presenting.apology import apologise
from bot.presenting.growing_reply import GrowingReply, ReplyGoneError
from bot.presenting.languages import translate
from bot.presenting.typing_sign import typing
from bot.storage.jobs import Job, JobStore
from bot.work.jobs import BusyError, JobRunner

log = structlog.get_logger()

KIND = "answer"
MOST_ATTEMPTS = 3
"""How often an answer is begun, interruptions counted."""

INTERRUPTED = _("I am being restarted in the middle of this answer. I will finish it when I am back.")


class Inbox:
    """Takes messages that are for the bot, and has each of them answered once."""

    def __init__(self, rest: hikari.api.RESTClient, writer: Writer, jobs: JobStore, runner: JobRunner) -> None:
        self._rest = rest
        self._writer = writer
        self._jobs = jobs
        self._runner = runner

    async def accept(self, message: hikari.Message, *, locale: str, guild_name: str | None) -> None:
        """Store that ``message`` is to be answered and have it answered; one that is known already is left alone.

        ``locale``: the language in which the person is told of trouble. When too many wait, the person is told.
        """
        job = await self._jobs.create(
            KIND,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload={"locale": locale, "guild_name": guild_name},
        )
        if job is None:
            log.debug("message came twice", message=int(message.id))
            return

        async def work(job: Job) -> None:
            await self._answer(job, message)

        try:
            self._runner.submit(job, work)
        except BusyError as error:
            await self._apologise(job, message, self._reply(job, message), error)

    async def resume(self) -> None:
        """Take up the answers that the last stop interrupted."""
        for job in await self._jobs.unfinished(max_attempts=MOST_ATTEMPTS):
            if job.kind == KIND:
                log.info("taking up an interrupted answer", job=job.id)
                with contextlib.suppress(BusyError):
                    self._runner.submit(job, self._answer_again)

    async def _answer_again(self, job: Job) -> None:
        assert job.message_id is not None
        try:
            message = await self._rest.fetch_message(job.channel_id, job.message_id)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            log.info("the question is gone", message=job.message_id)
            await self._jobs.finish(job.id, "cancelled")
        else:
            await self._answer(job, message)

    async def _answer(self, job: Job, message: hikari.Message) -> None:
        ids = {"user": job.user_id, "channel": job.channel_id, "guild": job.guild_id, "message": int(message.id)}
        reply = self._reply(job, message)
        with structlog.contextvars.bound_contextvars(**ids):
            await self._jobs.start(job.id)
            try:
                async with typing(self._rest, message.channel_id):
                    await self._writer.write(Question(message, reply, job.payload.get("guild_name")))
            except asyncio.CancelledError:
                await self._mark_interrupted(reply)
                raise
            except ReplyGoneError:
                log.info("the answer was deleted while it was written")
                await self._jobs.finish(job.id, "cancelled")
            except Exception as error:
                await self._apologise(job, message, reply, error)
            else:
                await self._jobs.finish(job.id, "done")

    def _reply(self, job: Job, message: hikari.Message) -> GrowingReply:
        async def store(posted: tuple[int, ...]) -> None:
            await self._jobs.update_payload(job.id, {**job.payload, "posted": list(posted)})

        return GrowingReply(
            self._rest,
            message,
            hikari.Snowflake(job.user_id),
            locale=str(job.payload["locale"]),
            nonce=job.id.replace("-", "")[:20],
            posted=[int(id_) for id_ in job.payload.get("posted", ())],
            on_posted=store,
        )

    async def _mark_interrupted(self, reply: GrowingReply) -> None:
        """Say below a half-written answer that it goes on."""
        if reply.message_ids and not reply.complete:
            with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
                await reply.add_note(f"-# {translate(INTERRUPTED, reply.locale)}")

    async def _apologise(self, job: Job, message: hikari.Message, reply: GrowingReply, error: Exception) -> None:
        """Tell the person: below what is shown, as a reply, or where that may not be, by a direct message."""
        told = await self._named(error, message, reply)
        apology = apologise(told, reply.locale)
        await self._jobs.finish(job.id, "failed", reference=apology.reference)
        try:
            if isinstance(told, MayNotWriteError):
                direct = await self._rest.create_dm_channel(job.user_id)
                await self._rest.create_message(direct, apology.text)
            elif isinstance(told, QuestionGoneError):
                await self._rest.create_message(job.channel_id, apology.text)
            elif reply.message_ids:
                await reply.add_note(apology.text)
            else:
                await reply.finish(apology.text)
        except (hikari.HTTPError, ReplyGoneError) as failure:
            log.warning("could not tell the person", reference=apology.reference, why=str(failure))

    async def _named(self, error: Exception, message: hikari.Message, reply: GrowingReply) -> Exception:
        """``error``, or the error of ours that says what Discord's refusal means."""
        named: Exception = error
        if isinstance(error, hikari.ForbiddenError):
            named = MayNotWriteError(message.channel_id)
        elif isinstance(error, hikari.BadRequestError | LinkExpiredError) and not reply.message_ids:
            # A reply to a deleted message is a bad request, and its files are gone.
            try:
                await self._rest.fetch_message(message.channel_id, message.id)
            except hikari.NotFoundError:
                named = QuestionGoneError()
            except hikari.HTTPError:
                return error
        if named is not error:
            named.__cause__ = error
        return named
