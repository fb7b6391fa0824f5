"""The card with the languages into which the notes of each channel are translated."""

from __future__ import annotations

from dataclasses import replace

import alluka
import hikari
import yuyo

from bot.answering.translating import Translator
from bot.errors import translatable as _
from bot.i18n.translation import language_name, translate
from bot.preferences.choices import MAX_TRANSLATIONS, GuildPreferences
from bot.preferences.preferences import Preferences
from bot.ui.component_router import ButtonExpiredError
from bot.ui.permissions import require
from bot.ui.screen import SNOWFLAKE, Screen
from extensions.settings.menus import offered_languages, secondary_button, select_menu
from extensions.settings.parts import SETTINGS_ID, TRANSLATIONS_ID, SettingsPart, TranslationsPart

screen = Screen()


TITLE = _("### Translations of voice notes")
ABOUT = _(
    "-# Below the words of each note that is in another language. Of a note of more than two minutes, what it is about "
    "and what is to be done is translated."
)
CANNOT = _(
    "⚠️ My chat model is a small demonstration and cannot translate. Until my host connects a better one, only English "
    "comes below a note, translated by the speech model."
)
CHANNEL = _("Channel")
LANGUAGES = _("<#{channel}> · up to two languages; choosing nothing ends the translations")
NO_LANGUAGES = _("not translated")
UP_TO_TWO = _("Up to two languages")
BACK = _("Back")


async def _drawn(
    interaction: hikari.ComponentInteraction, choices: GuildPreferences, translator: Translator, channel: int | None
) -> hikari.api.ContainerComponentBuilder:
    """The card, with a menu for the languages of ``channel`` or, if that is not transcribed, of the first channel that
    is.

    Raises:
        ButtonExpiredError: voice notes are not transcribed in any channel any more.
    """
    locale, channels = str(interaction.locale), sorted(choices.transcribed_channels)
    if not channels:
        raise ButtonExpiredError
    chosen = channel if channel in channels else channels[0]
    listed = [
        f"<#{one}> · {', '.join(language_name(code, locale) for code in codes)}"
        if (codes := choices.transcript_languages.get(one))
        else f"<#{one}> · {translate(NO_LANGUAGES, locale)}"
        for one in channels
    ]
    text = [translate(TITLE, locale), translate(ABOUT, locale), *listed]
    if choices.transcript_languages and not await translator.can_translate(interaction.guild_id):
        text.append(f"-# {translate(CANNOT, locale)}")
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display("\n".join(text))
    if len(channels) > 1:
        named = [(str(one), f"#{_name(interaction, one)}", one == chosen) for one in channels]
        card.add_action_row(
            [select_menu(f"{TRANSLATIONS_ID}:{TranslationsPart.PICK}", named, placeholder=translate(CHANNEL, locale))]
        )
    card.add_text_display(translate(LANGUAGES, locale, channel=chosen))
    languages = offered_languages(choices.transcript_languages.get(chosen, ()), locale)
    card.add_action_row(
        [
            select_menu(
                f"{TRANSLATIONS_ID}:{chosen}",
                languages,
                several=MAX_TRANSLATIONS,
                placeholder=translate(UP_TO_TWO, locale),
            )
        ]
    )
    card.add_action_row([secondary_button(f"{SETTINGS_ID}:{SettingsPart.BACK}", translate(BACK, locale))])
    return card


def _name(interaction: hikari.ComponentInteraction, channel: int) -> str:
    """The name of ``channel``, or its id if that is not known: Discord shows no mentions in a menu."""
    cache = interaction.app.cache if isinstance(interaction.app, hikari.CacheAware) else None
    known = None if cache is None else cache.get_guild_channel(channel) or cache.get_thread(channel)
    return str(channel) if known is None else str(known.name)


@screen.button(TRANSLATIONS_ID, state="|".join([*TranslationsPart, SNOWFLAKE]), values=f"{SNOWFLAKE}|[a-z]{{2,3}}")
async def change(
    context: yuyo.components.Context,
    preferences: alluka.Injected[Preferences],
    translator: alluka.Injected[Translator],
) -> None:
    """Show the card in place of the one that it was opened from, or apply what was chosen on it.

    Raises:
        NotPermittedError: the person may not manage the server, or not any more.
        ButtonExpiredError: there is nothing to choose any more.
    """
    interaction = context.interaction
    guild, what = require(interaction), context.id_metadata
    values = [str(value) for value in interaction.values]
    channel: int | None = None
    if what == TranslationsPart.PICK and values and values[0].isdecimal():
        channel = int(values[0])
    elif what.isdecimal():
        channel = int(what)
        codes = tuple(value for value in values if value.isalpha())[:MAX_TRANSLATIONS]
        await preferences.change_guild(guild, lambda before: _changed(before, int(what), codes))
    card = await _drawn(interaction, await preferences.guild(guild), translator, channel)
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)


def _changed(before: GuildPreferences, channel: int, codes: tuple[str, ...]) -> GuildPreferences:
    if channel not in before.transcribed_channels:
        return before
    others = {known: languages for known, languages in before.transcript_languages.items() if known != channel}
    return replace(before, transcript_languages=others | ({channel: codes} if codes else {}))
