"""Asking for someone's agreement before anything that they write is kept."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.consents import ConsentStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.ui.screen import Screen
from extensions.corrections.form import SHOULD_BE, CorrectionForms, keep

screen = Screen()

AGREE_ID, GIVE_ID, REFUSE_ID = "consent-agree", "consent-give", "consent-refuse"
TEXT = _(
    "### Before you correct me\nThe question and the answer that you write in the form are kept with your name, shown "
    "to this server's moderators, and, once they approve, used to answer here and to train models. You can take back "
    "what you gave at any time with /corrections delete; nothing else that you say is kept for this."
)
AGREE, REFUSE = _("I agree"), _("No")
NOTHING_KEPT = _("Nothing was kept.")


def consent_card(asked: str, locale: str, written: str = "") -> hikari.api.ContainerComponentBuilder:
    """What happens with the text, and two buttons. ``asked`` is the form that opens once the person agrees, or, where
    they have ``written`` already what the bot should say, the one in which that is taken."""
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display(translate(TEXT, locale))
    if written:
        # Read from here again: what waits for an agreement is stored nowhere.
        card.add_text_display(f"**{translate(SHOULD_BE, locale)}**")
        card.add_text_display(written)
    row = hikari.impl.MessageActionRowBuilder()
    custom_id = f"{GIVE_ID if written else AGREE_ID}:{asked}"
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, custom_id, label=translate(AGREE, locale))
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, REFUSE_ID, label=translate(REFUSE, locale))
    card.add_component(row)
    return card


@screen.button(AGREE_ID)
async def agree(
    context: yuyo.components.Context, consents: alluka.Injected[ConsentStore], forms: alluka.Injected[CorrectionForms]
) -> None:
    """Keep that the person agrees, and open the form.

    Raises:
        StarlingError: see ``CorrectionForms.form``.
    """
    interaction = context.interaction
    form = await forms.form(context.id_metadata, interaction)
    await consents.give(interaction.user.id)
    await interaction.create_modal_response(form.title, form.custom_id, components=form.rows)


@screen.button(GIVE_ID)
async def give(
    context: yuyo.components.Context, consents: alluka.Injected[ConsentStore], forms: alluka.Injected[CorrectionForms]
) -> None:
    """Keep that the person agrees, and what they have written."""
    interaction = context.interaction
    texts = [
        part.content
        for card in interaction.message.components
        if isinstance(card, hikari.ContainerComponent)
        for part in card.components
        if isinstance(part, hikari.TextDisplayComponent)
    ]
    await consents.give(interaction.user.id)
    await keep(interaction, context.id_metadata, forms, texts[-1])


@screen.button(REFUSE_ID)
async def refuse(context: yuyo.components.Context) -> None:
    """Keep nothing."""
    interaction = context.interaction
    card = hikari.impl.ContainerComponentBuilder()
    card.add_text_display(translate(NOTHING_KEPT, str(interaction.locale)))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)
