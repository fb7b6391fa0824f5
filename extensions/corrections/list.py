"""The list of corrections, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import alluka
import hikari
import yuyo

from bot.corrections.rights import person_of
from bot.corrections.service import Corrections
from bot.corrections.store import STATES, State
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.permissions import Interaction, guild_of
from bot.ui.screen import Screen
from extensions.corrections.text import one_line
from extensions.files.list import NEWER, OLDER, PAGE

screen = Screen()

CUSTOM_ID = "corrections-page"
NONE_HERE = _("There are no corrections to show here. Choose Correct this reply in the menu of one of my answers.")
HEADING = _("Corrections: {count}")
A_PAGE = 8
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Page:
    """A message with a part of the list."""

    text: str
    buttons: Sequence[hikari.api.ComponentBuilder]


async def page_of(
    interaction: Interaction, corrections: Corrections, preferences: Preferences, number: int, state: State | None
) -> Page:
    """Page ``number`` from 1, of what the person may see; the buttons hold the number and the state.

    Raises:
        OnServersOnlyError: it is no server.
    """
    locale, person = str(interaction.locale), await person_of(interaction, preferences)
    found, number, count = await corrections.page(guild_of(interaction), number, A_PAGE, person, state)
    if not found:
        return Page(translate(NONE_HERE, locale), ())
    heading, pages = f"**{translate(HEADING, locale, count=count)}**", -(-count // A_PAGE)
    lines = [one_line(correction, locale) for correction in found]
    if pages == 1:
        return Page("\n".join([heading, *lines]), ())
    heading = f"{heading} · {translate(PAGE, locale, page=number, pages=pages)}"
    row = hikari.impl.MessageActionRowBuilder()
    for label, to, there in ((NEWER, number - 1, number > 1), (OLDER, number + 1, number < pages)):
        custom_id = f"{CUSTOM_ID}:{state or _ALL}:{to}"
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY, custom_id, label=translate(label, locale), is_disabled=not there
        )
    return Page("\n".join([heading, *lines]), (row,))


@screen.button(CUSTOM_ID)
async def turn_page(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Show the page that the button is for."""
    kept, _colon, number = context.id_metadata.partition(":")
    state = next((each for each in STATES if each == kept), None)
    page = await page_of(context.interaction, corrections, preferences, int(number), state)
    await context.interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, page.text, components=page.buttons, user_mentions=False
    )
