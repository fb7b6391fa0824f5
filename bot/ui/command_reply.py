"""Answering a command whatever state its interaction is in."""

from __future__ import annotations

from collections.abc import Sequence

import hikari
import lightbulb
import structlog

from bot.errors import translatable as _
from bot.i18n.translation import translate

log = structlog.get_logger()

TOO_LATE = _("This took longer than Discord lets a command wait, so here is the answer as a message:")

_TOKEN_EXPIRED = 50027
_UNKNOWN = frozenset({10015, 10062})
"""Discord's codes for a webhook or an interaction that it no longer knows."""


def locale_of(context: lightbulb.Context | hikari.CommandInteraction | hikari.AutocompleteInteraction) -> str:
    """The locale of the user who called."""
    interaction = context.interaction if isinstance(context, lightbulb.Context) else context
    return str(interaction.locale)


async def respond(
    context: lightbulb.Context,
    text: str = "",
    *,
    attachment: hikari.UndefinedOr[hikari.Resourceish] = hikari.UNDEFINED,
    attachments: hikari.UndefinedOr[Sequence[hikari.Resourceish]] = hikari.UNDEFINED,
    components: hikari.UndefinedOr[Sequence[hikari.api.ComponentBuilder]] = hikari.UNDEFINED,
    ephemeral: bool = False,
) -> None:
    """Answer ``context``: as its first response, as the end of its deferral, or, when its token has expired, by a
    message in the channel or a direct message.

    ``text`` has at most 2000 characters. Only an ephemeral answer is never shown to others: it is sent as a direct
    message when the token has expired.

    Raises:
        hikari.HTTPError: Discord refuses every way.
    """
    flags = hikari.MessageFlag.EPHEMERAL if ephemeral else hikari.MessageFlag.NONE
    content = text or hikari.UNDEFINED
    files = [attachment] if attachment is not hikari.UNDEFINED else attachments
    try:
        await context.respond(
            content, attachments=files, components=components, flags=flags,
            user_mentions=False, role_mentions=False, mentions_everyone=False,
        )  # fmt: skip
    except (hikari.UnauthorizedError, hikari.NotFoundError) as error:
        if error.code != _TOKEN_EXPIRED and error.code not in _UNKNOWN:
            raise
        log.info("interaction expired, answering by a message", code=error.code)
        await _answer_late(context, text, files, components, ephemeral=ephemeral)


async def _answer_late(
    context: lightbulb.Context,
    text: str,
    files: hikari.UndefinedOr[Sequence[hikari.Resourceish]],
    components: hikari.UndefinedOr[Sequence[hikari.api.ComponentBuilder]],
    *,
    ephemeral: bool,
) -> None:
    heading = f"{context.user.mention} {translate(TOO_LATE, locale_of(context))}"
    fits = f"{heading}\n{text}"[:2000]
    rest = context.client.rest
    if not ephemeral and context.guild_id is not None:
        try:
            await rest.create_message(
                context.channel_id, fits, attachments=files, components=components,
                user_mentions=[context.user.id], role_mentions=False, mentions_everyone=False,
            )  # fmt: skip
        except (hikari.ForbiddenError, hikari.NotFoundError):
            log.info("may not write in the channel, sending a direct message", channel=int(context.channel_id))
        else:
            return
    direct = await rest.create_dm_channel(context.user.id)
    await rest.create_message(direct, fits, attachments=files, components=components, user_mentions=False)
