"""Asking for confirmation before something that cannot be undone. The buttons hold who was asked and about what, so
that they still work after a restart."""

from __future__ import annotations

import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.permissions import ASKED, require_owner

KEEP_ID = "file-keep"
"""The same for all such questions. The name dates from when only files could be deleted, and stays because messages
with it are still out there."""
DELETE, KEEP = _("Delete"), _("Keep")
KEPT = _("Nothing was deleted.")


def confirmation_row(
    custom_id: str, asker: hikari.Snowflakeish, locale: str, *, about: str = "", label: str = DELETE
) -> hikari.api.MessageActionRowBuilder:
    """The two buttons: the one that confirms, labelled ``label``, is served as ``custom_id``, and the other one by this
    module.

    ``about``: what ``confirmed`` returns; together with ``custom_id`` at most 75 characters.
    """
    row = hikari.impl.MessageActionRowBuilder()
    confirm = f"{custom_id}:{asker}" + (f":{about}" if about else "")
    row.add_interactive_button(hikari.ButtonStyle.DANGER, confirm, label=translate(label, locale))
    return row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{KEEP_ID}:{asker}", label=translate(KEEP, locale))


def confirmed(context: yuyo.components.Context) -> str:
    """What the pressed button is about.

    Raises:
        NotPermittedError: another person was asked.
    """
    asker, _colon, about = context.id_metadata.partition(":")
    require_owner(context.interaction, int(asker), ASKED)
    return about


async def answer_question(context: yuyo.components.Context, text: str) -> None:
    """Replace the question and its buttons with ``text``."""
    await context.interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, text, components=[])


async def keep(context: yuyo.components.Context) -> None:
    """Leave everything as it is.

    Raises:
        NotPermittedError: another person was asked.
    """
    confirmed(context)
    await answer_question(context, translate(KEPT, str(context.interaction.locale)))
