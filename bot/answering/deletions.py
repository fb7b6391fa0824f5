"""What is deleted on Discord is deleted here as well: at once, or once the database is back if it was away; and after a
time offline, what was deleted meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path

import hikari
import structlog

from bot.answering.service import AnswerService
from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.corrections.feedback import FeedbackStore
from bot.privacy.personal_data import PersonalData
from bot.storage.atomic_write import write_atomically
from bot.work.job_store import JobStore

log = structlog.get_logger()

LEFT_TO_FORGET = "to-forget"
"""The name of the file that lists what could not be forgotten yet; with several gateways, followed by "-0", "-1" and so
on. There is no file when nothing is left."""
RETRY_S = 5.0
AT_ONCE = 500
LOOKED_AT = 100
"""How many of a channel's latest exchanges are checked for messages that were deleted during a time offline."""


class Deleted(StrEnum):
    """The kinds of things that are deleted on Discord."""

    MESSAGE = "message"
    CHANNEL = "channel"
    """Including threads."""
    GUILD = "guild"
    """Deleted, or left by the bot."""


class Deletions:
    """Forgets what was deleted on Discord."""

    def __init__(
        self,
        answers: AnswerService,
        data: PersonalData,
        jobs: JobStore,
        exchanges: ExchangeStore,
        feedback: FeedbackStore,
        file: Path,
    ) -> None:
        self._answers = answers
        self._data = data
        self._jobs = jobs
        self._exchanges = exchanges
        self._feedback = feedback
        self._file = file
        self._left: dict[Deleted, set[int]] = {kind: set() for kind in Deleted}
        self._news = asyncio.Event()

    async def forget(self, kind: Deleted, ids: Collection[int]) -> None:
        """Forget what was said in these; what cannot be forgotten now is retried until it can be, even after a
        restart."""
        try:
            await self._forget(kind, list(ids))
        except Exception:
            log.exception("deleted data will be forgotten later", kind=str(kind), count=len(ids))
            self._left[kind].update(ids)
            await asyncio.to_thread(self._write)
            self._news.set()

    async def end_what_is_left(self) -> None:
        """Forget what could not be forgotten before; runs until it is cancelled."""
        for kind, ids in (await asyncio.to_thread(self._read)).items():
            self._left[kind].update(ids)
        while True:
            if not any(self._left.values()):
                self._news.clear()
                await self._news.wait()
                await asyncio.sleep(RETRY_S)
            for kind, ids in self._left.items():
                with contextlib.suppress(Exception):  # retried in the next round; the database may be away for long
                    while some := list(ids)[:AT_ONCE]:
                        await self._forget(kind, some)
                        ids.difference_update(some)
            await asyncio.to_thread(self._write)
            if any(self._left.values()):
                await asyncio.sleep(RETRY_S)

    async def known_in(self, channel: int, guild: int | None) -> list[Exchange]:
        """The latest stored exchanges of a channel; to be read before the channel's messages are, see
        ``forget_missing``."""
        return await self._exchanges.recent(guild, channel, LOOKED_AT)

    async def forget_missing(self, known: Sequence[Exchange], there: Collection[int], *, is_whole: bool) -> None:
        """Forget the questions and answers of ``known`` that are not ``there``, among the latest messages of their
        channel, or all of its messages if ``is_whole``. If ``there`` is empty, nothing is forgotten: a bot that may not
        read the history gets an empty page."""
        if not there:
            return
        since = 0 if is_whole else min(there)
        ids = {id_ for one in known for id_ in (one.prompt_message_id, one.reply_message_id)}
        if gone := {id_ for id_ in ids.difference(there) if id_ >= since}:
            log.info("messages were deleted while this bot was offline", messages=len(gone))
            await self.forget(Deleted.MESSAGE, gone)

    async def _forget(self, kind: Deleted, ids: list[int]) -> None:
        if kind is Deleted.MESSAGE:
            # First: an answer in progress would be stored after its question was forgotten, and only jobs know where
            # answers are.
            try:
                await self._answers.deleted(ids)
            except hikari.HTTPError:
                await self._data.forget_messages(ids)
                raise
            await self._data.forget_messages(ids)
        elif kind is Deleted.GUILD:
            for guild in ids:
                await self._data.forget_guild(guild)
        else:
            for channel in ids:
                await self._forget_channel(channel)

    async def _forget_channel(self, channel: int) -> None:
        """Forget what was said in the channel, but not what people taught there: that is a contribution of theirs."""
        while messages := await self._exchanges.messages_in(channel, AT_ONCE):
            await self._jobs.forget_messages(messages)
            await self._feedback.forget_messages(messages)
            await self._exchanges.forget_messages(messages)
        await self._data.scrub()

    def _write(self) -> None:
        """Write the list of what is left; if that fails, the list stays in memory."""
        try:
            if not any(self._left.values()):
                self._file.unlink(missing_ok=True)
                return
            write_atomically(self._file, json.dumps({kind: sorted(ids) for kind, ids in self._left.items()}).encode())
        except OSError as error:
            log.error("pending erasures cannot be stored", file=str(self._file), why=str(error))

    def _read(self) -> dict[Deleted, set[int]]:
        try:
            listed = json.loads(self._file.read_text(encoding="utf-8"))
            return {Deleted(kind): set(map(int, ids)) for kind, ids in listed.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.error("pending erasures cannot be read", file=str(self._file), why=str(error))
            return {}
