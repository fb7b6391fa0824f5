"""Automatic transcripts of voice notes, in the channels that a server has chosen for them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import hikari
import structlog

from audio import Transcript, TranscriptionProgress
from bot.answering.called_by_name import NAME, is_called
from bot.answering.job_payloads import JobKind, TranscriptPayload, note_posted
from bot.answering.long_notes import Card, LongNotes, is_long
from bot.answering.note_translations import NoteTranslations, NoteTranslator
from bot.answering.recordings import LONG_S, HeardRecording, RecordingReader, quote, require_something
from bot.answering.service import AnswerService
from bot.answering.stoppable_tasks import StoppableTasks
from bot.answering.voice_notes import recordings_in
from bot.errors import StarlingError
from bot.i18n.translation import translate
from bot.preferences.choices import TranscriptStyle
from bot.preferences.preferences import Preferences
from bot.ui.answer_buttons import STOPPED, stop_row
from bot.ui.error_report import report_error
from bot.ui.live_text import LiveText
from bot.ui.long_note import with_translations
from bot.ui.reply_target import ChannelTarget, ReplyGoneError
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.streaming_reply import StreamingReply
from bot.ui.transcript_text import caption, quote_of_begun, so_far, timed, translated
from bot.work.cancellation import CancellationToken, CancelledByUserError
from bot.work.job_store import Job, JobState, JobStore
from bot.work.jobs import JobQueueFullError, JobRunner

log = structlog.get_logger()

MAX_ATTEMPTS = 3
MAX_CALL_S = 60.0
"""The longest voice note that is likely to be a question to the bot."""


class AutoTranscripts:
    """Accepts voice notes, and replies to each of them once with its transcript; those that begin with the bot's name
    are answered instead."""

    def __init__(
        self,
        bot: hikari.GatewayBot,
        answers: AnswerService,
        reader: RecordingReader,
        long_notes: LongNotes,
        translator: NoteTranslator,
        preferences: Preferences,
        stoppable_tasks: StoppableTasks,
        jobs: JobStore,
        runner: JobRunner,
    ) -> None:
        self._bot = bot
        self._rest = bot.rest
        self._answers = answers
        self._reader = reader
        self._long_notes = long_notes
        self._translator = translator
        self._preferences = preferences
        self._stoppable_tasks = stoppable_tasks
        self._jobs = jobs
        self._runner = runner

    async def wanted(self, message: hikari.Message) -> bool:
        """Whether ``message`` is a person's voice note in a channel where such notes are transcribed."""
        if message.guild_id is None or message.author.is_bot or not recordings_in(message):
            return False
        return await self._chosen_channel(message.guild_id, message.channel_id) is not None

    async def _chosen_channel(self, guild: int | None, channel: int) -> int | None:
        """``channel``, or else the channel that it is a thread of, if notes there are transcribed; None if neither is
        chosen."""
        chosen = (await self._preferences.guild(guild)).transcribed_channels
        thread = self._bot.cache.get_thread(channel)
        places = (channel, *(() if thread is None else (thread.parent_id,)))
        return next((place for place in places if place in chosen), None)

    async def accept(self, message: hikari.Message, *, locale: str) -> bool:
        """Have ``message`` transcribed. A message that already has a job is left alone, and if the queue is full the
        transcript is dropped: nobody asked for it. Returns whether the message was new."""
        job = await self._jobs.create(
            JobKind.TRANSCRIPT,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload=TranscriptPayload(locale).stored,
        )
        if job is not None:
            await self._submit(job, message)
        return job is not None

    async def take_up(self, job: Job) -> None:
        """Resume a transcript that was interrupted."""
        if job.attempts < MAX_ATTEMPTS:
            await self._submit(job, None, is_promised=True)

    async def _submit(self, job: Job, message: hikari.Message | None, *, is_promised: bool = False) -> None:
        async def work(job: Job, cancellation: CancellationToken) -> None:
            await self._write(job, message, cancellation)

        try:
            self._runner.submit(job, work, is_promised=is_promised)
        except JobQueueFullError:
            log.warning("the queue is full, a voice note is not transcribed", message=job.message_id)
            await self._jobs.finish(job.id, JobState.CANCELLED)

    async def _write(self, job: Job, message: hikari.Message | None, cancellation: CancellationToken) -> None:
        assert job.message_id is not None
        await self._jobs.start(job.id)
        locale = TranscriptPayload.of(job).locale
        try:
            found = message or await self._rest.fetch_message(job.channel_id, job.message_id)
            with self._stoppable_tasks.running(job.user_id, job.channel_id, cancellation) as (task, stop):
                reply = self._reply(job, task, locale)
                await self._transcribe(job, reply, found, stop)
        except asyncio.CancelledError:
            raise
        except (hikari.HTTPError, ReplyGoneError) as error:
            log.info("a transcript could not be posted", why=str(error), message=job.message_id)
            await self._jobs.finish(job.id, JobState.CANCELLED)

    async def _transcribe(
        self, job: Job, reply: StreamingReply, message: hikari.Message, stop: CancellationToken
    ) -> None:
        locale = reply.locale
        begun: dict[int, str] = {}
        try:
            heard = await stop.unless_cancelled(self._heard(job, reply, recordings_in(message), begun))
            if await self._is_called(message, heard):
                await reply.withdraw()
                await self._answer(job, message, locale)
            else:
                await self._post(job, reply, heard, stop)
        except CancelledByUserError:
            await reply.finish(quote_of_begun(begun, locale), note=f"-# {translate(STOPPED, locale)}")
            await self._jobs.finish(job.id, JobState.STOPPED)
        except StarlingError as error:
            report = report_error(error, locale, message=job.message_id, user=job.user_id)
            await self._jobs.finish(job.id, JobState.FAILED, reference=report.reference)
            with contextlib.suppress(hikari.HTTPError, ReplyGoneError):
                await reply.end_with_note(report.text)
        else:
            await self._jobs.finish(job.id, JobState.DONE)

    async def _heard(
        self, job: Job, reply: StreamingReply, files: Sequence[hikari.Attachment], begun: dict[int, str]
    ) -> list[HeardRecording]:
        """The transcripts of ``files``; for long ones, the words are shown while they are recognised. ``begun`` is
        filled with the transcript so far of each file, by its number."""

        live = LiveText(reply.show_progress)

        def tell(number: int, done: TranscriptionProgress) -> None:
            begun[number] = done.text
            if done.duration_s >= LONG_S:
                live.tell(so_far(done, reply.locale, number=number + 1, count=len(files)))

        try:
            return await self._reader.read(
                files,
                guild=job.guild_id,
                sender=job.user_id,
                channel=job.channel_id,
                names=self._own_names(files),
                is_asked=False,
                progress=tell,
            )
        finally:
            await live.end()

    def _own_names(self, files: Sequence[hikari.Attachment]) -> Sequence[str]:
        """The bot's name as a hint for notes that may be meant for it, because a name at the beginning is easily left
        out. Not used if one is too long for a question, since the hint would make its transcription half as expensive
        again."""
        return (NAME,) if all(file.duration is not None and file.duration <= MAX_CALL_S for file in files) else ()

    async def _is_called(self, message: hikari.Message, heard: Sequence[HeardRecording]) -> bool:
        """Whether the speaker calls the bot by name, so that an answer is wanted."""
        me = self._bot.get_me()
        chosen = await self._preferences.guild(message.guild_id)
        own = [] if me is None else [me.username, *filter(None, [me.global_name])]
        return any(is_called(one.text, (*own, *chosen.names)) for one in heard[:1])

    async def _answer(self, job: Job, message: hikari.Message, locale: str) -> None:
        message.guild_id = None if job.guild_id is None else hikari.Snowflake(job.guild_id)
        guild = None if message.guild_id is None else self._bot.cache.get_guild(message.guild_id)
        await self._answers.accept(message, locale=locale, guild_name=guild.name if guild else None)

    async def _post(
        self, job: Job, reply: StreamingReply, heard: Sequence[HeardRecording], stop: CancellationToken
    ) -> None:
        require_something(heard)
        locale = reply.locale
        spoken = [one.transcript for one in heard if one.transcript is not None and one.transcript.has_speech]
        if not spoken:
            await reply.withdraw()
            return
        if is_long(heard):
            card = await self._long_notes.shown_card(
                reply, heard, language=spoken[0].language or locale, user=job.user_id, guild=job.guild_id, stop=stop
            )
            found = await self._translated(job, reply, heard, stop, shown=card.text, card=card)
            text = with_translations(card.text, found.texts, found.remarks, locale)
            await reply.finish(text, row=card.row, file=card.file)
            return
        style = (await self._preferences.guild(job.guild_id)).transcript_style
        text, small_print = _written(heard, spoken, style, locale)
        found = await self._translated(job, reply, heard, stop, shown=f"{text}\n{small_print}".strip())
        below = [translated(found.texts, locale), small_print, *(f"-# {remark}" for remark in found.remarks)]
        notes = "\n".join(part for part in below if part)
        if len(text) + len(notes) + 1 <= MESSAGE_LIMIT or style is TranscriptStyle.QUOTE:
            await reply.finish(f"{text}\n{notes}".strip())
            return
        file = hikari.Bytes(text.encode(), "transcript.txt", "text/plain; charset=utf-8")
        await reply.finish(notes, file=file)

    async def _translated(
        self,
        job: Job,
        reply: StreamingReply,
        heard: Sequence[HeardRecording],
        stop: CancellationToken,
        *,
        shown: str,
        card: Card | None = None,
    ) -> NoteTranslations:
        """The translations of what was ``heard``, or of its ``card``; meanwhile people can read what is ``shown``.
        Empty if a person stops them."""
        channel = await self._chosen_channel(job.guild_id, job.channel_id)
        if job.guild_id is None or channel is None or not await self._translator.wanted(heard, job.guild_id, channel):
            return NoteTranslations()
        if len(shown) <= MESSAGE_LIMIT:
            await reply.show_progress(shown)
        work = self._translator.translate(
            heard, guild=job.guild_id, channel=channel, sender=job.user_id, locale=reply.locale, card=card
        )
        try:
            return await stop.unless_cancelled(work)
        except CancelledByUserError:
            return NoteTranslations()

    def _reply(self, job: Job, task: str, locale: str) -> StreamingReply:
        assert job.message_id is not None

        async def store(posted: tuple[int, ...]) -> None:
            await note_posted(self._jobs, job.id, posted)

        target = ChannelTarget(
            self._rest, job.channel_id, job.message_id, job.user_id,
            nonce=job.id[:20], is_repeated=job.attempts > 0, pings=False,
        )  # fmt: skip
        return StreamingReply(
            target,
            locale=locale,
            posted=TranscriptPayload.of(job).posted,
            on_posted=store,
            streaming_row=stop_row(task, locale),
        )


def _written(
    heard: Sequence[HeardRecording], spoken: Sequence[Transcript], style: TranscriptStyle, locale: str
) -> tuple[str, str]:
    """The words of a note in the style that the server has chosen, and the small print below them."""
    if style is TranscriptStyle.QUOTE:
        return quote(heard, locale), ""
    texts = [timed(one) if style is TranscriptStyle.TIMES else one.text for one in spoken]
    text = texts[0] if len(texts) == 1 else "\n".join(f"{number}. {one}" for number, one in enumerate(texts, 1))
    return text, "\n".join(caption(one, locale) for one in spoken)
