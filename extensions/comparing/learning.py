"""Learning from a comparison, if the person who asked agrees, and taking a comparison back."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.consents import TEXT, ConsentStore
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.training.evaluating.comparisons import ComparisonStore
from bot.training.preference_pairs import PreferencePairs
from bot.ui.permissions import NotPermittedError, guild_of
from bot.ui.screen import ROW_ID, Screen
from extensions.comparing.card import LEARN_ID, TAKE_BACK_ID, build_card, learning_of, require_asker_or_manager

screen = Screen()

AGREE_ID = "compare-agree"
ONLY_ASKER = _("the one who asked can do that")
TITLE = _("### Before I learn from this")
AGREE = _("I agree")
AGREED = _("Thank you for agreeing.")
TAKEN_BACK = _("This comparison was taken back. Nothing of it is kept.")


@screen.button(LEARN_ID, state=ROW_ID)
async def ask_for_consent(context: yuyo.components.Context, store: alluka.Injected[ComparisonStore]) -> None:
    """Ask the person who asked both models whether the comparison may be learned from.

    Raises:
        NotPermittedError: somebody else asked them.
        ComparisonGoneError
    """
    interaction, locale = context.interaction, str(context.interaction.locale)
    comparison, _tally = await store.get(guild_of(interaction), context.id_metadata)
    if comparison.asked_by != interaction.user.id:
        raise NotPermittedError(allowed=ONLY_ASKER)
    card = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5B8DEF))
    card.add_text_display(f"{translate(TITLE, locale)}\n{translate(TEXT, locale)}")
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(
        hikari.ButtonStyle.PRIMARY, f"{AGREE_ID}:{comparison.id}", label=translate(AGREE, locale)
    )
    card.add_component(row)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, component=card, flags=hikari.MessageFlag.EPHEMERAL
    )


@screen.button(AGREE_ID, state=ROW_ID)
async def agree(
    context: yuyo.components.Context,
    store: alluka.Injected[ComparisonStore],
    consents: alluka.Injected[ConsentStore],
) -> None:
    """Store the person's agreement, and say so below the comparison.

    Raises:
        ComparisonGoneError
    """
    interaction = context.interaction
    comparison, tally = await store.get(guild_of(interaction), context.id_metadata)
    await consents.give(interaction.user.id)
    card = hikari.impl.ContainerComponentBuilder()
    card.add_text_display(translate(AGREED, str(interaction.locale)))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card)
    if comparison.message_id is not None:
        locale = str(interaction.guild_locale or interaction.locale)
        shown = build_card(comparison, tally, locale, await learning_of(comparison, tally, consents))
        await interaction.app.rest.edit_message(
            comparison.channel_id, comparison.message_id, component=shown, user_mentions=False, role_mentions=False,
            mentions_everyone=False,
        )  # fmt: skip


@screen.button(TAKE_BACK_ID, state=ROW_ID)
async def take_back(
    context: yuyo.components.Context,
    store: alluka.Injected[ComparisonStore],
    pairs: alluka.Injected[PreferencePairs],
) -> None:
    """Delete the comparison, also from datasets.

    Raises:
        NotPermittedError: the person neither asked nor may manage the server.
        ComparisonGoneError
    """
    interaction = context.interaction
    comparison, _tally = await store.get(guild_of(interaction), context.id_metadata)
    require_asker_or_manager(interaction, comparison)
    await pairs.take_back(comparison)
    card = hikari.impl.ContainerComponentBuilder()
    card.add_text_display(translate(TAKEN_BACK, str(interaction.guild_locale or interaction.locale)))
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, component=card, attachments=[])
