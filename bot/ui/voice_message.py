"""Spoken answers as Discord messages."""

from __future__ import annotations

import base64

import hikari
import structlog

from audio import Speech

log = structlog.get_logger()


class NothingToReplyToError(Exception):
    """Raised when the message that a voice message answers was deleted, so that nobody waits to hear it."""


FILENAME = "voice-message.ogg"

_REFUSED = (50013, 50173)
"""Discord's codes for a missing permission: any, and SEND_VOICE_MESSAGES."""


def file_of(speech: Speech) -> hikari.Bytes:
    """The upload. The type is given, not guessed: Discord keeps duration and waveform of ``audio/*`` alone."""
    return hikari.Bytes(speech.ogg, FILENAME, "audio/ogg")


def waveform_of(speech: Speech) -> str:
    """The waveform as Discord takes it."""
    return base64.b64encode(speech.waveform).decode()


async def post(
    rest: hikari.api.RESTClient,
    channel: hikari.SnowflakeishOr[hikari.TextableChannel],
    speech: Speech,
    *,
    reply_to: hikari.SnowflakeishOr[hikari.PartialMessage],
) -> hikari.Message:
    """Post ``speech`` as a native voice message, or as an audio file where voice messages are not allowed.

    Raises:
        NothingToReplyToError: ``reply_to`` was deleted.
        hikari.ForbiddenError: neither is allowed.
        hikari.NotFoundError: the channel is gone.
    """
    try:
        return await _post(rest, channel, speech, reply_to)
    except hikari.BadRequestError as error:
        if "message_reference" in (error.errors or {}):
            raise NothingToReplyToError from error
        raise


async def _post(
    rest: hikari.api.RESTClient,
    channel: hikari.SnowflakeishOr[hikari.TextableChannel],
    speech: Speech,
    reply_to: hikari.SnowflakeishOr[hikari.PartialMessage],
) -> hikari.Message:
    try:
        return await rest.create_voice_message(
            channel, file_of(speech), waveform_of(speech), round(speech.duration_s, 3),
            reply=reply_to, mentions_reply=False,
        )  # fmt: skip
    except hikari.ForbiddenError as error:
        if error.code not in _REFUSED:
            raise
        log.info("voice messages not allowed here, posting a file", channel=int(channel))
    return await rest.create_message(channel, attachment=file_of(speech), reply=reply_to, mentions_reply=False)


async def defer(
    interaction: hikari.CommandInteraction | hikari.ComponentInteraction, *, ephemeral: bool = False
) -> None:
    """Promise a voice message: the answer is an edit, and an edit cannot set the flag, so the deferral must."""
    flags = hikari.MessageFlag.IS_VOICE_MESSAGE | (
        hikari.MessageFlag.EPHEMERAL if ephemeral else hikari.MessageFlag.NONE
    )
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=flags)


async def keep_promise(interaction: hikari.CommandInteraction | hikari.ComponentInteraction, speech: Speech) -> None:
    """Put ``speech`` into the promised voice message.

    Raises:
        hikari.UnauthorizedError: the interaction is older than 15 minutes.
    """
    await interaction.app.rest.edit_interaction_voice_message_response(
        interaction.application_id, interaction.token, file_of(speech), waveform_of(speech),
        round(speech.duration_s, 3),
    )  # fmt: skip
