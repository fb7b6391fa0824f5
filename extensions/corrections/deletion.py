"""Deleting a correction, after the person has confirmed it."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.correction import Correction
from bot.corrections.rights import correction_actor
from bot.corrections.service import Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.storage.file_names import shown
from bot.training.remaining import what_remains
from bot.training.withdrawn import WithdrawnExamples
from bot.ui.confirmation import confirmation_row, confirmed
from bot.ui.permissions import guild_of
from bot.ui.screen import ROW_ID, SNOWFLAKE, Screen
from extensions.corrections.text import first_words

screen = Screen()

CUSTOM_ID = "correction-delete"
QUESTION = _("Delete correction #{number} ({words})? Its text is deleted from datasets too. This cannot be undone.")
DELETED = _("Correction #{number} is deleted. Examples removed from datasets: {count}.")


def question(correction: Correction, locale: str) -> str:
    """The question that is asked before ``correction`` is deleted."""
    words = shown(first_words(correction.prompt), 60)
    return translate(QUESTION, locale, number=correction.number, words=words)


def buttons(correction: Correction, asker: hikari.Snowflakeish, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The two buttons; the one that confirms holds the correction's id."""
    return confirmation_row(CUSTOM_ID, asker, locale, about=correction.id)


@screen.button(CUSTOM_ID, state=f"{SNOWFLAKE}:{ROW_ID}")
async def delete(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
    withdrawn: alluka.Injected[WithdrawnExamples],
) -> None:
    """Delete the correction.

    Raises:
        NotPermittedError: another person was asked.
        NoSuchCorrectionError: it is already gone, or the person may not see it.
    """
    interaction = context.interaction
    locale = str(interaction.locale)
    id_ = confirmed(context)
    person, guild = await correction_actor(interaction, preferences), guild_of(interaction)
    await corrections.by_id(guild, id_, person)
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    before, removed = await corrections.withdraw(guild, id_, person)
    lines = [translate(DELETED, locale, number=before.number, count=removed.examples)]
    lines += what_remains(removed, await withdrawn.models_of(removed.learned), locale)
    await interaction.edit_initial_response("\n".join(lines), components=[])
