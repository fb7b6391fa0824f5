"""The buttons of corrections: to approve one, also in place of others, to reject it, and to edit it."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.correction import Correction
from bot.corrections.rights import correction_actor
from bot.corrections.service import CorrectionActor, Corrections
from bot.preferences.preferences import Preferences
from bot.ui.permissions import guild_of
from bot.ui.screen import NUMBER, ROW_ID, Screen
from extensions.corrections import form as correction_form
from extensions.corrections.card import APPROVE_ID, EDIT_ID, REJECT_ID, RETIRE_ID, card_for
from extensions.corrections.consent import open_form
from extensions.corrections.form import CorrectionForms
from extensions.corrections.reviews import Reviews

screen = Screen()


@screen.button(APPROVE_ID, state=f"{ROW_ID}:{NUMBER}")
async def approve(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
    reviews: alluka.Injected[Reviews],
) -> None:
    """Approve the text that the card shows.

    Raises:
        StarlingError: see ``Corrections.approve``.
    """
    await _approve(context, corrections, preferences, reviews)


@screen.button(RETIRE_ID, state=f"{ROW_ID}:{NUMBER}:{NUMBER}(,{NUMBER})*")
async def approve_and_retire(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
    reviews: alluka.Injected[Reviews],
) -> None:
    """Approve the text that the card shows, in place of the corrections that contradict it.

    Raises:
        StarlingError: see ``Corrections.approve``.
    """
    await _approve(context, corrections, preferences, reviews)


async def _approve(
    context: yuyo.components.Context, corrections: Corrections, preferences: Preferences, reviews: Reviews
) -> None:
    interaction = context.interaction
    guild, person = guild_of(interaction), await correction_actor(interaction, preferences)
    id_, revision, numbers = f"{context.id_metadata}:".split(":")[:3]
    retiring = [int(number) for number in numbers.split(",") if number]
    approval = await corrections.approve(guild, id_, person, int(revision), retiring=retiring)
    await _redraw(context, approval.correction, corrections, person)
    await reviews.decided(approval.correction, interaction)
    for retired in approval.retired:
        await reviews.show(retired, str(interaction.guild_locale or interaction.locale))


@screen.button(REJECT_ID, state=f"{ROW_ID}:{NUMBER}")
async def reject(
    context: yuyo.components.Context,
    corrections: alluka.Injected[Corrections],
    preferences: alluka.Injected[Preferences],
    reviews: alluka.Injected[Reviews],
) -> None:
    """Reject the text that the card shows.

    Raises:
        StarlingError: see ``Corrections.reject``.
    """
    interaction = context.interaction
    guild, person = guild_of(interaction), await correction_actor(interaction, preferences)
    id_, _colon, revision = context.id_metadata.partition(":")
    rejected = await corrections.reject(guild, id_, person, int(revision))
    await _redraw(context, rejected, corrections, person)
    await reviews.decided(rejected, interaction)


@screen.button(EDIT_ID, state=ROW_ID)
async def edit(context: yuyo.components.Context, forms: alluka.Injected[CorrectionForms]) -> None:
    """Open the form for a new text.

    Raises:
        StarlingError: see ``CorrectionForms.form``.
    """
    await open_form(context.interaction, correction_form.edit(context.id_metadata), forms)


async def _redraw(
    context: yuyo.components.Context, correction: Correction, corrections: Corrections, person: CorrectionActor
) -> None:
    card = await card_for(correction, corrections, person, str(context.interaction.locale))
    await context.interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, component=card, user_mentions=False, role_mentions=False
    )
