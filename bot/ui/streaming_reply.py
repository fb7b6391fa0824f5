"""A reply that grows while it is written: one message or several, kept up to date by edits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import hikari
import structlog

from audio import Speech
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.reply_target import NO_EXTRAS, Extras, ReplyTarget
from bot.ui.splitting import MESSAGE_LIMIT, split

log = structlog.get_logger()

EDIT_INTERVAL_S, MAX_EDIT_INTERVAL_S = 1.0, 6.0
"""The time between two edits, at first and at most. Discord allows about five edits in five seconds in a channel, and
fifty requests a second for the whole bot: when few of those are left (``pace.py``), edits come further apart, or not at
all."""
INTERVAL_SHARE = 0.5
"""The time between edits as a share of the time the answer has been growing: people with much to read are not waiting
for the next line."""
BEGINNING_S = 0.5
"""How long the first words are held back when something is shown already: a short answer is complete by then."""
FEW_CHARS, FEW_WAIT_S = 24, 2.0
"""Fewer new characters than this wait this much longer for more."""
MAX_MESSAGES = 5
"""A longer reply (about 10,000 characters) ends with a file instead of a flood of messages."""

MAX_MESSAGES_WITHOUT_FILE = 20
"""The limit if no file may be attached."""

THE_REST = _("This answer is long: all of it is in the file.")
NO_FILE = _("I may not attach files here, so this answer comes in messages alone.")
NO_FILE_AND_CUT = _("I may not attach files here, so the end of this long answer is missing.")


class StreamingReply:
    """The reply to one message or command."""

    def __init__(
        self,
        target: ReplyTarget,
        *,
        locale: str,
        posted: Sequence[int] = (),
        on_posted: Callable[[tuple[int, ...]], Awaitable[None]],
        streaming_row: hikari.api.ComponentBuilder | None = None,
    ) -> None:
        """
        ``posted``: ids of the messages that an earlier attempt left; they are edited instead of posting new ones.
        ``on_posted`` is called with all the ids whenever there is a new one. ``streaming_row``: buttons below the first
        message for as long as the reply grows.
        """
        self.headed = asyncio.Event()
        """Set once there is a heading."""
        self.visible = asyncio.Event()
        """Set once anything is shown by this attempt."""
        self.begun = asyncio.Event()
        """Set once there is more to show than a heading or an announcement."""
        self.completed = asyncio.Event()
        """Set once the reply is finished, ended with a note or withdrawn."""
        self._heading = ""
        self._is_announced = False
        self._lock = asyncio.Lock()
        self._target = target
        self.locale = locale
        """The person's locale as far as it is known; may be set when more is known."""
        self._on_posted = on_posted
        self._streaming_row = streaming_row
        self._shown: list[tuple[hikari.Snowflake, str]] = [(hikari.Snowflake(id_), "") for id_ in posted]
        self._row_on: set[hikari.Snowflake] = {id_ for id_, _text in self._shown}
        """Messages that may have buttons below them."""
        self._came_s = 0.0
        self._first_shown_s = 0.0
        self._last_edit_s = 0.0
        self._interval_s = 0.0
        self._shown_chars = 0

    @property
    def heading(self) -> str:
        """The text above the answer, including its line break. A new heading appears with the next text that is
        shown."""
        return self._heading

    @heading.setter
    def heading(self, heading: str) -> None:
        self._heading = heading
        if heading:
            self.headed.set()

    @property
    def message_ids(self) -> tuple[int, ...]:
        """The messages of this reply, in order."""
        return tuple(id_ for id_, _text in self._shown)

    def seen(self, message: int, text: str) -> None:
        """Record that ``message``, which an earlier attempt left, already says ``text``."""
        self._shown = [(id_, text if id_ == message else shown) for id_, shown in self._shown]

    async def show(self, text: str, *, at_once: bool = False) -> bool:
        """Show ``text`` below the heading if an edit is due, or ``at_once``; return whether it did. If text and heading
        are both empty, the next text shown replaces all of the messages.

        Raises: as ``finish``.
        """
        if not at_once and not (text.strip() and self._is_due(text)):
            return False
        async with self._lock:
            # Only as much as can be shown is split: later text changes none of the pieces before it.
            if pieces := split((self.heading + text)[: (MAX_MESSAGES + 1) * MESSAGE_LIMIT])[:MAX_MESSAGES]:
                self.begun.set()
                await self._update(pieces)
            else:
                self._blank()
        now_s = time.monotonic()
        if not at_once:
            self._first_shown_s = self._first_shown_s or now_s
        self._last_edit_s = now_s
        self._interval_s = edit_interval_s(now_s - (self._first_shown_s or now_s))
        self._shown_chars = len(text)
        return True

    async def show_progress(self, text: str) -> None:
        """Show ``text`` below the heading at once, unless Discord's global rate limit is near: nobody would miss it.

        Raises: as ``finish``.
        """
        if self.has_room_for_signs:
            await self.show(text, at_once=True)

    @property
    def has_room_for_signs(self) -> bool:
        """Whether requests that are not part of the reply itself may be made."""
        return self._target.pace is None or self._target.pace.has_room_for_signs

    def _is_due(self, text: str) -> bool:
        now_s = time.monotonic()
        if not self.begun.is_set():
            self.begun.set()
            self._came_s = now_s
        if self._shown and now_s - self._came_s < BEGINNING_S:
            return False
        pace = self._target.pace
        interval_s = self._interval_s if pace is None else pace.edit_interval_s(self._interval_s)
        late_s = now_s - self._last_edit_s - interval_s
        return late_s >= FEW_WAIT_S or (late_s >= 0 and abs(len(text) - self._shown_chars) >= FEW_CHARS)

    async def announce(self, sign: str) -> None:
        """Show the heading and ``sign`` in place of an answer that has not begun, so that it can be stopped. Nothing is
        shown if there is no button to stop it with, an earlier attempt has left an answer, or Discord's global rate
        limit is near. Whatever is shown next replaces it.

        Raises: as ``finish``.
        """
        async with self._lock:
            is_first = not self._shown or self._is_announced
            is_wanted = is_first and not self.begun.is_set() and self.has_room_for_signs
            if self._streaming_row is not None and is_wanted:
                self._is_announced = True
                await self._update([f"{self.heading}{sign}"])
                self._blank()

    def _blank(self) -> None:
        self._shown = [(id_, "") for id_, _text in self._shown]

    async def finish(
        self,
        text: str,
        *,
        note: str = "",
        whole: str = "",
        row: hikari.api.ComponentBuilder | None = None,
        file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED,
    ) -> None:
        """Show the final ``text``, with ``note`` (small print, at most 500 characters) and ``row`` (buttons) below it.

        A text of more than ``MAX_MESSAGES`` messages is cut there, and ``whole`` (or ``text``) is attached as a file; a
        text that fits comes with ``file``. If no file may be attached, the text comes in up to
        ``MAX_MESSAGES_WITHOUT_FILE`` messages, without its end if it is longer.

        Raises:
            ReplyGoneError: one of the reply's messages was deleted.
            hikari.ForbiddenError: the bot may not write here.
            hikari.BadRequestError: the question was deleted before the first message was posted.
            hikari.NotFoundError: the channel is gone.
        """
        pieces = split(self.heading + text)
        told = note
        if len(pieces) > MAX_MESSAGES:
            file = hikari.Bytes((whole or text).encode(), "answer.md", "text/markdown")
            told = self._told(THE_REST, note)
        try:
            await self._finish(_ended(pieces, MAX_MESSAGES, told), file=file, row=row)
        except hikari.ForbiddenError:
            if file is hikari.UNDEFINED:
                raise
            log.info("files may not be attached here")
            told = self._told(NO_FILE_AND_CUT if len(pieces) > MAX_MESSAGES_WITHOUT_FILE else NO_FILE, note)
            await self._finish(_ended(pieces, MAX_MESSAGES_WITHOUT_FILE, told), row=row)

    def _told(self, sentence: str, note: str) -> str:
        return "\n".join(part for part in (f"-# {translate(sentence, self.locale)}", note) if part)

    async def withdraw(self) -> None:
        """Delete all messages of the reply.

        Raises:
            hikari.HTTPError: Discord refuses.
        """
        await self._finish([])

    async def end_with_note(self, note: str, *, row: hikari.api.ComponentBuilder | None = None) -> None:
        """Put ``note`` (at most 500 characters) and ``row`` below what is shown, which stays as it is.

        Raises: as ``finish``.
        """
        await self._finish(self._noted(note), row=row)

    async def add_note(self, note: str) -> None:
        """Put ``note`` (at most 500 characters) below what is shown; the buttons stay.

        Raises: as ``finish``.
        """
        async with self._lock:
            await self._update(self._noted(note))

    def _noted(self, note: str) -> list[str]:
        """What is shown, or else the heading, with ``note`` below it."""
        pieces = [text for _id, text in self._shown]
        if not any(pieces):
            pieces = split(self.heading)
        return [*pieces[:-1], *_with_note(pieces[-1:], note)]

    async def speak(self, speech: Speech) -> int:
        """Post ``speech`` after the reply; return the id of that message.

        Raises:
            ReplyGoneError: the reply was deleted.
            hikari.ForbiddenError: neither voice messages nor files may be posted here.
        """
        return await self._target.speak(speech, self._shown[0][0])

    async def delete_spoken(self, message: int) -> None:
        """Delete a voice message that ``speak`` has posted.

        Raises:
            hikari.HTTPError: Discord refuses.
        """
        await self._target.delete(hikari.Snowflake(message))

    async def _finish(
        self,
        pieces: Sequence[str],
        *,
        file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED,
        row: hikari.api.ComponentBuilder | None = None,
    ) -> None:
        async with self._lock:
            self._streaming_row = None
            self.begun.set()
            await self._update(pieces, last=Extras(file, row or hikari.UNDEFINED), rows_go=True)
            self.completed.set()

    async def _update(self, pieces: Sequence[str], *, last: Extras = NO_EXTRAS, rows_go: bool = False) -> None:
        """Make the messages say ``pieces``. ``rows_go``: existing buttons are removed, except for those of ``last``."""
        self.visible.set()
        for index, piece in enumerate(pieces):
            extras = last if index == len(pieces) - 1 else NO_EXTRAS
            if index == len(self._shown):
                if index == 0 and self._streaming_row is not None:
                    extras = extras._replace(row=self._streaming_row)
                await self._post(index, piece, extras)
                continue
            id_, shown = self._shown[index]
            if rows_go and id_ in self._row_on and not extras.row:
                extras = extras._replace(row=None)
            elif index == 0 and self._streaming_row is not None and not shown:
                extras = extras._replace(row=self._streaming_row)
            if shown != piece or extras != NO_EXTRAS:
                await self._target.edit(id_, piece, extras)
                self._shown[index] = (id_, piece)
                self._note_row(id_, extras)
        while len(self._shown) > len(pieces):
            surplus, _text = self._shown.pop()
            await self._target.delete(surplus)

    async def _post(self, index: int, text: str, extras: Extras) -> None:
        first = self._shown[0][0] if self._shown else None
        id_ = await self._target.post(index, text, extras, first)
        self._shown.append((id_, text))
        self._note_row(id_, extras)
        await self._on_posted(self.message_ids)

    def _note_row(self, message: hikari.Snowflake, extras: Extras) -> None:
        if extras.row:
            self._row_on.add(message)
        elif extras.row is None:
            self._row_on.discard(message)


def edit_interval_s(grown_s: float) -> float:
    """The time from one edit to the next, for an answer that has been growing for ``grown_s`` seconds."""
    return min(max(EDIT_INTERVAL_S, INTERVAL_SHARE * grown_s), MAX_EDIT_INTERVAL_S)


def _ended(pieces: Sequence[str], limit: int, note: str) -> list[str]:
    """The first ``limit`` of ``pieces``, with ``note`` below the last of them."""
    kept = list(pieces[:limit])
    if len(pieces) > limit:
        kept[-1] = split(kept[-1], MESSAGE_LIMIT - len(note) - 1)[0]
    return [*kept[:-1], *_with_note(kept[-1:], note)]


def _with_note(last: list[str], note: str) -> list[str]:
    """The last piece (or none) with ``note`` below it, or in a message of its own if there is no room."""
    if not note:
        return last
    if last and len(last[0]) + len(note) + 1 <= MESSAGE_LIMIT:
        return [f"{last[0]}\n{note}".lstrip("\n")]
    return [*last, note]
