"""Asking for someone's agreement before anything that they write is kept."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import alluka
import hikari
import yuyo

from bot.corrections.consents import TEXT, ConsentStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.screen import Screen
from extensions.corrections.form import ASKED, SHOULD_BE, WRITTEN, CorrectionForms
from extensions.corrections.keeping import Keeping
from extensions.corrections.reviews import Answered

screen = Screen()

AGREE_ID, GIVE_ID, REFUSE_ID = "consent-agree", "consent-give", "consent-refuse"
AGREE_NAMED_ID, GIVE_NAMED_ID = "consent-agree-named", "consent-give-named"
TITLE = _("### Before I learn from you")
AGREE, REFUSE = _("I agree"), _("No")
AGREE_NAMED = _("I agree, and name me in /leaderboard")
NOTHING_KEPT = _("Nothing was kept.")
THANKS = _("Thank you for agreeing. Now send the file once more.")
AGREED = _("Thank you for agreeing.")


class Unwritten(StrEnum):
    """What somebody agrees to when there is no form to fill in; custom ids hold it in place of the form."""

    FILE = "file"
    """Teaching from a file."""
    VOTE = "vote"
    """Letting an answer be learned from."""


_AGREED_FOR = "|".join([*Unwritten, WRITTEN])


def consent_card(
    asked: str, locale: str, answer: str = "", prompt: str | None = None
) -> hikari.api.ContainerComponentBuilder:
    """What is done with a person's text, and three buttons. ``asked`` is the form that opens once the person agrees or,
    if they have already written ``answer`` to ``prompt``, the form that this counts as."""
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display(f"{translate(TITLE, locale)}\n{translate(TEXT, locale)}")
    # This is read back from the card: text that waits for an agreement is not stored.
    for heading, text in ((ASKED, prompt), (SHOULD_BE, answer)):
        if text:
            card.add_text_display(f"**{translate(heading, locale)}**")
            card.add_text_display(text)
    row = hikari.impl.MessageActionRowBuilder()
    agree, named = (GIVE_ID, GIVE_NAMED_ID) if answer else (AGREE_ID, AGREE_NAMED_ID)
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, f"{agree}:{asked}", label=translate(AGREE, locale))
    label = translate(AGREE_NAMED, locale)
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, f"{named}:{asked}", label=label)
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, REFUSE_ID, label=translate(REFUSE, locale))
    card.add_component(row)
    return card


async def ask_for_consent(interaction: Answered, asked: str, answer: str = "", prompt: str | None = None) -> None:
    """Answer ``interaction`` with the card."""
    card = consent_card(asked, str(interaction.locale), answer, prompt)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, component=card, flags=hikari.MessageFlag.EPHEMERAL
    )


async def open_form(
    interaction: hikari.CommandInteraction | hikari.ComponentInteraction,
    asked: str,
    forms: CorrectionForms,
    *,
    question: str = "",
) -> None:
    """Open the form for ``asked``; ``question`` is filled in if nothing was asked before. People who have not agreed
    that what they write is kept are asked for that first.

    Raises:
        StarlingError: see ``CorrectionForms.form``.
    """
    form = await forms.form(asked, interaction, question)
    if await forms.is_agreed(interaction):
        await interaction.create_modal_response(form.title, form.custom_id, components=form.rows)
    else:
        await ask_for_consent(interaction, asked)


@screen.button(AGREE_ID, state=_AGREED_FOR)
async def agree(
    context: yuyo.components.Context, consents: alluka.Injected[ConsentStore], forms: alluka.Injected[CorrectionForms]
) -> None:
    """Store the person's agreement, and open the form if there is one.

    Raises:
        StarlingError: see ``CorrectionForms.form``.
    """
    interaction = context.interaction
    if context.id_metadata in set(Unwritten):
        await consents.give(interaction.user.id)
        await _end_with(interaction, THANKS if context.id_metadata == Unwritten.FILE else AGREED)
        return
    form = await forms.form(context.id_metadata, interaction)
    await consents.give(interaction.user.id)
    await interaction.create_modal_response(form.title, form.custom_id, components=form.rows)


@screen.button(AGREE_NAMED_ID, state=_AGREED_FOR)
async def agree_named(
    context: yuyo.components.Context,
    consents: alluka.Injected[ConsentStore],
    forms: alluka.Injected[CorrectionForms],
    preferences: alluka.Injected[Preferences],
) -> None:
    """As ``agree``, and store that the person may be named.

    Raises:
        StarlingError: see ``CorrectionForms.form``.
    """
    await agree(context, consents, forms)
    await _name(context.interaction.user.id, preferences)


@screen.button(GIVE_ID, state=WRITTEN)
async def give(
    context: yuyo.components.Context, consents: alluka.Injected[ConsentStore], keeping: alluka.Injected[Keeping]
) -> None:
    """Store the person's agreement, and what they have written."""
    interaction = context.interaction
    texts = [
        part.content
        for card in interaction.message.components
        if isinstance(card, hikari.ContainerComponent)
        for part in card.components
        if isinstance(part, hikari.TextDisplayComponent)
    ]
    await consents.give(interaction.user.id)
    # If the question was written too, it stands above the heading of the answer.
    prompt = texts[-3] if len(texts) > _TEXTS_OF_ANSWER else None
    await keeping.keep(interaction, context.id_metadata, texts[-1], prompt)


@screen.button(GIVE_NAMED_ID, state=WRITTEN)
async def give_named(
    context: yuyo.components.Context,
    consents: alluka.Injected[ConsentStore],
    keeping: alluka.Injected[Keeping],
    preferences: alluka.Injected[Preferences],
) -> None:
    """As ``give``, and store that the person may be named."""
    await give(context, consents, keeping)
    await _name(context.interaction.user.id, preferences)


async def _name(user_id: int, preferences: Preferences) -> None:
    await preferences.change_user(user_id, lambda chosen: replace(chosen, credited=True))


_TEXTS_OF_ANSWER = 3
"""The consent text, a heading, and the answer."""


@screen.button(REFUSE_ID, state="")
async def refuse(context: yuyo.components.Context) -> None:
    """Keep nothing."""
    await _end_with(context.interaction, NOTHING_KEPT)


async def _end_with(interaction: hikari.ComponentInteraction, sentence: str) -> None:
    card = hikari.impl.ContainerComponentBuilder()
    card.add_text_display(translate(sentence, str(interaction.locale)))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)
