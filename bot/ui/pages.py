"""Paged lists, whose buttons hold the page number, so that they still work after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import hikari
import yuyo

from bot.errors import translatable as _
from bot.i18n.translation import translate

NEWER, OLDER = _("Newer"), _("Older")
PAGE = _("page {page} of {pages}")


@dataclass(frozen=True, slots=True)
class Page:
    """A message with one page of a list."""

    text: str
    buttons: Sequence[hikari.api.ComponentBuilder] = ()
    attachments: Sequence[hikari.Bytes] = ()


def page_of(
    heading: str,
    lines: Sequence[str],
    *,
    number: int,
    pages: int,
    custom_id: str,
    locale: str,
    labels: tuple[str, str] = (NEWER, OLDER),
) -> Page:
    """Page ``number``, counted from 1, with its ``lines``, and buttons to the neighbouring pages if there are several
    ``pages``.

    A button's custom id is ``custom_id``, a colon and the number of the page it leads to; ``labels`` are for the
    previous and the next page.
    """
    if pages < 2:
        return Page("\n".join([heading, *lines]))
    row = hikari.impl.MessageActionRowBuilder()
    for label, to in zip(labels, (number - 1, number + 1), strict=True):
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY,
            f"{custom_id}:{to}",
            label=translate(label, locale),
            is_disabled=not 1 <= to <= pages,
        )
    heading = f"{heading} · {translate(PAGE, locale, page=number, pages=pages)}"
    return Page("\n".join([heading, *lines]), (row,))


async def turn_to(context: yuyo.components.Context, page: Page) -> None:
    """Replace the page whose button was pressed with ``page``; it pings nobody."""
    await context.interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, page.text, components=page.buttons, attachments=page.attachments,
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip
