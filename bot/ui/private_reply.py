"""Answering a button or a form so that only the person who used it sees the answer."""

from __future__ import annotations

import hikari
import structlog

from bot.ui.error_report import report_error
from bot.ui.splitting import MESSAGE_LIMIT

log = structlog.get_logger()

_ACKNOWLEDGED = 40060
"""Discord's code for an interaction that was already answered."""


async def answer_privately(interaction: hikari.ComponentInteraction | hikari.ModalInteraction, text: str) -> None:
    """Answer with ``text``, cut to the length of a message; it pings nobody.

    Raises:
        hikari.HTTPError: Discord refuses it.
    """
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, text[:MESSAGE_LIMIT], flags=hikari.MessageFlag.EPHEMERAL,
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip


async def private_text(interaction: hikari.ComponentInteraction, text: str, *, file_name: str) -> None:
    """Complete a deferred answer with ``text``, as a file named ``file_name`` if it is too long for a message.

    Raises:
        hikari.HTTPError: Discord refuses it.
    """
    if len(text) <= MESSAGE_LIMIT:
        await interaction.edit_initial_response(text, user_mentions=False, role_mentions=False, mentions_everyone=False)
        return
    file = hikari.Bytes(text.encode(), file_name, "text/plain; charset=utf-8")
    await interaction.edit_initial_response(attachment=file)


async def report_error_privately(
    interaction: hikari.ComponentInteraction | hikari.ModalInteraction, error: Exception
) -> None:
    """Tell the person what went wrong, whether or not the interaction was already answered."""
    report = report_error(
        error,
        str(interaction.locale),
        used=interaction.custom_id,
        interaction=interaction.id,
        user=interaction.user.id,
        channel=interaction.channel_id,
    )
    try:
        try:
            await answer_privately(interaction, report.text)
        except hikari.BadRequestError as refusal:
            if refusal.code != _ACKNOWLEDGED:
                raise
            await interaction.execute(report.text, flags=hikari.MessageFlag.EPHEMERAL)
    except hikari.HTTPError as unsent:
        log.warning("could not notify the person", reference=report.reference, why=str(unsent))
