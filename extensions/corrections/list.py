"""The list of corrections, page by page."""

from __future__ import annotations

from dataclasses import replace

import alluka
import hikari
import yuyo

from bot.corrections.correction import CorrectionState
from bot.corrections.rights import correction_actor
from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.pages import Page, page_of, turn_to
from bot.ui.permissions import Interaction, guild_of
from bot.ui.screen import NUMBER, Screen
from extensions.corrections.card import card_for
from extensions.corrections.text import correction_choices, one_line

screen = Screen()

CUSTOM_ID, OPEN_ID = "corrections-page", "corrections-open"
OPEN = _("Open one")
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
    """Page ``number``, counted from 1, of the corrections that the person may see; the buttons hold the page number and
    the state.

    Raises:
        OnServersOnlyError: they are not on a server.
    """
    locale, person = str(interaction.locale), await correction_actor(interaction, preferences)
    found, number, count = await corrections.page(guild_of(interaction), number, A_PAGE, person, state)
    if not found:
        return Page(translate(NONE_HERE, locale))
    heading, pages = f"**{translate(HEADING, locale, count=count)}**", -(-count // A_PAGE)
    lines = [one_line(correction, locale) for correction in found]
    custom_id = f"{CUSTOM_ID}:{state or _ALL}"
    page = page_of(heading, lines, number=number, pages=pages, custom_id=custom_id, locale=locale)
    row = hikari.impl.MessageActionRowBuilder()
    menu = row.add_text_menu(OPEN_ID, placeholder=translate(OPEN, locale))
    for label, value in correction_choices(found):
        menu.add_option(label, value)
    return replace(page, buttons=(row, *page.buttons))


@screen.button(OPEN_ID, values=NUMBER)
async def open_one(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
) -> None:
    """Show the card of the chosen correction, with the buttons that the person may use.

    Raises:
        NoSuchCorrectionError: it is gone.
    """
    interaction = context.interaction
    person = await correction_actor(interaction, preferences)
    correction = await corrections.get(guild_of(interaction), int(interaction.values[0]), person)
    card = await card_for(correction, corrections, person, str(interaction.locale))
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, component=card, flags=hikari.MessageFlag.EPHEMERAL,
        user_mentions=False, role_mentions=False,
    )  # fmt: skip


@screen.button(CUSTOM_ID, state=f"({'|'.join([_ALL, *CorrectionState])}):{NUMBER}")
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
