"""Spoken answers as Discord messages."""

from __future__ import annotations

import base64

import hikari
import structlog
from hikari.internal import routes

from audio import Speech

log = structlog.get_logger()


class NothingToReplyToError(Exception):
    """Raised when the message that a voice message answers was deleted, so that nobody waits to hear it."""


FILENAME = "voice-message.ogg"

_REFUSED = (50013, 50173)
"""Discord's codes for a missing permission: any permission, and SEND_VOICE_MESSAGES."""


def file_of(speech: Speech) -> hikari.Bytes:
    """The file to upload. Its type is given, not guessed: Discord keeps the duration and waveform of ``audio/*``
    only."""
    return hikari.Bytes(speech.ogg, FILENAME, "audio/ogg")


def waveform_of(speech: Speech) -> str:
    """The waveform as Discord expects it."""
    return base64.b64encode(speech.waveform).decode()


async def post(
    rest: hikari.api.RESTClient,
    channel: hikari.SnowflakeishOr[hikari.TextableChannel],
    speech: Speech,
    *,
    reply_to: hikari.SnowflakeishOr[hikari.PartialMessage],
    nonce: str,
) -> hikari.Message:
    """Post ``speech`` as a native voice message, or as an audio file where voice messages are not allowed.

    ``nonce`` (at most 25 characters) makes it safe to repeat.

    Raises:
        NothingToReplyToError: ``reply_to`` was deleted.
        hikari.ForbiddenError: neither is allowed.
        hikari.NotFoundError: the channel is gone.
    """
    try:
        return await _post(rest, channel, speech, hikari.Snowflake(reply_to), nonce)
    except hikari.BadRequestError as error:
        if "message_reference" in (error.errors or {}):
            raise NothingToReplyToError from error
        raise


async def _post(
    rest: hikari.api.RESTClient,
    channel: hikari.SnowflakeishOr[hikari.TextableChannel],
    speech: Speech,
    reply_to: hikari.Snowflake,
    nonce: str,
) -> hikari.Message:
    try:
        return await _post_native(rest, channel, speech, reply_to, nonce)
    except hikari.ForbiddenError as error:
        if error.code not in _REFUSED:
            raise
        log.info("voice messages not allowed here, posting a file", channel=int(channel))
    return await rest.create_message(
        channel, attachment=file_of(speech), reply=reply_to, mentions_reply=False, nonce=nonce
    )


async def _post_native(
    rest: hikari.api.RESTClient,
    channel: hikari.SnowflakeishOr[hikari.TextableChannel],
    speech: Speech,
    reply_to: hikari.Snowflake,
    nonce: str,
) -> hikari.Message:
    """hikari's own ``create_voice_message`` takes no nonce, and repeats a request that failed after Discord had carried
    it out. The rest of hikari's code for it is used as it is."""
    assert isinstance(rest, hikari.impl.RESTClientImpl)
    body, form = rest._build_voice_message_payload(
        attachment=file_of(speech), waveform=waveform_of(speech), duration=round(speech.duration_s, 3),
        reply=reply_to, mentions_reply=False,
    )  # fmt: skip
    body.put("nonce", nonce)
    body.put("enforce_nonce", True)
    form.add_field("payload_json", rest._dumps(body), content_type="application/json")
    posted = await rest._request(routes.POST_CHANNEL_MESSAGES.compile(channel=channel), form_builder=form)
    assert isinstance(posted, dict)
    return rest.entity_factory.deserialize_message(posted)


async def defer(
    interaction: hikari.CommandInteraction | hikari.ComponentInteraction, *, ephemeral: bool = False
) -> None:
    """Defer an answer that will be a voice message: the answer is an edit, which cannot set the flag, so the deferral
    must."""
    flags = hikari.MessageFlag.IS_VOICE_MESSAGE | (
        hikari.MessageFlag.EPHEMERAL if ephemeral else hikari.MessageFlag.NONE
    )
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=flags)


async def keep_promise(interaction: hikari.CommandInteraction | hikari.ComponentInteraction, speech: Speech) -> None:
    """Complete the deferred voice message with ``speech``.

    Raises:
        hikari.UnauthorizedError: the interaction is older than 15 minutes.
    """
    await interaction.app.rest.edit_interaction_voice_message_response(
        interaction.application_id, interaction.token, file_of(speech), waveform_of(speech),
        round(speech.duration_s, 3),
    )  # fmt: skip
