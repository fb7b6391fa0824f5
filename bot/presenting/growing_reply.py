"""A reply that grows while it is written: one message or several, kept up to date by edits."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import hikari

from bot.errors import translatable as _
from bot.presenting.languages import translate
from bot.presenting.splitting import MESSAGE_LIMIT, split

EDIT_INTERVAL_S = 1.0
"""At most one edit a second: Discord's limit on edits is about five in five seconds, shared with other work."""
MOST_MESSAGES = 5
"""A longer reply (about 10,000 characters) ends as a file, not as a flood."""

THE_REST = _("This answer is long: all of it is in the file.")


class ReplyGoneError(Exception):
    """Raised when the message that is being edited was deleted: nobody waits for the answer any more."""


class _Extras(NamedTuple):
    """What the last message of a reply has besides text."""

    file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED
    row: hikari.UndefinedOr[hikari.api.MessageActionRowBuilder] = hikari.UNDEFINED


_NO_EXTRAS = _Extras()


class GrowingReply:
    """The reply to one message."""

    def __init__(
        self,
        rest: hikari.api.RESTClient,
        message: hikari.PartialMessage,
        asker: hikari.Snowflake,
        *,
        locale: str,
        nonce: str,
        posted: Sequence[int] = (),
        on_posted: Callable[[tuple[int, ...]], Awaitable[None]],
    ) -> None:
        """
        ``message`` is answered, ``asker`` is the only one whom the answer may ping. ``nonce`` (at most 22 characters)
        makes posting safe to repeat. ``posted``: ids of the messages that an interrupted attempt left; they are
        edited instead of posting again. ``on_posted`` is given all the ids whenever there is a new one.
        """
        self.complete = False
        """Whether ``finish`` has shown the last word."""
        self._rest = rest
        self._message = message
        self._asker = asker
        self.locale = locale
        """Of the person, as well as it is known; may be set when more is known."""
        self._nonce = nonce
        self._on_posted = on_posted
        self._shown: list[tuple[hikari.Snowflake, str]] = [(hikari.Snowflake(id_), "") for id_ in posted]
        self._next_edit = 0.0

    @property
    def message_ids(self) -> tuple[int, ...]:
        """The messages of this reply, in order."""
        return tuple(int(id_) for id_, _text in self._shown)

    async def show(self, text: str) -> bool:
        """Show ``text`` if the last edit is long enough ago; says whether it did.

        Raises: as ``finish``.
        """
        if time.monotonic() < self._next_edit or not text.strip():
            return False
        await self._update(split(text)[:MOST_MESSAGES])
        self._next_edit = time.monotonic() + EDIT_INTERVAL_S
        return True

    async def finish(
        self, text: str, *, note: str = "", whole: str = "", row: hikari.api.MessageActionRowBuilder | None = None
    ) -> None:
        """Show ``text`` for good, with ``note`` (small print, at most 500 characters) and ``row`` (buttons) below it.

        A text of more than ``MOST_MESSAGES`` messages is cut there, and ``whole`` (or ``text``) is attached as a file.

        Raises:
            ReplyGoneError: one of the reply's messages was deleted.
            hikari.ForbiddenError: the bot may not write here.
            hikari.BadRequestError: the question was deleted before the first message was posted.
            hikari.NotFoundError: the channel is gone.
        """
        pieces = split(text)
        file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED
        if len(pieces) > MOST_MESSAGES:
            file = hikari.Bytes((whole or text).encode(), "answer.md", "text/markdown")
            note = "\n".join(part for part in (f"-# {translate(THE_REST, self.locale)}", note) if part)
            pieces = pieces[:MOST_MESSAGES]
            pieces[-1] = split(pieces[-1], MESSAGE_LIMIT - len(note) - 1)[0]
        await self._update([*pieces[:-1], *_with_note(pieces[-1:], note)], last_file=file, row=row)
        self.complete = True

    async def add_note(self, note: str) -> None:
        """Put ``note`` (at most 500 characters) below what is shown.

        Raises: as ``finish``.
        """
        pieces = [text for _id, text in self._shown]
        await self._update([*pieces[:-1], *_with_note(pieces[-1:], note)])

    async def _update(
        self,
        pieces: Sequence[str],
        *,
        last_file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED,
        row: hikari.api.MessageActionRowBuilder | None = None,
    ) -> None:
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            extras = _Extras(last_file if last else hikari.UNDEFINED, row if last and row else hikari.UNDEFINED)
            if index == len(self._shown):
                await self._post(index, piece, extras)
            elif self._shown[index][1] != piece or extras != _NO_EXTRAS:
                await self._edit(index, piece, extras)
        while len(self._shown) > len(pieces):
            surplus, _text = self._shown.pop()
            await self._rest.delete_message(self._message.channel_id, surplus)

    async def _post(self, index: int, text: str, extras: _Extras) -> None:
        message = await self._rest.create_message(
            self._message.channel_id,
            text,
            attachment=extras.file,
            component=extras.row,
            reply=self._message if index == 0 else self._shown[0][0],
            mentions_reply=index == 0,
            user_mentions=[self._asker],
            role_mentions=False,
            mentions_everyone=False,
            nonce=f"{self._nonce}{index}",
        )
        self._shown.append((message.id, text))
        await self._on_posted(self.message_ids)

    async def _edit(self, index: int, text: str, extras: _Extras) -> None:
        try:
            await self._rest.edit_message(
                self._message.channel_id,
                self._shown[index][0],
                text,
                attachment=extras.file,
                component=extras.row,
                user_mentions=[self._asker],
                role_mentions=False,
                mentions_everyone=False,
            )
        except hikari.NotFoundError as error:
            raise ReplyGoneError from error
        self._shown[index] = (self._shown[index][0], text)


def _with_note(last: list[str], note: str) -> list[str]:
    """The last piece (or none) with ``note`` below it, in a message of its own where there is no room."""
    if not note:
        return last
    if last and len(last[0]) + len(note) + 1 <= MESSAGE_LIMIT:
        return [f"{last[0]}\n{note}".lstrip("\n")]
    return [*last, note]
