"""Answering a command, whatever state its interaction is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import hikari
import lightbulb
import structlog
from hikari.components import COMPONENT_V2_TYPES

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.nonce import fresh_nonce
from bot.ui.splitting import MESSAGE_LIMIT

log = structlog.get_logger()

TOO_LATE = _("This took longer than Discord lets a command wait, so here is the answer as a message:")

MAX_CARD_COMPONENTS, MAX_CARD_CHARS = 40, 4000
"""The limits of one message of Components V2; the characters are those of all its texts together."""

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
    """Answer ``context``: as its first response, by completing its deferral or, once its token has expired, with a
    message in the channel or a direct message.

    ``text`` has at most 2000 characters. An ephemeral answer is never shown to others: once the token has expired, it
    is sent as a direct message.

    Raises:
        hikari.HTTPError: Discord refuses all of these.
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
        _require_expired(error)
        await _answer_late(context, text, files, components, ephemeral=ephemeral)


async def post_card(
    context: lightbulb.Context, card: hikari.api.ComponentBuilder, *, ephemeral: bool = False
) -> hikari.Message:
    """Complete the deferral of ``context``, or replace what is shown there, with a card; once the token has expired,
    post the card as a message instead. Return the message that has it. ``ephemeral``: whether the deferral was
    ephemeral.

    Raises:
        hikari.HTTPError: Discord refuses all of these.
    """
    try:
        return await context.interaction.edit_initial_response(
            None, component=card, user_mentions=False, role_mentions=False, mentions_everyone=False
        )
    except (hikari.UnauthorizedError, hikari.NotFoundError) as error:
        _require_expired(error)
        return await _answer_late(context, "", hikari.UNDEFINED, [card], ephemeral=ephemeral)


def _require_expired(error: hikari.ClientHTTPResponseError) -> None:
    """Raise ``error`` unless it says that the interaction's token has expired."""
    if error.code != _TOKEN_EXPIRED and error.code not in _UNKNOWN:
        raise error
    log.info("interaction expired, answering with a message", code=error.code)


async def _answer_late(
    context: lightbulb.Context,
    text: str,
    files: hikari.UndefinedOr[Sequence[hikari.Resourceish]],
    components: hikari.UndefinedOr[Sequence[hikari.api.ComponentBuilder]],
    *,
    ephemeral: bool,
) -> hikari.Message:
    """Post the answer in the channel or, if it is ephemeral or may not be posted there, as a direct message; return
    that message."""
    heading = f"{context.user.mention} {translate(TOO_LATE, locale_of(context))}"
    rest = context.client.rest
    if not ephemeral and context.guild_id is not None:
        try:
            pings = [context.user.id]
            return await _post_late(rest, context.channel_id, heading, text, files, components, pings=pings)
        except (hikari.ForbiddenError, hikari.NotFoundError):
            log.info("not allowed to write in the channel, sending a direct message", channel=context.channel_id)
    direct = await rest.create_dm_channel(context.user.id)
    return await _post_late(rest, direct.id, heading, text, files, components, pings=[])


async def _post_late(
    rest: hikari.api.RESTClient,
    channel: hikari.Snowflake,
    heading: str,
    text: str,
    files: hikari.UndefinedOr[Sequence[hikari.Resourceish]],
    components: hikari.UndefinedOr[Sequence[hikari.api.ComponentBuilder]],
    *,
    pings: Sequence[hikari.Snowflake],
) -> hikari.Message:
    """Post the answer below ``heading``, in two messages if one has no room for both; return the last."""
    parts = list(components or ())
    is_card = any(part.type in COMPONENT_V2_TYPES for part in parts)
    content: hikari.UndefinedOr[str] = f"{heading}\n{text}" if text else heading
    fits = len(heading) + 1 + len(text) <= MESSAGE_LIMIT
    if is_card:
        # A message of Components V2 has no content: its heading is a component, and counts as one.
        content = hikari.UNDEFINED
        fits = _has_room(parts, heading)
        if fits:
            parts.insert(0, hikari.impl.TextDisplayComponentBuilder(content=heading))
    if not fits:
        await rest.create_message(
            channel, heading, user_mentions=pings, role_mentions=False, mentions_everyone=False, nonce=fresh_nonce()
        )
        content = text or hikari.UNDEFINED
    return await rest.create_message(
        channel, content, attachments=files, components=parts or hikari.UNDEFINED,
        user_mentions=pings, role_mentions=False, mentions_everyone=False, nonce=fresh_nonce(),
    )  # fmt: skip


def _has_room(card: Sequence[hikari.api.ComponentBuilder], heading: str) -> bool:
    """Whether ``card`` leaves room for a text display with ``heading`` above it."""
    components, chars = 1, len(heading)
    waiting: list[object] = [part.build()[0] for part in card]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            components += "type" in part
            chars += len(part.get("content", ""))
            waiting += [part.get("components", ()), part.get("accessory")]
        elif isinstance(part, Sequence):
            waiting += part
    return components <= MAX_CARD_COMPONENTS and chars <= MAX_CARD_CHARS
