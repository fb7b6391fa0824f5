"""The list of corrections, page by page."""

from __future__ import annotations

import alluka
import yuyo

from bot.corrections.correction import CorrectionState
from bot.corrections.rights import correction_actor
from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.pages import Page, page_of, turn_to
from bot.ui.permissions import Interaction, guild_of
from bot.ui.screen import Screen
from extensions.corrections.text import one_line

screen = Screen()

CUSTOM_ID = "corrections-page"
NONE_HERE = _("There are no corrections to show here. Choose Correct this reply in the menu of one of my answers.")
HEADING = _("Corrections: {count}")
A_PAGE = 8
_ALL = "all"


async def page_of_corrections(
    interaction: Interaction,
    corrections: Corrections,
    preferences: Preferences,
    number: int,
    state: CorrectionState | None,
) -> Page:
    """Page ``number`` from 1, of what the person may see; the buttons hold the number and the state.

    Raises:
        OnServersOnlyError: it is no server.
    """
    locale, person = str(interaction.locale), await correction_actor(interaction, preferences)
    found, number, count = await corrections.page(guild_of(interaction), number, A_PAGE, person, state)
    if not found:
        return Page(translate(NONE_HERE, locale))
    heading, pages = f"**{translate(HEADING, locale, count=count)}**", -(-count // A_PAGE)
    lines = [one_line(correction, locale) for correction in found]
    custom_id = f"{CUSTOM_ID}:{state or _ALL}"
    return page_of(heading, lines, number=number, pages=pages, custom_id=custom_id, locale=locale)


@screen.button(CUSTOM_ID)
async def turn_page(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Show the page that the button is for."""
    kept, _colon, number = context.id_metadata.partition(":")
    state = next((each for each in CorrectionState if each == kept), None)
    page = await page_of_corrections(context.interaction, corrections, preferences, int(number), state)
    await turn_to(context, page)
