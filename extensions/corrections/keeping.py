"""Keeps what was written in a form, and tells its author what became of it."""

from __future__ import annotations

import alluka
import hikari
import yuyo

from bot.corrections.correction import NoSuchCorrectionError
from bot.corrections.rights import correction_actor
from bot.corrections.service import Corrections
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.error_report import report_error
from bot.ui.modal_router import texts_in
from bot.ui.screen import Screen
from extensions.corrections.card import card_for
from extensions.corrections.form import FORM_ID, WRITTEN, CorrectionForms, Receipt
from extensions.corrections.reviews import Answered, Reviews

screen = Screen()

WHAT_YOU_WROTE = _("What you wrote is in the file, so that it is not lost.")


@screen.service
class Keeping:
    """Keeps what people wrote, and answers them."""

    def __init__(
        self, forms: CorrectionForms, reviews: Reviews, corrections: Corrections, preferences: Preferences
    ) -> None:
        self._forms = forms
        self._reviews = reviews
        self._corrections = corrections
        self._preferences = preferences

    async def keep(self, interaction: Answered, written: str, answer: str, prompt: str | None = None) -> None:
        """Keep what was written in the form ``written`` (see ``CorrectionForms.take``), and tell the person what became
        of it, in place of the private card from which the form was opened, if there is one. If it cannot be kept, the
        person gets it back.

        Raises:
            NoSuchCorrectionError: what was edited is gone.
        """
        try:
            receipt = await self._forms.take(written, interaction, answer, prompt)
        except NoSuchCorrectionError:
            raise
        except StarlingError as error:
            await _give_back(interaction, error, answer if prompt is None else f"{prompt}\n\n→\n\n{answer}")
            return
        cards = await self._cards(interaction, receipt)
        if not isinstance(interaction, hikari.CommandInteraction) and _is_private_card(interaction.message):
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, components=cards)
        else:
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_CREATE, components=cards, flags=hikari.MessageFlag.EPHEMERAL
            )
        if receipt.result is not None and not receipt.result.is_known:
            await self._reviews.received(receipt.result.correction, interaction)

    async def _cards(
        self, interaction: Answered, receipt: Receipt
    ) -> list[hikari.impl.ContainerComponentBuilder | hikari.api.ContainerComponentBuilder]:
        told = hikari.impl.ContainerComponentBuilder()
        told.add_text_display(receipt.text)
        if receipt.result is None or not receipt.is_theirs_to_decide:
            return [told]
        person, locale = await correction_actor(interaction, self._preferences), str(interaction.locale)
        return [told, await card_for(receipt.result.correction, self._corrections, person, locale)]


def _is_private_card(message: hikari.Message | None) -> bool:
    """Whether a form was opened from a card that only the person sees: no other message can be edited into one."""
    card = hikari.MessageFlag.EPHEMERAL | hikari.MessageFlag.IS_COMPONENTS_V2
    return message is not None and message.flags & card == card


async def _give_back(interaction: Answered, error: StarlingError, whole: str) -> None:
    locale = str(interaction.locale)
    report = report_error(error, locale, interaction=interaction.id, user=interaction.user.id)
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE,
        f"{report.text}\n{translate(WHAT_YOU_WROTE, locale)}",
        attachment=hikari.Bytes(f"{whole}\n".encode(), "correction.txt", "text/plain; charset=utf-8"),
        flags=hikari.MessageFlag.EPHEMERAL,
    )


@screen.form(FORM_ID, state=WRITTEN)
async def submitted(context: yuyo.modals.Context, keeping: alluka.Injected[Keeping]) -> None:
    """Keep what was written; if that is not possible, the person gets it back."""
    texts = texts_in(context.interaction)
    await keeping.keep(context.interaction, context.id_metadata, texts.get("answer", ""), texts.get("asked", ""))
