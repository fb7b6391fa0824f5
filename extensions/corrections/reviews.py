"""Shows corrections in the channel that a server has chosen for reviews, and tells their authors what became of
them."""

from __future__ import annotations

from dataclasses import replace

import hikari
import structlog
from cachetools import TTLCache

from bot.corrections.correction import Correction, CorrectionState, ReviewMessage
from bot.corrections.service import CorrectionActor, Corrections
from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.preferences.preferences import Preferences
from bot.ui.nonce import fresh_nonce
from bot.ui.screen import Screen
from extensions.corrections.card import build_card

screen = Screen()

log = structlog.get_logger()

APPROVED_BY = _("✅ Your correction **#{number}** was approved by {who}. I know it now: ask me again.")
REJECTED_BY = _("❌ Your correction **#{number}** was turned down by {who}.")
_RECEIPT_S, _MAX_RECEIPTS = 14 * 60.0, 1000
"""Discord allows edits of an interaction's response for 15 minutes."""
_REVIEWER = CorrectionActor(0, approves=True)

Answered = hikari.ModalInteraction | hikari.ComponentInteraction | hikari.CommandInteraction


@screen.service
class Reviews:
    """Shows corrections to their reviewers, and tells their authors what became of them."""

    def __init__(self, rest: hikari.api.RESTClient, corrections: Corrections, preferences: Preferences) -> None:
        self._rest = rest
        self._corrections = corrections
        self._preferences = preferences
        self._receipts: TTLCache[str, Answered] = TTLCache(_MAX_RECEIPTS, _RECEIPT_S)
        """The interactions whose responses told authors that a correction was received, by the correction's id."""

    async def received(self, correction: Correction, interaction: Answered) -> None:
        """Show ``correction`` to its reviewers, and remember ``interaction``, whose response told the author that it
        was received."""
        if interaction.user.id == correction.author_id and correction.state is CorrectionState.PENDING:
            self._receipts[correction.id] = interaction
        await self.show(correction, str(interaction.guild_locale or interaction.locale))

    async def show(self, correction: Correction, locale: str, *, already: hikari.Snowflakeish | None = None) -> None:
        """Show the current state of ``correction`` in the server's review channel: in the message that shows it, unless
        that is ``already`` up to date, or in a new one while it is pending."""
        channel = (await self._preferences.guild(correction.guild_id)).review_channel
        try:
            if correction.review_channel_id is not None and correction.review_message_id is not None:
                if already is None or already != correction.review_message_id:
                    card = build_card(await self._corrections.shown(correction), _REVIEWER, locale)
                    await self._rest.edit_message(
                        correction.review_channel_id, correction.review_message_id, component=card,
                        user_mentions=False, role_mentions=False,
                    )  # fmt: skip
            elif channel is not None and correction.state is CorrectionState.PENDING:
                card = build_card(await self._corrections.shown(correction), _REVIEWER, locale)
                try:
                    posted = await self._rest.create_message(
                        channel, component=card, user_mentions=False, role_mentions=False, nonce=fresh_nonce()
                    )
                except (hikari.ForbiddenError, hikari.NotFoundError):
                    # The choice is reset: without a review channel, approvers are told in other ways.
                    await self._preferences.change_guild(
                        correction.guild_id, lambda chosen: replace(chosen, review_channel=None)
                    )
                    raise
                review = ReviewMessage(posted.channel_id, posted.id)
                await self._corrections.note_review(correction.id, review)
        except hikari.NotFoundError:
            await self._corrections.note_review(correction.id, None)
        except hikari.HTTPError as error:
            log.warning("a correction cannot be shown to those who review it", channel=channel, why=str(error))

    async def decided(self, correction: Correction, interaction: Answered) -> None:
        """Show the decision that was made on ``correction`` with ``interaction`` wherever it is shown, and tell its
        author."""
        shown = interaction.message if isinstance(interaction, hikari.ComponentInteraction) else None
        locale = str(interaction.guild_locale or interaction.locale)
        await self.show(correction, locale, already=None if shown is None else shown.id)
        sentence = {CorrectionState.APPROVED: APPROVED_BY, CorrectionState.REJECTED: REJECTED_BY}.get(correction.state)
        if sentence is None or correction.author_id in (None, interaction.user.id):
            return
        await self._tell_author(correction, sentence, f"<@{interaction.user.id}>", locale)

    async def _tell_author(self, correction: Correction, sentence: str, who: str, locale: str) -> None:
        assert correction.author_id is not None, "who was forgotten is told nothing"
        try:
            if (receipt := self._receipts.pop(correction.id, None)) is not None:
                card = hikari.impl.ContainerComponentBuilder()
                card.add_text_display(translate(sentence, str(receipt.locale), number=correction.number, who=who))
                await receipt.edit_initial_response(component=card, user_mentions=False)
                return
            known = (await self._preferences.user(correction.author_id)).locale
            told = translate(sentence, known or locale, number=correction.number, who=who)
            direct = await self._rest.create_dm_channel(correction.author_id)
            await self._rest.create_message(direct.id, told, user_mentions=False, nonce=fresh_nonce())
        except hikari.HTTPError as error:
            # Many people accept no direct messages; /corrections show tells them as well.
            log.info("the author of a correction cannot be notified", why=str(error), number=correction.number)
