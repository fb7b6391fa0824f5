"""Lists that people turn the pages of, by buttons that hold the number of the page and outlive a restart."""

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
    """A message with a part of a list."""

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
    """Page ``number``, counted from 1, with the ``lines`` that stand on it, and buttons to its neighbours if there are
    several ``pages``.

    The buttons have ``custom_id``, a colon and the number of the page that they lead to; ``labels`` are of the one
    before and the one behind.
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
    """Show ``page`` in the place of the one whose button was pressed; it mentions nobody."""
    await context.interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, page.text, components=page.buttons, attachments=page.attachments,
        user_mentions=False, role_mentions=False, mentions_everyone=False,
    )  # fmt: skip
