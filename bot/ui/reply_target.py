"""Where the messages of a reply are posted: a channel, or the answer to a command."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import hikari

from audio import Speech
from bot.ui import voice_message
from bot.ui.nonce import fresh_nonce
from bot.ui.pace import Pace, pace_of


class ReplyGoneError(Exception):
    """Raised when the message that is being edited was deleted: nobody waits for the answer any more."""


class Extras(NamedTuple):
    """What a message of a reply has besides text."""

    file: hikari.UndefinedOr[hikari.Bytes] = hikari.UNDEFINED
    row: hikari.UndefinedNoneOr[hikari.api.ComponentBuilder] = hikari.UNDEFINED
    """The buttons below it; None removes those that are there."""


NO_EXTRAS = Extras()

MAX_UNSURE = 32
"""More messages than a reply ever has."""


class ReplyTarget(Protocol):
    """Posts, edits and deletes the messages of one reply."""

    @property
    def pace(self) -> Pace | None:
        """The pace that its requests keep; None if they are not limited."""

    async def post(self, index: int, text: str, extras: Extras, first: hikari.Snowflake | None) -> hikari.Snowflake:
        """Post message number ``index``, counted from 0; ``first`` is the id of number 0, once there is one."""

    async def edit(self, message: hikari.Snowflake, text: str, extras: Extras) -> None:
        """Replace the content of ``message``.

        Raises:
            ReplyGoneError: it was deleted.
        """

    async def delete(self, message: hikari.Snowflake) -> None:
        """Delete ``message``."""

    async def speak(self, speech: Speech, first: hikari.Snowflake) -> hikari.Snowflake:
        """Post ``speech`` as an answer to the reply's first message.

        Raises:
            ReplyGoneError: the reply was deleted.
            hikari.ForbiddenError: neither voice messages nor files may be posted here.
        """


class ChannelTarget:
    """Replies to a message in its channel."""

    def __init__(
        self,
        rest: hikari.api.RESTClient,
        channel: hikari.Snowflakeish,
        message: hikari.Snowflakeish,
        asker: hikari.Snowflakeish,
        *,
        nonce: str,
        is_repeated: bool = False,
        spoken: int = 0,
        pings: bool = True,
    ) -> None:
        """``message`` is the one that is answered; ``asker`` is the only one whom the answer may ping, if it ``pings``
        anybody. ``nonce`` (at most 21 characters) makes posting safe to repeat. ``is_repeated``: whether there was an
        earlier attempt, which may have posted messages that it could not record. ``spoken``: how many voice messages
        were posted and then deleted."""
        self._spoken = spoken
        self._pings = pings
        self._rest = rest
        self._channel = hikari.Snowflake(channel)
        self._message = hikari.Snowflake(message)
        self._asker = hikari.Snowflake(asker)
        self._nonce = nonce
        self._unsure: set[int] = set(range(MAX_UNSURE)) if is_repeated else set()
        """The numbers of messages that may have been posted although no response came."""

    async def post(self, index: int, text: str, extras: Extras, first: hikari.Snowflake | None) -> hikari.Snowflake:
        unsure = index in self._unsure
        self._unsure.add(index)
        message = await self._create(index, text, extras, first)
        self._unsure.discard(index)
        if unsure:
            # If this was posted before, Discord has returned that message for the nonce, and its text is an older one.
            await self.edit(message, text, extras if extras.row else extras._replace(row=None))
        return message

    @property
    def pace(self) -> Pace | None:
        return pace_of(self._rest)

    async def _create(self, index: int, text: str, extras: Extras, first: hikari.Snowflake | None) -> hikari.Snowflake:
        message = await self._rest.create_message(
            self._channel,
            text,
            attachment=extras.file,
            component=extras.row or hikari.UNDEFINED,
            reply=self._message if first is None else first,
            mentions_reply=first is None and self._pings,
            user_mentions=[self._asker] if self._pings else False,
            role_mentions=False,
            mentions_everyone=False,
            nonce=f"{self._nonce}{index}",
        )
        return message.id

    async def edit(self, message: hikari.Snowflake, text: str, extras: Extras) -> None:
        try:
            await self._rest.edit_message(
                self._channel,
                message,
                text,
                attachment=extras.file,
                component=extras.row,
                user_mentions=[self._asker] if self._pings else False,
                role_mentions=False,
                mentions_everyone=False,
            )
        except hikari.NotFoundError as error:
            raise ReplyGoneError from error

    async def delete(self, message: hikari.Snowflake) -> None:
        await self._rest.delete_message(self._channel, message)

    async def speak(self, speech: Speech, first: hikari.Snowflake) -> hikari.Snowflake:
        nonce = f"{self._nonce}v{self._spoken}"
        self._spoken += 1
        try:
            return (await voice_message.post(self._rest, self._channel, speech, reply_to=first, nonce=nonce)).id
        except voice_message.NothingToReplyToError as error:
            raise ReplyGoneError from error


class InteractionTarget:
    """Answers a deferred command, button or form. Discord accepts such answers for 15 minutes, and does not count them
    against its global rate limit."""

    pace = None

    def __init__(
        self,
        interaction: hikari.CommandInteraction | hikari.ModalInteraction | hikari.ComponentInteraction,
        *,
        private: bool,
    ) -> None:
        """``private``: whether only the person who called sees it."""
        self._interaction = interaction
        self._private = private

    async def post(self, index: int, text: str, extras: Extras, first: hikari.Snowflake | None) -> hikari.Snowflake:
        row = extras.row or hikari.UNDEFINED
        if first is None:
            message = await self._interaction.edit_initial_response(
                text, attachment=extras.file, component=row,
                user_mentions=False, role_mentions=False, mentions_everyone=False,
            )  # fmt: skip
        else:
            message = await self._interaction.execute(
                text, attachment=extras.file, component=row, flags=self._flags,
                user_mentions=False, role_mentions=False, mentions_everyone=False,
            )  # fmt: skip
        return message.id

    async def edit(self, message: hikari.Snowflake, text: str, extras: Extras) -> None:
        try:
            await self._interaction.edit_message(
                message, text, attachment=extras.file, component=extras.row,
                user_mentions=False, role_mentions=False, mentions_everyone=False,
            )  # fmt: skip
        except hikari.NotFoundError as error:
            raise ReplyGoneError from error

    async def delete(self, message: hikari.Snowflake) -> None:
        await self._interaction.delete_message(message)

    async def speak(self, speech: Speech, first: hikari.Snowflake) -> hikari.Snowflake:
        """An interaction's answer cannot carry a voice message besides its text, so the voice message is posted in the
        channel if the bot may do so, and sent as an audio file otherwise."""
        interaction = self._interaction
        native = hikari.Permissions.SEND_VOICE_MESSAGES & (interaction.app_permissions or hikari.Permissions.NONE)
        if native and not self._private and interaction.guild_id is not None:
            try:
                return (
                    await voice_message.post(
                        interaction.app.rest, interaction.channel_id, speech, reply_to=first, nonce=fresh_nonce()
                    )
                ).id
            except voice_message.NothingToReplyToError as error:
                raise ReplyGoneError from error
            except (hikari.ForbiddenError, hikari.NotFoundError):
                pass  # installed by a user only: the bot is not in this channel
        return (await interaction.execute(attachment=voice_message.file_of(speech), flags=self._flags)).id

    @property
    def _flags(self) -> hikari.MessageFlag:
        return hikari.MessageFlag.EPHEMERAL if self._private else hikari.MessageFlag.NONE
