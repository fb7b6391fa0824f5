"""Voice notes that are written down by themselves, in the channels that a server has chosen for that."""

from __future__ import annotations

import asyncio
import contextlib

import hikari
import structlog

from audio import Transcript
from bot.answering.job_payloads import TranscriptPayload, note_posted
from bot.answering.voice_notes import VoiceNoteTranscriber, voice_note_in
from bot.errors import StarlingError
from bot.preferences.choices import TranscriptStyle
from bot.preferences.preferences import Preferences
from bot.ui.error_report import report_error
from bot.ui.splitting import MESSAGE_LIMIT
from bot.ui.transcript_text import caption, quote, timed
from bot.usage.budgets import Budgets
from bot.work.job_store import Job, JobStore
from bot.work.jobs import JobQueueFullError, JobRunner

log = structlog.get_logger()

KIND = "transcript"
MAX_ATTEMPTS = 3


class AutoTranscripts:
    """Takes voice notes, and replies to each of them once with what is said in it."""

    def __init__(
        self,
        rest: hikari.api.RESTClient,
        voice_notes: VoiceNoteTranscriber,
        preferences: Preferences,
        budgets: Budgets,
        jobs: JobStore,
        runner: JobRunner,
    ) -> None:
        self._rest = rest
        self._voice_notes = voice_notes
        self._preferences = preferences
        self._budgets = budgets
        self._jobs = jobs
        self._runner = runner

    async def wanted(self, message: hikari.Message) -> bool:
        """Whether ``message`` is a person's voice note where such are written down."""
        if message.guild_id is None or message.author.is_bot or voice_note_in(message) is None:
            return False
        return int(message.channel_id) in (await self._preferences.guild(message.guild_id)).transcribed_channels

    async def accept(self, message: hikari.Message, *, locale: str) -> bool:
        """Have ``message`` written down; one that is known already is left alone, and so are those beyond what can
        wait: nobody asked for them. Says whether it was not known."""
        job = await self._jobs.create(
            KIND,
            guild_id=message.guild_id,
            channel_id=message.channel_id,
            user_id=message.author.id,
            message_id=message.id,
            payload=TranscriptPayload(locale).stored,
        )
        if job is not None:
            await self._submit(job, message)
        return job is not None

    async def resume(self) -> None:
        """Take up what the last stop interrupted."""
        for job in await self._jobs.unfinished():
            if job.kind == KIND and job.attempts < MAX_ATTEMPTS:
                await self._submit(job, None, is_promised=True)

    async def _submit(self, job: Job, message: hikari.Message | None, *, is_promised: bool = False) -> None:
        async def work(job: Job) -> None:
            await self._write(job, message)

        try:
            self._runner.submit(job, work, is_promised=is_promised)
        except JobQueueFullError:
            log.warning("too much to do, a voice note is not written down", message=job.message_id)
            await self._jobs.finish(job.id, "cancelled")

    async def _write(self, job: Job, message: hikari.Message | None) -> None:
        assert job.message_id is not None
        await self._jobs.start(job.id)
        locale = TranscriptPayload.of(job).locale
        try:
            found = message or await self._rest.fetch_message(job.channel_id, job.message_id)
            recording = voice_note_in(found)
            if recording is not None:
                await self._budgets.require(job.user_id, job.guild_id, "audio")
                transcript = await self._voice_notes.transcribe(recording, guild=job.guild_id, sender=job.user_id)
                await self._budgets.heard(job.user_id, job.guild_id, transcript.duration_s)
                if transcript.has_speech:
                    await self._post(job, transcript, locale)
        except asyncio.CancelledError:
            raise
        except StarlingError as error:
            report = report_error(error, locale, message=job.message_id, user=job.user_id)
            await self._jobs.finish(job.id, "failed", reference=report.reference)
            with contextlib.suppress(hikari.HTTPError):
                await self._reply(job, report.text)
        except hikari.HTTPError as error:
            log.info("a transcript could not be posted", why=str(error), message=job.message_id)
            await self._jobs.finish(job.id, "cancelled")
        else:
            await self._jobs.finish(job.id, "done")

    async def _post(self, job: Job, transcript: Transcript, locale: str) -> None:
        style = (await self._preferences.guild(job.guild_id)).transcript_style
        if style is TranscriptStyle.QUOTE:
            await self._reply(job, quote(transcript, locale))
            return
        text = timed(transcript) if style is TranscriptStyle.TIMES else transcript.text
        small_print = caption(transcript, locale)
        if len(text) + len(small_print) + 1 <= MESSAGE_LIMIT:
            await self._reply(job, f"{text}\n{small_print}")
            return
        file = hikari.Bytes(text.encode(), "transcript.txt", "text/plain; charset=utf-8")
        await self._reply(job, small_print, file)

    async def _reply(self, job: Job, text: str, file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED) -> None:
        assert job.message_id is not None
        message = await self._rest.create_message(
            job.channel_id, text, attachment=file, reply=job.message_id, mentions_reply=False,
            user_mentions=False, role_mentions=False, mentions_everyone=False, nonce=job.id[:24],
        )  # fmt: skip
        await note_posted(self._jobs, job.id, [int(message.id)])
